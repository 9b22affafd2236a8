"""A root folder that Debian packages are installed into with the machine's dpkg, and from which the
installed services are run as their units say. Nothing of the machine itself is changed."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from .processes import Process

# What a unit of ours may say, by section: systemd.unit(5), systemd.service(5), systemd.exec(5),
# systemd.kill(5), systemd.resource-control(5) of systemd 252.
DIRECTIVES = {
    "Unit": "Description Documentation ConditionPathExists After StartLimitIntervalSec",
    "Service": """
        Type NotifyAccess ExecStart ExecReload WatchdogSec Restart RestartSec TimeoutStartSec
        TimeoutStopSec KillMode OOMPolicy User Group UMask StateDirectory StateDirectoryMode
        RuntimeDirectory RuntimeDirectoryMode LimitCORE LimitNOFILE AmbientCapabilities
        CapabilityBoundingSet LockPersonality MemoryDenyWriteExecute NoNewPrivileges PrivateDevices
        PrivateTmp ProcSubset ProtectClock ProtectControlGroups ProtectHome ProtectHostname
        ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem
        RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID
        SystemCallArchitectures SystemCallErrorNumber SystemCallFilter""",
    "Install": "WantedBy",
}


class Unit:
    """A unit file; values by section and key, the last one counts."""

    def __init__(self, path):
        self.sections = {}
        section = None
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                section = self.sections.setdefault(line.strip("[]"), {})
                continue
            key, _, value = line.partition("=")
            section[key] = value

    def strangers(self):
        """What is in no section of DIRECTIVES."""
        return [f"[{section}] {key}" for section, keys in self.sections.items() for key in keys
                if key not in DIRECTIVES.get(section, "").split()]

    def command(self):
        return shlex.split(self.sections["Service"]["ExecStart"])


class Image:
    """`folder` becomes the root; the packages of `provided` count as installed there, in the
    versions that this machine has."""

    def __init__(self, folder, provided=()):
        self.root = Path(folder)
        admin = self.root / "var" / "lib" / "dpkg"
        for name in ("info", "updates", "triggers"):
            (admin / name).mkdir(parents=True)
        (self.root / "etc").mkdir()
        for name in ("passwd", "group", "shadow", "gshadow"):
            (self.root / "etc" / name).touch()
        (admin / "status").write_text("".join(self._stanza(name) for name in provided))
        for name in provided:
            (admin / "info" / f"{name}.list").touch()

    @staticmethod
    def _stanza(name):
        version, architecture, provides = subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}|${Architecture}|${Provides}\n", name], check=True,
            capture_output=True, text=True).stdout.splitlines()[0].split("|")
        extra = f"Provides: {provides}\n" if provides else ""
        return (f"Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\n"
                f"Version: {version}\n{extra}Maintainer: none\nDescription: the machine's\n\n")

    def dpkg(self, *arguments):
        """Runs dpkg on the image; what it said."""
        argv = ["dpkg", f"--root={self.root}", "--force-script-chrootless", "--force-not-root",
                f"--log={self.root}/dpkg.log", *map(str, arguments)]
        done = subprocess.run(argv, check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(argv)}: {done.stderr}{done.stdout}")
        return done.stdout + done.stderr

    def status(self, package):
        """dpkg's word for it: "installed", "config-files", or None."""
        done = subprocess.run(
            ["dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W",
             "-f=${db:Status-Status}", package], check=False, capture_output=True, text=True)
        return done.stdout or None

    def path(self, name):
        """Where the file lies that the image calls `name`; a link in it is not followed."""
        return self.root / str(name).lstrip("/")

    def unit(self, service):
        return Unit(self.path(f"/usr/lib/systemd/system/{service}.service"))

    def is_enabled(self, service):
        link = self.path(f"/etc/systemd/system/multi-user.target.wants/{service}.service")
        return link.is_symlink() and self.path(os.readlink(link)).exists()

    def user_id(self, name):
        """(uid, gid) of a user of the image."""
        found = re.search(rf"^{name}:[^:]*:(\d+):(\d+):", self.path("/etc/passwd").read_text(),
                          re.MULTILINE)
        return int(found.group(1)), int(found.group(2))

    def run(self, service, *arguments, **options):
        """Starts the service's ExecStart, its paths inside the image, with its directories."""
        settings = self.unit(service).sections["Service"]
        owner = self.user_id(settings["User"]) if "User" in settings else (0, 0)
        for key, base in (("StateDirectory", "/var/lib"), ("RuntimeDirectory", "/run")):
            if key in settings:
                folder = self.path(f"{base}/{settings[key]}")
                folder.mkdir(parents=True, exist_ok=True)
                os.chown(folder, *owner)
                folder.chmod(int(settings[key + "Mode"], 8))
        argv = [str(self.path(word)) if word.startswith("/") else word
                for word in self.unit(service).command()]
        return Process(service, [*argv, *arguments], user=owner[0], group=owner[1],
                       extra_groups=[], cwd="/", **options)
