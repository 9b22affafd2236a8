"""Devices and an operator who go on through crashes, and remember what the cloud has promised.

Each checks by itself, at every answer, that nothing goes back: what was accepted stays accepted.
"""

import json
import random
import threading
import time
from dataclasses import dataclass, field

import botocore.exceptions

from .cloud_life import Asker

ASK_TIMEOUT_S = 2.0  # Then the request is sent again, as it was.
RETRY_S = 0.02
BACKLOG = 8  # Jobs that the slowest device has not seen: enough to keep all of them at work.
#: The broker is there, and does not know yet who may connect.
SERVER_UNAVAILABLE = 3


@dataclass
class Promise:
    """What the cloud has said last about one execution."""

    version: int = 0
    status: str = ""
    details: dict = field(default_factory=dict)


class Broken(AssertionError):
    """The cloud took a promise back."""


class Lost(Exception):
    """The connection has ended."""


class Worker(threading.Thread):
    """One device: start-next, IN_PROGRESS with details, a final status; again until it is told to
    end and nothing is left.

    `final(thing, job)` is the status that it gives a job. Connects anew whenever a connection
    ends, with or without a session that is kept.
    """

    def __init__(self, cloud, thing, pair, final, seed):
        super().__init__(name=thing, daemon=True)
        self.cloud, self.thing, self.pair, self.final = cloud, thing, pair, final
        self.promises = {}
        self.finished = set()  # Jobs whose final status this device was told.
        self.connections = self.resent = 0
        self.problem = None
        self._random = random.Random(seed)
        self._clean = self._random.random() < 0.5
        self._ending = threading.Event()

    def end(self):
        """Nothing is added any more: finish when nothing is left."""
        self._ending.set()

    def run(self):
        try:
            while not self._session():
                time.sleep(RETRY_S)
        except Exception as error:  # Whoever waits for the thread reports it.
            self.problem = error

    def _session(self):
        """One connection; true when all is done."""
        device = Asker(self.cloud, self.thing, self.pair, clean=self._clean)
        try:
            answer = device.wait_answer()
            if answer in ("closed", SERVER_UNAVAILABLE):
                return False
            if answer != 0:
                raise Broken(f"{self.thing} is not let in: {answer}")
            self.connections += 1
            while self._cycle(device):
                pass
            return True
        except Lost:
            return False
        finally:
            device.close()

    def _cycle(self, device):
        """One execution; false when nothing is left and nothing will come."""
        ending = self._ending.is_set()
        answer = self._ask(device, "start-next", statusDetails={"by": self.thing})
        if not answer.accepted:
            raise Broken(f"{self.thing}: start-next was refused: {answer.body}")
        if answer.execution is None:
            time.sleep(RETRY_S)
            return not ending
        execution = answer.execution
        job = execution["jobId"]
        if job in self.finished:
            raise Broken(f"{self.thing}: {job} is offered again: {execution}, {self.promises[job]}")
        self._saw(job, execution)
        for status in ("IN_PROGRESS", self.final(self.thing, job)):
            if not self._update(device, job, status):
                return True
        return True

    def _update(self, device, job, status):
        """False when somebody else's update was first: our own of an earlier connection."""
        promise = self.promises[job]
        details = {"step": str(self._random.randrange(10**9))}
        answer = self._ask(device, f"{job}/update", status=status, statusDetails=details,
                           expectedVersion=promise.version, includeJobExecutionState=True)
        state = answer.body.get("executionState")
        if answer.accepted:
            if state["versionNumber"] != promise.version + 1:
                raise Broken(f"{self.thing}: {job} accepted as {state} after {promise}")
            self._saw(job, state)
            if (state["status"], state["statusDetails"]) != (status, details):
                raise Broken(f"{self.thing}: {job} accepted {status} {details} as {state}")
        elif answer.code in ("VersionMismatch", "InvalidStateTransition"):
            self._saw(job, state)
        elif answer.code != "InternalError":
            raise Broken(f"{self.thing}: {status} of {job} was refused: {answer.body}")
        if self.promises[job].status not in ("QUEUED", "IN_PROGRESS"):
            self.finished.add(job)
        return answer.accepted

    def _saw(self, job, state):
        """Versions and final states never go back."""
        before = self.promises.get(job, Promise())
        now = Promise(state["versionNumber"], state["status"], state.get("statusDetails", {}))
        final = before.status not in ("", "QUEUED", "IN_PROGRESS")
        if now.version < before.version or (final and now.status != before.status) or (
                now.version == before.version and now.status != before.status):
            raise Broken(f"{self.thing}: {job} was {before} and is {now}")
        self.promises[job] = now

    def _ask(self, device, request, **fields):
        """Sends it again until it is answered, always the same: a repetition must do no harm."""
        token = device.send(request, **fields)
        if self._random.random() < 0.1:
            device.send(request, **fields, clientToken=token)
        for _ in range(10):
            try:
                answer = device.answer(token, ASK_TIMEOUT_S)
            except AssertionError:
                self.resent += 1
                device.send(request, **fields, clientToken=token)
                continue
            if answer is None:
                raise Lost()
            return answer
        raise Broken(f"{self.thing}: {request} {fields} is not answered")


class Operator(threading.Thread):
    """Creates jobs for all things, as fast as the workers take them; keeps those that exist."""

    def __init__(self, cloud, things, workers, jobs_max):
        super().__init__(name="operator", daemon=True)
        self.cloud, self.things, self.workers, self.jobs_max = cloud, things, workers, jobs_max
        self.jobs = []
        self.problem = None
        self._ending = threading.Event()

    def end(self):
        self._ending.set()

    def run(self):
        try:
            arns = [f"arn:aws:iot:us-east-1:000000000000:thing/{name}" for name in self.things]
            iot = self.cloud.client()
            while not self._ending.is_set():
                behind = len(self.jobs) - min(len(worker.promises) for worker in self.workers)
                if behind < BACKLOG and len(self.jobs) < self.jobs_max:
                    self._create(iot, f"job-{len(self.jobs)}", arns)
                else:
                    time.sleep(RETRY_S)
        except Exception as error:
            self.problem = error

    def _create(self, iot, job, arns):
        """Until it is created: nobody may say afterwards that it was not."""
        while not self._ending.is_set():
            try:
                iot.create_job(jobId=job, targets=arns, document=json.dumps({"job": job}))
                break
            except iot.exceptions.ResourceAlreadyExistsException:
                break  # An attempt whose answer was lost.
            except iot.exceptions.ServiceUnavailableException:
                pass
            except botocore.exceptions.BotoCoreError:
                time.sleep(RETRY_S)  # Nobody is there.
        else:
            return
        self.jobs.append(job)
