"""Mosquitto with the cloud's plugin: TLS for devices, a private listener for the service.

The private listener is a TCP port on loopback here, since the clients of these tests have
no Unix sockets; to the plugin there is no difference.
"""

import os
import signal
from pathlib import Path

from .broker import settings, tls_listener
from .ports import HOST, free_port
from .processes import Process

DEFAULT = Path(__file__).parents[3] / "build" / "bin" / "fieldwork_broker.so"
PASSWORD = "7d0c6b7f-a-secret-of-this-test"
REGION = "us-east-1"
ACCOUNT = "000000000000"


def plugin_path():
    """The plugin under test; FIELDWORK_BROKER_PLUGIN names another."""
    return Path(os.environ.get("FIELDWORK_BROKER_PLUGIN", DEFAULT)).resolve(strict=True)


class PluginBroker:
    """Its sessions are kept on disk from one start to the next."""

    def __init__(self, folder, ca_certificate, server):
        self._folder = folder / "plugin-broker"
        self._folder.mkdir()
        self.port = free_port()
        self.private_port = free_port()
        self._config = self._folder / "mosquitto.conf"
        self._config.write_text(self._settings(ca_certificate, server))
        self.logs = []
        self.process = None

    def _settings(self, ca_certificate, server):
        return (
            settings(self._folder, anonymous="false")
            + f"plugin {plugin_path()}\n"
            f"plugin_opt_service_password {PASSWORD}\n"
            f"plugin_opt_region {REGION}\nplugin_opt_account {ACCOUNT}\n"
            f"listener {self.private_port} {HOST}\n"
            + tls_listener(self.port, ca_certificate, server)
        )

    @property
    def log(self):
        return self.process.log

    def start(self):
        self.process = Process("mosquitto", self.argv())
        self.logs.append(self.process.log)
        self.process.log.expect(r"mosquitto version \S+ running")

    def argv(self):
        wrapper = os.environ.get("FIELDWORK_BROKER_WRAPPER", "").split()
        return [*wrapper, "/usr/sbin/mosquitto", "-c", str(self._config)]

    def restart(self):
        self.process.stop()
        self.process.close()
        self.start()

    def reload(self):
        """SIGHUP; returns when the broker has read its configuration again."""
        self.process.signal(signal.SIGHUP)
        self.process.log.expect(r"Reloading config")

    def close(self):
        if self.process is None:
            return
        if self.process.running():
            self.process.stop()
        self.process.close()
