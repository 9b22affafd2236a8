"""The base of every system test: builds the world around a board and takes it down."""

import shutil
import tempfile
from pathlib import Path

from .board import Board
from .broker import Broker
from .fakebroker import FakeBroker
from .ntp import NtpServer
from .pki import CertificateAuthority
from .responder import JobsService, MqttJobs
from .showing import ShowingTest

THING = "wm_demo_1"

REBOOT_DOCUMENT = {
    "version": "1.0",
    "steps": [{"action": {"name": "Reboot", "type": "runHandler",
                          "input": {"handler": "reboot.sh", "path": ""}, "runAsUser": ""}}],
}
OTA_DOCUMENT = {
    "afr_ota": {
        "protocols": ["MQTT"], "streamname": "AFR_OTA-3",
        "files": [{"filepath": "/app", "filesize": 10240, "fileid": 0, "certfile": "cert.pem",
                   "fileType": 1, "sig-sha256-ecdsa": "MEQCIF2QDvgl"}],
    }
}


class SystemTest(ShowingTest):
    """Makes what a test names, in one folder, and ends all of it whatever happens.

    When a test fails, the output of every process it started is printed.
    """

    def run(self, result=None):
        self._logs = []
        return super().run(result)

    def logs(self):
        return [(name, text()) for name, text in self._logs]

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="fieldwork-system-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self._ca = None

    @property
    def ca(self):
        """The authority that board and servers trust unless a test wants otherwise."""
        if self._ca is None:
            self._ca = CertificateAuthority(self.folder / "pki")
        return self._ca

    def make_broker(self):
        """A running Mosquitto with a Jobs service behind it: (broker, service)."""
        broker = Broker(self.folder, self.ca.certificate, self.ca.server())
        self.addCleanup(broker.close)
        self._logs.append(("broker", lambda: "".join(log.text for log in broker.logs)))
        broker.start()
        service = JobsService()
        carrier = MqttJobs(service, broker.plain_port)
        self.addCleanup(carrier.close)
        carrier.wait_ready()
        return broker, service

    def make_fake_broker(self, server=None, jobs=True):
        """A scripted broker: (broker, service); the service is None without `jobs`."""
        service = JobsService() if jobs else None
        broker = FakeBroker(self.ca.certificate, server or self.ca.server(), service)
        self.addCleanup(broker.close)
        if service is not None:
            self.addCleanup(service.close)
        self._logs.append(("fake broker", lambda: _describe(broker)))
        return broker, service

    def make_ntp(self):
        server = NtpServer(self.folder)
        self.addCleanup(server.close)
        self._logs.append(("chronyd", lambda: server.process.log.text))
        return server

    def make_board(self, port, pair=None, name="board", **overrides):
        """A board that is not started yet."""
        pair = pair or self.ca.device(THING)
        board = Board(self.folder / name, THING, port, self.ca.certificate, pair, overrides)
        self.addCleanup(board.close)
        self._logs.append((name, board.all_text))
        return board

    def assert_one_reboot(self, board):
        """One boot in all, over every start of the program, that a job asked for."""
        board.logs[0].find(r"main: boot reason 4\n")
        self.assertEqual(1, board.all_text().count("main: boot reason 4\n"))


def _describe(broker):
    lines = [f"connection {c.number}: {c.error or 'open'}" for c in broker.connections]
    start = broker.packets[0].time if broker.packets else 0
    lines += [
        f"{p.time - start:8.3f} #{p.connection} {p.name} id={p.packet_id} dup={int(p.dup)} "
        f"{p.topic or p.filters or p.client_id} {p.payload[:120]!r}"
        for p in broker.packets
    ]
    return "\n".join(lines)
