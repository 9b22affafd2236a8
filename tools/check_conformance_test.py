#!/usr/bin/python3
"""check_conformance against documents and tests with one fault each."""

import tempfile
import unittest
from pathlib import Path

from load_tool import load_tool

tool = load_tool("check_conformance")

SOURCE = """
// [MQTT-1.5.3-1]
TEST(Text, One_Works) {
  EXPECT_TRUE(true);
}

constexpr int kTable[] = {1};  // [MQTT-1.5.3-2]

TEST_P(SessionTest,
       Two_Works) {
  // [MQTT-2.2.2-1]
}
"""
COVERED = {
    "MQTT-1.5.3-1": "`Text.One_Works`",
    "MQTT-1.5.3-2": "`SessionTest.Two_Works`",
    "MQTT-2.2.2-1": "`SessionTest.Two_Works`",
}


def document(covered, others=None):
    """A whole document; `others` are the statements of the table of reasons."""
    if others is None:
        others = [s for s in tool.all_statements() if s not in covered]
    lines = ["# Title", "", "| statement | in our words | tests |", "|---|---|---|"]
    lines += [f"| {s} | words | {tests} |" for s, tests in covered.items()]
    lines += ["", "| statement | in our words | why |", "|---|---|---|"]
    lines += [f"| {s} | words | a reason |" for s in others]
    return "\n".join(lines) + "\n"


class CheckConformance(unittest.TestCase):
    def check(self, text, source=SOURCE):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "device/mqtt").mkdir(parents=True)
            (root / tool.DOCUMENT).write_text(text, encoding="utf-8")
            (root / "device/mqtt/x_test.cc").write_text(source, encoding="utf-8")
            return tool.check(root)

    def expect_offence(self, words, text, source=SOURCE):
        offences = self.check(text, source)
        self.assertEqual(len(offences), 1, offences)
        self.assertIn(words, offences[0])

    def test_the_standard_has_141_statements(self):
        self.assertEqual(len(tool.all_statements()), 141)

    def test_agreement_is_no_offence(self):
        self.assertEqual(self.check(document(COVERED)), [])

    def test_a_row_that_names_a_test_that_is_gone(self):
        row = COVERED["MQTT-1.5.3-1"] + ", `Text.Gone_Away`"
        self.expect_offence("no test Text.Gone_Away", document({**COVERED, "MQTT-1.5.3-1": row}))

    def test_a_row_that_names_a_test_about_something_else(self):
        row = COVERED["MQTT-1.5.3-1"] + ", `SessionTest.Two_Works`"
        text = document({**COVERED, "MQTT-1.5.3-1": row})
        self.expect_offence("does not name MQTT-1.5.3-1", text)

    def test_a_row_without_a_test(self):
        self.expect_offence("has no test", document({**COVERED, "MQTT-1.5.3-3": "soon"}))

    def test_a_test_that_its_row_does_not_list(self):
        source = SOURCE.replace("EXPECT_TRUE(true);", "// [MQTT-2.2.2-1]")
        self.expect_offence("row does not list it", document(COVERED), source)

    def test_a_test_that_names_a_statement_without_tests(self):
        source = SOURCE.replace("EXPECT_TRUE(true);", "// [MQTT-7.0.0-1]")
        self.expect_offence("row does not list it", document(COVERED), source)

    def test_a_statement_without_a_row(self):
        others = [s for s in tool.all_statements() if s not in COVERED][1:]
        self.expect_offence("MQTT-1.5.3-3 has no row", document(COVERED, others))

    def test_a_statement_with_two_rows(self):
        others = [s for s in tool.all_statements() if s not in COVERED] + ["MQTT-1.5.3-3"]
        self.expect_offence("has a row before", document(COVERED, others))

    def test_a_statement_that_the_standard_does_not_have(self):
        others = [s for s in tool.all_statements() if s not in COVERED] + ["MQTT-3.1.2-25"]
        self.expect_offence("the standard has no MQTT-3.1.2-25", document(COVERED, others))


if __name__ == "__main__":
    unittest.main()
