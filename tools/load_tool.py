"""Lets a test import a tool, although the tools have no .py ending."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path


def load_tool(name):
    path = Path(__file__).resolve().parent / name
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    # Registered first: dataclasses look their module up while they are being made.
    sys.modules[name] = module
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module
