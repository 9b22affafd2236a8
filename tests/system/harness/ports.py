"""Free loopback ports for servers that are restarted on the same port."""

import random
import socket

HOST = "127.0.0.1"

# Below the range from which the kernel takes ports for outgoing connections: none of those
# can slip in while a server is down between two starts.
_RANGE = range(20_000, 32_000)

_given = set()  # Two servers of one test must not get the same port.


def free_port(kind=socket.SOCK_STREAM):
    """A port that nobody used a moment ago."""
    for _ in range(100):
        port = random.choice(_RANGE)
        if port in _given:
            continue
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((HOST, port))
                if kind == socket.SOCK_STREAM:
                    probe.listen()
            except OSError:
                continue
            _given.add(port)
            return port
    raise AssertionError("no free port on loopback")


def free_udp_port():
    return free_port(socket.SOCK_DGRAM)
