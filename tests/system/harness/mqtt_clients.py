"""MQTT clients that keep what they see: a device with a certificate, and the service.

Nothing here reconnects by itself. What happens is a list of events; wait() looks for one,
and fails with the whole list if it does not come.
"""

import hashlib
import json
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from .plugin_broker import PASSWORD
from .ports import HOST

V311 = mqtt.MQTTv311
V5 = mqtt.MQTTv5
TIMEOUT_S = 10

SERVICE_USER = "fieldwork-service"
REQUEST_PREFIX = "fw-private/jobs/"
DELIVERY_TOPIC = "$CONTROL/fieldwork-delivery/v1"
ACCESS_TOPIC = "$CONTROL/fieldwork-access/v1"


@dataclass
class Event:
    """`kind` is connack, disconnect (a packet from the broker, MQTT 5), closed, message, puback,
    suback or unsuback; the rest is that one's."""

    kind: str
    code: object = None  # int for 3.1.1, the number of the reason code for 5.
    mid: int = None
    topic: str = None
    payload: bytes = None
    qos: int = None
    properties: list = field(default_factory=list)  # User properties.
    time: float = field(default_factory=time.monotonic)


class _Paho(mqtt.Client):
    """Sees the reason of a DISCONNECT without properties, which paho 1.6 passes over, and an alert
    that ends the connection."""

    on_broker_disconnect = None

    def _sock_recv(self, size):
        try:
            return super()._sock_recv(size)
        except ssl.SSLError as error:  # Which would end paho's thread, without a word to us.
            raise ConnectionResetError(str(error)) from error

    def _sock_send(self, data):
        try:
            return super()._sock_send(data)
        except ssl.SSLError as error:  # The same.
            raise ConnectionResetError(str(error)) from error

    def _handle_disconnect(self):
        packet = self._in_packet["packet"]
        self.on_broker_disconnect(packet[0] if packet else 0)
        return super()._handle_disconnect()


class Client:
    """One connection; a new object for every connect."""

    def __init__(self, port, client_id, version=V311, clean=True, pair=None, ca=None, user=None,
                 will=None):
        self.version = version
        self.client_id = client_id
        self.events = []
        self._changed = threading.Condition()
        session = {} if version == V5 else {"clean_session": clean}
        self._client = _Paho(client_id, protocol=version, reconnect_on_failure=False, **session)
        self._client.max_inflight_messages_set(0)
        if pair is not None:
            self._client.tls_set(str(ca), str(pair.certificate), str(pair.key))
        if user is not None:
            self._client.username_pw_set(*user)
        if will is not None:
            self._client.will_set(**will)
        self._set_callbacks()
        connect = {}
        if version == V5:
            expiry = Properties(PacketTypes.CONNECT)
            expiry.SessionExpiryInterval = 0 if clean else 3600
            connect = {"clean_start": clean, "properties": expiry}
        try:
            self._client.connect(HOST, port, **connect)
        except (ssl.SSLError, ConnectionError) as error:
            self._add(Event("closed", code=str(error)))
            return
        self._client.loop_start()

    def _set_callbacks(self):
        client = self._client

        def on_connect(_client, _data, flags, code, _properties=None):
            self.session_present = bool(flags["session present"])
            self._add(Event("connack", code=_number(code)))

        def on_disconnect(_client, _data, code, _properties=None):
            self._add(Event("closed", code=_number(code)))

        def on_message(_client, _data, message):
            properties = getattr(getattr(message, "properties", None), "UserProperty", [])
            self._add(Event("message", topic=message.topic, payload=message.payload,
                            qos=message.qos, properties=list(properties)))

        def on_subscribe(_client, _data, mid, codes, _properties=None):
            self._add(Event("suback", mid=mid, code=[_number(code) for code in codes]))

        client.on_connect, client.on_disconnect = on_connect, on_disconnect
        client.on_message, client.on_subscribe = on_message, on_subscribe
        client.on_broker_disconnect = lambda code: self._add(Event("disconnect", code=code))
        client.on_publish = lambda _client, _data, mid: self._add(Event("puback", mid=mid))
        client.on_unsubscribe = lambda _client, _data, mid, *_: self._add(
            Event("unsuback", mid=mid))

    def _add(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, kind, timeout_s=TIMEOUT_S, **members):
        """The first event like this, past or to come."""
        def look():
            for event in self.events:
                if event.kind == kind and all(
                    getattr(event, name) == value for name, value in members.items()
                ):
                    return event
            return None

        with self._changed:
            found = self._changed.wait_for(look, timeout_s)
            if found is None:
                raise AssertionError(
                    f"{self.client_id}: no {kind} {members} in {timeout_s} s; it saw {self.events}")
            return found

    def seen(self, kind):
        with self._changed:
            return [event for event in self.events if event.kind == kind]

    def topics(self):
        return [event.topic for event in self.seen("message")]

    def wait_answer(self):
        """The connack's code, or "closed" if the connection ended without one."""
        with self._changed:
            self._changed.wait_for(lambda: self.events, TIMEOUT_S)
            first = self.events[0] if self.events else Event("nothing")
            return first.code if first.kind == "connack" else first.kind

    def wait_connected(self):
        answer = self.wait_answer()
        if answer != 0:
            raise AssertionError(f"{self.client_id}: not connected: {self.events}")
        return self

    def subscribe(self, *filters, qos=1):
        """The codes of the suback."""
        return self.wait("suback", mid=self.send_subscribe(*filters, qos=qos)).code

    def send_subscribe(self, *filters, qos=1):
        option = SubscribeOptions(qos=qos) if self.version == V5 else qos
        return self._client.subscribe([(name, option) for name in filters])[1]

    def unsubscribe(self, name):
        self.wait("unsuback", mid=self._client.unsubscribe(name)[1])

    def publish(self, topic, payload="{}", qos=1, retain=False, user_properties=()):
        """Sends, and waits for nothing."""
        properties = None
        if user_properties:
            properties = Properties(PacketTypes.PUBLISH)
            properties.UserProperty = list(user_properties)
        return self._client.publish(topic, payload, qos, retain, properties).mid

    def publish_acked(self, topic, payload="{}", **options):
        self.wait("puback", mid=self.publish(topic, payload, **options))

    def vanish(self):
        """Ends the connection without a DISCONNECT packet, as a power cut does."""
        self._client.socket().shutdown(2)
        self.wait("closed")

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def _number(code):
    return getattr(code, "value", code)


class Service(Client):
    """The service's side of the private listener, with a session that outlives it."""

    def __init__(self, port, user=(SERVICE_USER, PASSWORD), client_id=SERVICE_USER):
        super().__init__(port, client_id, version=V5, clean=False, user=user)

    def listen(self):
        self.wait_connected()
        assert self.subscribe(REQUEST_PREFIX + "#") == [1]
        return self

    def send_access(self, *messages):
        """Returns when the plugin has carried all of them out."""
        for message in messages:
            self.publish_acked(ACCESS_TOPIC, json.dumps(message))

    def send_picture(self, *messages):
        self.send_access({"op": "begin"}, *messages, {"op": "end"})

    def reply(self, *frames):
        """Frames are (client id, topic, payload, qos)."""
        self.publish_acked(DELIVERY_TOPIC, b"".join(frame_bytes(*frame) for frame in frames))

    def wait_request(self, rest_of_topic):
        return self.wait("message", topic=REQUEST_PREFIX + rest_of_topic)


def frame_bytes(client_id, topic, payload, qos=1):
    client_id, topic, payload = client_id.encode(), topic.encode(), payload.encode()
    return (
        struct.pack(">BH", qos, len(client_id)) + client_id
        + struct.pack(">H", len(topic)) + topic
        + struct.pack(">I", len(payload)) + payload
    )


def certificate_id(pair):
    der = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
    return hashlib.sha256(der).hexdigest()
