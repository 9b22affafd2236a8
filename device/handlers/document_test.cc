#include "device/handlers/document.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace fieldwork::handlers {
namespace {

constexpr Attribute kAttributes[] = {
    {"operating_system", "linux"}, {"board", "w800-rev2"}, {"board", "gateway"}, {"site", ""}};

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
  const Decision decision = Decide(c.document, kAttributes);
  EXPECT_EQ(decision.verdict, c.verdict);
  EXPECT_STREQ(decision.reason, c.reason);
  EXPECT_EQ(decision.name, c.name);
  EXPECT_EQ(decision.step_count, 0);
}

constexpr auto kNoAction = Verdict::kNoAction;
constexpr auto kInvalid = Verdict::kInvalid;
constexpr auto kNotMet = Verdict::kNotMet;

// clang-format off
const Case kCases[] = {
  {"array", R"(["Reboot"])", kInvalid, "document-not-object", ""},
  {"string", R"("{\"operation\":\"reboot\"}")", kInvalid, "document-not-object", ""},
  {"empty_string", R"("")", kInvalid, "document-not-object", ""},
  {"null", "null", kInvalid, "document-not-object", ""},
  {"truncated", R"({"operation":"reboot")", kInvalid, "document-malformed", ""},
  {"empty", "", kInvalid, "document-malformed", ""},
  {"operation_twice", R"({"operation":"install","operation":"reboot"})", kInvalid, "document-malformed", ""},
  {"action_twice", R"({"steps":[{"action":{"name":"a"},"action":{"name":"b"}}]})", kInvalid, "document-malformed", ""},
  {"name_twice_once_with_escape", R"({"steps":[{"action":{"name":"a","n\u0061me":"b"}}]})", kInvalid, "document-malformed", ""},
  {"handler_twice", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":"a","handler":"b"}}}]})", kInvalid, "document-malformed", "a"},
  {"condition_key_twice", R"({"conditions":[{"key":"a","key":"b","value":"c"}],"operation":"a"})", kInvalid, "document-malformed", ""},

  {"empty_object", "{}", kNoAction, "no-operation", ""},
  {"no_steps", R"({"version":"1.0","steps":[]})", kNoAction, "no-operation", ""},
  {"operation_empty", R"({"operation":""})", kNoAction, "no-operation", ""},
  {"operation_null", R"({"operation":null,"action":""})", kNoAction, "no-operation", ""},

  {"other_version", R"({"version":"2.0","steps":[{"action":{"name":"Reboot"}}]})", kNoAction, "unsupported-version", "2.0"},
  {"version_is_a_number", R"({"version":1.0,"finalStep":{"action":{"name":"Reboot"}}})", kNoAction, "unsupported-version", "1.0"},
  {"other_type", R"({"steps":[{"action":{"name":"Reboot","type":"runLambda"}}]})", kNoAction, "unsupported-step", "runLambda"},
  {"type_is_a_number", R"({"steps":[{"action":{"name":"a","type":5}}]})", kNoAction, "unsupported-step", "5"},
  {"type_is_of_other_case", R"({"steps":[{"action":{"name":"a","type":"runhandler"}}]})", kNoAction, "unsupported-step", "runhandler"},

  {"conditions_is_an_object", R"({"conditions":{},"operation":"a"})", kNoAction, "unsupported-condition", ""},
  {"condition_is_a_string", R"({"conditions":["linux"],"operation":"a"})", kNoAction, "unsupported-condition", ""},
  {"condition_of_other_type", R"({"conditions":[{"key":"board","value":"x","type":"versionAtLeast"}],"operation":"a"})", kNoAction, "unsupported-condition", "versionAtLeast"},
  {"condition_without_key", R"({"conditions":[{"value":"x"}],"operation":"a"})", kNoAction, "unsupported-condition", ""},
  {"condition_without_value", R"({"conditions":[{"key":"board"}],"operation":"a"})", kNoAction, "unsupported-condition", "board"},
  {"condition_value_is_a_number", R"({"conditions":[{"key":"board","value":["a",2]}],"operation":"a"})", kNoAction, "unsupported-condition", "board"},
  {"condition_of_unknown_key", R"({"conditions":[{"key":"colour","value":"red"}],"operation":"a"})", kNotMet, "condition-not-met", "colour"},
  {"condition_of_other_value", R"({"conditions":[{"key":"operating_system","value":["windows","Linux"]}],"operation":"a"})", kNotMet, "condition-not-met", "operating_system"},
  {"condition_with_no_values", R"({"conditions":[{"key":"operating_system","value":[]}],"operation":"a"})", kNotMet, "condition-not-met", "operating_system"},
  {"condition_equal_to_a_part", R"({"conditions":[{"key":"board","value":"w800"}],"operation":"a"})", kNotMet, "condition-not-met", "board"},
  {"condition_not_contained", R"({"conditions":[{"key":"board","value":["rev3","w800-rev22"],"type":"stringContains"}],"operation":"a"})", kNotMet, "condition-not-met", "board"},
  {"second_condition", R"({"conditions":[{"key":"board","value":"gateway"},{"key":"site","value":"x"}],"steps":[{"action":{"name":"a"}}]})", kNotMet, "condition-not-met", "site"},
  {"second_condition_is_malformed", R"({"conditions":[{"key":"board","value":"gateway"},{"key":"a","key":"b","value":"c"}],"operation":"a"})", kInvalid, "document-malformed", ""},
  {"second_condition_is_a_string", R"({"conditions":[{"key":"board","value":"gateway"},"x"],"operation":"a"})", kNoAction, "unsupported-condition", ""},
  {"condition_of_a_plain_action", R"({"conditions":[{"key":"site","value":"x"}],"action":"print"})", kNotMet, "condition-not-met", "site"},

  {"steps_is_not_an_array", R"({"steps":"Reboot"})", kInvalid, "document-step-invalid", ""},
  {"steps_is_an_object", R"({"steps":{"action":{"name":"Reboot"}}})", kInvalid, "document-step-invalid", ""},
  {"step_is_not_an_object", R"({"steps":["Reboot"]})", kInvalid, "document-step-invalid", ""},
  {"step_is_null", R"({"steps":[null]})", kInvalid, "document-step-invalid", ""},
  {"step_without_action", R"({"steps":[{}]})", kInvalid, "document-step-invalid", ""},
  {"step_with_a_form_of_its_own", R"({"steps":[{"operation":"reboot"}]})", kInvalid, "document-step-invalid", ""},
  {"step_action_is_a_string", R"({"steps":[{"action":"reboot"}]})", kInvalid, "document-step-invalid", ""},
  {"action_without_name", R"({"steps":[{"action":{"type":"runHandler","input":{"handler":"a"}}}]})", kInvalid, "document-step-invalid", ""},
  {"name_is_empty", R"({"steps":[{"action":{"name":""}}]})", kInvalid, "document-step-invalid", ""},
  {"name_is_a_number", R"({"steps":[{"action":{"name":7}}]})", kInvalid, "document-step-invalid", "7"},
  {"handler_step_without_input", R"({"steps":[{"action":{"name":"Reboot Device","type":"runHandler"}}]})", kInvalid, "document-step-invalid", "Reboot Device"},
  {"handler_step_without_handler", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"args":[]}}}]})", kInvalid, "document-step-invalid", "a"},
  {"handler_beside_the_input", R"({"steps":[{"action":{"name":"a","type":"runHandler","handler":"b","input":{}}}]})", kInvalid, "document-step-invalid", "a"},
  {"handler_is_empty", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":""}}}]})", kInvalid, "document-step-invalid", "a"},
  {"handler_is_a_number", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":1}}}]})", kInvalid, "document-step-invalid", "a"},
  {"path_is_a_number", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":"b","path":1}}}]})", kInvalid, "document-step-invalid", "a"},
  {"args_is_an_object", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":"b","args":{}}}}]})", kInvalid, "document-step-invalid", "a"},
  {"argument_is_a_number", R"({"operation":"a","args":["b",2]})", kInvalid, "document-step-invalid", "a"},
  {"command_step_without_command", R"({"steps":[{"action":{"name":"a","type":"runCommand","input":{"handler":"b"}}}]})", kInvalid, "document-step-invalid", "a"},
  {"command_is_empty", R"({"steps":[{"action":{"name":"a","type":"runCommand","input":{"command":""}}}]})", kInvalid, "document-step-invalid", "a"},
  {"command_is_an_array", R"({"steps":[{"action":{"name":"a","type":"runCommand","input":{"command":["ls"]}}}]})", kInvalid, "document-step-invalid", "a"},
  {"unsound_step_after_reboot", R"({"steps":[{"action":{"name":"Reboot"}},{"action":{"name":"b","type":"runCommand"}}]})", kInvalid, "document-step-invalid", "b"},
  {"unsound_final_step", R"({"steps":[{"action":{"name":"a"}}],"finalStep":{"name":"b"}})", kInvalid, "document-step-invalid", ""},
  {"final_step_is_an_array", R"({"finalStep":[]})", kInvalid, "document-step-invalid", ""},
  {"run_as_user_is_a_number", R"({"operation":"a","runAsUser":0})", kInvalid, "document-step-invalid", "a"},
  {"ignore_step_failure_is_a_word", R"({"operation":"a","ignoreStepFailure":"yes"})", kInvalid, "document-step-invalid", "a"},
  {"include_std_out_is_a_number", R"({"includeStdOut":1,"steps":[{"action":{"name":"a"}}]})", kInvalid, "document-step-invalid", "a"},
  {"allow_std_err_is_negative", R"({"operation":"a","allowStdErr":-1})", kInvalid, "document-step-invalid", "a"},
  {"allow_std_err_has_a_fraction", R"({"operation":"a","allowStdErr":1.5})", kInvalid, "document-step-invalid", "a"},
  {"allow_std_err_is_a_word", R"({"operation":"a","allowStdErr":"all"})", kInvalid, "document-step-invalid", "a"},
  {"allow_std_err_is_too_large", R"({"operation":"a","allowStdErr":2147483648})", kInvalid, "document-step-invalid", "a"},
  {"operation_is_a_number", R"({"operation":7})", kInvalid, "document-step-invalid", "7"},
  {"action_is_a_number", R"({"action":7})", kInvalid, "document-step-invalid", "7"},
  {"action_object_without_name", R"({"action":{"input":{}}})", kInvalid, "document-step-invalid", ""},
  {"ota_is_a_string", R"({"afr_ota":"AFR_OTA-1"})", kInvalid, "document-step-invalid", "afr_ota"},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Documents, DecideCase, testing::ValuesIn(kCases),
                         [](const auto& param) { return std::string(param.param.title); });

TEST(Decide, DocumentDeeperThanTheReader_IsInvalid) {
  const std::string deep = R"({"operation":)" + std::string(100, '[') + std::string(100, ']') + "}";
  const Decision decision = Decide(deep, {});
  EXPECT_EQ(decision.verdict, kInvalid);
  EXPECT_STREQ(decision.reason, "document-too-deep");
}

// ---- Steps -------------------------------------------------------------------------------

std::string Said(json::Value value) {
  std::vector<char> buffer(value.raw.size() + 1);
  const auto text = json::Unescape(value, buffer);
  return text.ok() ? std::string(*text) : std::string(value.raw);
}

// One line that says all of a step; what is absent is left out.
std::string Describe(const Step& step) {
  static constexpr const char* kKinds[] = {"reboot", "handler", "command", "action"};
  std::string line = kKinds[static_cast<int>(step.kind)];
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) line += std::string(" ") + what + "=" + text;
  };
  add("name", Said(step.name));
  add("handler", Said(step.handler));
  add("path", Said(step.path));
  json::Children args = StringsOf(step.args);
  while (args.Next()) line += " arg=" + Said(args.value());
  add("command", Said(step.command));
  add("user", Said(step.run_as_user));
  if (step.kind == StepKind::kAction) add("input", std::string(step.input.raw));
  if (step.ignore_failure) line += " ignore";
  if (step.include_stdout) line += " out";
  if (step.stderr_lines_max >= 0) line += " err<=" + std::to_string(step.stderr_lines_max);
  return line;
}

// A line for each step; the reason, when there is no plan.
std::string Plan(std::string_view document) {
  const Decision decision = Decide(document, kAttributes);
  if (decision.verdict != Verdict::kPlan) return decision.reason;
  EXPECT_STREQ(decision.reason, "");
  EXPECT_EQ(decision.name, "");
  std::string lines;
  for (std::uint8_t i = 0; i < decision.step_count; ++i) {
    lines += (i == 0 ? "" : "; ") + Describe(StepAt(document, i));
  }
  return lines;
}

struct PlanCase {
  const char* title;
  const char* document;
  const char* steps;
};

class StepAtCase : public testing::TestWithParam<PlanCase> {};

TEST_P(StepAtCase, SaysWhatIsAskedFor) { EXPECT_EQ(Plan(GetParam().document), GetParam().steps); }

// clang-format off
const PlanCase kTemplates[] = {
  {"AWS_Reboot", R"({"version":"1.0","steps":[{"action":{"name":"Reboot","type":"runHandler","input":{"handler":"reboot.sh","path":""},"runAsUser":""}}]})",
   "reboot name=Reboot"},
  {"AWS_Download_File", R"({"version":"1.0","steps":[{"action":{"name":"Download-File","type":"runHandler","input":{"handler":"download-file.sh","args":["https://example.com/a.bin?x=1,2","/var/lib/a.bin"],"path":""},"runAsUser":""}}]})",
   "handler name=Download-File handler=download-file.sh arg=https://example.com/a.bin?x=1,2 "
   "arg=/var/lib/a.bin"},
  {"AWS_Install_Application", R"({"version":"1.0","steps":[{"action":{"name":"Install-Application","type":"runHandler","input":{"handler":"install-packages.sh","args":["wget curl"],"path":"/opt/handlers"},"runAsUser":"root"}}]})",
   "handler name=Install-Application handler=install-packages.sh path=/opt/handlers "
   "arg=wget curl user=root"},
  {"AWS_Remove_Application", R"({"version":"1.0","steps":[{"action":{"name":"Remove-Application","type":"runHandler","input":{"handler":"remove-packages.sh","args":["wget"],"path":""},"runAsUser":""}}]})",
   "handler name=Remove-Application handler=remove-packages.sh arg=wget"},
  {"AWS_Start_Application", R"({"version":"1.0","steps":[{"action":{"name":"Start-Application","type":"runHandler","input":{"handler":"start-services.sh","args":["nginx"],"path":""},"runAsUser":""}}]})",
   "handler name=Start-Application handler=start-services.sh arg=nginx"},
  {"AWS_Stop_Application", R"({"version":"1.0","steps":[{"action":{"name":"Stop-Application","type":"runHandler","input":{"handler":"stop-services.sh","args":["nginx"],"path":""},"runAsUser":""}}]})",
   "handler name=Stop-Application handler=stop-services.sh arg=nginx"},
  {"AWS_Restart_Application", R"({"version":"1.0","steps":[{"action":{"name":"Restart-Application","type":"runHandler","input":{"handler":"restart-services.sh","args":["nginx"],"path":""},"runAsUser":""}}]})",
   "handler name=Restart-Application handler=restart-services.sh arg=nginx"},
  {"AWS_Run_Command", R"({"version":"1.0","steps":[{"action":{"name":"Run-Command","type":"runCommand","input":{"command":"echo,a\\,b"},"runAsUser":""}}]})",
   "command name=Run-Command command=echo,a\\,b"},
};

const PlanCase kReboots[] = {
  {"by_name", R"({"version":"1.0","steps":[{"action":{"name":"Reboot","type":"runHandler"}}]})", "reboot name=Reboot"},
  {"in_any_case", R"({"steps":[{"action":{"name":"rEbOOT"}}]})", "reboot name=rEbOOT"},
  {"spelt_with_escapes", R"({"steps":[{"action":{"name":"\u0052eboot"}}]})", "reboot name=Reboot"},
  {"as_final_step", R"({"version":"1.0","steps":[],"finalStep":{"action":{"name":"Reboot"}}})", "reboot name=Reboot"},
  {"as_only_final_step", R"({"finalStep":{"action":{"name":"Reboot"}}})", "reboot name=Reboot"},
  {"twice", R"({"steps":[{"action":{"name":"Reboot"}},{"action":{"name":"Reboot"}}]})", "reboot name=Reboot; reboot name=Reboot"},
  {"in_the_middle", R"({"steps":[{"action":{"name":"a"}},{"action":{"name":"Reboot"}},{"action":{"name":"b"}}]})", "action name=a; reboot name=Reboot; action name=b"},
  {"by_operation", R"({"operation":"reboot"})", "reboot name=reboot"},
  {"by_script_as_operation", R"({"operation":"Reboot.SH"})", "reboot name=Reboot.SH handler=Reboot.SH"},
  {"by_handler", R"({"steps":[{"action":{"name":"Restart the board","type":"runHandler","input":{"handler":"reboot.sh"}}}]})", "reboot name=Restart the board handler=reboot.sh"},
  {"by_handler_without_sh", R"({"steps":[{"action":{"name":"x","type":"runHandler","input":{"handler":"REBOOT"}}}]})", "reboot name=x handler=REBOOT"},
  {"as_plain_action", R"({"action":"reboot"})", "reboot name=reboot"},
  {"space_around_document", " \n{\"operation\":\"Reboot\"} ", "reboot name=Reboot"},

  {"not_more_words", R"({"steps":[{"action":{"name":"Reboot Device","type":"runHandler","input":{"handler":"x.sh"}}}]})", "handler name=Reboot Device handler=x.sh"},
  {"not_one_letter", R"({"steps":[{"action":{"name":"R","type":"runHandler","input":{"handler":"r"}}}]})", "handler name=R handler=r"},
  {"not_a_prefix", R"({"operation":"re"})", "handler name=re handler=re"},
  {"not_a_longer_word", R"({"operation":"reboots"})", "handler name=reboots handler=reboots"},
  {"not_a_handler_in_a_folder", R"({"operation":"x/reboot.sh"})", "handler name=x/reboot.sh handler=x/reboot.sh"},
  {"not_a_name_like_a_script", R"({"steps":[{"action":{"name":"reboot.sh"}}]})", "action name=reboot.sh"},
  {"not_a_handler_of_a_product_action", R"({"steps":[{"action":{"name":"a","input":{"handler":"reboot.sh"}}}]})", R"(action name=a input={"handler":"reboot.sh"})"},
};

const PlanCase kForms[] = {
  {"several_steps_and_a_final_one", R"({"version":"1.0","steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":"x"}}},{"action":{"name":"b","type":"runCommand","input":{"command":"ls"}}}],"finalStep":{"action":{"name":"c","type":"runHandler","input":{"handler":"y"}}}})",
   "handler name=a handler=x; command name=b command=ls; handler name=c handler=y"},
  {"options_in_the_action", R"({"steps":[{"action":{"name":"a","type":"runHandler","input":{"handler":"x"},"runAsUser":"pi","ignoreStepFailure":"true","includeStdOut":"true","allowStdErr":"12"}}]})",
   "handler name=a handler=x user=pi ignore out err<=12"},
  {"options_at_the_top", R"({"includeStdOut":true,"allowStdErr":0,"ignoreStepFailure":true,"runAsUser":"pi","steps":[{"action":{"name":"a"}},{"action":{"name":"b","includeStdOut":false,"allowStdErr":3,"ignoreStepFailure":"false","runAsUser":"root"}}]})",
   "action name=a user=pi ignore out err<=0; action name=b user=root err<=3"},
  {"options_that_nobody_filled_in", R"({"steps":[{"action":{"name":"a","runAsUser":"","ignoreStepFailure":"","includeStdOut":null,"allowStdErr":""}}]})", "action name=a"},
  {"options_of_one_step_are_not_the_next_one_s", R"({"steps":[{"action":{"name":"a","runAsUser":"root","includeStdOut":true}},{"action":{"name":"b"}}]})", "action name=a user=root out; action name=b"},
  {"largest_allow_std_err", R"({"operation":"a","allowStdErr":2147483647})", "handler name=a handler=a err<=2147483647"},
  {"one_argument_without_array", R"({"operation":"a","args":"b c"})", "handler name=a handler=a arg=b c"},
  {"empty_arguments_are_arguments", R"({"operation":"a","args":["","b"]})", "handler name=a handler=a arg= arg=b"},
  {"older_form", R"({"operation":"install.sh","args":["-y","\u0077get"],"path":"default","runAsUser":"root","includeStdOut":"true","allowStdErr":2,"ignoreStepFailure":true})",
   "handler name=install.sh handler=install.sh path=default arg=-y arg=wget user=root "
   "ignore out err<=2"},
  {"older_form_with_version", R"({"version":"0.9","operation":"a"})", "handler name=a handler=a"},
  {"step_without_type", R"({"steps":[{"action":{"name":"Blink","input":{"times":3}}}]})", R"(action name=Blink input={"times":3})"},
  {"plain_action", R"( {"action":"print","message":"hello"} )", R"(action name=print input={"action":"print","message":"hello"})"},
  {"plain_action_has_keys_of_its_own", R"({"action":"update","version":"3.1","type":"full","input":7})", R"(action name=update input={"action":"update","version":"3.1","type":"full","input":7})"},
  {"plain_action_object", R"({"action":{"name":"Blink","input":[1]}})", "action name=Blink input=[1]"},
  {"plain_action_object_with_type", R"({"action":{"name":"a","type":"runHandler","input":{"handler":"x","args":["1"]}}})", "handler name=a handler=x arg=1"},
  {"ota", R"({"afr_ota":{"protocols":["HTTP"]}})", R"(action name=afr_ota input={"protocols":["HTTP"]})"},
  {"ota_among_others", R"({"x":1,"afr\u005fota" : {"a":2}, "y":3})", R"(action name=afr_ota input={"a":2})"},
  {"steps_go_before_operation", R"({"operation":"a","action":"b","steps":[{"action":{"name":"c"}}]})", "action name=c"},
  {"operation_goes_before_action", R"({"operation":"a","action":"b","afr_ota":{}})", "handler name=a handler=a"},
  {"final_step_null", R"({"steps":[{"action":{"name":"a"}}],"finalStep":null})", "action name=a"},
  {"unknown_keys", R"({"_comment":1,"_comment":2,"steps":[{"when":1,"action":{"name":"a","x":{},"x":{}}}]})", "action name=a"},
  {"version_empty", R"({"version":"","steps":[{"action":{"name":"a"}}]})", "action name=a"},
};

const PlanCase kConditions[] = {
  {"none", R"({"conditions":[],"action":"a"})", R"(action name=a input={"conditions":[],"action":"a"})"},
  {"equal", R"({"conditions":[{"key":"operating_system","value":"linux"}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
  {"equal_to_one_of", R"({"conditions":[{"key":"operating_system","value":["qnx","l\u0069nux"],"type":"stringEqual"}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
  {"contains", R"({"conditions":[{"key":"board","value":["x","800-"],"type":"stringContains"}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
  {"contains_the_end", R"({"conditions":[{"key":"board","value":"rev2","type":"stringContains"}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
  {"second_value_of_an_attribute", R"({"conditions":[{"key":"board","value":"gateway"}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
  {"all_hold", R"({"conditions":[{"key":"board","value":"gateway"},{"key":"site","value":[""]}],"steps":[{"action":{"name":"a"}}]})", "action name=a"},
};
// clang-format on

std::string TitleOf(const testing::TestParamInfo<PlanCase>& info) { return info.param.title; }

INSTANTIATE_TEST_SUITE_P(ManagedTemplates, StepAtCase, testing::ValuesIn(kTemplates), TitleOf);
INSTANTIATE_TEST_SUITE_P(Reboots, StepAtCase, testing::ValuesIn(kReboots), TitleOf);
INSTANTIATE_TEST_SUITE_P(Forms, StepAtCase, testing::ValuesIn(kForms), TitleOf);
INSTANTIATE_TEST_SUITE_P(Conditions, StepAtCase, testing::ValuesIn(kConditions), TitleOf);

// ---- Limits ------------------------------------------------------------------------------

std::string DocumentOf(std::size_t steps, std::size_t filling = 0) {
  std::string text = R"({"version":"1.0","steps":[)";
  for (std::size_t i = 0; i < steps; ++i) {
    text += (i == 0 ? "" : ",") + std::string(R"({"action":{"name":"s)") + std::to_string(i) +
            R"(","type":"runHandler","input":{"handler":"h","args":[")" +
            std::string(filling, 'x') + R"("]}}})";
  }
  return text + "]}";
}

TEST(Decide, AsManyStepsAsThereMayBe_AreAPlan) {
  const std::string document = DocumentOf(kMaxSteps, 400);
  const Decision decision = Decide(document, {});
  ASSERT_EQ(decision.verdict, Verdict::kPlan);
  ASSERT_EQ(decision.step_count, kMaxSteps);
  for (std::uint8_t i = 0; i < kMaxSteps; ++i) {
    EXPECT_EQ(Said(StepAt(document, i).name), "s" + std::to_string(i));
  }
}

TEST(Decide, OneStepMore_IsInvalid) {
  const Decision decision = Decide(DocumentOf(kMaxSteps + 1), {});
  EXPECT_EQ(decision.verdict, kInvalid);
  EXPECT_STREQ(decision.reason, "document-too-many-steps");
  EXPECT_EQ(decision.name, "");
}

TEST(Decide, FinalStepIsOneTooMany_IsInvalid) {
  std::string document = DocumentOf(kMaxSteps);
  document.insert(1, R"("finalStep":{"action":{"name":"last"}},)");
  EXPECT_STREQ(Decide(document, {}).reason, "document-too-many-steps");
}

TEST(Decide, AttributeLongerThanItMayBe_EqualsNothing) {
  const std::string longest(kMaxAttributeValue, 'v');
  const auto decide = [](const std::string& value) {
    const std::string document =
        R"({"conditions":[{"key":"k","value":")" + value + R"("}],"action":"a"})";
    const Attribute attributes[] = {{"k", value}};
    return Decide(document, attributes).verdict;
  };
  EXPECT_EQ(decide(longest), Verdict::kPlan);
  EXPECT_EQ(decide(longest + "v"), kNotMet);
}

}  // namespace
}  // namespace fieldwork::handlers
