#include "device/handlers/document.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork::handlers {
namespace {

struct Case {
  const char* title;
  const char* document;
  Verdict verdict;
  const char* reason;
  const char* name;
};

class DecideCase : public testing::TestWithParam<Case> {};

TEST_P(DecideCase, NamesVerdictAndReason) {
  const Case& c = GetParam();
  const Decision decision = Decide(c.document);
  EXPECT_EQ(decision.verdict, c.verdict);
  EXPECT_STREQ(decision.reason, c.reason);
  EXPECT_EQ(decision.name, c.name);
}

constexpr auto kReboot = Verdict::kReboot;
constexpr auto kNoAction = Verdict::kNoAction;
constexpr auto kInvalid = Verdict::kInvalid;

// clang-format off
const Case kCases[] = {
  {"schema_reboot", R"({"version":"1.0","steps":[{"action":{"name":"Reboot","type":"runHandler"}}]})", kReboot, "", ""},
  {"reboot_in_any_case", R"({"steps":[{"action":{"name":"rEbOOT"}}]})", kReboot, "", ""},
  {"reboot_spelt_with_escapes", R"({"steps":[{"action":{"name":"\u0052eboot"}}]})", kReboot, "", ""},
  {"reboot_without_version", R"({"steps":[{"action":{"name":"Reboot"}}]})", kReboot, "", ""},
  {"reboot_as_final_step", R"({"version":"1.0","steps":[],"finalStep":{"action":{"name":"Reboot"}}})", kReboot, "", ""},
  {"reboot_as_only_final_step", R"({"finalStep":{"action":{"name":"Reboot"}}})", kReboot, "", ""},
  {"empty_conditions_ask_for_nothing", R"({"conditions":[],"steps":[{"action":{"name":"Reboot"}}]})", kReboot, "", ""},
  {"operation_reboot", R"({"operation":"reboot"})", kReboot, "", ""},
  {"space_around_document", " \n{\"operation\":\"Reboot\"} ", kReboot, "", ""},

  {"empty_name_is_not_reboot", R"({"steps":[{"action":{"name":""}}]})", kNoAction, "unsupported-step", ""},
  {"one_letter_is_not_reboot", R"({"steps":[{"action":{"name":"R"}}]})", kNoAction, "unsupported-step", "R"},
  {"prefix_is_not_reboot", R"({"steps":[{"action":{"name":"re"}}]})", kNoAction, "unsupported-step", "re"},
  {"more_words_are_not_reboot", R"({"steps":[{"action":{"name":"Reboot Device"}}]})", kNoAction, "unsupported-step", "Reboot Device"},
  {"longer_word_is_not_reboot", R"({"operation":"reboots"})", kNoAction, "unsupported-operation", "reboots"},
  {"name_is_a_number", R"({"steps":[{"action":{"name":7}}]})", kNoAction, "unsupported-step", "7"},
  {"step_without_action", R"({"steps":[{}]})", kNoAction, "unsupported-step", ""},
  {"step_is_not_an_object", R"({"steps":["Reboot"]})", kNoAction, "unsupported-step", ""},
  {"unknown_step_before_reboot", R"({"steps":[{"action":{"name":"Install"}},{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-step", "Install"},
  {"unknown_step_after_reboot", R"({"steps":[{"action":{"name":"Reboot"}},{"action":{"name":"Check"}}]})", kNoAction, "unsupported-step", "Check"},
  {"two_reboots", R"({"steps":[{"action":{"name":"Reboot"}},{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-step", "Reboot"},
  {"unknown_final_step", R"({"steps":[],"finalStep":{"action":{"name":"Report"}}})", kNoAction, "unsupported-step", "Report"},
  {"no_steps", R"({"version":"1.0","steps":[]})", kNoAction, "no-operation", ""},
  {"steps_is_not_an_array", R"({"steps":"Reboot"})", kNoAction, "no-operation", ""},
  {"other_version", R"({"version":"2.0","steps":[{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-version", "2.0"},
  {"version_is_a_number", R"({"version":1.0,"steps":[{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-version", "1.0"},
  {"conditions", R"({"conditions":[{"key":"os","operator":"eq","value":"x"}],"steps":[{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-condition", ""},
  {"conditions_of_wrong_type", R"({"conditions":{},"steps":[{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-condition", ""},
  {"other_operation", R"({"operation":"install"})", kNoAction, "unsupported-operation", "install"},
  {"ota_document", R"({"afr_ota":{"protocols":["HTTP"]}})", kNoAction, "no-operation", ""},
  {"empty_object", "{}", kNoAction, "no-operation", ""},

  {"array", R"(["Reboot"])", kInvalid, "document-not-object", ""},
  {"string", R"("{\"operation\":\"reboot\"}")", kInvalid, "document-not-object", ""},
  {"null", "null", kInvalid, "document-not-object", ""},
  {"truncated", R"({"operation":"reboot")", kInvalid, "document-malformed", ""},
  {"empty", "", kInvalid, "document-malformed", ""},
  {"operation_twice", R"({"operation":"install","operation":"reboot"})", kInvalid, "document-malformed", ""},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Documents, DecideCase, testing::ValuesIn(kCases),
                         [](const auto& param) { return std::string(param.param.title); });

TEST(Decide, DocumentDeeperThanTheReader_IsInvalid) {
  const std::string deep = R"({"operation":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_STREQ(Decide(deep).reason, "document-too-deep");
}

}  // namespace
}  // namespace fieldwork::handlers
