"""Speaks HTTP to the cloud below the AWS SDKs: what they would never send, byte by byte."""

import json
import select
import socket
from dataclasses import dataclass

from .ports import HOST


@dataclass
class Answer:
    """One HTTP answer; the names of headers are in lower case."""

    status: int
    headers: dict
    body: bytes

    @property
    def error(self):
        """The exception's name as AWS's SDKs read it."""
        return self.headers.get("x-amzn-errortype")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["message"]


class HttpConnection:
    """One TCP connection to the cloud, with a time limit on every wait."""

    def __init__(self, port, timeout_s=10):
        self._socket = socket.create_connection((HOST, port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def request(self, method, target, body=b"", headers=()):
        """A request with Host and, where there is a body, Content-Length."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def ask(self, method, target, body=b"", headers=()):
        self.request(method, target, body, headers)
        return self.answer(with_body=method != "HEAD")

    def answer(self, with_body=True):
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if with_body else 0
        return Answer(int(head[0].split()[1]), headers, self._exactly(length))

    def has_answer(self, timeout_s):
        """Whether anything, the end included, comes within that time."""
        return bool(self._received) or bool(select.select([self._socket], [], [], timeout_s)[0])

    def wait_closed(self):
        """What still comes until the cloud closes the connection."""
        while self._receive():
            pass
        rest, self._received = self._received, b""
        return rest

    def _receive(self):
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            return False
        self._received += data
        return bool(data)

    def _until(self, mark):
        while mark not in self._received:
            if not self._receive():
                raise AssertionError(f"closed before an answer; got {self._received!r}")
        head, _, self._received = self._received.partition(mark)
        return head

    def _exactly(self, count):
        while len(self._received) < count:
            if not self._receive():
                raise AssertionError(f"closed in an answer; got {self._received!r}")
        data, self._received = self._received[:count], self._received[count:]
        return data


def ask(port, method, target, body=None, **headers):
    """One request on a connection of its own; a body that is not bytes is sent as JSON.

    Underscores in the names of headers stand for hyphens.
    """
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    with HttpConnection(port) as connection:
        return connection.ask(method, target, body or b"", named)
