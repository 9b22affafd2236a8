"""MQTT 3.1.1 on the wire, the server's side, written from the standard alone.

It shares nothing with the device's codec: a mistake shared by both would cancel out.
Section numbers are those of the OASIS standard of 29 October 2014.
"""

import struct
from dataclasses import dataclass, field

NAMES = {
    1: "CONNECT", 2: "CONNACK", 3: "PUBLISH", 4: "PUBACK", 8: "SUBSCRIBE", 9: "SUBACK",
    10: "UNSUBSCRIBE", 11: "UNSUBACK", 12: "PINGREQ", 13: "PINGRESP", 14: "DISCONNECT",
}


class ProtocolError(Exception):
    """The device sent what the standard forbids."""


@dataclass(frozen=True)
class Packet:
    """One packet from the device. Fields that its type lacks keep their defaults."""

    name: str
    time: float
    connection: int
    packet_id: int = 0
    dup: bool = False
    qos: int = 0
    topic: str = ""
    payload: bytes = b""
    filters: tuple = ()
    client_id: str = ""
    user_name: str = ""
    clean_session: bool = False
    keep_alive_s: int = 0


def string(text):
    data = text.encode()
    return struct.pack("!H", len(data)) + data


def remaining_length(count):
    """2.2.3: seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        count, digit = divmod(count, 128)
        out.append(digit | (0x80 if count else 0))
        if not count:
            return bytes(out)


def frame(first_byte, body):
    return bytes([first_byte]) + remaining_length(len(body)) + body


def connack(code=0, session_present=False):
    return frame(0x20, bytes([int(session_present), code]))


def suback(packet_id, codes):
    return frame(0x90, struct.pack("!H", packet_id) + bytes(codes))


def unsuback(packet_id):
    return frame(0xB0, struct.pack("!H", packet_id))


def puback(packet_id):
    return frame(0x40, struct.pack("!H", packet_id))


def pingresp():
    return frame(0xD0, b"")


def publish(topic, payload, qos=0, packet_id=0, dup=False):
    first = 0x30 | (8 if dup else 0) | qos << 1
    identifier = struct.pack("!H", packet_id) if qos else b""
    return frame(first, string(topic) + identifier + payload)


class _Body:
    """Reads the fields of one packet and refuses to read past its end."""

    def __init__(self, data):
        self._data = data

    def take(self, count):
        if count > len(self._data):
            raise ProtocolError("packet ends too early")
        head, self._data = self._data[:count], self._data[count:]
        return head

    def byte(self):
        return self.take(1)[0]

    def word(self):
        return struct.unpack("!H", self.take(2))[0]

    def text(self):
        return self.take(self.word()).decode("utf-8")

    def rest(self):
        return self.take(len(self._data))

    def __bool__(self):
        return bool(self._data)


@dataclass
class Splitter:
    """Cuts the byte stream of one connection into (first byte, body) pairs."""

    _held: bytearray = field(default_factory=bytearray)

    def feed(self, data):
        self._held += data
        while (cut := self._complete()) is not None:
            first, start, end = cut
            body = bytes(self._held[start:end])
            del self._held[:end]
            yield first, body

    def _complete(self):
        length = 0
        for index in range(1, 5):
            if index >= len(self._held):
                return None
            length |= (self._held[index] & 0x7F) << 7 * (index - 1)
            if not self._held[index] & 0x80:
                start = index + 1
                whole = len(self._held) >= start + length
                return (self._held[0], start, start + length) if whole else None
        raise ProtocolError("remaining length has more than four bytes")


def parse(first, body, now, connection):
    """One packet as a Packet; ProtocolError for anything a client must not send."""
    name = NAMES.get(first >> 4)
    fields = _Body(body)
    reader = _READERS.get(name)
    if reader is None:
        raise ProtocolError(f"a client must not send packet type {first >> 4}")
    found = reader(first & 0x0F, fields)
    if fields:
        raise ProtocolError(f"{name} has bytes after its end")
    return Packet(name, now, connection, **found)


def _read_connect(flags, body):
    _expect(flags == 0, "CONNECT: reserved flags are not 0")
    _expect(body.text() == "MQTT" and body.byte() == 4, "CONNECT: not MQTT 3.1.1")
    options = body.byte()
    _expect(not options & 0x01, "CONNECT: reserved connect flag is set")
    found = {"clean_session": bool(options & 0x02), "keep_alive_s": body.word()}
    found["client_id"] = body.text()
    if options & 0x04:
        found["topic"], found["payload"] = body.text(), body.take(body.word())
    if options & 0x80:
        found["user_name"] = body.text()
    if options & 0x40:
        body.take(body.word())
    return found


def _read_publish(flags, body):
    qos = flags >> 1 & 3
    _expect(qos < 3, "PUBLISH: QoS 3")
    topic = body.text()
    _expect(topic and not set("+#") & set(topic), "PUBLISH: not a topic name")
    packet_id = body.word() if qos else 0
    _expect(packet_id or not qos, "PUBLISH: packet id 0")
    _expect(qos or not flags & 8, "PUBLISH: DUP at QoS 0")
    return {"qos": qos, "dup": bool(flags & 8), "topic": topic, "packet_id": packet_id,
            "payload": body.rest()}


def _read_subscribe(flags, body):
    _expect(flags == 2, "SUBSCRIBE: flags are not 2")
    packet_id, filters = body.word(), []
    while body:
        filters.append((body.text(), body.byte()))
    _expect(packet_id and filters, "SUBSCRIBE: no packet id or no filter")
    return {"packet_id": packet_id, "filters": tuple(filters)}


def _read_unsubscribe(flags, body):
    _expect(flags == 2, "UNSUBSCRIBE: flags are not 2")
    packet_id, filters = body.word(), []
    while body:
        filters.append(body.text())
    return {"packet_id": packet_id, "filters": tuple(filters)}


def _read_puback(flags, body):
    _expect(flags == 0, "PUBACK: reserved flags are not 0")
    return {"packet_id": body.word()}


def _read_empty(flags, _body):
    _expect(flags == 0, "reserved flags are not 0")
    return {}


def _expect(holds, message):
    if not holds:
        raise ProtocolError(message)


_READERS = {
    "CONNECT": _read_connect,
    "PUBLISH": _read_publish,
    "PUBACK": _read_puback,
    "SUBSCRIBE": _read_subscribe,
    "UNSUBSCRIBE": _read_unsubscribe,
    "PINGREQ": _read_empty,
    "DISCONNECT": _read_empty,
}
