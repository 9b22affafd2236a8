"""The rules of AWS IoT Jobs for one account, in memory: requests in, messages out.

Pure: no broker, no clock of its own. It answers as the AWS IoT Developer Guide's "Jobs
device MQTT API" says, for tests, not for use: no timers, no roll-outs, no retries.
"""

import json
import re
from dataclasses import dataclass, field

TERMINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED"}
FROM_DEVICE = {"IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"}
MAX_TOKEN_BYTES = 64
MAX_LISTED = 10

_REQUEST = re.compile(
    r"^\$aws/things/(?P<thing>[\w:-]{1,128})/jobs/"
    r"(?:(?P<job>[\w-]{1,64}|\$next)/)?(?P<api>get|start-next|update)$"
)


class Refusal(Exception):
    """What becomes a message on .../rejected."""

    def __init__(self, code, message, execution=None):
        super().__init__(message)
        self.code = code
        self.execution = execution


@dataclass
class Execution:
    """One job for one thing, with the numbers AWS counts."""

    job_id: str
    document: object
    queued_at: int
    number: int = 1
    status: str = "QUEUED"
    version: int = 1
    started_at: int = 0
    updated_at: int = 0
    details: dict = field(default_factory=dict)
    history: list = field(default_factory=list)  # Every accepted (status, details), in order.

    def summary(self):
        result = {"jobId": self.job_id, "queuedAt": self.queued_at,
                  "lastUpdatedAt": self.updated_at or self.queued_at,
                  "versionNumber": self.version, "executionNumber": self.number}
        if self.started_at:
            result["startedAt"] = self.started_at
        return result

    def full(self, with_document=True):
        result = {**self.summary(), "status": self.status}
        if self.details:
            result["statusDetails"] = self.details
        if with_document:
            result["jobDocument"] = self.document
        return result

    def state(self):
        result = {"status": self.status, "versionNumber": self.version}
        if self.details:
            result["statusDetails"] = self.details
        return result

    def move(self, status, details, now):
        """An accepted change; `details` None leaves the stored ones alone."""
        if status != "QUEUED" and not self.started_at:
            self.started_at = now
        self.status, self.updated_at = status, now
        self.version += 1
        if details is not None:
            self.details = details
        self.history.append((status, dict(self.details)))


@dataclass(frozen=True)
class Request:
    """A topic taken apart. kind: start-next, get, describe or update."""

    topic: str
    thing: str
    kind: str
    job: str


def parse_topic(topic):
    """The request that `topic` carries, or None where it carries none."""
    match = _REQUEST.match(topic)
    if match is None:
        return None
    thing, job, api = match["thing"], match["job"] or "", match["api"]
    if api == "get":
        return Request(topic, thing, "describe" if job else "get", job)
    if (api == "update") != bool(job) or job == "$next":
        return None
    return Request(topic, thing, api, job)


def parse_payload(payload):
    """The JSON object of a request; no bytes at all stand for an empty one."""
    try:
        body = json.loads(payload.decode("utf-8")) if payload else {}
    except ValueError as error:
        raise Refusal("InvalidJson", str(error)) from None
    if not isinstance(body, dict):
        raise Refusal("InvalidRequest", "payload is not an object")
    token = body.get("clientToken", "")
    if not isinstance(token, str) or len(token.encode()) > MAX_TOKEN_BYTES:
        raise Refusal("InvalidRequest", "bad clientToken")
    return body


class Things:
    """All executions of all things, and what follows from a change to one of them."""

    def __init__(self):
        self._executions = {}  # thing -> [Execution], in the order they were queued.

    def add(self, thing, job_id, document, now):
        """Queues a job; returns the notifications that AWS would send."""
        return self._changing(
            thing,
            now,
            lambda: self._executions.setdefault(thing, []).append(
                Execution(job_id, document, queued_at=now)
            ),
        )

    def cancel(self, thing, job_id, now):
        """Cancels by force, as CancelJobExecution does; returns the notifications."""
        execution = self.execution(thing, job_id)
        return self._changing(thing, now, lambda: execution.move("CANCELED", None, now))

    def delete(self, thing, job_id, now):
        """Forgets an execution, as DeleteJobExecution does; returns the notifications."""
        execution = self.execution(thing, job_id)
        return self._changing(thing, now, lambda: self._executions[thing].remove(execution))

    def execution(self, thing, job_id):
        for execution in self._executions.get(thing, []):
            if execution.job_id == job_id:
                return execution
        raise Refusal("ResourceNotFound", f"no job {job_id} for {thing}")

    def pending(self, thing):
        """What is in progress, then what is queued; the first is `$next`."""
        alive = [e for e in self._executions.get(thing, []) if e.status not in TERMINAL]
        return sorted(alive, key=lambda execution: execution.status != "IN_PROGRESS")

    def handle(self, request, body, now):
        """Carries one request out. Returns the body of accepted, and notifications."""
        handler = {
            "start-next": self._start_next,
            "get": self._get_pending,
            "describe": self._describe,
            "update": self._update,
        }[request.kind]
        reply = {}

        def act():
            reply.update(handler(request, body, now))

        return reply, self._changing(request.thing, now, act)

    def _start_next(self, request, body, now):
        pending = self.pending(request.thing)
        if not pending:
            return {}
        if pending[0].status == "QUEUED":
            pending[0].move("IN_PROGRESS", _details(body), now)
        return {"execution": pending[0].full()}

    def _get_pending(self, request, _body, _now):
        listed = self.pending(request.thing)[:MAX_LISTED]
        return {
            "inProgressJobs": [e.summary() for e in listed if e.status == "IN_PROGRESS"],
            "queuedJobs": [e.summary() for e in listed if e.status == "QUEUED"],
        }

    def _describe(self, request, body, _now):
        if request.job == "$next":
            pending = self.pending(request.thing)
            if not pending:
                return {}
            execution = pending[0]
        else:
            execution = self.execution(request.thing, request.job)
            _check_number(execution, body)
            if execution.status in TERMINAL:
                raise Refusal("TerminalStateReached", f"{request.job} is {execution.status}")
        return {"execution": execution.full(body.get("includeJobDocument", True))}

    def _update(self, request, body, now):
        status = body.get("status")
        if status not in FROM_DEVICE:
            raise Refusal("InvalidRequest", f"status {status!r} cannot be set by a device")
        details = _details(body)
        execution = self.execution(request.thing, request.job)
        _check_number(execution, body)
        if execution.status in TERMINAL:
            message = f"update of an execution that is {execution.status}"
            raise Refusal("InvalidStateTransition", message, execution)
        expected = body.get("expectedVersion")
        if expected is not None and int(expected) != execution.version:
            raise Refusal("VersionMismatch", f"version is {execution.version}", execution)
        execution.move(status, details, now)
        reply = {}
        if body.get("includeJobExecutionState"):
            reply["executionState"] = execution.state()
        if body.get("includeJobDocument"):
            reply["jobDocument"] = execution.document
        return reply

    def _changing(self, thing, now, act):
        """Runs `act` and compares the pending list before and after it."""
        before = self._names(thing)
        act()
        after = self._names(thing)
        prefix = f"$aws/things/{thing}/jobs/"
        messages = []
        if set(before) != set(after):
            messages.append((prefix + "notify", self._notify(thing, now)))
        if before[:1] != after[:1]:
            messages.append((prefix + "notify-next", self.next_notice(thing, now)))
        return messages

    def _names(self, thing):
        return [(e.job_id, e.number) for e in self.pending(thing)]

    def _notify(self, thing, now):
        jobs = {}
        for execution in self.pending(thing)[:MAX_LISTED]:
            jobs.setdefault(execution.status, []).append(execution.summary())
        return {"timestamp": now, "jobs": jobs}

    def next_notice(self, thing, now):
        pending = self.pending(thing)
        notice = {"timestamp": now}
        if pending:
            notice["execution"] = pending[0].full()
        return notice


def _check_number(execution, body):
    if body.get("executionNumber", execution.number) != execution.number:
        raise Refusal("ResourceNotFound", "no such execution number")


def _details(body):
    """statusDetails, checked as AWS checks them; None where there are none."""
    details = body.get("statusDetails")
    if details is None:
        return None
    if not isinstance(details, dict) or len(details) > 10:
        raise Refusal("InvalidRequest", "statusDetails: at most 10 pairs")
    for key, value in details.items():
        if not re.fullmatch(r"[a-zA-Z0-9:_-]{1,128}", key):
            raise Refusal("InvalidRequest", f"statusDetails: bad key {key!r}")
        if not isinstance(value, str) or not 1 <= len(value) <= 1024 or not value.isprintable():
            raise Refusal("InvalidRequest", f"statusDetails: bad value of {key}")
    return details
