"""The console: what each command prints, and what it says when it cannot do its work."""

import os
import unittest

from system.harness.board import ACCESS_POINT, VERSION, bring_up, set_clock
from system.harness.case import OTA_DOCUMENT, THING, SystemTest
from system.harness.ports import free_port, free_udp_port

PROMPT = r"W800: "


class ConsoleTest(SystemTest):
    """A started board with nobody to talk to, unless a test makes somebody."""

    def start(self, port=None, **overrides):
        self.board = self.make_board(port or free_port(), **overrides)
        self.board.start()
        self.board.expect(PROMPT)
        return self.board

    def connect_wifi(self):
        self.board.command("wifi init", "MAC")
        self.board.command("wifi connect 61test 12345678", r"sta got ip \S+")


class Words(ConsoleTest):
    def test_help_lists_every_command(self):
        self.start().command("help", r"wifi(.|\n)*W800: ")
        for word in ("help", "version", "wifi", "ntp", "aws_job", "reboot", "log", "free"):
            self.assertRegex(self.board.log.text, rf"(?m)^\s*{word}\b")

    def test_help_of_a_command_tells_its_use(self):
        self.start().command("help wifi", r"connect(.|\n)*scan|scan(.|\n)*connect")

    def test_version_names_the_version(self):
        self.start().command("version", VERSION)

    def test_an_unknown_word_is_refused(self):
        self.start().command("frobnicate", r"(?i)command not found|unknown command")

    def test_an_empty_line_gives_a_new_prompt(self):
        self.start().command("", PROMPT)

    def test_a_line_that_is_too_long_is_refused_whole(self):
        self.start().command("version " + "x" * 200, r"(?i)too long")
        self.board.command("version", VERSION)

    def test_free_shows_memory(self):
        self.start().command("free", r"\d{4,}")

    def test_cls_clears_the_screen(self):
        self.start().command("cls", r"\x1b\[(2J|H|3J)")

    def test_log_level_is_shown_and_set(self):
        self.start().command("log get", r"debug")
        self.board.command("log set error", PROMPT)
        self.board.command("log get", r"error")

    def test_a_log_level_hides_what_is_below_it(self):
        self.start().command("log set warn", PROMPT)
        mark = self.board.log.mark()
        self.board.type("wifi init")
        self.board.type("wifi connect 61test 12345678")
        self.board.expect(r"^sta connected")
        self.board.command("version", VERSION)
        self.assertNotRegex(self.board.log.text[mark:], r"\[[DI]\] \(")

    def test_an_unknown_log_level_is_refused(self):
        self.start().command("log set loud", r"(?i)usage:|unknown level")
        self.board.command("log get", r"debug")

    def test_end_of_input_leaves_the_board_running(self):
        broker, jobs = self.make_broker()
        self.start(broker.port)
        bring_up(self.board)
        self.board.end_input()
        jobs.queue(THING, "later", OTA_DOCUMENT)
        jobs.wait_status(THING, "later", "REJECTED")
        self.assertTrue(self.board.process.running())

    def test_sigterm_ends_the_board_with_status_0_and_a_disconnect(self):
        broker, jobs = self.make_broker()
        self.start(broker.port)
        bring_up(self.board)
        jobs.wait_request("start-next")
        self.assertEqual(0, self.board.stop())
        broker.process.log.find(rf"Received DISCONNECT from {THING}")

    def test_reboot_starts_the_board_again(self):
        self.start().command("reboot", r"main: boot reason 4\n")
        self.board.expect(PROMPT)
        self.board.command("version", VERSION)


class Wifi(ConsoleTest):
    def test_a_wrong_password_is_told(self):
        self.start().command("wifi init", "MAC")
        self.board.command("wifi connect 61test wrongpass", r"(?i)password is wrong|wrong password")
        self.assertNotIn("got ip", self.board.log.text)

    def test_an_unknown_network_is_told(self):
        self.start().command("wifi init", "MAC")
        self.board.command("wifi connect nowhere 12345678", r"(?i)no access point|not found")
        self.assertNotIn("got ip", self.board.log.text)

    def test_an_open_network_needs_no_password(self):
        self.start().command("wifi init", "MAC")
        self.board.command("wifi connect guest", r"sta connected 94:83:C4:3A:BA:9F channel 11")
        self.board.expect(r"sta got ip")

    def test_connect_before_init_says_what_to_do(self):
        self.start().command("wifi connect 61test 12345678", r"wifi init")

    def test_scan_lists_the_access_points(self):
        self.start().command("wifi init", "MAC")
        self.board.type("wifi scan")
        self.board.expect(r"61test.*-48|-48.*61test")
        self.board.log.find(r"guest.*-71|-71.*guest")

    def test_scan_leaves_out_an_access_point_that_is_off(self):
        self.start()
        self.board.config["wifi"]["access_point"][1]["up"] = False
        self.board.reload()
        self.board.command("wifi init", "MAC")
        mark = self.board.log.mark()
        self.board.command("wifi scan", r"61test(.|\n)*W800: ")
        self.assertNotIn("guest", self.board.log.text[mark:])

    def test_signal_lost_and_back_connects_again(self):
        broker, jobs = self.make_broker()
        self.start(broker.port)
        bring_up(self.board)
        jobs.wait_request("start-next")
        self.set_signal(False)
        self.board.expect(r"(?i)signal.*lost|disconnect")
        self.set_signal(True)
        self.board.expect(r"sta got ip")
        self.board.expect(r"MQTT connection successfully established")
        jobs.wait_request("start-next", count=2)

    def set_signal(self, on):
        self.board.config["wifi"]["access_point"][0]["up"] = on
        self.board.reload()

    def test_the_password_is_not_logged(self):
        self.start()
        self.connect_wifi()
        self.assertNotIn(ACCESS_POINT["password"], self.board.log.text)


class Clock(ConsoleTest):
    def test_ntp_shows_its_servers(self):
        servers = [self.make_ntp().address, f"127.0.0.1:{free_udp_port()}"]
        self.start(ntp={"clock": "ntp", "servers": servers})
        self.connect_wifi()
        set_clock(self.board)
        self.board.command("ntp", r"NTP is running:")
        self.board.expect(rf"0st sntp server: {servers[0]}")
        self.board.expect(rf"1st sntp server: {servers[1]}")

    def test_the_second_server_answers_when_the_first_is_silent(self):
        servers = [f"127.0.0.1:{free_udp_port()}", self.make_ntp().address]
        self.start(ntp={"clock": "ntp", "servers": servers})
        self.connect_wifi()
        set_clock(self.board)

    def test_aws_job_before_the_clock_is_set_does_not_connect(self):
        broker, _ = self.make_fake_broker()
        ntp = {"clock": "ntp", "servers": [f"127.0.0.1:{free_udp_port()}"]}
        self.start(broker.port, ntp=ntp)
        self.connect_wifi()
        self.board.command("aws_job", r"clock is not set.*certificates cannot be checked")
        self.board.command("version", VERSION)
        self.assertEqual([], broker.connections)

    def test_aws_job_connects_once_the_clock_is_set(self):
        broker, jobs = self.make_fake_broker()
        self.start(broker.port, ntp={"clock": "ntp", "servers": [self.make_ntp().address]})
        self.connect_wifi()
        self.board.command("aws_job", r"clock is not set")
        self.board.type("ntp start")
        self.board.expect(r"MQTT connection successfully established")
        jobs.wait_request("start-next")


class Agent(ConsoleTest):
    def test_aws_job_before_wifi_says_what_is_missing(self):
        self.start().command(
            "aws_job", r"network is not ready, please start wifi connection"
        )

    def test_status_tells_thing_endpoint_and_state(self):
        broker, jobs = self.make_broker()
        self.start(broker.port)
        bring_up(self.board)
        jobs.wait_request("start-next")
        self.board.type("aws_job status")
        self.board.expect(r"state: (idle|asking)")
        self.board.expect(rf"thing: {THING}\n")
        self.board.expect(rf"endpoint: localhost:{broker.port}\n")

    def test_status_before_aws_job_says_stopped(self):
        self.start().command("aws_job status", r"state: stopped")

    def test_stop_disconnects_in_order_and_aws_job_connects_again(self):
        broker, jobs = self.make_broker()
        self.start(broker.port)
        bring_up(self.board)
        jobs.wait_request("start-next")
        self.board.type("aws_job stop")
        broker.process.log.find(rf"Received DISCONNECT from {THING}")
        self.board.command("aws_job", r"MQTT connection successfully established")
        jobs.wait_request("start-next", count=2)


class Configuration(SystemTest):
    """What cannot work is refused at the start, with words that name the mistake."""

    def refused(self, board, pattern):
        board.start()
        self.assertNotEqual(0, board.process.wait())
        self.assertRegex(board.log.text, pattern)

    def test_an_unknown_key_is_named(self):
        self.refused(self.make_board(8883, mqtt={"keepalive": 60}), r"keepalive")

    def test_an_unknown_table_is_named(self):
        self.refused(self.make_board(8883, cloud={"x": 1}), r"cloud")

    def test_a_value_out_of_range_is_refused(self):
        self.refused(self.make_board(8883, mqtt={"keep_alive_s": 4}), r"keep_alive_s")

    def test_a_value_of_the_wrong_type_is_refused(self):
        self.refused(self.make_board(8883, device={"port": "many"}), r"port")

    def test_a_wrong_choice_is_refused(self):
        self.refused(self.make_board(8883, jobs={"no_action": "maybe"}), r"no_action")

    def test_a_key_file_that_others_can_read_is_refused(self):
        pair = self.ca.device(THING)
        os.chmod(pair.key, 0o644)
        self.refused(self.make_board(8883, pair), r"(?i)0?600|mode|permission")

    def test_a_missing_certificate_is_named(self):
        board = self.make_board(8883, device={"certificate": "nowhere.pem"})
        self.refused(board, r"nowhere\.pem")


if __name__ == "__main__":
    unittest.main()
