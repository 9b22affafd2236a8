"""The AWS managed job templates as jobs, done by the shipped handlers through the real board. The
machine's apt-get and systemctl are fakes of the test, found by the PATH of the configuration."""

import http.server
import shutil
import ssl
import threading
import unittest
from pathlib import Path

from system.harness.agent_case import PATH, AgentTest, plan
from system.harness.handler_case import HANDLERS
from system.harness.pki import CertificateAuthority
from system.harness.ports import HOST

SECRET = "X-Amz-Signature=0123456789abcdef"


def template(name, handler, *args):
    """The document of a template with its parameters filled in; who gave none gets "" from AWS."""
    return plan({"action": {
        "name": name, "type": "runHandler",
        "input": {"handler": handler, "args": list(args), "path": ""}, "runAsUser": ""}})


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # A client that does not trust it is part of the tests.


class Templates(AgentTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for script in HANDLERS.glob("*.sh"):
            shutil.copy(script, cls.handlers)
            (cls.handlers / script.name).chmod(0o755)
        cls.fakes = cls.safe / "fakes"
        cls.fakes.mkdir()
        cls.fake("id", "echo 0")
        cls.fake("sleep", "exit 0")
        cls.ca = CertificateAuthority(cls.folder / "pki")

    @classmethod
    def fake(cls, name, body):
        """A program that writes down its arguments and does what the shell lines say."""
        call = f'echo "{name} $*" >>{cls.effects_file}'
        cls.write_handler(name, f"{call}\n{body}", folder=cls.fakes)

    def run_templates(self, **jobs):
        return self.run_agent(jobs={"path": f"{self.fakes}:{PATH}", **jobs})

    def calls(self, part):
        return [line for line in self.effects() if part in line]

    def test_packages_are_installed_and_removed(self):
        self.fake("apt-cache", """
            case $3 in
              no-such) ;;
              *) printf '%s:\\n  Installed: (none)\\n  Candidate: 1.0\\n' "$3" ;;
            esac""")
        self.fake("apt-get", 'case " $* " in *" broken "*) echo "E: broken" >&2; exit 100 ;; esac')
        self.fake("dpkg-query", "echo installed")
        board = self.run_templates()
        install, remove = "install-packages.sh", "remove-packages.sh"
        with self.subTest("AWS-Install-Application"):
            _, details = self.done(board, template("Install-Application", install, "vim wget"))
            self.assertEqual({"step": "Install-Application", "exitCode": "0"}, details)
            self.assertRegex("\n".join(self.calls("apt-get")), r" install .*-- vim wget$")
        with self.subTest("AWS-Remove-Application"):
            _, details = self.done(board, template("Remove-Application", remove, "vim wget"))
            self.assertEqual({"step": "Remove-Application", "exitCode": "0"}, details)
            self.assertRegex("\n".join(self.calls("apt-get")), r" remove -- vim wget$")
        for name, handler, packages, code, words in (
                ("Install-Application", install, "no-such", "4", "no package 'no-such'"),
                ("Install-Application", install, "broken", "5", "apt-get install failed"),
                ("Remove-Application", remove, "broken", "5", "apt-get"),
                ("Install-Application", install, "$(reboot)", "2", "not the name of a package")):
            with self.subTest(name, packages=packages):
                _, details = self.done(board, template(name, handler, packages), "FAILED")
                self.assertEqual(("step-failed", code), (details["reason"], details["exitCode"]))
                self.assertIn(words, details["stderr"])

    def test_services_are_started_stopped_and_restarted(self):
        self.fake("systemctl", f"""
            state={self.safe}/state
            case $1:$2 in
              show:--property=LoadState) [ "$5" = none.service ] && echo not-found || echo loaded ;;
              show:--property=ActiveState) cat $state ;;
              stop:*) echo inactive >$state ;;
              start:* | restart:*) echo active >$state ;;
            esac""")
        board = self.run_templates()
        for verb in ("Start", "Restart", "Stop"):
            name, handler = f"{verb}-Application", f"{verb.lower()}-services.sh"
            with self.subTest(f"AWS-{name}"):
                _, details = self.done(board, template(name, handler, "lamp"))
                self.assertEqual({"step": name, "exitCode": "0"}, details)
                self.assertEqual([f"systemctl {verb.lower()} -- lamp.service"],
                                 self.calls(f" {verb.lower()} "))
                _, details = self.done(board, template(name, handler, "none"), "FAILED")
                self.assertEqual(("step-failed", "4"), (details["reason"], details["exitCode"]))
                self.assertIn("none.service cannot be used here", details["stderr"])

    def test_a_file_is_downloaded(self):
        served = self.safe / "served"
        served.mkdir()
        (served / "file").write_bytes(b"content\n" * 10000)
        url = f"https://localhost:{self.serve(served)}"
        target = self.safe / "file"
        document = template("Download-File", "download-file.sh", f"{url}/file?{SECRET}",
                            str(target))
        board = self.run_templates()
        with self.subTest("a server that nobody here trusts"):
            _, details = self.done(board, document, "FAILED")
            self.assertEqual("5", details["exitCode"])
            self.assertIn("the download from localhost", details["stderr"])
            self.assertFalse(target.exists())
        curl = shutil.which("curl", path=PATH)
        self.write_handler("curl", f"CURL_CA_BUNDLE={self.ca.certificate} exec {curl} \"$@\"",
                           folder=self.fakes)
        self.addCleanup((self.fakes / "curl").unlink)
        with self.subTest("AWS-Download-File"):
            _, details = self.done(board, document)
            self.assertEqual({"step": "Download-File", "exitCode": "0"}, details)
            self.assertEqual((served / "file").read_bytes(), target.read_bytes())
            self.assertEqual(0o644, target.stat().st_mode & 0o777)
        with self.subTest("no such file"):
            _, details = self.done(board, template(
                "Download-File", "download-file.sh", f"{url}/none?{SECRET}", str(target)), "FAILED")
            self.assertEqual("5", details["exitCode"])
        self.assertNotIn(SECRET, board.log.text)
        self.assertNotIn(SECRET, "".join(details.values()))

    def serve(self, folder):
        """An HTTPS server of the test's own authority; its port."""
        pair = self.ca.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server = _Server((HOST, 0), lambda *args: _Files(*args, directory=folder))
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_port

    def test_reboot_and_run_command(self):
        board = self.run_templates(run_command=True)
        with self.subTest("AWS-Run-Command"):
            def run(command):
                return plan({"action": {"name": "Run-Command", "type": "runCommand",
                                        "input": {"command": command}, "runAsUser": ""}})
            out = self.safe / "out"
            self.done(board, run(f"cp,/etc/passwd,{out}"))
            self.assertEqual(Path("/etc/passwd").read_bytes(), out.read_bytes())
            _, details = self.done(board, run("cp,/no/such/file,/no"), "FAILED")
            self.assertEqual(("step-failed", "1"), (details["reason"], details["exitCode"]))
            self.assertIn("/no/such/file", details["stderr"])
        with self.subTest("AWS-Reboot"):
            _, details = self.done(board, template("Reboot", "reboot.sh"))
            self.assertEqual({"reason": "rebooted", "bootReason": "4"}, details)
            self.assertEqual(1, board.all_text().count("main: boot reason 4\n"))


if __name__ == "__main__":
    unittest.main()
