"""Who is told what about pending jobs: notify and notify-next, row by row of AWS's rules.

Each step is followed by a request whose answer comes after all that the step has caused
(Device.settle), so that a message too many is seen as well as one too few.
"""

import sqlite3
import time
import unittest

from system.harness import compat
from system.harness.cloud_device import CONNECT, JOBS, DeviceTest, allow, masked
from system.harness.mqtt_clients import V5, V311

DOCUMENT = '{"do":"it"}'
NONE_PENDING = ("notify", '{"timestamp":T,"jobs":{}}')
NO_NEXT = ("notify-next", '{"timestamp":T}')


def notify(started=(), queued=()):
    """The message that lists these: (job, version) that were started, jobs that were not."""
    lists = []
    if started:
        lists.append('"IN_PROGRESS":[' + ",".join(
            f'{{"jobId":"{job}","queuedAt":T,"lastUpdatedAt":T,"startedAt":T,"executionNumber":1,'
            f'"versionNumber":{version}}}' for job, version in started) + "]")
    if queued:
        lists.append('"QUEUED":[' + ",".join(
            f'{{"jobId":"{job}","queuedAt":T,"lastUpdatedAt":T,"executionNumber":1,'
            f'"versionNumber":1}}' for job in queued) + "]")
    return "notify", '{"timestamp":T,"jobs":{' + ",".join(lists) + "}}"


def next_queued(job, number=1, document=DOCUMENT):
    return ("notify-next",
            f'{{"timestamp":T,"execution":{{"jobId":"{job}","status":"QUEUED","queuedAt":T,'
            f'"lastUpdatedAt":T,"versionNumber":1,"executionNumber":{number},'
            f'"jobDocument":{document}}}}}')


def next_started(job, version, extra="", timer=False):
    seconds = '"approximateSecondsBeforeTimedOut":S,' if timer else ""
    return ("notify-next",
            f'{{"timestamp":T,"execution":{{"jobId":"{job}","status":"IN_PROGRESS",{extra}'
            f'"queuedAt":T,"startedAt":T,"lastUpdatedAt":T,"versionNumber":{version},'
            f'"executionNumber":1,{seconds}"jobDocument":{DOCUMENT}}}}}')


class NotifyTest(DeviceTest):
    def new_device(self, **options):
        self.device = self.make_device("notify", "notify-next", **options)
        return self.device

    def assert_told(self, *messages):
        found = self.device.news()
        self.assertEqual(list(messages), found)
        for topic, _ in found:
            compat.record("MQTT", {"notify": "JobExecutionsChanged",
                                   "notify-next": "NextJobExecutionChanged"}[topic])

    def queue(self, count):
        """That many queued jobs, the news of which are read."""
        jobs = [self.make_job(self.device.thing, document=DOCUMENT) for _ in range(count)]
        self.device.settle()
        return jobs

    def update(self, transport, job, status, **more):
        if transport == "MQTT":
            self.assertTrue(self.device.update(job, status, **more).accepted)
        else:
            self.jobs_data.update_job_execution(
                thingName=self.device.thing, jobId=job, status=status, **more)

    def start_next(self, transport):
        if transport == "MQTT":
            self.assertTrue(self.device.ask("start-next").accepted)
        else:
            self.jobs_data.start_next_pending_job_execution(thingName=self.device.thing)


class Added(NotifyTest):
    def test_a_new_execution_is_told_and_as_next_if_it_is_the_first(self):
        device = self.new_device()
        document = '{"b": 1, "a":[1.0]}'
        first = self.make_job(device.thing, document=document)
        self.assert_told(notify(queued=[first]), next_queued(first, document=document))
        second = self.make_job(device.thing)
        self.assert_told(notify(queued=[first, second]))
        self.start_next("MQTT")
        third = self.make_job(device.thing)
        self.assert_told(notify([(first, 2)], [second, third]))
        with self.subTest("of another thing"):
            self.make_job(self.make_thing())
            self.assert_told()
        with self.subTest("a job for nobody, and for an empty group"):
            self.make_job(self.group_arn(self.make_group()))
            self.assert_told()

    def test_joining_and_leaving_a_group_or_being_associated_counts_as_well(self):
        device = self.new_device()
        group = self.make_group()
        job = self.make_job(self.group_arn(group), document=DOCUMENT, targetSelection="CONTINUOUS")
        self.assert_told()
        membership = {"thingGroupName": group, "thingName": device.thing}
        self.iot.add_thing_to_thing_group(**membership)
        self.assert_told(notify(queued=[job]), next_queued(job))
        self.iot.remove_thing_from_thing_group(**membership)
        self.assert_told(NONE_PENDING, NO_NEXT)
        self.iot.add_thing_to_thing_group(**membership)
        told = self.device.news()
        self.assertEqual(next_queued(job, number=2), told[1])
        self.assertIn('"executionNumber":2,"versionNumber":1', told[0][1])
        self.start_next("MQTT")
        self.iot.remove_thing_from_thing_group(**membership)
        self.assert_told(NONE_PENDING, NO_NEXT)
        with self.subTest("associated"):
            elsewhere = self.make_job(self.make_thing(), document=DOCUMENT,
                                      targetSelection="CONTINUOUS")
            self.iot.associate_targets_with_job(
                jobId=elsewhere, targets=[self.thing_arn(device.thing)])
            self.assert_told(notify(queued=[elsewhere]), next_queued(elsewhere))

    def test_the_list_has_the_first_ten_those_in_progress_before_the_others(self):
        device = self.new_device()
        jobs = self.queue(11)
        for job in jobs[10], jobs[3]:
            device.update(job, "IN_PROGRESS")
        device.settle()
        self.make_job(device.thing)
        self.assert_told(notify([(jobs[3], 2), (jobs[10], 2)],
                                [job for job in jobs[:9] if job != jobs[3]]))


class Started(NotifyTest):
    def test_starting_and_progress_of_the_first_one_are_not_told(self):
        for transport in ("MQTT", "HTTP"):
            self.new_device()
            first, _ = self.queue(2)
            with self.subTest("start-next", transport=transport):
                self.start_next(transport)
                self.assert_told()
            with self.subTest("start-next again", transport=transport):
                self.start_next(transport)
                self.assert_told()
            with self.subTest("progress", transport=transport):
                self.update(transport, first, "IN_PROGRESS")
                self.update(transport, first, "IN_PROGRESS", statusDetails={"done": "5%"},
                            stepTimeoutInMinutes=5)
                self.assert_told()
            with self.subTest("started by an update", transport=transport):
                self.new_device()
                first, _ = self.queue(2)
                self.update(transport, first, "IN_PROGRESS")
                self.assert_told()

    def test_one_that_becomes_the_first_by_being_started_is_told_as_next(self):
        for transport in ("MQTT", "HTTP"):
            with self.subTest(transport):
                self.new_device()
                first, second, third, fourth = self.queue(4)
                self.update(transport, third, "IN_PROGRESS")  # Before those that are queued.
                self.assert_told(next_started(third, 2))
                self.update(transport, fourth, "IN_PROGRESS")  # Queued later than the first one.
                self.assert_told()
                self.update(transport, second, "IN_PROGRESS", stepTimeoutInMinutes=5,
                            statusDetails={"k": "v"})  # Queued before it.
                self.assert_told(next_started(second, 2, '"statusDetails":{"k":"v"},', timer=True))
                self.update(transport, first, "IN_PROGRESS")
                self.assert_told(next_started(first, 2))
                self.update(transport, third, "IN_PROGRESS")
                self.assert_told()


class Ended(NotifyTest):
    def test_the_end_of_the_first_one_is_told_with_the_next_one(self):
        for transport in ("MQTT", "HTTP"):
            self.new_device()
            jobs = self.queue(5)
            for number, status in enumerate(("SUCCEEDED", "FAILED", "REJECTED")):
                with self.subTest(status, transport=transport):
                    self.start_next(transport)
                    self.update(transport, jobs[number], status)
                    self.assert_told(notify(queued=jobs[number + 1:]),
                                     next_queued(jobs[number + 1]))
            with self.subTest("without having been started", transport=transport):
                self.update(transport, jobs[3], "SUCCEEDED")
                self.assert_told(notify(queued=jobs[4:]), next_queued(jobs[4]))
            with self.subTest("the last one", transport=transport):
                self.start_next(transport)
                self.update(transport, jobs[4], "SUCCEEDED")
                self.assert_told(NONE_PENDING, NO_NEXT)
            with self.subTest("refused: nothing has changed", transport=transport):
                self.device.update(jobs[4], "SUCCEEDED")
                self.assert_told()

    def test_the_end_of_another_one_is_told_without_a_next_one(self):
        for transport in ("MQTT", "HTTP"):
            with self.subTest(transport):
                self.new_device()
                first, second, third = self.queue(3)
                self.update(transport, second, "REJECTED")
                self.assert_told(notify(queued=[first, third]))
                self.start_next(transport)
                self.update(transport, third, "IN_PROGRESS")
                self.update(transport, third, "FAILED")
                self.assert_told(notify([(first, 2)]))

    def test_what_the_control_plane_ends_is_told_as_well(self):
        device = self.new_device()
        place = {"thingName": device.thing}
        ways = {
            "cancel the job": lambda job: self.iot.cancel_job(jobId=job, force=True),
            "cancel the execution":
                lambda job: self.iot.cancel_job_execution(jobId=job, force=True, **place),
            "delete the execution": lambda job: self.iot.delete_job_execution(
                jobId=job, executionNumber=1, force=True, **place),
            "delete the job": lambda job: self.iot.delete_job(jobId=job, force=True),
        }
        for name, end in ways.items():
            first, second, third, fourth = self.queue(4)
            with self.subTest(name, which="not the first"):
                end(second)
                self.assert_told(notify(queued=[first, third, fourth]))
            with self.subTest(name, which="the first, queued"):
                end(first)
                self.assert_told(notify(queued=[third, fourth]), next_queued(third))
            with self.subTest(name, which="the first, in progress"):
                self.start_next("MQTT")
                end(third)
                self.assert_told(notify(queued=[fourth]), next_queued(fourth))
            with self.subTest(name, which="the last"):
                end(fourth)
                self.assert_told(NONE_PENDING, NO_NEXT)

    def test_a_cancelled_job_leaves_the_running_one_and_its_end_is_told(self):
        self.new_device()
        first, second = self.queue(2)
        self.start_next("MQTT")
        self.iot.cancel_job(jobId=first)
        self.assert_told()
        self.update("MQTT", first, "SUCCEEDED")
        self.assert_told(notify(queued=[second]), next_queued(second))

    def test_deleting_or_changing_what_is_over_is_not_told(self):
        device = self.new_device()
        first, second, rest = self.queue(3)
        for job in first, second:
            self.update("MQTT", job, "SUCCEEDED")
        device.settle()
        self.iot.delete_job_execution(jobId=first, thingName=device.thing, executionNumber=1)
        self.iot.delete_job(jobId=second)
        self.iot.update_job(jobId=rest, description="another text")
        self.assert_told()
        with self.subTest("the id is free again, the numbers start again"):
            self.make_job(device.thing, job=second, document=DOCUMENT)
            self.assert_told(notify(queued=[rest, second]))

    def test_a_timer_that_runs_out_is_told(self):
        device = self.new_device()
        first, second, third = self.queue(3)
        for job in first, second, third:
            self.update("MQTT", job, "IN_PROGRESS", stepTimeoutInMinutes=1)
        self.assert_told()
        for late, told in ((second, [notify([(first, 2), (third, 2)])]),
                           (first, [notify([(third, 2)]), next_started(third, 2, timer=True)]),
                           (third, [NONE_PENDING, NO_NEXT])):
            with self.subTest(late=late):
                self.let_the_timer_run_out(late)
                device.send("get")  # After any request the timers are looked at, within a second.
                device.reply("get")
                found = [(topic, masked(device.take(device.prefix + topic).payload))
                         for topic, _ in told]
                self.assertEqual(told, found)
                self.assert_told()
                seen = self.iot.describe_job_execution(jobId=late, thingName=device.thing)
                self.assertEqual("TIMED_OUT", seen["execution"]["status"])

    def let_the_timer_run_out(self, job):
        """A minute is the shortest there is: the moment is moved in the store, not waited for."""
        now = int(time.time() * 1000)
        with sqlite3.connect(self.cloud.data / "cloud.db") as store:
            done = store.execute("UPDATE executions SET step_deadline = ?, deadline = ? "
                                 "WHERE job = ?", (now, now, job))
            self.assertEqual(1, done.rowcount)
        store.close()


class Carried(NotifyTest):
    def test_nothing_is_retained_and_the_qos_is_that_of_the_subscription(self):
        for version in (V311, V5):
            with self.subTest(version=version):
                device = self.make_device(version=version)
                self.make_job(device.thing)
                device.settle()
                for qos in (0, 1):
                    device.subscribe(device.prefix + "notify", device.prefix + "notify-next",
                                     qos=qos)
                    self.assertEqual([], device.settle())
                    job = self.make_job(device.thing)
                    self.assertEqual([qos], [message.qos for message in device.settle()])
                    self.assertTrue(device.update(job, "REJECTED").accepted)
                    device.settle()

    def test_any_client_whose_policy_allows_it_is_told(self):
        wide = self.make_policy(
            CONNECT, *JOBS, allow("iot:Receive", "topic/$aws/things/*/jobs/notify*"),
            allow("iot:Subscribe", "topicfilter/$aws/things/+/jobs/notify"))
        watcher = self.make_device(policies=[wide])
        self.assertEqual([1], watcher.subscribe("$aws/things/+/jobs/notify"))
        first, second = self.make_thing(), self.make_thing()
        job = self.make_job(first, second)
        topics = {f"$aws/things/{thing}/jobs/notify" for thing in (first, second)}
        self.assertEqual(topics, {message.topic for message in watcher.settle()})
        with self.subTest("a thing that is deleted has nothing pending any more"):
            self.iot.delete_thing(thingName=first)
            told = watcher.settle()
            self.assertEqual([f"$aws/things/{first}/jobs/notify"], [each.topic for each in told])
            self.assertEqual(NONE_PENDING[1], masked(told[0].payload))
            counts = self.iot.describe_job(jobId=job)["job"]["jobProcessDetails"]
            self.assertEqual(1, counts["numberOfRemovedThings"])

    def test_a_session_that_is_kept_gets_what_it_has_missed(self):
        for version in (V311, V5):
            with self.subTest(version=version):
                device = self.new_device(version=version, clean=False)
                self.assertFalse(device.session_present)
                device.vanish()
                jobs = [self.make_job(device.thing, document=DOCUMENT) for _ in range(3)]
                self.jobs_data.update_job_execution(
                    thingName=device.thing, jobId=jobs[0], status="REJECTED")
                again = self.connect(device.thing, device.registered, version=version,
                                     clean=False).wait_connected()
                self.assertTrue(again.session_present)
                self.device = again
                self.assert_told(
                    notify(queued=jobs[:1]), next_queued(jobs[0]), notify(queued=jobs[:2]),
                    notify(queued=jobs), notify(queued=jobs[1:]), next_queued(jobs[1]))
                self.assertEqual({1}, {message.qos for message in again.seen("message")})
                with self.subTest("and another one, that is not kept, nothing"):
                    again.close()
                    self.device = self.connect(device.thing, device.registered,
                                               version=version).wait_connected()
                    self.make_job(device.thing)
                    self.assert_told()

    def test_a_service_that_was_killed_tells_what_it_had_not_told(self):
        device = self.new_device()
        first, second = self.queue(2)
        self.cloud.kill()
        device.send(f"{first}/update", {"status": "SUCCEEDED", "clientToken": "late"})
        self.cloud.start()
        self.assertEqual("late", device.reply(f"{first}/update").body["clientToken"])
        wanted = [notify(queued=[second]), next_queued(second)]
        for topic, text in wanted:  # Those before may come once more: at least once is the rule.
            while masked(device.take(device.prefix + topic).payload) != text:
                pass
        self.assertIn(device.news(), ([], wanted))


if __name__ == "__main__":
    unittest.main()
