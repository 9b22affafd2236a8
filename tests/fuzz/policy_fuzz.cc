// Any bytes as an IoT policy: nothing crashes, and what is well-formed is decided alike whichever
// way it is asked.
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cloud/policy/policy.h"
#include "tests/fuzz/require.h"

namespace {

using namespace fieldwork::policy;

Document MustParse(std::string_view json) {
  auto parsed = Document::Parse(json);
  REQUIRE(std::holds_alternative<Document>(parsed));
  return std::move(std::get<Document>(parsed));
}

// Some names have a value, some have one with wildcards, some have none.
std::optional<std::string> ValueOf(std::string_view name) {
  switch (name.size() % 4) {
    case 0: return std::nullopt;
    case 1: return "a*?";
    case 2: return "10.0.0.1";
    default: return "true";
  }
}

void CheckDecisions(const Document& document, const Request& request) {
  static const Document deny_all = MustParse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})");
  static const Document allow_all = MustParse(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})");
  const auto decide = [&](std::vector<const Document*> documents) {
    return Evaluate(documents, request, ValueOf);
  };
  const Decision alone = decide({&document});
  REQUIRE(decide({&document, &document}) == alone);
  REQUIRE(decide({&document, &deny_all}) == Decision::kDenied);
  REQUIRE(decide({&deny_all, &document}) == Decision::kDenied);
  const Decision with_allow = alone == Decision::kDenied ? Decision::kDenied : Decision::kAllowed;
  REQUIRE(decide({&document, &allow_all}) == with_allow);
  REQUIRE(decide({&allow_all, &document}) == with_allow);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  // A copy of exactly this size, so that the sanitizer sees a look past its end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  const auto parsed = Document::Parse(text);
  if (const auto* why = std::get_if<std::string>(&parsed)) {
    REQUIRE(!why->empty());
    return 0;
  }
  const Document& document = std::get<Document>(parsed);
  for (const char* action : {"iot:Connect", "iot:Publish", "iotjobsdata:UpdateJobExecution"}) {
    CheckDecisions(document, {action, "arn:aws:iot:us-east-1:000000000000:topic/a/b"});
    CheckDecisions(document, {action, text});
  }
  return 0;
}
