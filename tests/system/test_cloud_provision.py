"""`fieldwork-cloud provision`: what a device needs, made once and repaired when asked again."""

import os
import shutil
import socket
import subprocess
import threading
import tomllib
import unittest
from pathlib import Path

from .harness.cloud import program
from .harness.cloud_case import CloudTest
from .harness.cloud_life import Asker, mode_of
from .harness.pki import Pair
from .harness.ports import HOST, free_port

FILES = ("device.toml", "cert/AmazonRootCA1.pem", "cert/certificate.pem.crt",
         "cert/private.pem.key")
KEY, CERTIFICATE = FILES[3], FILES[2]


def contents(out):
    return {name: (out / name).read_bytes() for name in FILES}


class ProvisionTest(CloudTest):
    """Runs the command as a person does."""

    def setUp(self):
        super().setUp()
        self.thing = self.unique("board")
        self.out = self.folder / self.thing

    def run_provision(self, thing=None, *more, url=None, out=None, environment=None, umask=-1):
        return subprocess.run(
            [program(), "provision", thing or self.thing, "--endpoint-url", url or self.cloud.url,
             "--out", str(out or self.out), *more],
            cwd=self.folder, capture_output=True, text=True, check=False, timeout=40, umask=umask,
            env={**os.environ, **(environment or {})})

    def provision(self, *arguments, **options):
        done = self.run_provision(*arguments, **options)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertEqual(f"{options.get('out') or self.out}/device.toml\n", done.stdout)

    def refuse(self, pattern, *arguments, **options):
        done = self.run_provision(*arguments, **options)
        self.assertEqual((1, ""), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, f"^fieldwork-cloud: .*{pattern}")
        self.assertNotRegex(done.stderr, r"(?i)exception'|/usr/include|\.hpp")
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)

    def assert_connects(self, thing=None, out=None):
        """What the files say is enough to be served."""
        out = Path(out or self.out)
        settings = tomllib.loads((out / "device.toml").read_text())["device"]
        self.assertEqual((HOST, self.cloud.mqtt_port), (settings["endpoint"], settings["port"]))
        self.assertEqual(self.cloud.root.read_bytes(), (out / settings["ca"]).read_bytes())
        pair = Pair(out / settings["certificate"], out / settings["private_key"])
        device = Asker(self.cloud, settings["thing"], pair).wait_connected()
        self.addCleanup(device.close)
        self.assertEqual(thing or self.thing, settings["thing"])
        self.assertTrue(device.ask("get").accepted)

    def principals(self):
        return self.iot.list_thing_principals(thingName=self.thing)["principals"]


class Provision(ProvisionTest):
    """A cloud that runs."""

    def test_the_files_have_their_modes_and_running_it_again_changes_nothing(self):
        self.provision(umask=0)
        self.assertEqual([0o700, 0o700], [mode_of(self.out), mode_of(self.out / "cert")])
        self.assertEqual(0o600, mode_of(self.out / KEY))
        found = {str(path.relative_to(self.out)) for path in self.out.rglob("*") if path.is_file()}
        self.assertEqual(set(FILES), found)
        self.assert_connects()
        before, principals = contents(self.out), self.principals()
        self.assertEqual(1, len(principals))
        times = [(self.out / name).stat().st_mtime_ns for name in (KEY, CERTIFICATE, FILES[0])]
        for _ in range(2):
            self.provision()
        self.assertEqual(before, contents(self.out))
        self.assertEqual(times, [(self.out / name).stat().st_mtime_ns
                                 for name in (KEY, CERTIFICATE, FILES[0])])
        self.assertEqual(principals, self.principals())
        attached = self.iot.list_attached_policies(target=principals[0])["policies"]
        self.assertEqual(["fieldwork-device"], [policy["policyName"] for policy in attached])
        self.assertEqual(0o600, mode_of(self.out / KEY))

    def test_settings_that_a_person_added_to_device_toml_stay(self):
        self.provision()
        file = self.out / "device.toml"
        file.write_text(file.read_text() + "\n[log]\nlevel = \"debug\"\n")
        before = contents(self.out)
        self.provision()
        self.assertEqual(before, contents(self.out))

    def test_what_is_lost_or_damaged_is_made_again(self):
        self.provision()
        for name in FILES:
            for damage in (Path.unlink, lambda file: file.write_bytes(b"damaged")):
                before = contents(self.out)
                damage(self.out / name)
                with self.subTest(name):
                    self.provision()
                    after = contents(self.out)
                    changed = {each for each in FILES if before[each] != after[each]}
                    self.assertEqual(set() if name in FILES[:2] else {KEY, CERTIFICATE}, changed)
                    self.assertEqual(0o600, mode_of(self.out / KEY))
        with self.subTest("a key of another certificate, as a crash between two files leaves it"):
            other = self.folder / self.unique("other")
            self.provision(self.unique("board"), out=other)
            shutil.copy(other / KEY, self.out / KEY)
            self.provision()
            self.assertNotEqual((other / KEY).read_bytes(), (self.out / KEY).read_bytes())
        self.assert_connects()
        shutil.rmtree(self.out)
        self.provision()
        self.assert_connects()

    def test_a_certificate_that_the_cloud_does_not_take_any_more_is_replaced(self):
        self.provision()
        for how in ("INACTIVE", "REVOKED", "deleted"):
            before = contents(self.out)
            arn = self.principals()[-1]
            certificate = arn.rpartition("/")[2]
            new_status = "INACTIVE" if how == "deleted" else how
            self.iot.update_certificate(certificateId=certificate, newStatus=new_status)
            self.iot.detach_thing_principal(thingName=self.thing, principal=arn)
            if how == "deleted":
                self.iot.delete_certificate(certificateId=certificate, forceDelete=True)
            with self.subTest(how):
                self.provision()
                after = contents(self.out)
                self.assertNotEqual(before[CERTIFICATE], after[CERTIFICATE])
                self.assertNotEqual(before[KEY], after[KEY])
                self.assertEqual(before["device.toml"], after["device.toml"])
                self.assertNotIn(arn, self.principals())
                self.assert_connects()
        with self.subTest("detached only"):
            before, arn = contents(self.out), self.principals()[-1]
            self.iot.detach_thing_principal(thingName=self.thing, principal=arn)
            self.iot.detach_policy(policyName="fieldwork-device", target=arn)
            self.provision()
            self.assertEqual(before, contents(self.out))
            self.assert_connects()
        with self.subTest("thing deleted"):
            self.iot.detach_thing_principal(thingName=self.thing, principal=arn)
            self.iot.delete_thing(thingName=self.thing)
            self.provision()
            self.assertEqual(before, contents(self.out))
            self.assert_connects()

    def test_names_are_taken_as_aws_takes_them(self):
        for thing in ("site:9:pump", "a_b-C", "x" * 128):
            with self.subTest(thing):
                out = self.folder / self.unique("out")
                self.provision(thing, out=out)
                self.assert_connects(thing, out)
        before = self.iot.list_things()["things"]
        for thing in ("a/b", "a b", "a?b=1", "a#b", "a%62", "..", "x" * 129, "\u00fc", 'a"b'):
            with self.subTest(thing):
                self.refuse("InvalidRequestException: thingName", thing)
                self.assertEqual([], [path for path in self.out.rglob("*") if path.is_file()])
        self.assertEqual(before, self.iot.list_things()["things"])

    def test_the_policy_lets_a_thing_speak_for_itself_only(self):
        self.provision()
        settings = self.iot.get_policy(policyName="fieldwork-device")["policyDocument"]
        self.assertIn("${iot:Connection.Thing.ThingName}", settings)
        pair = Pair(self.out / CERTIFICATE, self.out / KEY)
        other = Asker(self.cloud, self.unique("stranger"), pair)
        self.addCleanup(other.close)
        self.assertNotEqual(0, other.wait_answer())
        device = Asker(self.cloud, self.thing, pair).wait_connected()
        self.addCleanup(device.close)
        device.publish("$aws/things/somebody-else/jobs/get")
        device.wait("closed")

    def test_an_endpoint_that_does_not_answer_as_a_cloud_is_named(self):
        port = free_port()
        for url, pattern in ((f"http://{HOST}:{port}", f"{HOST}:{port} does not answer: .*refused"),
                             ("http://nowhere.invalid:80", "nowhere.invalid:80 does not answer"),
                             (f"https://{HOST}:1", "'https://.*' is not a URL like http://"),
                             (f"{HOST}:1", "is not a URL like http://")):
            with self.subTest(url):
                self.refuse(pattern, url=url)
        with self.subTest("a web server that is none"):
            self.refuse("gave an answer that is not AWS's", url=self.answer_once(
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
        with self.subTest("a server that is no web server"):
            self.refuse("does not answer", url=self.answer_once(b"220 mail ready\r\n"))
        with self.subTest("a server that hangs up"):
            self.refuse("does not answer", url=self.answer_once(b""))
        self.assertEqual([], [path for path in self.out.rglob("*") if path.is_file()])

    def answer_once(self, data):
        """A server that says this to whoever comes first; its URL."""
        server = socket.create_server((HOST, 0))

        def serve():
            with server, server.accept()[0] as peer:
                peer.recv(65536)
                peer.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        return f"http://{HOST}:{server.getsockname()[1]}"

    def test_a_folder_that_cannot_be_written_is_named(self):
        self.refuse("/proc/none", out="/proc/none")
        blocked = self.folder / self.unique("file")
        blocked.write_text("in the way")
        self.refuse(str(blocked), out=blocked / "deeper")
        self.assertEqual("in the way", blocked.read_text())


class WithCredentials(ProvisionTest):
    """A cloud that checks signatures."""

    KEYS = {"FIELDWORK_ACCESS_KEY_ID": "AKIDLIFE",
            "FIELDWORK_SECRET_ACCESS_KEY": "a-secret-of-tests"}

    @classmethod
    def setUpClass(cls):
        os.environ.update(cls.KEYS)
        try:
            super().setUpClass()
        finally:
            for name in cls.KEYS:
                del os.environ[name]
        cls.cloud.credentials.update(AWS_ACCESS_KEY_ID="AKIDLIFE",
                                     AWS_SECRET_ACCESS_KEY="a-secret-of-tests")
        cls.iot = cls.client("iot")

    def test_the_environment_has_the_credentials_and_others_are_refused(self):
        self.refuse("403 ")
        self.refuse("403 ", environment={**self.KEYS, "FIELDWORK_SECRET_ACCESS_KEY": "wrong"})
        self.assertEqual([], self.iot.list_things()["things"])
        self.provision(environment=self.KEYS)
        self.provision("with:colon", out=self.folder / "colon", environment=self.KEYS)
        self.assert_connects()
        self.assertNotIn("a-secret-of-tests", self.cloud.all_text())


if __name__ == "__main__":
    unittest.main()
