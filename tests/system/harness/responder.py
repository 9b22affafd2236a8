"""A scripted AWS IoT Jobs service: the rules of jobs_engine, with faults on order.

Who carries the messages is not its affair: MqttJobs joins it to a real broker, the fake
broker calls answer() itself. Every request is recorded with the time it came.
"""

import json
import threading
import time
from dataclasses import dataclass

import paho.mqtt.client as mqtt

from .jobs_engine import Refusal, Things, parse_payload, parse_topic
from .ports import HOST
from .transcript import Waiter


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

    time: float
    kind: str
    thing: str
    job: str
    body: dict

    @property
    def status(self):
        return self.body.get("status", "")


@dataclass
class Fault:
    """What happens to the next `count` requests of one kind.

    status: of updates, only those with this one.
    code: answer with this rejection, nothing applied. silent: nothing applied, no answer.
    lose_reply: applied, no answer. delay_s: applied, and the answer comes late.
    first: called before the request is looked at, to change what the cloud knows.
    """

    kind: str
    count: int = 1
    code: str = ""
    silent: bool = False
    lose_reply: bool = False
    delay_s: float = 0.0
    status: str = ""
    first: object = None


class JobsService(Waiter):
    """`send(topic, payload_bytes)` is set by whoever carries the messages."""

    def __init__(self):
        super().__init__()
        self.things = Things()
        self.requests = []
        self.notice_copies = 1  # 2: every notify-next arrives twice.
        self.send = lambda topic, payload: None
        self._faults = []
        self._late = []

    def queue(self, thing, job_id, document, notify=True):
        """Adds a job and notifies. Documents may be any JSON value."""
        with self.changed:
            notices = self.things.add(thing, job_id, document, _now())
        self._send_all(notices if notify else [])

    def cancel(self, thing, job_id):
        with self.changed:
            notices = self.things.cancel(thing, job_id, _now())
        self._send_all(notices)

    def renotify(self, thing):
        """Sends notify-next though nothing changed, as a redelivery would."""
        topic = f"$aws/things/{thing}/jobs/notify-next"
        with self.changed:
            notice = self.things.next_notice(thing, _now())
        self._send_all([(topic, notice)])

    def inject(self, **fault):
        with self.changed:
            self._faults.append(Fault(**fault))

    def answer(self, topic, payload):
        """Takes one published message; whatever is no request is passed over."""
        request = parse_topic(topic)
        if request is None:
            return
        with self.changed:
            body, refusal = _parse(payload)
            fault = self._take_fault(request.kind, body)
            self.requests.append(
                Recorded(time.monotonic(), request.kind, request.thing, request.job, body)
            )
            messages = self._respond(request, body, refusal, fault)
            self.changed.notify_all()
        if fault.delay_s:
            self._send_later(fault.delay_s, messages)
        else:
            self._send_all(messages)

    def wait_request(self, kind, count=1, timeout_s=20, **fields):
        """The first `count` requests of a kind whose fields match, e.g. status="FAILED"."""

        def probe():
            found = self.matching(kind, **fields)
            return found if len(found) >= count else None

        def what():
            return f"{count} x {kind} {fields}, only {self._seen()}"

        return self.wait_until(probe, timeout_s, what)

    def matching(self, kind, **fields):
        return [
            request
            for request in self.requests
            if request.kind == kind
            and all(getattr(request, name) == value for name, value in fields.items())
        ]

    def wait_status(self, thing, job_id, status, timeout_s=20):
        """Waits until AWS would show `status`; returns the execution."""

        def probe():
            execution = self.things.execution(thing, job_id)
            return execution if execution.status == status else None

        return self.wait_until(probe, timeout_s, lambda: f"{job_id} {status}, only {self._seen()}")

    def close(self):
        for timer in self._late:
            timer.cancel()

    def _seen(self):
        return [f"{r.kind} {r.job} {r.status}".strip() for r in self.requests[-8:]]

    def _take_fault(self, kind, body):
        for fault in self._faults:
            fits = fault.kind == kind and fault.status in ("", body.get("status"))
            if fits and fault.count > 0:
                fault.count -= 1
                return fault
        return Fault(kind)

    def _respond(self, request, body, refusal, fault):
        """The messages that leave for one request, each with its topic."""
        token = {"clientToken": body["clientToken"]} if "clientToken" in body else {}
        stamp = {**token, "timestamp": _now()}
        if fault.silent:
            return []
        try:
            if fault.first is not None:
                fault.first()
            if fault.code:
                raise self._scripted(request, fault.code)
            if refusal is not None:
                raise refusal
            reply, notices = self.things.handle(request, body, _now())
        except Refusal as no:
            reply = {"code": no.code, "message": str(no), **stamp}
            if no.execution is not None:
                reply["executionState"] = no.execution.state()
            return [(request.topic + "/rejected", reply)]
        if fault.lose_reply:
            return notices
        return [(request.topic + "/accepted", {**stamp, **reply}), *notices]

    def _scripted(self, request, code):
        """A rejection on order, with the state AWS adds to two of the codes."""
        refusal = Refusal(code, "as the test asked")
        if code in ("InvalidStateTransition", "VersionMismatch") and request.kind == "update":
            refusal.execution = self.things.execution(request.thing, request.job)
        return refusal

    def _send_all(self, messages):
        for topic, body in messages:
            copies = self.notice_copies if topic.endswith("/notify-next") else 1
            payload = json.dumps(body, separators=(",", ":")).encode()
            for _ in range(copies):
                self.send(topic, payload)

    def _send_later(self, delay_s, messages):
        timer = threading.Timer(delay_s, self._send_all, [messages])
        timer.daemon = True
        self._late.append(timer)
        timer.start()


def _now():
    return int(time.time())


def _parse(payload):
    try:
        return parse_payload(payload), None
    except Refusal as refusal:
        return {}, refusal


class MqttJobs:
    """Joins a JobsService to a real broker, over its plain listener.

    Comes back sooner than a device may (its delay is at least one second), so that after a
    restart of the broker no request is published to nobody.
    """

    def __init__(self, service, port):
        self._service = service
        self._ready = threading.Event()
        self._client = mqtt.Client("jobs-responder", clean_session=True)
        self._client.reconnect_delay_set(0.05, 0.1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_disconnect = lambda *_: self._ready.clear()
        self._client.on_message = lambda _c, _u, m: service.answer(m.topic, m.payload)
        self._client.connect(HOST, port)
        self._client.loop_start()
        service.send = lambda topic, payload: self._client.publish(topic, payload, qos=1)

    def wait_ready(self, timeout_s=10):
        """Until the broker has confirmed the subscriptions."""
        if not self._ready.wait(timeout_s):
            raise AssertionError("the Jobs responder has no connection to the broker")

    def close(self):
        self._service.close()
        self._client.disconnect()
        self._client.loop_stop()

    @staticmethod
    def _on_connect(client, _userdata, _flags, _code):
        filters = ("get", "start-next", "+/get", "+/update")
        client.subscribe([(f"$aws/things/+/jobs/{name}", 1) for name in filters])
