"""The Debian packages: what is in them, whether their units are sound, and their whole life: they
are installed, serve, are upgraded, removed and purged, in a root folder of their own."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import boto3

from .harness.cloud import READY, REGION, arn
from .harness.image import Image, Unit
from .harness.ports import HOST
from .harness.processes import run_tool
from .harness.showing import ShowingTest

ROOT = Path(__file__).resolve().parents[2]
#: The programs that are packed: those of a release.
BIN = Path(os.environ.get("FIELDWORK_PACKAGE_BIN", ROOT / "build" / "bin"))
THING = "packaged-1"


def pack(out, *arguments, check=True):
    done = subprocess.run([ROOT / "tools" / "package", "--bin", BIN, "--out", out,
                           "--compression", "none", *arguments],
                          capture_output=True, text=True, check=False, timeout=200)
    if check and done.returncode != 0:
        raise AssertionError(done.stderr)
    return [Path(line) for line in done.stdout.split()] if check else done


def field(package, name):
    return run_tool(["dpkg-deb", "-f", str(package), name], "/").strip()


def wait_ready(listener, process, timeout_s=30):
    """Until the process has told the service manager that it is ready."""
    deadline = time.monotonic() + timeout_s
    listener.settimeout(0.5)  # Only to notice that the process has died.
    while process.running() and time.monotonic() < deadline:
        try:
            if b"READY=1" in listener.recv(4096).split(b"\n"):
                return
        except TimeoutError:
            pass
    raise AssertionError(f"{process.name} has not said READY=1")


class PackageTest(ShowingTest):
    @classmethod
    def setUpClass(cls):
        # Handlers run only from where nobody but root can write, up to the root: not from /tmp.
        place = "/var/lib" if os.geteuid() == 0 else None
        cls.folder = Path(tempfile.mkdtemp(prefix="fieldwork-package-", dir=place))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.device, cls.cloud = pack(cls.folder / "first", "--version", "0.1.0~test1")


class Contents(PackageTest):
    def listing(self, package):
        """{path: (mode, owner)} of all in the package."""
        rows = run_tool(["dpkg-deb", "-c", str(package)], "/").splitlines()
        return {row.split()[5].lstrip("."): tuple(row.split()[:2]) for row in rows}

    def test_files_are_where_they_belong_and_of_root(self):
        device, cloud = self.listing(self.device), self.listing(self.cloud)
        for listing in (device, cloud):
            self.assertEqual({"root/root"}, {owner for _, owner in listing.values()})
            self.assertEqual([], [path for path, (mode, _) in listing.items()
                                  if mode[0] != "l" and "w" in mode[4:]])
        handlers = sorted(path.name for path in (ROOT / "share" / "handlers").glob("*.sh"))
        for path in ["/usr/bin/fieldwork-device",
                     *(f"/usr/lib/fieldwork/handlers/{name}" for name in handlers)]:
            self.assertEqual("-rwxr-xr-x", device[path][0])
        self.assertEqual(7, sum("/handlers/" in path and path[-1] != "/" for path in device))
        self.assertIn("/etc/fieldwork/", device)
        self.assertNotIn("/etc/fieldwork/device.toml", device)
        self.assertEqual("l", cloud["/usr/bin/fieldwork-cloud"][0][0])

    def test_control_says_what_the_programs_need(self):
        for package in (self.device, self.cloud):
            self.assertEqual("0.1.0~test1", field(package, "Version"))
            names = [field(package, name) for name in ("Package", "Version", "Architecture")]
            self.assertEqual("_".join(names) + ".deb", package.name)
        self.assertEqual("", field(self.device, "Depends"))  # A static program.
        self.assertRegex(field(self.cloud, "Depends"), r"libssl3.*, mosquitto \(>= 2\.0\.11\)")

    def test_checksums_and_conffiles_are_those_of_the_files(self):
        for package in (self.device, self.cloud):
            tree = self.folder / f"tree-{package.stem}"
            run_tool(["dpkg-deb", "-R", str(package), str(tree)], "/")
            sums = dict(reversed(line.split("  ")) for line in
                        (tree / "DEBIAN" / "md5sums").read_text().splitlines())
            files = {str(path.relative_to(tree)) for path in tree.rglob("*")
                     if path.is_file() and not path.is_symlink() and "DEBIAN" not in path.parts}
            self.assertEqual(files, set(sums))
            for name, value in sums.items():
                self.assertEqual(value, hashlib.md5((tree / name).read_bytes()).hexdigest(), name)
            conffiles = tree / "DEBIAN" / "conffiles"
            for name in conffiles.read_text().split() if conffiles.exists() else ():
                self.assertIn(name.lstrip("/"), files)
            for script in ("postinst", "prerm", "postrm"):
                path = tree / "DEBIAN" / script
                self.assertNotRegex(path.read_text(), r"@[A-Z]+@")
                subprocess.run(["dash", "-n", path], check=True)

    def test_the_same_input_gives_the_same_bytes(self):
        again = pack(self.folder / "again", "--version", "0.1.0~test1")
        for one, other in zip((self.device, self.cloud), again):
            self.assertEqual(one.read_bytes(), other.read_bytes())

    def test_what_cannot_be_packed_is_refused(self):
        for arguments, status, pattern in (
                (["--version", "1 2"], 2, "not a version"), (["--version", "v1"], 2, "version"),
                (["broker"], 2, "is no package"),
                (["--bin", str(self.folder)], 1, "run ./fieldwork build")):
            with self.subTest(arguments):
                done = pack(self.folder / "none", *arguments, check=False)
                self.assertEqual((status, ""), (done.returncode, done.stdout))
                self.assertRegex(done.stderr.splitlines()[-1], pattern)
                self.assertNotIn("Traceback", done.stderr)

    def test_a_job_that_upgrades_the_agent_does_not_restart_it(self):
        for job, status in (("", 0), ("job-1", 1)):
            done = subprocess.run(
                ["dash", "-c", '. "$0"; own_may_restart', ROOT / "packaging/device/own.sh"],
                env={"FIELDWORK_JOB_ID": job}, check=False, capture_output=True, text=True)
            self.assertEqual(status, done.returncode)
            self.assertEqual(status, done.stdout.count("after the next reboot"))


@unittest.skipUnless(os.geteuid() == 0, "packages are installed by root only")
class ImageTest(PackageTest):
    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="root-", dir=self.folder))
        folder.chmod(0o755)
        names = [re.match(r"[a-z0-9.+-]+", part.strip()).group()
                 for part in field(self.cloud, "Depends").split(",")]
        # A virtual package is there by the one that provides it.
        self.image = Image(folder, sorted({name.removesuffix("-fmt9") for name in names}))


class Units(ImageTest):
    def setUp(self):
        super().setUp()
        self.image.dpkg("-i", self.device, self.cloud)

    def test_every_directive_is_one_and_what_is_started_is_there(self):
        drop_in = "/usr/share/doc/fieldwork-device/examples/unprivileged.conf"
        self.assertEqual([], Unit(self.image.path(drop_in)).strangers())
        for service in ("fieldwork-device", "fieldwork-cloud"):
            unit = self.image.unit(service)
            self.assertEqual([], unit.strangers())
            self.assertTrue(os.access(self.image.path(unit.command()[0]), os.X_OK))
            self.assertEqual("multi-user.target", unit.sections["Install"]["WantedBy"])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze here")
    def test_systemd_has_nothing_to_say_against_them(self):
        drop_in = self.image.path(
            "/etc/systemd/system/fieldwork-device.service.d/unprivileged.conf")
        units = ["fieldwork-device.service", "fieldwork-cloud.service"]
        for name in ("sysinit", "basic", "shutdown", "network", "multi-user"):
            path = self.image.path(f"/usr/lib/systemd/system/{name}.target")
            path.write_text(f"[Unit]\nDescription={name}\n")
        kill = self.image.path("/bin/kill")  # The image has none of Debian's own programs.
        kill.parent.mkdir()
        kill.touch(mode=0o755)
        for _ in range(2):
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", f"--root={self.image.root}", *units],
                capture_output=True, text=True, check=False, timeout=60)
            said = [line for line in done.stderr.splitlines() if "fieldwork" in line]
            self.assertEqual([], said)
            drop_in.parent.mkdir(parents=True, exist_ok=True)  # And once more, with it.
            shutil.copy(self.image.path(
                "/usr/share/doc/fieldwork-device/examples/unprivileged.conf"), drop_in)


class Life(ImageTest):
    """Both packages in one root, with the services run from it."""

    def setUp(self):
        super().setUp()
        self.services = []
        self.ports = (0, 0)

    def serve(self):
        cloud = self.image.run("fieldwork-cloud", "--http", f"{HOST}:{self.ports[0]}",
                               "--mqtt", f"{HOST}:{self.ports[1]}")
        self.keep(cloud)
        ready = cloud.log.find(READY, 30)
        self.ports = int(ready.group(2)), int(ready.group(4))
        self.iot = boto3.client(
            "iot", endpoint_url=f"http://{HOST}:{self.ports[0]}", region_name=REGION,
            aws_access_key_id="local", aws_secret_access_key="local")
        self.addCleanup(self.iot.close)
        return cloud

    def keep(self, process):
        self.addCleanup(process.close)
        self.services.append(process)

    def configure(self):
        """What docs/packages.md tells a person to do; the image has no reboot but the program's."""
        etc = self.image.path("/etc/fieldwork")
        run_tool([str(self.image.path("/usr/bin/fieldwork-cloud")), "provision", THING,
                  "--endpoint-url", f"http://{HOST}:{self.ports[0]}", "--out", str(etc)], "/")
        example = self.image.path("/usr/share/doc/fieldwork-device/examples/service.toml")
        settings = example.read_text()
        for folder in ("/var/lib/", "/usr/lib/", "/run/"):
            settings = settings.replace(f'"{folder}', f'"{self.image.root}{folder}')
        settings = settings.replace('reboot = "systemctl"', 'reboot = "program"')
        self.assertNotIn('"systemctl"', settings)
        with open(etc / "device.toml", "a", encoding="utf-8") as file:
            file.write(settings)

    def start_device(self):
        """As Type=notify has it: it has started when it says so."""
        path = self.image.path("/run/notify")
        path.parent.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            device = self.image.run("fieldwork-device",
                                    env={**os.environ, "NOTIFY_SOCKET": str(path)})
            self.keep(device)
            wait_ready(listener, device)
        return device

    def assert_job(self, device, job, handler, *arguments):
        document = {"version": "1.0", "steps": [{"action": {
            "name": job, "type": "runHandler", "runAsUser": "",
            "input": {"handler": handler, "args": list(arguments), "path": ""}}}]}
        self.iot.create_job(jobId=job, targets=[arn("thing", THING)],
                            document=json.dumps(document))
        device.log.find(rf"job {job}: SUCCEEDED accepted", 60)
        found = self.iot.describe_job_execution(jobId=job, thingName=THING)["execution"]
        self.assertEqual("SUCCEEDED", found["status"], found)

    def stop(self, *processes):
        for process in processes:
            self.assertEqual(0, process.stop(), process.log.text)

    def logs(self):
        return [(process.name, process.log.text) for process in getattr(self, "services", ())]

    def files(self, folder):
        """{name: (contents, mode, owner)} of all files below."""
        top = self.image.path(folder)
        return {str(path.relative_to(top)): (path.read_bytes(), path.stat().st_mode,
                                             path.stat().st_uid)
                for path in top.rglob("*") if path.is_file()}

    def test_installed_they_serve_and_an_upgrade_keeps_what_they_know(self):
        self.image.dpkg("-i", self.device, self.cloud)
        for name in ("fieldwork-device", "fieldwork-cloud"):
            self.assertTrue(self.image.is_enabled(name), name)
        cloud = self.serve()
        self.configure()
        device = self.start_device()
        self.assert_job(device, "remove-1", "remove-packages.sh", "fieldwork-test-absent")
        self.assert_job(device, "reboot-1", "reboot.sh")
        self.stop(device, cloud)
        kept = [self.files(name) for name in ("/etc/fieldwork", "/var/lib/fieldwork")]
        self.assertIn("flash.bin", kept[1])

        toml = self.image.path("/etc/fieldwork-cloud/cloud.toml")
        toml.write_text(toml.read_text() + "# edited\n")
        self.image.path("/etc/systemd/system/multi-user.target.wants/"
                        "fieldwork-cloud.service").unlink()  # systemctl disable
        edited = self.files("/etc/fieldwork-cloud")
        self.image.dpkg("-i", *pack(self.folder / "second", "--version", "0.1.0~test2"))
        self.assertEqual(kept, [self.files(name)
                                for name in ("/etc/fieldwork", "/var/lib/fieldwork")])
        self.assertEqual(edited, self.files("/etc/fieldwork-cloud"))
        self.assertTrue(self.image.is_enabled("fieldwork-device"))
        self.assertFalse(self.image.is_enabled("fieldwork-cloud"))  # It stays as it was left.

        cloud = self.serve()
        device = self.start_device()
        self.assert_job(device, "remove-2", "remove-packages.sh", "fieldwork-test-absent")
        self.stop(device, cloud)
        self.assertEqual(0, device.log.count("reboot-1"), "what was done is not done again")

    def test_the_cloud_has_its_own_user_and_a_private_configuration(self):
        self.image.dpkg("-i", self.cloud)
        uid, gid = self.image.user_id("fieldwork-cloud")
        self.assertTrue(0 < uid < 1000 and 0 < gid < 1000)
        toml = self.image.path("/etc/fieldwork-cloud/cloud.toml")
        found = toml.stat()
        self.assertEqual((0o640, 0, gid), (found.st_mode & 0o777, found.st_uid, found.st_gid))
        cloud = self.serve()
        self.assertEqual({uid}, {owner for _, _, owner in
                                 self.files("/var/lib/fieldwork-cloud").values()})
        self.assertEqual({0o600}, {mode & 0o777 for name, (_, mode, _) in
                                   self.files("/var/lib/fieldwork-cloud").items()
                                   if name.endswith(("key", "key.pem", ".db"))})
        self.stop(cloud)
        toml.chmod(0o600)
        self.image.dpkg("-i", *pack(self.folder / "third", "--version", "0.1.0~test3", "cloud"))
        self.assertEqual(0o600, toml.stat().st_mode & 0o777)  # Changed by hand, it stays.
        self.assertEqual((uid, gid), self.image.user_id("fieldwork-cloud"))

    def test_removal_keeps_what_they_know_and_purging_keeps_the_identity(self):
        self.image.dpkg("-i", self.device, self.cloud)
        state = self.image.path("/var/lib/fieldwork")
        for path in (state / "flash.bin", self.image.path("/etc/fieldwork/device.toml"),
                     self.image.path("/var/lib/fieldwork-cloud/cloud.db")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine")
        self.image.dpkg("--remove", "fieldwork-device", "fieldwork-cloud")
        for name in ("/usr/bin/fieldwork-device", "/usr/bin/fieldwork-cloud", "/usr/lib/fieldwork",
                     "/usr/lib/systemd/system/fieldwork-device.service"):
            self.assertFalse(os.path.lexists(self.image.path(name)), name)
        self.assertEqual("mine", (state / "flash.bin").read_text())
        self.assertEqual("config-files", self.image.status("fieldwork-cloud"))
        self.assertTrue(self.image.path("/etc/fieldwork-cloud/cloud.toml").exists())
        self.image.dpkg("--purge", "fieldwork-device", "fieldwork-cloud")
        for name in ("/var/lib/fieldwork", "/var/lib/fieldwork-cloud", "/etc/fieldwork-cloud"):
            self.assertFalse(os.path.lexists(self.image.path(name)), name)
        self.assertEqual("mine", self.image.path("/etc/fieldwork/device.toml").read_text())
        links = [path for path in self.image.path("/etc/systemd").rglob("*") if path.is_symlink()]
        self.assertEqual([], links)


if __name__ == "__main__":
    unittest.main()
