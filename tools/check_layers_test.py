"""Plants one offence per rule in a tree of its own and expects tools/check_layers to name it."""

import tempfile
import unittest
from pathlib import Path

from load_tool import load_tool

check_layers = load_tool("check_layers")

HEADER = "// Decides something.\n#pragma once\n"

CLEAN = {
    "device/README.md": "x\n",
    "device/base/README.md": "x\n",
    "device/base/status.h": HEADER + "#include <cstdint>\n",
    "device/mqtt/README.md": "x\n",
    "device/mqtt/session.h": HEADER + '#include "device/base/status.h"\n',
    "device/mqtt/session.cc": '#include "device/mqtt/session.h"\n',
    "device/json/README.md": "x\n",
    "device/json/reader.h": HEADER,
    "device/jobs/README.md": "x\n",
    "device/jobs/topics.h": HEADER + '#include "device/json/reader.h"\n',
    "device/sntp/README.md": "x\n",
    "device/sntp/client.h": HEADER + '#include "device/base/status.h"\n',
    "device/agent/README.md": "x\n",
    "device/agent/agent.h": HEADER + '#include "device/mqtt/session.h"\n',
    "ports/README.md": "x\n",
    "ports/posix/README.md": "x\n",
    "ports/posix/udp.h": HEADER + "#include <sys/socket.h>\n",
    "ports/posix/testing/fake.h": HEADER + "#include <gtest/gtest.h>\n",
    "cloud/README.md": "x\n",
    "cloud/domain/README.md": "x\n",
    "cloud/domain/store.h": HEADER,
    "cloud/domain/testing/store.h": HEADER + '#include "cloud/domain/store.h"\n',
    "cloud/store/README.md": "x\n",
    "cloud/store/sqlite.h": HEADER + '#include "cloud/domain/store.h"\n',
    "cloud/policy/README.md": "x\n",
    "cloud/policy/policy.h": HEADER,
    "sim/README.md": "x\n",
    "sim/link.h": HEADER + "#include <vector>\n",
    "sim/vectors_test.h": HEADER + "#include <gtest/gtest.h>\n#include <fstream>\n",
    "apps/README.md": "x\n",
    "apps/device/README.md": "x\n",
    "apps/device/main.cc": '#include "ports/posix/udp.h"\n#include "sim/link.h"\n',
    "apps/device/board.h": HEADER,
    "tests/README.md": "x\n",
    "tests/helper.h": HEADER,
}


class Tree(unittest.TestCase):
    """Each test adds files to the clean tree and looks at the offences."""

    def check(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **files}.items():
                if text is None:  # The test takes this one away.
                    continue
                target = Path(root, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            return check_layers.Checker(root, check_layers.load_rules()).run()

    def expect_clean(self, path, text):
        self.assertEqual(self.check({path: text}), [])

    def expect_offence(self, path, text, words):
        offences = self.check({path: text})
        self.assertEqual(len(offences), 1, offences)
        self.assertTrue(offences[0].startswith(path + ":"), offences[0])
        self.assertIn(words, offences[0])


class Includes(Tree):
    def include(self, path, header):
        system = "." not in header or header.startswith(("sys/", "gtest/"))
        return path, f"#include <{header}>\n" if system else f'#include "{header}"\n'

    def refused(self, path, header, words="may not include"):
        self.expect_offence(*self.include(path, header), words)

    def allowed(self, path, header):
        self.expect_clean(*self.include(path, header))

    def test_the_clean_tree_is_clean(self):
        self.assertEqual(self.check({}), [])

    def test_base_includes_nothing_of_ours(self):
        self.refused("device/base/x.cc", "device/json/reader.h")

    def test_mqtt_and_json_do_not_know_each_other(self):
        self.refused("device/mqtt/x.cc", "device/json/reader.h")
        self.refused("device/json/x.cc", "device/mqtt/session.h")

    def test_jobs_knows_json_but_not_mqtt(self):
        self.allowed("device/jobs/x.cc", "device/json/reader.h")
        self.refused("device/jobs/x.cc", "device/mqtt/session.h")

    def test_sntp_knows_base_alone(self):
        self.allowed("device/sntp/x.cc", "device/base/status.h")
        self.refused("device/sntp/x.cc", "device/json/reader.h")

    def test_agent_includes_device_but_no_port(self):
        self.allowed("device/agent/x.cc", "device/json/reader.h")
        self.refused("device/agent/x.cc", "ports/posix/udp.h")

    def test_a_port_includes_no_simulation(self):
        self.refused("ports/posix/x.cc", "sim/link.h")

    def test_a_port_without_a_row_has_no_place(self):
        self.refused("ports/zephyr/x.cc", "ports/posix/udp.h", "no row")

    def test_simulation_has_no_sockets_and_no_clock(self):
        self.refused("sim/x.cc", "sys/socket.h", "in no group")
        self.refused("sim/x.cc", "chrono", "'never'")

    def test_nobody_includes_apps_or_tests(self):
        self.refused("ports/posix/x.cc", "apps/device/board.h")
        self.refused("tests/x.cc", "apps/device/board.h")
        self.refused("apps/device/x.cc", "tests/helper.h")

    def test_device_has_no_operating_system(self):
        self.refused("device/agent/x.cc", "sys/socket.h", "in no group")
        self.refused("device/agent/x.cc", "vector", "'never'")

    def test_a_test_may_use_simulation_and_googletest(self):
        self.allowed("device/mqtt/x_test.cc", "sim/link.h")
        self.allowed("device/mqtt/x_test.cc", "gtest/gtest.h")
        self.allowed("device/mqtt/x_test.cc", "vector")
        self.refused("device/mqtt/x_test.cc", "ports/posix/udp.h")
        self.refused("device/mqtt/x.cc", "gtest/gtest.h", "for tests only")

    def test_fakes_are_for_tests(self):
        self.allowed("ports/posix/x_test.cc", "ports/posix/testing/fake.h")
        self.refused("ports/posix/x.cc", "ports/posix/testing/fake.h", "for tests only")

    def test_fakes_of_a_layer_are_for_the_tests_of_whoever_includes_it(self):
        self.allowed("cloud/store/x_test.cc", "cloud/domain/testing/store.h")
        self.refused("cloud/store/x.cc", "cloud/domain/testing/store.h", "for tests only")
        self.refused("cloud/policy/x_test.cc", "cloud/domain/testing/store.h")

    def test_a_header_named_as_a_test_is_one(self):
        self.allowed("sim/x_test.cc", "sim/vectors_test.h")
        self.refused("sim/x.cc", "sim/vectors_test.h", "for tests only")

    def test_an_include_is_written_from_the_root(self):
        self.refused("device/mqtt/x.cc", "session.h", "seen from its root")


class Looks(Tree):
    def test_a_folder_has_a_readme(self):
        self.assertEqual(self.check({"sim/README.md": None}), ["sim:1: has no README.md"])

    def test_a_header_says_what_it_decides(self):
        self.expect_offence("sim/x.h", "#pragma once\n", "open with a comment")

    def test_a_header_is_read_once(self):
        self.expect_offence("sim/x.h", "// Decides.\n", "#pragma once")

    def test_a_file_has_fewer_than_600_lines(self):
        self.expect_clean("sim/x.cc", "\n" * 599)
        self.expect_offence("sim/x.cc", "\n" * 600, "600 lines or more")

    def test_a_line_has_at_most_100_columns(self):
        self.expect_clean("sim/x.cc", "//" + "é" * 98 + "\n")
        self.expect_offence("sim/x.cc", "//" + "x" * 99 + "\n", "101 columns")

    def test_a_raw_literal_of_a_test_may_be_wider(self):
        literal = f'auto x = R"({"x" * 99})";\n'
        self.expect_clean("sim/x_test.cc", literal)
        self.expect_offence("sim/x.cc", literal, "columns")
        self.expect_offence("sim/x_test.cc", f"//{'x' * 99}\n", "101 columns")

    def test_no_tabs(self):
        self.expect_offence("sim/x.cc", "int\tx;\n", "tab")

    def test_scripts_and_python_are_looked_at_too(self):
        self.expect_offence("sim/run", "#!/bin/sh\n\ttrue\n", "tab")
        self.expect_offence("sim/run.py", "#" * 101 + "\n", "101 columns")


class Words(Tree):
    def refused(self, code, words):
        self.expect_offence("device/mqtt/x.cc", f"void F() {{\n  {code}\n}}\n", words)

    def allowed(self, code):
        self.expect_clean("device/mqtt/x.cc", f"void F() {{\n  {code}\n}}\n")

    def test_no_heap(self):
        self.refused("void* p = std::malloc(3);", "malloc")
        self.refused("auto* p = new int;", "new")
        self.refused("delete p;", "delete")
        self.refused("std::function<void()> f;", "std::function")

    def test_no_exceptions(self):
        self.refused("throw 1;", "throw")

    def test_no_clock(self):
        self.refused("auto t = ::clock_gettime(0, &s);", "clock")
        self.refused("auto t = std::time(nullptr);", "clock")

    def test_comments_literals_and_names_are_free(self):
        self.allowed("// A new throw(), malloc(3).")
        self.allowed('Log("new job: throw(");')
        self.allowed("const int new_job = 1'000, x = '\"'; F(new_job);  // new")
        self.allowed("Session(const Session&) = delete;")
        self.allowed("response.time(0);")

    def test_tests_may_do_as_they_like(self):
        self.expect_clean("device/mqtt/x_test.cc", "auto* p = new int;\n")


if __name__ == "__main__":
    unittest.main()
