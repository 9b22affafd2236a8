"""Events of jobs and job executions: published when asked for, on their topics, with AWS's members.

The listener is a thing whose policy opens $aws/events to it. What it is told comes before the
answer to a request that it makes afterwards.
"""

import re
import sqlite3
import time
import unittest

from system.harness.cloud_device import ARN, CONNECT, JOBS, DeviceTest, allow

UUID = re.compile(
    r'"eventId":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"')
SECONDS = re.compile(r'"timestamp":(\d{10}),')
MILLIS = re.compile(r'"(completedAt|createdAt|lastUpdatedAt)":(\d{13})')
EVENTS = "$aws/events/"
BOTH = {"JOB": True, "JOB_EXECUTION": True}


def masked(payload):
    """The text, with U for the event's id, T for its time, M for the times of the job."""
    text = UUID.sub('"eventId":U', payload.decode())
    now = time.time()
    assert now - 60 <= int(SECONDS.search(text).group(1)) <= now, text
    for _, value in MILLIS.findall(text):
        assert (now - 60) * 1000 <= int(value) <= now * 1000, text
    return MILLIS.sub(r'"\1":M', SECONDS.sub('"timestamp":T,', text))


def execution_event(job, operation, thing, details="", status=None):
    return (f"jobExecution/{job}/{operation}",
            f'{{"eventType":"JOB_EXECUTION","eventId":U,"timestamp":T,"operation":"{operation}",'
            f'"jobId":"{job}","thingArn":"{ARN}thing/{thing}",'
            f'"status":"{status or operation.upper()}"{details}}}')


def job_event(job, operation, targets, more, description="", selection="SNAPSHOT"):
    listed = ",".join(f'"{target}"' for target in targets)
    text = f'"description":"{description}",' if description else ""
    return (f"job/{job}/{operation}",
            f'{{"eventType":"JOB","eventId":U,"timestamp":T,"operation":"{operation}",'
            f'"jobId":"{job}","status":"{operation.upper()}","targetSelection":"{selection}",'
            f'"targets":[{listed}],{text}{more}}}')


def counts(**given):
    order = ("Canceled", "Rejected", "Failed", "Removed", "Succeeded")
    return ",".join(f'"numberOf{name}Things":{given.get(name.lower(), 0)}' for name in order)


TIMES = '"createdAt":M,"lastUpdatedAt":M'


def completed(job, targets, description="", **given):
    return job_event(job, "completed", targets, '"completedAt":M,' + TIMES
                     + ',"jobProcessDetails":{' + counts(**given) + "}", description)


class EventsTest(DeviceTest):
    def listen(self, **enabled):
        """A listener to all events, of which these are enabled."""
        self.enable(**enabled)
        policy = self.make_policy(
            CONNECT, *JOBS, allow("iot:Receive", "topic/$aws/events/*"),
            allow("iot:Subscribe", "topicfilter/$aws/events/job/*",
                  "topicfilter/$aws/events/jobExecution/*"))
        self.listener = self.make_device(policies=[policy])
        self.assertEqual([1, 1], self.listener.subscribe(
            EVENTS + "job/#", EVENTS + "jobExecution/+/+"))

    def enable(self, **enabled):
        self.iot.update_event_configurations(eventConfigurations={
            name: {"Enabled": value} for name, value in enabled.items()})

    def assert_events(self, *events):
        found = self.listener.settle()
        self.assertEqual(sorted(events), sorted(
            (event.topic.removeprefix(EVENTS), masked(event.payload)) for event in found))
        self.assertEqual({1} if events else set(), {event.qos for event in found})
        ids = [UUID.search(event.payload.decode()).group() for event in found]
        self.assertEqual(len(ids), len(set(ids)))


class Executions(EventsTest):
    def test_every_end_of_an_execution_is_an_event(self):
        self.listen(JOB=False, JOB_EXECUTION=True)
        device = self.make_device()
        place = {"thingName": device.thing}
        for status in ("SUCCEEDED", "FAILED", "REJECTED"):
            with self.subTest(status):
                job = self.make_job(device.thing)
                device.ask("start-next")
                device.update(job, "IN_PROGRESS")
                self.assert_events()  # Neither queued nor started is one.
                device.update(job, status, statusDetails={"z": "1", "a": "2"})
                self.assert_events(execution_event(
                    job, status.lower(), device.thing, ',"statusDetails":{"z":"1","a":"2"}'))
        with self.subTest("over HTTP"):
            job = self.make_job(device.thing)
            self.jobs_data.update_job_execution(jobId=job, status="SUCCEEDED", **place)
            self.assert_events(execution_event(job, "succeeded", device.thing))
        with self.subTest("cancelled"):
            job = self.make_job(device.thing)
            self.iot.cancel_job_execution(jobId=job, **place)
            self.assert_events(execution_event(job, "canceled", device.thing))
        with self.subTest("deleted"):
            self.iot.delete_job_execution(jobId=job, executionNumber=1, **place)
            self.assert_events(execution_event(job, "deleted", device.thing, status="CANCELED"))
        with self.subTest("timed out"):
            job = self.make_job(device.thing)
            device.ask("start-next", {"stepTimeoutInMinutes": 1})
            now = int(time.time() * 1000)  # Moved in the store: a minute is the shortest there is.
            with sqlite3.connect(self.cloud.data / "cloud.db") as store:
                store.execute("UPDATE executions SET step_deadline = ?, deadline = ? "
                              "WHERE job = ?", (now, now, job))
            store.close()
            device.ask("get")
            event = self.listener.take(f"{EVENTS}jobExecution/{job}/timed_out")
            self.assertEqual(execution_event(job, "timed_out", device.thing)[1],
                             masked(event.payload))
            self.assert_events()
        with self.subTest("removed"):
            group = self.make_group(device.thing)
            job = self.make_job(self.group_arn(group), targetSelection="CONTINUOUS")
            self.iot.remove_thing_from_thing_group(thingGroupName=group, **place)
            self.assert_events(execution_event(job, "removed", device.thing))


class Jobs(EventsTest):
    def test_the_end_of_a_job_is_an_event(self):
        self.listen(JOB=True, JOB_EXECUTION=False)
        first, second = self.make_device(), self.make_thing()
        group = self.make_group(second)
        targets = [self.thing_arn(first.thing), self.group_arn(group)]
        with self.subTest("completed"):
            job = self.make_job(*targets, description="two of them")
            first.update(job, "FAILED")
            self.assert_events()
            self.jobs_data.update_job_execution(thingName=second, jobId=job, status="SUCCEEDED")
            self.assert_events(completed(job, targets, "two of them", failed=1, succeeded=1))
        with self.subTest("for nobody"):
            nobody = [self.group_arn(self.make_group())]
            self.assert_events(completed(self.make_job(*nobody), nobody))
        with self.subTest("deleted"):
            self.iot.delete_job(jobId=job)
            self.assert_events(*(job_event(job, operation, targets, TIMES, "two of them")
                                 for operation in ("deletion_in_progress", "deleted")))
        with self.subTest("cancelled, with a comment"):
            job = self.make_job(*targets)
            self.iot.cancel_job(jobId=job, comment='a "slip"', reasonCode="SLIP")
            comment = r',"comment":"a \"slip\""'
            self.assert_events(
                job_event(job, "cancellation_in_progress", targets, TIMES + comment),
                job_event(job, "canceled", targets, TIMES))
        with self.subTest("deleted with force, while in progress"):
            job = self.make_job(targets[0], targetSelection="CONTINUOUS")
            first.update(job, "SUCCEEDED")
            self.assert_events()  # It goes on.
            self.iot.delete_job(jobId=job, force=True)
            self.assert_events(*(
                job_event(job, operation, targets[:1], TIMES, selection="CONTINUOUS")
                for operation in ("deletion_in_progress", "deleted")))


class Cancelled(EventsTest):
    def test_a_cancelled_job_tells_of_each_of_its_executions(self):
        self.listen(**BOTH)
        things = [self.make_thing() for _ in range(3)]
        arns = [self.thing_arn(thing) for thing in things]
        job = self.make_job(*things)
        self.iot.cancel_job(jobId=job)
        self.assert_events(
            job_event(job, "cancellation_in_progress", arns, TIMES),
            *(execution_event(job, "canceled", thing) for thing in things),
            job_event(job, "canceled", arns, TIMES))
        with self.subTest("deleted"):
            self.iot.delete_job(jobId=job)
            self.assert_events(
                job_event(job, "deletion_in_progress", arns, TIMES),
                *(execution_event(job, "deleted", thing, status="CANCELED") for thing in things),
                job_event(job, "deleted", arns, TIMES))


class Settings(EventsTest):
    def test_events_come_only_while_they_are_enabled(self):
        self.listen()  # As it is in the beginning.
        found = self.iot.describe_event_configurations()["eventConfigurations"]
        self.assertEqual({"JOB": {"Enabled": False}, "JOB_EXECUTION": {"Enabled": False}},
                         {name: found[name] for name in BOTH})
        device = self.make_device()
        arn = [self.thing_arn(device.thing)]

        def run():
            job = self.make_job(device.thing)
            device.update(job, "SUCCEEDED")
            return job

        run()
        self.assert_events()
        self.enable(JOB_EXECUTION=True)
        self.assert_events(execution_event(run(), "succeeded", device.thing))
        self.enable(JOB=True)
        job = run()
        self.assert_events(execution_event(job, "succeeded", device.thing),
                           completed(job, arn, succeeded=1))
        self.enable(JOB_EXECUTION=False)
        self.assert_events(completed(run(), arn, succeeded=1))
        self.cloud.stop()
        self.cloud.start()
        self.listen()
        device = self.connect(device.thing, device.registered).wait_connected()
        self.assert_events(completed(run(), arn, succeeded=1))
        self.enable(JOB=False)
        run()
        self.assert_events()

if __name__ == "__main__":
    unittest.main()
