"""A real Mosquitto that asks for certificates, on a port that survives its restarts."""

import os
import signal
import socket

from .ports import HOST, free_port
from .processes import Process


def settings(folder, anonymous):
    """How every Mosquitto of these tests runs, whatever it listens on."""
    user = "user root\n" if os.geteuid() == 0 else ""
    return (
        f"{user}per_listener_settings false\nallow_anonymous {anonymous}\n"
        "log_dest stderr\nlog_type all\nconnection_messages true\n"
        "set_tcp_nodelay true\nmax_inflight_messages 0\nmax_queued_messages 0\n"
        f"persistence true\npersistence_location {folder}/\n"
    )


def tls_listener(port, ca_certificate, server):
    """One that asks devices for certificates."""
    return (
        f"listener {port} {HOST}\n"
        f"cafile {ca_certificate}\ncertfile {server.certificate}\nkeyfile {server.key}\n"
        "require_certificate true\n"
    )


class Broker:
    """Two listeners: mutual TLS for devices, plain on loopback for the Jobs responder.

    A certificate's common name is the user name, so it names the thing. Sessions are kept
    in the test's folder: kill(keep_sessions=...) decides whether the next start sees them.
    """

    def __init__(self, folder, ca_certificate, server):
        self._folder = folder / "mosquitto"
        self._folder.mkdir()
        self.port = free_port()
        self.plain_port = free_port()
        self._config = self._folder / "mosquitto.conf"
        self._config.write_text(self._settings(ca_certificate, server))
        self.logs = []
        self.process = None

    def _settings(self, ca_certificate, server):
        return (
            settings(self._folder, anonymous="true")
            + f"listener {self.plain_port} {HOST}\n"
            + tls_listener(self.port, ca_certificate, server)
            + "use_identity_as_username true\n"
        )

    def start(self):
        argv = ["/usr/sbin/mosquitto", "-c", str(self._config)]
        self.process = Process("mosquitto", argv)
        self.logs.append(self.process.log)
        self.process.log.expect(r"mosquitto version \S+ running")

    def kill(self, keep_sessions):
        """Ends the broker as a crash does; with keep_sessions its memory is on disk first."""
        if keep_sessions:
            self._save_sessions()
        self.process.kill()
        self.process.close()
        if not keep_sessions:
            (self._folder / "mosquitto.db").unlink(missing_ok=True)

    def _save_sessions(self):
        """Mosquitto has one thread: a connection it accepts after the line proves the file."""
        self.process.signal(signal.SIGUSR1)
        self.process.log.expect(r"Saving in-memory database")
        with socket.create_connection((HOST, self.plain_port)):
            self.process.log.expect(r"New connection from")

    def restart(self, keep_sessions):
        self.kill(keep_sessions)
        self.start()

    def close(self):
        if self.process is not None:
            self.process.close()
