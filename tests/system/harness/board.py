"""The board under test: its configuration, its process, its console."""

import json
import os
import pty
import signal
import subprocess
import tomllib
from pathlib import Path

from .pki import Pair
from .processes import Process

BUILT = Path(__file__).resolve().parents[3] / "build" / "bin" / "fieldwork-device"

#: What the command `version` prints.
VERSION = r"version \d+\.\d+\.\d+"

ACCESS_POINT = {
    "ssid": "61test", "password": "12345678", "bssid": "94:83:C4:3A:BA:9E",
    "channel": 6, "rssi": -48,
}
OPEN_ACCESS_POINT = {
    "ssid": "guest", "bssid": "94:83:C4:3A:BA:9F", "channel": 11, "rssi": -71,
}


def program():
    """The binary under test: $FIELDWORK_DEVICE, or where a release build leaves it."""
    path = Path(os.environ.get("FIELDWORK_DEVICE", BUILT)).resolve()
    if not os.access(path, os.X_OK):
        raise AssertionError(f"no program {path}: build it, or name it in FIELDWORK_DEVICE")
    return str(path)


def to_toml(tables):
    """Plain TOML: one level of tables, and lists of tables inside them."""
    lines = []
    for table, values in tables.items():
        lines.append(f"[{table}]")
        lists = {k: v for k, v in values.items() if _is_table_list(v)}
        lines += [f"{k} = {_toml(v)}" for k, v in values.items() if k not in lists]
        for key, rows in lists.items():
            for row in rows:
                lines.append(f"[[{table}.{key}]]")
                lines += [f"{k} = {_toml(v)}" for k, v in row.items()]
        lines.append("")
    return "\n".join(lines)


def _is_table_list(value):
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _toml(value):
    """JSON's strings, numbers, booleans and lists are TOML's, for what tests write."""
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value)


class Board:
    """One board in a folder of its own. `overrides` change single configuration values."""

    def __init__(self, folder, thing, port, ca, pair, overrides=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.thing = thing
        self.config = {
            "device": {
                "thing": thing, "endpoint": "localhost", "port": port, "ca": ca,
                "certificate": pair.certificate, "private_key": pair.key,
            },
            "mqtt": {"keep_alive_s": 30, "reconnect_cap_s": 2},
            "jobs": {},
            "board": {"flash": "flash.bin"},
            "wifi": {"connect_ms": 50, "access_point": [dict(ACCESS_POINT),
                                                        dict(OPEN_ACCESS_POINT)]},
            "ntp": {"clock": "host"},
            "log": {"level": "debug"},
        }
        for table, values in (overrides or {}).items():
            self.config.setdefault(table, {}).update(values)
        self.process = None
        self.logs = []
        self._terminal = None

    @classmethod
    def provisioned(cls, folder, overrides=None):
        """A board for what `fieldwork-cloud provision` wrote into `folder`."""
        path = Path(folder) / "device.toml"
        device = tomllib.loads(path.read_text(encoding="utf-8"))["device"]
        pair = Pair(device["certificate"], device["private_key"])
        return cls(folder, device["thing"], device["port"], device["ca"], pair,
                   {"device": device, **(overrides or {})})

    @property
    def path(self):
        return self.folder / "device.toml"

    @property
    def log(self):
        return self.process.log

    def write_config(self):
        self.path.write_text(to_toml(self.config))

    def start(self, *arguments, terminal=False):
        """Starts the program with a console on a pipe, or on a pty with `terminal`."""
        self.write_config()
        argv = [program(), "--config", str(self.path), *arguments]
        if terminal:
            self._start_on_terminal(argv)
        else:
            self.process = Process("board", argv, stdin=subprocess.PIPE, cwd=self.folder)
        self.logs.append(self.process.log)
        return self

    def run(self):
        """No console: everything starts by itself."""
        self.config["wifi"].setdefault("ssid", ACCESS_POINT["ssid"])
        self.config["wifi"].setdefault("password", ACCESS_POINT["password"])
        return self.start("--run")

    def _start_on_terminal(self, argv):
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm"}
        self.process = Process("board", argv, stdin=theirs, stdout=theirs, stderr=theirs,
                               cwd=self.folder, env=environment, start_new_session=True)
        os.close(theirs)
        self._terminal = ours
        self.process.follow(ours)

    def type(self, line):
        """Types one line and the Enter key."""
        self.keys(line + ("\r" if self._terminal else "\n"))

    def keys(self, text):
        """Sends key strokes as they are."""
        data = text.encode()
        if self._terminal is not None:
            os.write(self._terminal, data)
            return
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def expect(self, pattern, timeout_s=20):
        return self.log.expect(pattern, timeout_s)

    def command(self, line, pattern, timeout_s=20):
        """Types `line` and waits for `pattern` in what is printed from then on."""
        self.log.mark()
        self.type(line)
        return self.expect(pattern, timeout_s)

    def reload(self):
        """SIGHUP: the access points are read again."""
        self.write_config()
        self.process.signal(signal.SIGHUP)

    def stop(self):
        """SIGTERM; returns the exit status."""
        return self.process.stop()

    def kill(self):
        """A power cut; start() is the power coming back."""
        self.process.kill()
        self.close()

    def close(self):
        if self.process is not None:
            self.process.close()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    def all_text(self):
        """The output of every start since the first."""
        return "".join(log.text for log in self.logs)


def set_clock(board):
    """Starts the network clock and returns the local time it shows once it is set."""
    board.type("ntp start")
    return board.command("ntp", r"time: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)").group(1)


def bring_up(board):
    """The four commands of the quick start, each when the one before has had its effect."""
    board.command("wifi init", r"MAC")
    board.command(
        f"wifi connect {ACCESS_POINT['ssid']} {ACCESS_POINT['password']}", r"sta got ip \S+"
    )
    set_clock(board)
    board.command("aws_job", r"MQTT connection successfully established with broker")

