"""A Jobs service that is slow, silent, or says no: the agent lives on and loses nothing."""

import unittest

from system.harness.case import OTA_DOCUMENT, REBOOT_DOCUMENT, THING, SystemTest

PATIENCE_S = 60


class ResponderTest(SystemTest):
    """A board in --run mode that rejects what it cannot do, which is its default."""

    def setUp(self):
        super().setUp()
        self.broker, self.jobs = self.make_broker()
        self.board = None

    def start(self, **overrides):
        self.board = self.make_board(self.broker.port, **overrides)
        self.board.run()
        self.jobs.wait_request("start-next")
        return self.board

    def queue(self, job, document=None):
        self.jobs.queue(THING, job, document or OTA_DOCUMENT)

    def ended(self, job, status="REJECTED"):
        return self.jobs.wait_status(THING, job, status, PATIENCE_S)

    def takes_the_next_job(self):
        self.queue("after")
        self.ended("after")
        self.assertTrue(self.board.process.running())


class Silence(ResponderTest):
    def test_a_slow_answer_is_waited_for(self):
        self.jobs.inject(kind="start-next", delay_s=3)
        self.queue("job")
        self.start()
        self.ended("job")

    def test_a_start_next_without_answer_is_asked_again(self):
        self.jobs.inject(kind="start-next", silent=True)
        self.queue("job")
        self.start()
        self.ended("job")

    def test_a_report_without_answer_is_sent_again(self):
        self.jobs.inject(kind="update", silent=True)
        self.queue("job")
        self.start()
        self.ended("job")

    def test_a_report_that_was_taken_but_not_answered_counts_once(self):
        self.jobs.inject(kind="update", lose_reply=True)
        self.queue("job")
        self.start()
        self.board.log.find(r"update/rejected|InvalidStateTransition", PATIENCE_S)
        self.takes_the_next_job()
        history = self.jobs.things.execution(THING, "job").history
        self.assertEqual(1, [status for status, _ in history].count("REJECTED"))


class RejectedStartNext(ResponderTest):
    def retried(self, code):
        self.jobs.inject(kind="start-next", code=code)
        self.queue("job")
        self.start()
        self.ended("job")
        self.assertGreaterEqual(len(self.jobs.matching("start-next")), 2)

    def survived(self, code):
        self.jobs.inject(kind="start-next", code=code)
        self.start()
        self.board.expect(code)
        self.takes_the_next_job()

    def test_request_throttled_is_retried(self):
        self.retried("RequestThrottled")

    def test_internal_error_is_retried(self):
        self.retried("InternalError")

    def test_invalid_state_transition_is_survived(self):
        self.survived("InvalidStateTransition")

    def test_resource_not_found_is_survived(self):
        self.survived("ResourceNotFound")

    def test_terminal_state_reached_is_survived(self):
        self.survived("TerminalStateReached")

    def test_version_mismatch_is_survived(self):
        self.survived("VersionMismatch")

    def test_invalid_request_is_survived(self):
        self.survived("InvalidRequest")

    def test_invalid_json_is_survived(self):
        self.survived("InvalidJson")

    def test_invalid_topic_is_survived(self):
        self.survived("InvalidTopic")

    def test_a_code_from_the_future_is_survived(self):
        self.survived("SomethingNew")


class RejectedUpdate(ResponderTest):
    """The report of a job is refused; the state of the cloud fits the code where it can."""

    def retried(self, code):
        self.jobs.inject(kind="update", code=code, count=2)
        self.queue("job")
        self.start()
        self.ended("job")
        self.takes_the_next_job()

    def survived(self, word, **fault):
        self.jobs.inject(kind="update", **fault)
        self.queue("job")
        self.start()
        for _ in range(fault.get("count", 1)):
            self.board.expect(word)
        self.clear("job")
        self.takes_the_next_job()

    def clear(self, job):
        """What an operator does to an execution that hangs at the head of the list."""
        with self.jobs.changed:
            hangs = job in [e.job_id for e in self.jobs.things.pending(THING)]
        if hangs:
            self.jobs.cancel(THING, job)

    def test_request_throttled_is_retried_until_delivered(self):
        self.retried("RequestThrottled")

    def test_internal_error_is_retried_until_delivered(self):
        self.retried("InternalError")

    def test_an_execution_that_was_canceled_is_let_go(self):
        def cancel():
            self.jobs.things.cancel(THING, "job", 0)

        self.survived("InvalidStateTransition", first=cancel)

    def test_an_execution_that_was_deleted_is_let_go(self):
        def delete():
            self.jobs.things.delete(THING, "job", 0)

        self.survived("ResourceNotFound", first=delete)

    def test_terminal_state_reached_is_let_go(self):
        self.survived("TerminalStateReached", code="TerminalStateReached")

    def test_a_version_mismatch_does_not_lose_the_report(self):
        self.jobs.inject(kind="update", code="VersionMismatch")
        self.queue("job")
        self.start()
        self.board.expect("VersionMismatch")
        self.ended("job")
        self.takes_the_next_job()

    def test_invalid_request_is_let_go(self):
        self.survived("InvalidRequest", code="InvalidRequest")

    def test_invalid_request_again_without_the_details_is_let_go(self):
        self.survived("InvalidRequest", code="InvalidRequest", count=2)

    def test_invalid_json_is_let_go(self):
        self.survived("InvalidJson", code="InvalidJson")

    def test_invalid_topic_is_let_go(self):
        self.survived("InvalidTopic", code="InvalidTopic")

    def test_a_refused_reboot_is_not_carried_out_for_ever(self):
        """IN_PROGRESS cannot be reported: the board must neither hang nor boot in a loop."""
        self.jobs.inject(kind="update", code="RequestThrottled", count=2)
        self.queue("reboot", REBOOT_DOCUMENT)
        self.start()
        self.ended("reboot", "SUCCEEDED")
        self.assert_one_reboot(self.board)


class Documents(ResponderTest):
    def rejected_with_reason(self, job):
        """A reason that a program can read: one word, as in `unsupported_operation`."""
        details = self.ended(job).details
        self.assertRegex(details.get("reason", ""), r"^[A-Za-z0-9_.:-]+$", details)

    def test_a_document_that_asks_for_nothing_known_is_rejected_with_a_reason(self):
        self.queue("job")
        self.start()
        self.rejected_with_reason("job")

    def test_an_action_that_begins_like_reboot_does_not_reboot(self):
        action = {"name": "Reb", "type": "runHandler", "input": {"handler": "restart.sh"}}
        self.queue("job", {"version": "1.0", "steps": [{"action": action}]})
        self.start()
        self.rejected_with_reason("job")
        self.assertEqual(0, self.board.log.count(r"main: boot reason 4\n"))

    def test_an_empty_document_is_rejected_with_a_reason(self):
        self.jobs.queue(THING, "job", {})
        self.start()
        self.rejected_with_reason("job")

    def test_a_document_that_is_no_object_is_rejected_with_a_reason(self):
        self.jobs.queue(THING, "job", "Reboot")
        self.start()
        self.rejected_with_reason("job")

    def test_a_document_of_32_kb_is_read(self):
        document = {"padding": "x" * 32_000, **REBOOT_DOCUMENT}
        self.queue("job", document)
        self.start()
        self.ended("job", "SUCCEEDED")
        self.assert_one_reboot(self.board)

    def test_a_document_that_does_not_fit_is_rejected_with_a_reason(self):
        self.queue("job", {"padding": "x" * 20_000, **REBOOT_DOCUMENT})
        self.start(mqtt={"receive_buffer": 8192})
        self.rejected_with_reason("job")
        self.takes_the_next_job()

    def test_a_document_that_does_not_fit_is_rejected_when_it_comes_by_notification(self):
        self.start(mqtt={"receive_buffer": 8192})
        self.queue("job", {"padding": "x" * 20_000})
        self.rejected_with_reason("job")
        self.takes_the_next_job()


class Notifications(ResponderTest):
    def test_two_copies_of_notify_next_have_one_effect(self):
        self.jobs.notice_copies = 2
        self.start()
        self.queue("reboot", REBOOT_DOCUMENT)
        self.ended("reboot", "SUCCEEDED")
        self.takes_the_next_job()
        self.assert_one_reboot(self.board)

    def test_jobs_are_taken_in_the_order_they_were_queued(self):
        names = [f"job{number}" for number in range(5)]
        for name in names:
            self.queue(name)
        self.start()
        self.ended(names[-1])
        reports = [r.job for r in self.jobs.matching("update", status="REJECTED")]
        self.assertEqual(names, list(dict.fromkeys(reports)))


if __name__ == "__main__":
    unittest.main()
