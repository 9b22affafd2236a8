"""A scripted MQTT broker behind TLS: does what a test asks, right or wrong.

One thread, one selector. The test's thread changes the script and sends through it; all
packets are recorded with the time they came, so a test waits for packets, not for time.
"""

import collections
import selectors
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from . import mqtt_packets as wire
from .ports import HOST
from .transcript import Waiter

ALWAYS = 1_000_000


@dataclass
class Script:
    """How the broker behaves; read for each packet, so it may be changed at any time."""

    connack_code: int = 0
    session_present: bool = False
    close_after_connack: bool = False
    suback_code: int = 1
    raw_connack: bytes = b""  # These bytes in place of a CONNACK.
    #: Packet name -> how many of them are still to be withheld.
    withhold: collections.Counter = field(default_factory=collections.Counter)


class Connection:
    """One TLS connection of the device, from accept to end."""

    def __init__(self, number, sock):
        self.number = number
        self.sock = sock
        self.accepted_at = time.monotonic()
        self.closed_at = None
        self.established = False
        self.error = ""
        self.splitter = wire.Splitter()
        self.unsent = bytearray()
        self.close_when_sent = False


class FakeBroker(Waiter):
    """`jobs`, a JobsService, answers requests as AWS does: also without a subscription."""

    def __init__(self, ca_certificate, server, jobs=None):
        super().__init__()
        self.script = Script()
        self.packets = []
        self.connections = []
        self._jobs = jobs
        self._packet_id = 0
        if jobs is not None:
            jobs.send = lambda topic, payload: self.publish(topic, payload, qos=1)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(server.certificate, server.key)
        self._context.load_verify_locations(ca_certificate)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server((HOST, 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._run_orders)
        self._orders = collections.deque()
        self._thread = threading.Thread(target=self._loop, name="fake broker", daemon=True)
        self._running = True
        self._thread.start()

    # What a test asks for.

    def only_tls(self, version):
        """Speaks this version alone, an ssl.TLSVersion; ask before the board starts."""
        self._context.minimum_version = self._context.maximum_version = version

    def withhold(self, name, count=ALWAYS):
        with self.changed:
            self.script.withhold[name] = count

    def release(self, name):
        self.withhold(name, 0)

    def publish(self, topic, payload, qos=1, dup=False, packet_id=None):
        """Sends one PUBLISH on the newest connection; returns its packet id."""
        if packet_id is None and qos:
            self._packet_id = self._packet_id % 65535 + 1
            packet_id = self._packet_id
        self.send_raw(wire.publish(topic, payload, qos, packet_id or 0, dup))
        return packet_id

    def send_raw(self, data):
        """Sends bytes as they are on the newest connection, malformed ones included."""
        self._order(lambda: self._send(self._newest(), data))

    def drop(self):
        """Closes the newest connection, as a dying broker does."""
        self._order(lambda: self._close(self._newest(), "dropped by the test"))

    def wait_packet(self, name, count=1, timeout_s=20, since=0, **fields):
        """The first `count` packets of that name after index `since`, oldest first."""

        def probe():
            found = self.matching(name, since, **fields)
            return found[:count] if len(found) >= count else None

        def what():
            return f"{count} x {name} {fields}; {self._seen()}"

        return self.wait_until(probe, timeout_s, what)

    def matching(self, name, since=0, **fields):
        return [
            packet
            for packet in self.packets[since:]
            if packet.name == name
            and all(getattr(packet, key) == value for key, value in fields.items())
        ]

    def wait_connection(self, count=1, timeout_s=20):
        """The count-th TCP connection since the start."""

        def probe():
            return self.connections[count - 1] if len(self.connections) >= count else None

        return self.wait_until(probe, timeout_s, f"connection {count}")

    def wait_closed(self, number, timeout_s=20):
        """Until connection `number` (from 1) is over; returns it."""

        def probe():
            connection = self.connections[number - 1] if len(self.connections) >= number else None
            return connection if connection and connection.closed_at else None

        return self.wait_until(probe, timeout_s, f"end of connection {number}")

    def close(self):
        self._order(self._end)
        self._thread.join(5)

    # The broker's own thread.

    def _order(self, action):
        self._orders.append(action)
        self._wake.send(b"!")

    def _run_orders(self, _sock, _mask):
        self._woken.recv(4096)
        while self._orders:
            self._orders.popleft()()

    def _loop(self):
        while self._running:
            for key, mask in self._selector.select():
                key.data(key.fileobj, mask)
        self._selector.close()
        for sock in (self._listener, self._wake, self._woken):
            sock.close()

    def _end(self):
        for connection in self.connections:
            self._close(connection, "the broker ended")
        self._running = False

    def _newest(self):
        """Where a test's messages go; without a connection they are lost, as at AWS."""
        return self.connections[-1] if self.connections else None

    def _accept(self, listener, _mask):
        sock, _ = listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        with self.changed:
            connection = Connection(len(self.connections) + 1, tls)
            self.connections.append(connection)
            self.changed.notify_all()
        self._selector.register(tls, selectors.EVENT_READ, lambda s, m: self._ready(connection))

    def _ready(self, connection):
        """Handshakes, then reads all there is: TLS may hold more than the socket shows."""
        try:
            if not connection.established:
                connection.sock.do_handshake()
                connection.established = True
            self._flush(connection)
            while data := connection.sock.recv(65536):
                for first, body in connection.splitter.feed(data):
                    self._on_packet(connection, first, body)
            self._close(connection, "closed by the device")
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._watch(connection)
        except (OSError, wire.ProtocolError) as error:
            self._close(connection, str(error))

    def _on_packet(self, connection, first, body):
        packet = wire.parse(first, body, time.monotonic(), connection.number)
        with self.changed:
            self.packets.append(packet)
            withheld = self._is_withheld(packet.name)
            self.changed.notify_all()
        if packet.name == "CONNECT":
            self._answer_connect(connection, withheld)
        elif packet.name == "SUBSCRIBE" and not withheld:
            codes = [self.script.suback_code] * len(packet.filters)
            self._send(connection, wire.suback(packet.packet_id, codes))
        elif packet.name == "UNSUBSCRIBE":
            self._send(connection, wire.unsuback(packet.packet_id))
        elif packet.name == "PINGREQ" and not withheld:
            self._send(connection, wire.pingresp())
        elif packet.name == "PUBLISH":
            self._answer_publish(connection, packet, withheld)

    def _is_withheld(self, name):
        answer = {"CONNECT": "CONNACK", "SUBSCRIBE": "SUBACK", "PUBLISH": "PUBACK",
                  "PINGREQ": "PINGRESP"}.get(name)
        if answer is None or self.script.withhold[answer] <= 0:
            return False
        self.script.withhold[answer] -= 1
        return True

    def _answer_connect(self, connection, withheld):
        if withheld:
            return
        script = self.script
        answer = script.raw_connack or wire.connack(script.connack_code, script.session_present)
        # 3.2.2.3: a server that refuses closes the connection.
        connection.close_when_sent = bool(script.connack_code) or script.close_after_connack
        self._send(connection, answer)

    def _answer_publish(self, connection, packet, withheld):
        """A withheld PUBACK stands for a PUBLISH that was lost: the cloud does not see it."""
        if withheld:
            return
        if packet.qos:
            self._send(connection, wire.puback(packet.packet_id))
        if self._jobs is not None:
            self._jobs.answer(packet.topic, packet.payload)

    def _send(self, connection, data):
        if connection is None or connection.closed_at or not connection.established:
            return
        connection.unsent += data
        try:
            self._flush(connection)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._watch(connection)
        except OSError as error:
            self._close(connection, str(error))

    def _flush(self, connection):
        while connection.unsent:
            del connection.unsent[: connection.sock.send(connection.unsent)]
        if connection.close_when_sent and not connection.closed_at:
            self._close(connection, "closed by the script")
        self._watch(connection)

    def _watch(self, connection):
        if connection.closed_at:
            return
        mask = selectors.EVENT_READ
        if connection.unsent:
            mask |= selectors.EVENT_WRITE
        key = self._selector.get_key(connection.sock)
        if key.events != mask:
            self._selector.modify(connection.sock, mask, key.data)

    def _close(self, connection, why):
        if connection is None or connection.closed_at:
            return
        self._selector.unregister(connection.sock)
        connection.sock.close()
        with self.changed:
            connection.error = why
            connection.closed_at = time.monotonic()
            self.changed.notify_all()

    def _seen(self):
        return "seen " + ", ".join(f"{p.name} {p.topic}".strip() for p in self.packets[-10:])
