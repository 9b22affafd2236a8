"""`fieldwork-cloud serve`: what it says, whom it serves, how it ends, and what it refuses."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.request
from contextlib import closing
from pathlib import Path

from .harness.cloud import READY, program
from .harness.cloud_life import (
    Asker, LifeTest, accepts, children_of, living_in, mode_of, sanitized, state_of, user_of,
    wait_until,
)
from .harness.ports import HOST, free_port
from .harness.processes import Process

IS_ROOT = os.geteuid() == 0
STOP_LIMIT_S = 5
FLAGS = ("--data", "--config", "--http", "--mqtt", "--mutual-tls", "--endpoint", "--region",
         "--account", "--store", "--log-level", "--port-443", "--keep-broker", "--help")


class Ready(LifeTest):
    """From the start to the end, with nothing unusual in between."""

    def test_serve_says_once_where_it_is_and_sigterm_ends_it_with_its_broker(self):
        data, errors = self.folder / "data", open(self.folder / "stderr", "wb")
        self.addCleanup(errors.close)
        cloud = Process("cloud", [program(), "serve", "--data", str(data), "--http", f"{HOST}:0",
                                  "--mqtt", f"{HOST}:0"], stderr=errors)
        self.addCleanup(cloud.close)
        ready = cloud.log.find(READY)
        http, mqtts = int(ready.group(2)), int(ready.group(4))
        self.assertEqual(f"ready http=http://{HOST}:{http} mqtts={HOST}:{mqtts} data={data} "
                         f"pid={cloud.pid}\n", cloud.log.text)
        self.assertTrue(accepts(http) and accepts(mqtts))
        root = urllib.request.urlopen(f"http://{HOST}:{http}/AmazonRootCA1.pem", timeout=5).read()
        self.assertEqual((data / "pki" / "AmazonRootCA1.pem").read_bytes(), root)
        self.assertIn(b"BEGIN CERTIFICATE", root)
        broker = json.loads((data / "broker" / "broker.json").read_text())["pid"]
        self.assertEqual([broker], living_in(data / "broker"))

        idle = socket.create_connection((HOST, http))  # Nobody is waited for who says nothing.
        self.addCleanup(idle.close)
        begin = time.monotonic()
        self.assertEqual(0, cloud.stop())
        self.assertLess(time.monotonic() - begin, STOP_LIMIT_S)
        self.assertEqual([], living_in(data / "broker"))
        self.assertFalse(accepts(http) or accepts(mqtts))
        self.assertEqual(1, cloud.log.text.count("\n"))
        self.assertEqual("", (self.folder / "stderr").read_text())

    def test_sigint_ends_it_as_well_with_a_device_connected(self):
        cloud = self.make_cloud().start()
        device = self.join(cloud)
        cloud.process.signal(signal.SIGINT)
        self.assertEqual(0, cloud.process.wait(STOP_LIMIT_S))
        device.wait("closed")
        self.assertEqual([], living_in(cloud.data / "broker"))

    def test_a_start_on_an_existing_directory_takes_well_under_a_second(self):
        cloud = self.make_cloud().start()
        ports = cloud.http_port, cloud.mqtt_port
        root = cloud.root.read_bytes()
        limit_s, times = 4 if sanitized() else 0.5, []
        while len(times) < 8 and min(times, default=limit_s) >= limit_s:  # The machine may be busy.
            self.assertEqual(0, cloud.stop())
            begin = time.monotonic()
            cloud.start()
            times.append(time.monotonic() - begin)
        self.assertLess(min(times), limit_s, times)
        self.assertEqual(ports, (cloud.http_port, cloud.mqtt_port))
        self.assertEqual(root, cloud.root.read_bytes())

    def test_help_names_every_flag_and_an_unknown_one_is_refused(self):
        for words, expected in ((["--help"], ("serve", "provision")), (["serve", "--help"], FLAGS),
                                (["provision", "--help"], ("--endpoint-url", "--out"))):
            done = self.run_program(*words)
            self.assertEqual((0, ""), (done.returncode, done.stderr), words)
            for word in expected:
                self.assertIn(word, done.stdout)
        self.assertRegex(self.run_program("--version").stdout, r"^fieldwork-cloud \d+\.\d+\.\d+\n$")
        for words, pattern in ((["serve", "--data", "d", "--prot", "1"], "--prot"),
                               (["serve"], "--data is required"), (["sevre"], "."), ([], "."),
                               (["serve", "--data", "d", "surplus"], "surplus")):
            done = self.run_program(*words)
            self.assertGreater(done.returncode, 0, words)
            self.assertRegex(done.stderr, pattern)
        self.assertFalse((self.folder / "d").exists())


class Owners(LifeTest):
    """Who may read what, and as whom the processes run."""

    def test_files_and_folders_are_for_their_owner_alone_whatever_the_umask(self):
        cloud = self.make_cloud()
        cloud.command = ["sh", "-c", 'umask 0; exec "$@"', "sh", *cloud.command]
        cloud.start()
        self.join(cloud)
        public = {"AmazonRootCA1.pem", "server.pem", "trusted.pem"}
        for path in [cloud.data, *cloud.data.rglob("*")]:
            if path.is_socket():
                continue  # Mosquitto lets its group in; the folder does not.
            limit = 0o644 if path.name in public else 0o700 if path.is_dir() else 0o600
            self.assertEqual(0, mode_of(path) & ~limit, f"{path} {mode_of(path):o}")
        for name in ("cloud.db", "serve.lock", "pki/ca.key", "pki/server.key", "broker/broker.json",
                     "broker/mosquitto.conf", "broker/server.key"):
            self.assertEqual(0o600, mode_of(cloud.data / name), name)
        for name in ("", "broker"):
            self.assertEqual(0o700, mode_of(cloud.data / name), name)

    @unittest.skipUnless(IS_ROOT, "only root starts the broker as another user")
    def test_as_root_the_broker_runs_as_mosquitto_below_a_closed_folder(self):
        self.assertEqual(0o700, mode_of(self.folder))
        cloud = self.make_cloud().start()
        mosquitto = int(subprocess.check_output(["id", "-u", "mosquitto"]))
        self.assertEqual([0, mosquitto], [user_of(cloud.process.pid), user_of(cloud.broker_pid)])
        self.assertTrue(self.join(cloud).ask("get").accepted)

    @unittest.skipUnless(IS_ROOT, "without root all of these tests run as another user")
    def test_as_another_user_it_works_as_well(self):
        home = Path(tempfile.mkdtemp(prefix="fieldwork-nobody-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        copy = home / "bin"
        copy.mkdir()
        for name in ("fieldwork-cloud", "fieldwork_broker.so"):
            shutil.copy(Path(program()).parent / name, copy)
        nobody = int(subprocess.check_output(["id", "-u", "nobody"]))
        os.chown(home, nobody, nobody)
        cloud = self.make_cloud(folder=home, environment={"HOME": str(home)})
        cloud.command = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups",
                         str(copy / "fieldwork-cloud")]
        cloud.start()
        self.assertEqual([nobody] * 2, [user_of(cloud.process.pid), user_of(cloud.broker_pid)])
        device = self.join(cloud)
        self.add_job(cloud, "j", "dev")
        self.assertEqual("j", device.ask("start-next").execution["jobId"])
        cloud.kill()
        cloud.start()
        self.assertEqual("j", device.ask("start-next").execution["jobId"])
        cloud.kill_broker()
        wait_until(lambda: cloud.broker_pid in living_in(cloud.data / "broker"), 10, "new broker")
        self.assertEqual(0, cloud.stop())


class Takeover(LifeTest):
    """One directory, one service; a broker that outlives it."""

    def test_a_second_serve_on_the_directory_is_refused_with_the_pid_of_the_first(self):
        cloud = self.make_cloud().start()
        device = self.join(cloud)
        pid = cloud.process.pid
        self.refuse_to_serve(cloud.data, pattern=rf"serves this directory \(pid {pid}\)")
        self.assertTrue(device.ask("get").accepted)
        self.assertFalse(device.is_closed())

    def test_a_kept_broker_is_adopted_with_its_connections(self):
        cloud = self.make_cloud("--keep-broker").start()
        device = self.join(cloud)
        topic = "$aws/things/dev/jobs/notify-next"
        self.assertEqual([1], device.subscribe(topic))
        broker, port = cloud.broker_pid, cloud.mqtt_port
        self.assertEqual(0, cloud.stop())
        self.assertEqual([broker], living_in(cloud.data / "broker"))
        token = device.send("get")
        cloud.mqtt_port = 0  # A free one: that of the broker that runs is as good.
        cloud.start()
        self.assertEqual((broker, port), (cloud.broker_pid, cloud.mqtt_port))
        self.assertTrue(device.answer(token).accepted)
        self.add_job(cloud, "j", "dev")
        self.assertIn(b'"jobId":"j"', device.wait("message", topic=topic).payload)
        self.assertFalse(device.is_closed())
        cloud.arguments.clear()
        self.assertEqual(0, cloud.stop())
        cloud.start()
        self.assertEqual(0, cloud.stop())  # Without the flag it ends, adopted or not.
        self.assertEqual([], living_in(cloud.data / "broker"))
        device.wait("closed")

    def test_after_kill_9_connections_stay_and_waiting_requests_are_answered(self):
        cloud = self.make_cloud().start()
        names = [f"dev-{number}" for number in range(3)]
        devices = [self.join(cloud, name) for name in names]
        self.add_job(cloud, "j", *names)
        broker = cloud.broker_pid
        started = devices[0].ask("start-next").execution
        cloud.kill()
        update = devices[0].send("j/update", status="SUCCEEDED",
                                 expectedVersion=started["versionNumber"])
        waiting = [(each, each.send(request))
                   for each in devices for request in ("get", "start-next")]
        cloud.start()
        self.assertEqual(broker, cloud.broker_pid)
        self.assertTrue(devices[0].answer(update).accepted)
        answers = [each.answer(token) for each, token in waiting]
        self.assertEqual([True] * 6, [answer.accepted for answer in answers])
        self.assertEqual([None, "j", "j"],
                         [a.execution and a.execution["jobId"] for a in answers[1::2]])
        self.assertEqual([False] * 3, [each.is_closed() for each in devices])
        self.assertEqual(0, cloud.stop())
        self.assertEqual([], living_in(cloud.data / "broker"))

    def test_a_broker_that_is_killed_comes_back_at_its_port_and_leaves_no_zombie(self):
        cloud = self.make_cloud().start()
        pair = self.pair_of(cloud, "dev")
        self.add_job(cloud, "j", "dev")
        device, gone = self.join(cloud, pair=pair), []
        for _ in range(2):
            gone.append(cloud.broker_pid)
            cloud.kill_broker()
            device.wait("closed")
            device = self.reconnect(cloud, pair)
            self.assertEqual("j", device.ask("start-next").execution["jobId"])
        self.assertTrue(cloud.process.running())
        self.assertNotIn(cloud.broker_pid, gone)
        self.assertEqual([cloud.broker_pid], children_of(cloud.process.pid))
        self.assertEqual([None, None], [state_of(pid) for pid in gone])
        self.assertEqual(0, cloud.stop())

    def reconnect(self, cloud, pair):
        """As a device does: again and again."""
        def attempt():
            device = Asker(cloud, "dev", pair)
            self.addCleanup(device.close)
            return device if device.wait_answer() == 0 else None

        return wait_until(attempt, 10, "broker that takes connections")


class Refusals(LifeTest):
    """A start that cannot succeed says why and what to do, and changes nothing."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"

    def serve_once(self):
        """Leaves a directory as a service leaves it at its end."""
        cloud = self.make_cloud(folder=self.folder).start()
        self.assertEqual(0, cloud.stop())
        return cloud

    def test_a_port_that_is_taken_is_named_and_is_taken_once_it_is_free(self):
        with socket.create_server((HOST, free_port())) as taken:
            port = taken.getsockname()[1]
            for flag in ("--http", "--mqtt", "--mutual-tls"):
                with self.subTest(flag):
                    self.refuse_to_serve(self.data, flag, f"{HOST}:{port}", pattern=rf"\b{port}\b")
        cloud = self.make_cloud(folder=self.folder)
        cloud.mqtt_port = port
        cloud.start()
        self.assertEqual(port, cloud.mqtt_port)

    def test_a_mosquitto_that_is_missing_old_or_broken_is_named(self):
        tools = Path(tempfile.mkdtemp(prefix="fieldwork-tools-"))
        self.addCleanup(shutil.rmtree, tools, ignore_errors=True)
        tools.chmod(0o755)  # The broker's user has to get there.
        script = tools / "mosquitto"
        path = {"PATH": f"{tools}:{os.environ['PATH']}"}
        for text, pattern in (("echo mosquitto version 1.6.9", r"2\.0\.11"),
                              ("echo mosquitto version 2.0.11; sleep .1; exit 7", "status 7")):
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(0o755)
            with self.subTest(text):
                self.refuse_to_serve(self.data, pattern=pattern, environment=path)
        with self.subTest("the plugin is not beside the program"):
            shutil.copy(program(), tools)
            self.refuse_to_serve(self.data, pattern=r"fieldwork_broker\.so",
                                 command=[str(tools / "fieldwork-cloud")])
        with self.subTest("no mosquitto"):
            self.refuse_to_serve(self.data, pattern="(?i)mosquitto.*install", command=self.without(
                "/usr/sbin/mosquitto"))

    def without(self, path):
        """A command that runs the program where `path` cannot be executed."""
        hide = ["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null "$0" && exec "$@"', path]
        if not IS_ROOT or subprocess.run([*hide, "true"], check=False).returncode != 0:
            self.skipTest("hiding a program takes a mount namespace, and root")
        return [*hide, program()]

    def test_a_database_that_is_not_ours_or_newer_or_damaged_stays_untouched(self):
        self.serve_once()
        file = self.data / "cloud.db"
        good = file.read_bytes()
        other = self.folder / "other.db"
        with closing(sqlite3.connect(other)) as database:
            database.execute("CREATE TABLE notes (text)")
        newer = self.folder / "newer.db"
        newer.write_bytes(good)
        with closing(sqlite3.connect(newer)) as database:
            database.execute("PRAGMA user_version = 9999")
        for content, pattern in (
            (newer.read_bytes(), "version 9999.*use the newer program"),
            (other.read_bytes(), "another program"),
            (b"not a database" * 100, "not a database"),
            (good[:100] + b"\xff" * 4000 + good[4100:], "damaged"),
            (good[:50], "not a database"),
        ):
            with self.subTest(pattern):
                file.write_bytes(content)
                text = self.refuse_to_serve(self.data, pattern=pattern)
                self.assertIn(str(file), text)
                self.assertEqual(content, file.read_bytes())
        file.write_bytes(good)
        self.serve_once()

    def test_a_key_that_others_may_read_or_that_is_lost_is_named(self):
        self.serve_once()
        for name in ("ca.key", "server.key"):
            key = self.data / "pki" / name
            key.chmod(0o640)
            with self.subTest(name):
                self.refuse_to_serve(self.data, pattern=rf"{name} .*others may read.*chmod 600")
            key.chmod(0o600)
        key = self.data / "pki" / "ca.key"
        content = key.read_bytes()
        root = (self.data / "pki" / "AmazonRootCA1.pem").read_bytes()
        with self.subTest("damaged"):
            key.write_bytes(b"no key")
            self.refuse_to_serve(self.data, pattern="ca.key is not a private key")
        with self.subTest("lost"):
            key.unlink()
            self.refuse_to_serve(self.data, pattern="ca.key is missing")
        self.assertFalse(key.exists())
        key.touch(0o600)
        key.write_bytes(content)
        self.assertEqual(root, self.serve_once().root.read_bytes())

    def test_settings_that_mean_nothing_are_refused_with_their_name(self):
        for words, pattern in (
            (["--store", "postgresql://localhost/x"], "postgresql://localhost/x: only sqlite"),
            (["--http", "8080"], "--http: '8080' is not HOST:PORT"),
            (["--mqtt", f"{HOST}:99999"], "--mqtt"),
            (["--http", "0.0.0.0:0"], "FIELDWORK_ACCESS_KEY_ID"),
            (["--region", "Mars 1"], "region 'Mars 1'"), (["--account", "12"], "account '12'"),
            (["--log-level", "loud"], "log level 'loud'"),
            (["--config", "nowhere.toml"], "nowhere.toml"),
        ):
            with self.subTest(words):
                self.refuse_to_serve(self.data, *words, pattern=re.escape(pattern))
        with self.subTest("half a credential"):
            self.refuse_to_serve(self.data, pattern="FIELDWORK_SECRET_ACCESS_KEY",
                                 environment={"FIELDWORK_ACCESS_KEY_ID": "AKIDEXAMPLE"})
        file = self.folder / "cloud.toml"
        for text, pattern in (("[cloud]\nregoin = 'x'", r"cloud\.toml:2.*regoin"),
                              ("[html]\n", r"cloud\.toml:1.*html"), ("[http\n", "not TOML"),
                              ("[http]\nlisten = 8080", "listen")):
            file.write_text(text)
            with self.subTest(text):
                self.refuse_to_serve(self.data, "--config", file, pattern=pattern)
        with self.subTest("a folder that cannot be made"):
            self.refuse_to_serve("/proc/none", pattern="/proc/none: cannot be made")
        self.assertFalse(self.data.exists())

    def test_flags_go_before_environment_before_file(self):
        file = self.folder / "cloud.toml"
        file.write_text("[cloud]\nregion = 'eu-file-1'\naccount = '111122223333'\n"
                        "[mqtt]\nendpoint = 'file.example'\n")
        cloud = self.make_cloud("--config", str(file), "--region", "eu-flag-1",
                                environment={"FIELDWORK_REGION": "eu-env-1",
                                             "FIELDWORK_ENDPOINT": "env.example"}).start()
        iot = cloud.client()
        self.assertEqual("arn:aws:iot:eu-flag-1:111122223333:thing/t",
                         iot.create_thing(thingName="t")["thingArn"])
        self.assertEqual(f"env.example:{cloud.mqtt_port}",
                         iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"])


if __name__ == "__main__":
    unittest.main()
