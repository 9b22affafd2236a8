"""Decides which files of the tree the checks look at."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CXX = (".h", ".cc")
_SKIPPED = {"build", "node_modules", "__pycache__"}


def tree_files(root):
    """Every file below `root` as a relative posix path, sorted; build folders and dot folders
    (but .ci) are left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in _SKIPPED and (f[0] != "." or f == ".ci")]
        found += [Path(folder, name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def cxx_files(root):
    return [path for path in tree_files(root) if path.endswith(CXX)]
