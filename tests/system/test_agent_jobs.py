"""What documents ask for, done by the real board and seen from the cloud: which steps, in which
order, once each, and what the status details say of it."""

import json
import os
import pwd
import signal
import unittest

from system.harness.agent_case import (
    CONNECTED, REBOOT_STEP, AgentTest, command_step, handler_step, plan)

REBOOTED = "main: boot reason 4\n"


class Documents(AgentTest):
    def noted(self, job, *rest):
        """The handler "note" was run with these: "STEP/STEPS ARGS"."""
        self.assertEqual([f"{job} {line}" for line in rest],
                         [line for line in self.effects() if line.startswith(f"{job} ")])

    def test_steps_run_in_order_and_the_first_failure_ends_them(self):
        board = self.run_agent()
        with self.subTest("three steps and a final one"):
            job, details = self.done(board, plan(
                handler_step("note", "a"), handler_step("note", "b", "c d", path="default"),
                handler_step("note", path=str(self.handlers)), final=handler_step("note", "end",
                                                                                   name="Last")))
            self.noted(job, "1/4 a", "2/4 b c d", "3/4 ", "4/4 end")
            self.assertEqual({"step": "Last", "stepNumber": "4/4", "exitCode": "0"}, details)
        with self.subTest("one step has no number"):
            job, details = self.done(board, plan(handler_step("note", "$HOME", "*", "; id", "ü")))
            self.noted(job, "1/1 $HOME * ; id ü")
            self.assertEqual({"step": "Do-note", "exitCode": "0"}, details)
        self.write_handler("fail", "exit 3")
        with self.subTest("a failure"):
            job, details = self.done(board, plan(
                handler_step("note", "a"), handler_step("fail"), handler_step("note", "b"),
                final=handler_step("note", "end")), "FAILED")
            self.noted(job, "1/4 a")
            self.assertEqual({"reason": "step-failed", "exitCode": "3", "step": "Do-fail",
                              "stepNumber": "2/4"}, details)
        with self.subTest("a failure that is ignored"):
            job, details = self.done(board, plan(
                handler_step("fail", ignoreStepFailure="true"), handler_step("note", "b"),
                final=handler_step("note", "end")))
            self.noted(job, "2/3 b", "3/3 end")
            self.assertEqual({"step": "Do-note", "stepNumber": "3/3", "exitCode": "0"}, details)
        with self.subTest("the last failure is ignored"):
            job, details = self.done(board, plan(handler_step("fail", ignoreStepFailure=True)))
            self.assertEqual({"step": "Do-fail", "exitCode": "3"}, details)
        with self.subTest("the older form"):
            job, details = self.done(board, {"operation": "note", "args": ["a", "b"],
                                             "path": "default"})
            self.noted(job, "1/1 a b")
            self.assertEqual({"step": "note", "exitCode": "0"}, details)

    def test_the_largest_document_that_aws_takes_is_carried_out(self):
        board = self.run_agent()
        steps = [handler_step("note", "x" * 350, name=f"Step-{number}") for number in range(64)]
        filler = 32768 - len(json.dumps(plan(*steps, filler="")))
        job, details = self.done(board, plan(*steps, filler="y" * filler))
        self.noted(job, *(f"{number}/64 {'x' * 350}" for number in range(1, 65)))
        self.assertEqual({"step": "Step-63", "stepNumber": "64/64", "exitCode": "0"}, details)

    def test_a_service_that_a_step_starts_stays(self):
        board = self.run_agent()
        pid = self.safe / "service"
        for options in (">/dev/null 2>&1", ""):  # The second one holds the pipes of the step.
            with self.subTest(options):
                self.write_handler("serve", f"sleep 600 {options} & echo $! >{pid}")
                self.done(board, plan(handler_step("serve"), handler_step("note")))
                service = int(pid.read_text())
                self.addCleanup(os.kill, service, signal.SIGKILL)
                os.kill(service, 0)

    def test_a_job_is_done_only_where_its_conditions_hold(self):
        board = self.run_agent(attributes={"site": "Graz 2"})
        step = handler_step("note")
        for condition in ({"key": "site", "value": "Graz 2"},
                          {"key": "site", "value": ["Linz", "Graz"], "type": "stringContains"},
                          {"key": "thing_name", "value": board.thing},
                          {"key": "operating_system", "value": ["linux", "debian"]}):
            with self.subTest(condition):
                job, _ = self.done(board, plan(step, conditions=[condition]))
                self.noted(job, "1/1 ")
        for condition, reason, name in (
                ({"key": "site", "value": "Graz"}, "condition-not-met", "site"),
                ({"key": "lamp", "value": "on"}, "condition-not-met", "lamp"),
                ({"key": "lamp", "value": ""}, "unsupported-condition", "lamp"),
                ({"key": "site", "value": "Graz 2", "type": "regex"}, "unsupported-condition",
                 "regex")):
            with self.subTest(condition):
                job, details = self.done(
                    board, plan(step, conditions=[{"key": "site", "value": "Graz 2"}, condition]),
                    "REJECTED")
                self.noted(job)
                self.assertEqual({"reason": reason, "name": name}, details)

    def test_what_cannot_be_done_whole_is_rejected_before_its_first_step(self):
        board = self.run_agent(jobs={"allowed_operations": ["note", "missing", "..", "Command",
                                                            "Do-note", "Do-missing", "Up", "Path"]})
        first = handler_step("note")
        for document, details in (
                (plan(first, command_step("true")),
                 {"reason": "command-not-allowed", "name": "Command"}),
                (plan(first, handler_step("missing")),
                 {"reason": "unknown-handler", "name": "Do-missing"}),
                (plan(first, handler_step("../note", name="Up")),
                 {"reason": "handler-name-invalid", "name": "Up"}),
                (plan(first, handler_step("note", path="/bin", name="Path")),
                 {"reason": "path-not-allowed", "name": "Path"}),
                (plan(first, handler_step("note", name="Other")),
                 {"reason": "operation-not-allowed", "name": "Other"}),
                (plan(first, handler_step("note", "a\0b")),
                 {"reason": "argument-invalid", "name": "Do-note"}),
                (plan(first, {"action": {"name": "Blink", "type": "runLamp", "input": {}}}),
                 {"reason": "unsupported-step", "name": "runLamp"}),
                (plan(first, {"action": {"name": "Blink", "input": {"times": 3}}}),
                 {"reason": "unsupported-step", "name": "Blink"}),
                ({"action": "Blink", "times": 3},
                 {"reason": "unsupported-step", "name": "Blink"}),
                (plan(*[first] * 65), {"reason": "document-too-many-steps"}),
                ({"version": "2.0", "steps": [first]},
                 {"reason": "unsupported-version", "name": "2.0"}),
                ({"do": "it"}, {"reason": "no-operation"})):
            with self.subTest(details["reason"], document=str(document)[:80]):
                job, found = self.done(board, document, "REJECTED")
                self.noted(job)
                self.assertEqual(details, found)
        with self.subTest("a board without handlers"):
            bare = self.run_agent(jobs={"handlers": ""})
            _, details = self.done(bare, plan(first), "REJECTED")
            self.assertEqual({"reason": "no-handlers", "name": "Do-note"}, details)

    def test_commands_run_where_the_configuration_allows_them(self):
        tools = self.safe / "tools"
        tools.mkdir(exist_ok=True)
        self.write_handler("tool", 'echo "tool $#: $*"', folder=tools)
        board = self.run_agent(jobs={"run_command": True, "path": f"{tools}:/usr/bin:/bin"})
        for command, out in ((r"echo,a b,c\,d,\\e,$HOME", r"a b c,d \e $HOME "),
                             ("tool,1,2", "tool 2: 1 2 "),
                             ("/bin/echo,x", "x "), ("echo", " ")):
            with self.subTest(command):
                _, details = self.done(board, plan(command_step(command, includeStdOut=True)))
                self.assertEqual({"step": "Command", "exitCode": "0", "stdout": out}, details)
        with self.subTest("no such program"):
            _, details = self.done(board, plan(command_step("no-such-program")), "FAILED")
            self.assertEqual({"step": "Command", "reason": "exec-failed"}, details)
        with self.subTest("no command line"):
            for command in ("bin/true", ",true", "true,", "a b,c"):
                _, details = self.done(board, plan(command_step(command)), "REJECTED")
                self.assertEqual({"name": "Command", "reason": "command-invalid"}, details)

    def test_output_is_reported_as_far_as_the_document_asks_for_it(self):
        board = self.run_agent()
        self.write_handler("talk", 'echo out; echo "first line" >&2; echo "second line" >&2')
        both = "first line second line "  # AWS takes no control characters.
        ends = {"step": "Do-talk", "exitCode": "0"}
        for options, status, details in (
                ({}, "SUCCEEDED", {**ends, "stderr": both}),
                ({"includeStdOut": "true"}, "SUCCEEDED", {**ends, "stdout": "out ",
                                                          "stderr": both}),
                ({"allowStdErr": 2}, "SUCCEEDED", {**ends, "stderr": both}),
                ({"allowStdErr": 1}, "FAILED", {"step": "Do-talk", "reason": "stderr-output",
                                                "stderr": both})):
            with self.subTest(options):
                _, found = self.done(board, plan(handler_step("talk", **options)), status)
                self.assertEqual(details, found)
        with self.subTest("for all steps"):
            _, found = self.done(board, plan(handler_step("talk"), includeStdOut=True))
            self.assertEqual({**ends, "stdout": "out ", "stderr": both}, found)
        with self.subTest("10 MB, of which the end is kept"):
            self.write_handler("much", "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo end")
            _, found = self.done(board, plan(handler_step("much", includeStdOut=True)))
            self.assertRegex(found["stdout"], r"^x{900,1019} end $")
        with self.subTest("what is no text"):
            self.write_handler("noise", r"""printf 'a\377\300\033[2J\000\001b\303\251\n'
                printf '\033]0;title\007\n' >&2""")
            _, found = self.done(board, plan(handler_step("noise", includeStdOut=True)))
            self.assertEqual("a\ufffd\ufffd [2J  b\u00e9 ", found["stdout"])
            self.assertNotIn("\x1b", board.log.text)
            self.assertEqual(" ]0;title  ", found["stderr"])

    def test_how_a_step_ends_is_what_the_cloud_is_told(self):
        board = self.run_agent()
        self.write_handler("code", 'exit "$2"')
        self.write_handler("crash", 'echo before; kill "-$2" $$; sleep 60')
        for code in ("1", "3", "127", "255"):
            with self.subTest(code=code):
                _, details = self.done(board, plan(handler_step("code", code)), "FAILED")
                self.assertEqual({"step": "Do-code", "reason": "step-failed", "exitCode": code},
                                 details)
        for name, number in (("SEGV", "11"), ("KILL", "9"), ("TERM", "15")):
            with self.subTest(signal=name):
                _, details = self.done(
                    board, plan(handler_step("crash", name, includeStdOut=True)), "FAILED")
                self.assertEqual({"step": "Do-crash", "reason": "step-killed", "signal": number,
                                  "stdout": "before "}, details)
        with self.subTest("no interpreter"):
            self.write_handler("lost", "true", interpreter="/no/such/shell")
            _, details = self.done(board, plan(handler_step("lost")), "FAILED")
            self.assertEqual({"step": "Do-lost", "reason": "exec-failed"}, details)
        with self.subTest("a handler that others can write to"):
            self.write_handler("unsafe", "true").chmod(0o777)
            _, details = self.done(board, plan(handler_step("unsafe")), "FAILED")
            self.assertEqual({"step": "Do-unsafe", "reason": "handler-not-safe"}, details)
            board.expect("chmod go-w")
        with self.subTest("after all that it still works"):
            self.done(board, plan(handler_step("note")))

    def test_a_step_runs_as_the_user_that_the_document_names_or_not_at_all(self):
        board = self.run_agent()
        self.write_handler("who", 'echo "$1 $(id -un) $(id -Gn) $HOME"')
        me = pwd.getpwuid(os.geteuid())

        def as_user(user, status):
            return self.done(board, plan(handler_step("who", runAsUser=user, includeStdOut=True)),
                             status)[1]

        self.assertRegex(as_user(me.pw_name, "SUCCEEDED")["stdout"],
                         rf"^{me.pw_name} {me.pw_name} .+ {me.pw_dir} $")
        for user in ("no-such-user", "0"):
            self.assertEqual({"step": "Do-who", "reason": "user-unknown"}, as_user(user, "FAILED"))
        if os.geteuid() == 0:
            found = as_user("nobody", "SUCCEEDED")["stdout"]
            self.assertRegex(found, r"^nobody nobody nogroup /\S* $")
        else:
            self.assertEqual({"step": "Do-who", "reason": "user-not-permitted"},
                             as_user("root", "FAILED"))

    def test_progress_is_seen_while_the_step_runs(self):
        board = self.run_agent()
        gate = self.safe / "gate"
        os.mkfifo(gate)
        self.write_handler("slow", f"""
            echo progress=10; echo "progress=99 of nothing"; echo progress=42; read -r _ <{gate}""")
        job = self.give(board, plan(handler_step("slow", name="Löwe"), handler_step("note")))
        board.expect(r'Published payload: .*"percent":"42"')
        board.expect("IN_PROGRESS accepted")
        found = self.execution(board, job)
        self.assertEqual("IN_PROGRESS", found["status"])
        self.assertEqual({"step": "Löwe", "stepNumber": "1/2", "percent": "42"},
                         found["statusDetails"]["detailsMap"])
        self.assertIn("percent: 42", self.ctl(board, "jobs"))
        gate.write_text("go on\n")
        self.ended(board, job, "SUCCEEDED")
        self.noted(job, "2/2 ")


class Boots(AgentTest):
    def test_a_reboot_in_the_middle_loses_nothing_and_repeats_nothing(self):
        board = self.run_agent()
        job, details = self.done(board, plan(
            handler_step("note", "before"), REBOOT_STEP, handler_step("note", "between"),
            REBOOT_STEP, final=handler_step("note", "after")))
        self.assertEqual([f"{job} 1/5 before", f"{job} 3/5 between", f"{job} 5/5 after"],
                         self.effects())
        self.assertEqual({"step": "Do-note", "stepNumber": "5/5", "exitCode": "0"}, details)
        self.assertEqual(2, board.all_text().count(REBOOTED))
        with self.subTest("as the last step, and alone"):
            for document in (plan(handler_step("note"), REBOOT_STEP), {"operation": "reboot"}):
                _, details = self.done(board, document)
                self.assertEqual(("rebooted", "4"), (details["reason"], details["bootReason"]))
            self.assertEqual(4, board.all_text().count(REBOOTED))
            self.assertEqual(4, len(self.effects()))

    def test_jobs_wait_for_the_board_and_are_done_in_their_order(self):
        board = self.make_agent()
        jobs = [self.give(board, plan(handler_step("note"))) for _ in range(3)]
        board.run()
        for job in jobs:
            self.ended(board, job, "SUCCEEDED")
        with self.subTest("created while it is switched off"):
            self.assertEqual(0, board.stop())
            board.close()
            jobs += [self.give(board, plan(handler_step("note"))) for _ in range(2)]
            board.run()
            for job in jobs[3:]:
                self.ended(board, job, "SUCCEEDED")
        with self.subTest("created while one runs"):
            board.expect(CONNECTED)
            self.write_handler("slow", "sleep 0.5")
            first = self.give(board, plan(handler_step("slow"), handler_step("note")))
            jobs += [first, *(self.give(board, plan(handler_step("note"))) for _ in range(2))]
            for job in jobs[5:]:
                self.ended(board, job, "SUCCEEDED")
        self.assertEqual(jobs, [line.split()[0] for line in self.effects()])


if __name__ == "__main__":
    unittest.main()
