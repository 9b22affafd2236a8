"""share/handlers/download-file.sh against a TLS server of the test."""

import http.server
import os
import shutil
import signal
import ssl
import threading
import unittest

from .harness.handler_case import DESTINATION, FAILED, MISSING, REFUSED, HandlerTest
from .harness.pki import CertificateAuthority
from .harness.ports import HOST
from .harness.processes import Process

SECRET = "X-Amz-Signature=0123456789abcdef"
CHUNK = 65536


class _Files(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; some paths misbehave."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        path = self.path.partition("?")[0]
        self.server.asked.append(self.path)
        if path == "/to-http":
            self._head(302, 0, Location=f"http://{HOST}:1/file")
        elif path == "/moved":
            self._head(302, 0, Location="/file")
        elif path == "/cut":
            self._head(200, 1000)
            self.wfile.write(b"half")
            self.close_connection = True
        elif path == "/slow":
            self._slow()
        elif path in self.server.files:
            self._head(200, len(self.server.files[path]))
            self.wfile.write(self.server.files[path])
        else:
            self._head(404, 0)

    def _slow(self):
        """One half, and the other when the test says so."""
        self._head(200, 2 * CHUNK)
        self.wfile.write(b"1" * CHUNK)
        self.wfile.flush()
        self.server.go_on.wait(60)
        self.wfile.write(b"2" * CHUNK)

    def _head(self, status, length, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # Clients that hang up are part of the tests.


class DownloadTest(HandlerTest):
    def setUp(self):
        super().setUp()
        self.ca = CertificateAuthority(self.folder / "pki")
        self.environment["CURL_CA_BUNDLE"] = str(self.ca.certificate)
        self.server = self.serve(self.ca)
        self.place = self.folder / "place"
        self.place.mkdir()
        self.target = self.place / "file"

    def serve(self, ca):
        pair = ca.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        server = _Server((HOST, 0), _Files)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        server.files = {"/file": b"content\n" * 1000, "/empty": b"", "/{a}[1]": b"brackets"}
        server.asked = []
        server.go_on = threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.go_on.set)
        return server

    def url(self, path, server=None):
        return f"https://localhost:{(server or self.server).server_port}{path}?{SECRET}"

    def download(self, path, target=None):
        return self.succeed("download-file.sh", self.url(path), str(target or self.target))

    def refuse_download(self, status, pattern, url, target=None):
        return self.refuse(status, pattern, "download-file.sh", url, str(target or self.target))

    def assert_only(self, *names):
        self.assertEqual(sorted(names), sorted(os.listdir(self.place)))


class Download(DownloadTest):
    def test_the_file_is_there_whole_and_nothing_else(self):
        out = self.download("/file")
        self.assertEqual(self.server.files["/file"], self.target.read_bytes())
        self.assertIn("progress=100\n", out)
        self.assertIn(f"downloaded {self.target} from localhost:", out)
        self.assert_only("file")
        self.assertEqual([f"/file?{SECRET}"], self.server.asked)

    def test_an_old_file_is_replaced_by_a_new_one(self):
        self.target.write_text("old")
        with self.target.open() as old:
            self.download("/file")
            self.assertEqual("old", old.read())  # Who has it open still reads the old one.
        self.assertEqual(self.server.files["/file"], self.target.read_bytes())
        self.download("/file")  # And again: the same.
        self.assert_only("file")

    def test_an_empty_file_and_brackets_are_nothing_special(self):
        self.download("/empty")
        self.assertEqual(b"", self.target.read_bytes())
        self.download("/{a}[1]", self.place / "-b c")
        self.assertEqual(b"brackets", (self.place / "-b c").read_bytes())

    def test_a_redirection_is_followed_but_not_to_http(self):
        self.download("/moved")
        self.assertEqual(self.server.files["/file"], self.target.read_bytes())
        self.refuse_download(FAILED, "failed", self.url("/to-http"), self.place / "other")
        self.assert_only("file")

    def test_a_failed_download_leaves_the_old_file(self):
        self.target.write_text("old")
        for path in ("/none", "/cut"):
            with self.subTest(path):
                self.refuse_download(FAILED, r"failed \(curl: \d+\)", self.url(path))
                self.assertEqual("old", self.target.read_text())
                self.assert_only("file")

    def test_a_server_of_another_root_is_not_trusted_whatever_curlrc_says(self):
        other = self.serve(CertificateAuthority(self.folder / "other"))
        (self.folder / ".curlrc").write_text("insecure\n")
        self.refuse_download(FAILED, r"curl: 60", self.url("/file", other))
        self.assertEqual([], other.asked)
        self.assert_only()

    def test_progress_is_told_while_it_downloads(self):
        process = self.start_slow()
        process.log.find(r"^progress=50$")
        self.assert_only(".file.fieldwork")
        self.server.go_on.set()
        self.assertEqual(0, process.wait(), process.log.text)
        self.assertEqual(b"1" * CHUNK + b"2" * CHUNK, self.target.read_bytes())
        self.assert_only("file")

    def test_the_end_by_a_signal_leaves_nothing(self):
        process = self.start_slow()
        process.log.find(r"^progress=50$")
        os.killpg(process.pid, signal.SIGTERM)
        self.assertEqual(143, process.wait(), process.log.text)
        self.assert_only()

    def test_what_a_power_cut_left_is_cleared_away(self):
        process = self.start_slow()
        process.log.find(r"^progress=50$")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.assert_only(".file.fieldwork")
        self.download("/file")
        self.assertEqual(self.server.files["/file"], self.target.read_bytes())
        self.assert_only("file")

    def start_slow(self):
        process = Process("download", ["download-file.sh", "", self.url("/slow"),
                                       str(self.target)],
                          **self.command("download-file.sh"), start_new_session=True)
        self.addCleanup(process.close)
        return process

    def test_curl_that_is_missing_is_named(self):
        self.environment["PATH"] = str(self.fakes)
        os.symlink(shutil.which("tr"), self.fakes / "tr")
        self.refuse_download(MISSING, "there is no curl here", self.url("/file"))


class DownloadRefuses(DownloadTest):
    def tearDown(self):
        self.assertEqual([], self.server.asked)  # Refused before anything was asked for.

    def test_urls_that_are_not_https(self):
        for url in ("", "http://localhost/f", "file:///etc/passwd", "ftp://localhost/f", "-o/etc/x",
                    "https://", "https:///f", "https://-x/", "HTTPS ://localhost/", "localhost/f",
                    "https://local host/", "https://localhost/\n", "https://localhost/\u00e9"):
            with self.subTest(url):
                self.refuse_download(REFUSED, "the URL", url)

    def test_paths_that_are_not_plain_and_absolute(self):
        place = str(self.place)
        for path in ("", "file", "./file", "/", f"{place}/", f"{place}/../x", f"{place}/./x",
                     f"{place}//x", f"{place}/..", f"{place}/a\nb", f"{place}/a\tb"):
            with self.subTest(path):
                # The empty path is not to become the default of a test.
                self.refuse(REFUSED, "the path", "download-file.sh", self.url("/file"), path)

    def test_links_wherever_they_stand(self):
        victim = self.folder / "victim"
        victim.write_text("safe")
        self.target.symlink_to(victim)
        self.refuse_download(DESTINATION, "is a symbolic link", self.url("/file"))
        (self.place / "dangling").symlink_to(self.folder / "nowhere")
        self.refuse_download(DESTINATION, "is a symbolic link", self.url("/file"),
                             self.place / "dangling")
        alias = self.folder / "alias"
        alias.symlink_to(self.place)
        self.refuse_download(DESTINATION, f"name '{self.place}' instead", self.url("/file"),
                             alias / "x")
        (self.place / ".x.fieldwork").symlink_to(self.folder)
        self.refuse_download(DESTINATION, "cannot write", self.url("/file"), self.place / "x")
        self.assertEqual("safe", victim.read_text())

    def test_destinations_that_are_no_files(self):
        self.target.mkdir()
        self.refuse_download(DESTINATION, "not a regular file", self.url("/file"))
        self.refuse_download(DESTINATION, "no directory", self.url("/file"),
                             self.folder / "nowhere" / "x")
        os.mkfifo(self.place / "pipe")
        self.refuse_download(DESTINATION, "not a regular file", self.url("/file"),
                             self.place / "pipe")

    def test_too_few_and_too_many_arguments(self):
        self.refuse(REFUSED, "has 2 arguments", "download-file.sh", self.url("/file"))
        self.refuse(REFUSED, "has 4 arguments", "download-file.sh", self.url("/file"),
                    str(self.target), "x")


if __name__ == "__main__":
    unittest.main()
