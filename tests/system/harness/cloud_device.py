"""Things of a cloud that talk MQTT: their registration, their requests, and all they were told."""

import json
import re
import socket
import time
import uuid
from dataclasses import dataclass

from . import compat
from .cloud import ACCOUNT, REGION
from .cloud_case import CloudTest
from .mqtt_clients import TIMEOUT_S, Client
from .pki import Pair
from .processes import run_tool

ARN = f"arn:aws:iot:{REGION}:{ACCOUNT}:"
THING = "${iot:Connection.Thing.ThingName}"
#: Times differ from run to run: masked() takes them out of a payload and leaves the rest.
TIMES = re.compile(r'"(timestamp|queuedAt|startedAt|lastUpdatedAt)":(\d+)')
SECONDS = re.compile(r'("approximateSecondsBeforeTimedOut"):\d+')

OPERATIONS = {
    "get": "GetPendingJobExecutions", "start-next": "StartNextPendingJobExecution",
}
VERBS = {"get": "DescribeJobExecution", "update": "UpdateJobExecution"}


def statement(effect, action, *resources, **more):
    return {"Effect": effect, "Action": action,
            "Resource": [name if name == "*" else ARN + name for name in resources], **more}


def allow(action, *resources, **more):
    return statement("Allow", action, *resources, **more)


def deny(action, *resources, **more):
    return statement("Deny", action, *resources, **more)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# What a thing needs for its own jobs.
CONNECT = allow("iot:Connect", f"client/{THING}")
JOBS = [
    allow(["iot:Publish", "iot:Receive"], f"topic/$aws/things/{THING}/jobs/*"),
    allow("iot:Subscribe", f"topicfilter/$aws/things/{THING}/jobs/*"),
]


def masked(payload):
    """The payload's text with T for every time, which has to be whole seconds, about now, and S for
    the seconds that a timer has still to run."""
    now = time.time()

    def mask(match):
        name, value = match.groups()
        assert now - 120 <= int(value) <= now, f"{name} {value} is not a time of this test: {now}"
        return f'"{name}":T'

    return SECONDS.sub(r"\1:S", TIMES.sub(mask, payload.decode()))


@dataclass(frozen=True)
class Reply:
    accepted: bool
    topic: str
    payload: bytes
    qos: int

    @property
    def body(self):
        return json.loads(self.payload)

    @property
    def code(self):
        return "ok" if self.accepted else self.body["code"]

    @property
    def execution(self):
        return self.body.get("execution")

    @property
    def text(self):
        return masked(self.payload)


class Device(Client):
    """One MQTT connection of a thing. Each message is taken once, in the order of arrival."""

    def __init__(self, cloud, thing, pair, client_id=None, **options):
        self.thing = thing
        self.prefix = f"$aws/things/{thing}/jobs/"
        self._taken = set()
        super().__init__(cloud.mqtt_port, client_id or thing, pair=pair, ca=cloud.root, **options)

    def _set_callbacks(self):
        super()._set_callbacks()
        # Or else each request waits 40 ms for the acknowledgement of the PUBACK before it.
        self._client.on_socket_open = lambda _client, _data, connection: connection.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def take(self, *topics, timeout_s=TIMEOUT_S):
        """The first message on one of these topics that was not taken yet."""

        def look():
            for event in self.events:
                fits = event.kind == "message" and event.topic in topics
                if fits and id(event) not in self._taken:
                    return event
            return None

        with self._changed:
            self._changed.wait_for(lambda: look() or self.events[-1:] == self.seen("closed")[-1:],
                                   timeout_s)
            event = look()
            if event is None:
                raise AssertionError(
                    f"{self.client_id}: nothing on {topics}; it saw {self.events[-20:]}")
            self._taken.add(id(event))
        return event

    def send(self, rest, body="{}", qos=1, **options):
        """Publishes a request and does not wait for the answer."""
        payload = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.publish(self.prefix + rest, payload, qos=qos, **options)

    def ask(self, rest, body="{}", **options):
        """Publishes a request; the Reply."""
        self.send(rest, body, **options)
        return self.reply(rest)

    def reply(self, rest, timeout_s=TIMEOUT_S):
        """The next answer to a request that was sent."""
        accepted = self.prefix + rest + "/accepted"
        message = self.take(accepted, self.prefix + rest + "/rejected", timeout_s=timeout_s)
        reply = Reply(message.topic == accepted, message.topic, message.payload, message.qos)
        operation = OPERATIONS.get(rest) or VERBS.get(rest.rpartition("/")[2])
        if operation:
            compat.record("MQTT", operation, reply.code)
        return reply

    def update(self, job, status, **more):
        return self.ask(f"{job}/update", {"status": status, **more})

    def settle(self):
        """All that had been sent to this connection by now and was not taken, without the pings.

        Messages of one connection come in order, so what is not there when the answer to a
        request arrives that was made last is not to come any more.
        """
        token = f"ping-{uuid.uuid4()}"
        self.send("get", {"clientToken": token})
        while self.reply("get").body.get("clientToken") != token:
            pass
        with self._changed:
            rest = [event for event in self.events
                    if event.kind == "message" and id(event) not in self._taken]
            self._taken.update(id(event) for event in rest)
        return rest

    def news(self):
        """What settle() gives, short: [(last part of the topic, masked payload), ...]."""
        found = []
        for event in self.settle():
            assert event.topic.startswith(self.prefix), event
            found.append((event.topic[len(self.prefix):], masked(event.payload)))
        return found


def key_and_request(folder, name, kind="P-256"):
    """A new key, of this curve or "RSA", and a CSR for it: (key file, CSR as PEM)."""
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    curve = ["ec", "-pkeyopt", f"ec_paramgen_curve:{kind}"]
    run_tool(["openssl", "req", "-new", "-newkey", *(["rsa:2048"] if kind == "RSA" else curve),
              "-nodes", "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)], folder)
    return key, request.read_text()


@dataclass
class Registered:
    """A certificate of the cloud, with its key."""

    certificate_id: str
    arn: str
    pair: Pair


class DeviceTest(CloudTest):
    """A shared cloud, and things with certificates that connect to it."""

    def register(self, *things, policies=(), active=True):
        """A certificate by CSR, attached to these things, with these policies."""
        key, request = key_and_request(self.folder, self.unique("key"))
        made = self.iot.create_certificate_from_csr(
            certificateSigningRequest=request, setAsActive=active)
        file = key.with_suffix(".pem")
        file.write_text(made["certificatePem"])
        arn = made["certificateArn"]
        for name in policies:
            self.iot.attach_policy(policyName=name, target=arn)
        for thing in things:
            self.iot.attach_thing_principal(thingName=thing, principal=arn)
        return Registered(made["certificateId"], arn, Pair(file, key))

    def make_policy(self, *statements, name=None):
        name = name or self.unique("policy")
        self.iot.create_policy(policyName=name, policyDocument=policy(*statements))
        return name

    def device_policy(self):
        """The policy that all ordinary things of this cloud share."""
        cls = type(self)
        if "_device_policy" not in cls.__dict__:
            cls._device_policy = self.make_policy(CONNECT, *JOBS, name="device")
        return cls._device_policy

    def take_effect(self):
        """Returns when the broker knows what was changed before: a change of access goes the way
        that answers go, and in order with them."""
        cls = type(self)
        if "_witness" not in cls.__dict__ or cls._witness.seen("closed"):
            cls._witness = self._make_witness()
        cls._witness.settle()

    def _make_witness(self):
        thing = self.make_thing()
        registered = self.register(thing, policies=[self.device_policy()])
        deadline = time.monotonic() + 1
        while True:
            witness = Device(self.cloud, thing, registered.pair)
            type(self).addClassCleanup(witness.close)
            if witness.wait_answer() == 0 or time.monotonic() > deadline:
                return witness.wait_connected()

    def connect(self, thing, registered, **options):
        """A connection that may be refused, of a certificate that the broker has heard of."""
        self.take_effect()
        device = Device(self.cloud, thing, registered.pair, **options)
        device.registered = registered
        self.addCleanup(device.close)
        return device

    def make_device(self, *filters, thing=None, policies=None, **options):
        """A new thing, connected, subscribed to these topics below its jobs topic."""
        thing = self.make_thing(thing)
        registered = self.register(thing, policies=policies or [self.device_policy()])
        device = self.connect(thing, registered, **options).wait_connected()
        if filters:
            self.assertEqual([1] * len(filters),
                             device.subscribe(*(device.prefix + name for name in filters)))
        return device
