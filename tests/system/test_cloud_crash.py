"""What was acknowledged survives: kill -9 of service and broker, a full disk, a file at its limit.

The kills come at random moments: FIELDWORK_SEED=N makes the same choices again.
"""

import collections
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
from contextlib import closing

from .harness.cloud_life import LifeTest, accepts, living_in, sanitized, wait_until
from .harness.storm import Operator, Worker

KILLS = 36
STORM_LIMIT_S = 45
SETTLE_LIMIT_S = 30
FINAL = ("SUCCEEDED",) * 7 + ("FAILED", "REJECTED")


def new_random():
    """The seed is printed, so that a failure can be tried again."""
    seed = int(os.environ.get("FIELDWORK_SEED") or random.SystemRandom().randrange(10**6))
    print(f"FIELDWORK_SEED={seed}", file=sys.stderr)
    return random.Random(seed)


def final_status(thing, job):
    """How an execution ends: always the same, most of them well."""
    return random.Random(f"{thing} {job}").choice(FINAL)


class Storm(LifeTest):
    """Crashes under load."""

    def test_nothing_that_was_accepted_is_lost_by_kills_at_random_moments(self):
        self.random = new_random()
        cloud = self.make_cloud().start()
        things = [f"thing-{number}" for number in range(6)]
        pairs = {thing: self.pair_of(cloud, thing) for thing in things}
        workers = [Worker(cloud, thing, pairs[thing], final_status, self.random.random())
                   for thing in things]
        operator = Operator(cloud, things, workers, jobs_max=300)
        for thread in (*workers, operator):
            thread.start()

        self.kill_again_and_again(cloud, [*workers, operator])

        operator.end()
        operator.join(SETTLE_LIMIT_S)
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join(SETTLE_LIMIT_S)
        self.assert_no_problem([*workers, operator])
        self.assertEqual([], [worker.name for worker in workers if worker.is_alive()])
        self.assertGreater(len(operator.jobs), KILLS // 2, "the load was not a load")
        self.assertGreater(sum(worker.connections for worker in workers), len(workers))
        self.kill_both(cloud)  # What is checked has to be on disk.
        cloud.start()
        self.assert_kept(cloud, operator.jobs, workers)
        self.assertEqual(0, cloud.stop())
        self.assertEqual([], living_in(cloud.data / "broker"))
        with closing(sqlite3.connect(cloud.data / "cloud.db")) as database:
            self.assertEqual(("ok",), database.execute("PRAGMA integrity_check").fetchone())
        print(f"{len(operator.jobs)} jobs, {sum(w.connections for w in workers)} connections, "
              f"{sum(w.resent for w in workers)} requests sent again", file=sys.stderr)

    def kill_again_and_again(self, cloud, threads):
        begin = time.monotonic()
        kills = 0
        while kills < KILLS and time.monotonic() - begin < STORM_LIMIT_S:
            time.sleep(self.random.uniform(0, 0.6))  # The moment is the point.
            self.assert_no_problem(threads)
            self.assertTrue(cloud.process.running(), "the service ended by itself")
            how = self.random.choice(["service", "service", "broker", "both", "start"])
            if how == "broker":
                self.kill_broker(cloud)
            elif how == "both":
                self.kill_both(cloud)
            else:
                cloud.kill()
            if how == "start":  # And again while it starts.
                cloud.process.close()
                cloud.launch()
                time.sleep(self.random.uniform(0, 0.1))
                cloud.kill()
                kills += 1
            if how != "broker":
                cloud.process.close()
                cloud.start()
            kills += 1
        self.assertGreater(kills, KILLS // 3, "too slow to be a storm")

    @staticmethod
    def kill_broker(cloud):
        for pid in living_in(cloud.data / "broker"):
            os.kill(pid, signal.SIGKILL)

    def kill_both(self, cloud):
        self.kill_broker(cloud)
        cloud.kill()
        self.kill_broker(cloud)  # One that was started in between.

    def assert_no_problem(self, threads):
        for thread in threads:
            if thread.problem is not None:
                raise thread.problem

    def assert_kept(self, cloud, jobs, workers):
        """The cloud's account of everything, against that of the devices."""
        iot = cloud.client()
        for job in jobs:
            listed = {}
            for page in iot.get_paginator("list_job_executions_for_job").paginate(jobId=job):
                for row in page["executionSummaries"]:
                    thing = row["thingArn"].rpartition("/")[2]
                    self.assertNotIn(thing, listed, f"{job} is listed twice")
                    listed[thing] = row["jobExecutionSummary"]["status"]
            self.assertEqual({w.thing: final_status(w.thing, job) for w in workers}, listed, job)
            described = iot.describe_job(jobId=job)["job"]
            self.assertEqual("COMPLETED", described["status"], job)
            counts = described["jobProcessDetails"]
            recount = collections.Counter(listed.values())
            for status, key in (("SUCCEEDED", "Succeeded"), ("FAILED", "Failed"),
                                ("REJECTED", "Rejected"), ("QUEUED", "Queued"),
                                ("IN_PROGRESS", "InProgress"), ("CANCELED", "Canceled"),
                                ("REMOVED", "Removed"), ("TIMED_OUT", "TimedOut")):
                self.assertEqual(recount[status], counts.get(f"numberOf{key}Things", 0), (job, key))
        for worker in workers:
            self.assertEqual(set(jobs), set(worker.promises))
            states = self.states_of(iot, worker.thing)
            self.assertEqual(sorted(jobs), sorted(job for job, _ in states), "one state each")
            for job, promise in worker.promises.items():
                execution = iot.describe_job_execution(
                    jobId=job, thingName=worker.thing)["execution"]
                if job in worker.finished:
                    self.assertEqual((promise.version, promise.status, promise.details),
                                     (execution["versionNumber"], execution["status"],
                                      execution["statusDetails"]["detailsMap"]))
                else:  # It was finished by an update whose answer was lost.
                    self.assertGreater(execution["versionNumber"], promise.version)

    def states_of(self, iot, thing):
        """(job, status) as each status by itself lists them."""
        found = []
        for status in ("QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "CANCELED"):
            pages = iot.get_paginator("list_job_executions_for_thing").paginate(
                thingName=thing, status=status)
            found += [(row["jobId"], status)
                      for page in pages for row in page["executionSummaries"]]
        return found

    def test_a_first_start_that_is_killed_is_made_good_by_the_next(self):
        rng = new_random()
        for number in range(8):
            cloud = self.make_cloud(name=f"cloud-{number}")
            cloud.launch()
            time.sleep(rng.uniform(0, 0.08))
            cloud.kill()
            cloud.process.close()
            cloud.start()
            self.assertEqual(1, len(living_in(cloud.data / "broker")))
            self.assertEqual(0, cloud.stop())


class NoSpace(LifeTest):
    """Requests that cannot be stored are refused; nothing that was accepted is lost by it."""

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small file system takes root")
    def test_a_full_disk_refuses_requests_until_there_is_space(self):
        disk = self.mount("96m" if sanitized() else "24m")
        filler = disk / "filler"

        def fill():
            with open(filler, "ab", buffering=0) as file:
                for size in (1 << 20, 4096, 1):
                    try:
                        while file.write(b"x" * size) == size:
                            pass
                    except OSError:
                        pass  # No room for a piece of this size.

        cloud = self.make_cloud(folder=disk)
        accepted = self.run_out_of_space(cloud, fill, filler.unlink)
        with self.subTest("the broker ends meanwhile"):
            fill()
            broker = cloud.broker_pid
            cloud.kill_broker()
            wait_until(lambda: broker not in living_in(cloud.data / "broker"), 5, "end")
            self.assertRaises(AssertionError, cloud.process.wait, timeout_s=0.3)
            filler.unlink()
            wait_until(lambda: accepts(cloud.mqtt_port), 10, "broker")
            self.assert_is_told(cloud, accepted)
        with self.subTest("all end meanwhile"):
            fill()
            cloud.kill_broker()
            cloud.kill()
            cloud.launch()
            log = cloud.process.log
            wait_until(lambda: "ready" in log.text or not cloud.process.running(), 10, "start")
            if not cloud.process.running():
                self.assertEqual(1, cloud.process.wait())
                self.assertRegex(log.text, "^fieldwork-cloud: .*(No space left|disk is full)")
            cloud.kill()
            filler.unlink()
            cloud.start()
            self.assert_is_told(cloud, accepted)
        self.assertEqual(0, cloud.stop())

    def mount(self, size):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no small file system can be mounted: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        return disk

    def test_a_file_at_its_limit_refuses_requests_until_it_is_raised(self):
        cloud = self.make_cloud()

        def limit(soft):
            resource.prlimit(cloud.process.pid, resource.RLIMIT_FSIZE,
                             (soft, resource.RLIM_INFINITY))

        if resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY:
            self.skipTest("there is a limit of file sizes already")
        accepted = self.run_out_of_space(
            cloud, lambda: limit(4096), lambda: limit(resource.RLIM_INFINITY))
        cloud.kill()
        cloud.start()
        self.assert_is_told(cloud, accepted)

    def run_out_of_space(self, cloud, fill, free):
        """Returns what was accepted last: (version, details)."""
        cloud.start()
        device = self.join(cloud)
        self.add_job(cloud, "j", "dev")
        accepted = device.ask("start-next").execution["versionNumber"], {}
        iot = cloud.client()
        made = {"dev"}
        for _ in range(2):
            fill()
            accepted = self.update_until(device, accepted, "InternalError")
            with self.assertRaises(iot.exceptions.ServiceUnavailableException) as refused:
                for _ in range(200):
                    name = f"thing-{len(made)}"
                    iot.create_thing(thingName=name)
                    made.add(name)
            self.assertEqual(503, refused.exception.response["ResponseMetadata"]["HTTPStatusCode"])
            self.assert_is_told(cloud, accepted)  # Reading goes on.
            accepted = self.update_until(device, accepted, "InternalError")
            free()
            accepted = self.update_until(device, accepted, "ok")
            self.assert_is_told(cloud, accepted)
            found = {row["thingName"] for page in iot.get_paginator("list_things").paginate()
                     for row in page["things"]}
            self.assertEqual(made, found)
        self.assertFalse(device.is_closed())
        return accepted

    def update_until(self, device, accepted, outcome):
        """Updates until one has this outcome; each has to follow from what was accepted."""
        for number in range(300):
            version = accepted[0]
            details = {"step": f"{version}-{number}-".ljust(500, "x")}
            answer = device.ask("j/update", status="IN_PROGRESS", statusDetails=details,
                                expectedVersion=version)
            self.assertIn(answer.code, (None, "InternalError"), answer.body)
            if answer.accepted:
                accepted = version + 1, details
            if (answer.code or "ok") == outcome:
                return accepted
        raise AssertionError(f"no update with the outcome {outcome}")

    def assert_is_told(self, cloud, accepted):
        execution = cloud.client().describe_job_execution(jobId="j", thingName="dev")["execution"]
        self.assertEqual(accepted, (execution["versionNumber"],
                                    execution.get("statusDetails", {}).get("detailsMap", {})))


if __name__ == "__main__":
    unittest.main()
