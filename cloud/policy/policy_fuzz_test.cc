// Checks that no document, however mutilated, does harm, and that what is well-formed is decided
// the same way each time and by the simplest reading of the rules.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "cloud/policy/policy.h"

namespace fieldwork::policy {
namespace {

constexpr unsigned kSeed = 20240717;

const std::string kSeeds[] = {
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iot:Pub*","iot:Connect"],"Resource":["arn:aws:iot:r:a:topic/${iot:ClientId}/*","*"]},{"Effect":"Deny","Action":"iot:*","Resource":"arn:aws:iot:r:a:topic/a?b"}]})",
    R"({"Version":"2012-10-17","Id":"x","Statement":{"Sid":"s","Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"iot:Certificate.Subject.CommonName.List":["a*","${*}"]},"NumericLessThan":{"iot:Connection.Thing.Attributes[n]":"10"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"iot:Connection.Thing.IsAttached":true},"Null":{"iot:ClientId":"false"}}}})",
};
const char* const kPieces[] = {"${",
                               "}",
                               "*",
                               "?",
                               "\"",
                               "{",
                               "[",
                               "]",
                               ":",
                               ",",
                               "\\u0000",
                               "\\",
                               "Deny",
                               "Allow",
                               "iot:",
                               ".List",
                               ".1",
                               "IfExists",
                               "ForAllValues:",
                               "null",
                               "-1e9",
                               "\xC3",
                               "\xE2\x82\xAC",
                               "arn:"};

std::string Mutate(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  for (std::size_t changes = below(3) + 1; changes > 0 && !text.empty(); --changes) {
    const std::size_t at = below(text.size());
    switch (below(9)) {
      case 0: text.erase(at, below(8) + 1); break;
      case 1: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      case 2: text[at] = static_cast<char>(below(256)); break;
      case 3: text.insert(at, text.substr(below(text.size()), below(20))); break;
      case 4: text.resize(at); break;
      default: text[at] = static_cast<char>('a' + below(26)); break;
    }
  }
  return text;
}

std::optional<std::string> Values(std::string_view name) {
  if (name.size() % 3 == 0) return std::nullopt;
  return std::string(name.substr(name.size() / 2)) + "*?";
}

TEST(PolicyFuzz, MutilatedDocuments_AreRefusedOrDecidedTheSameAgain) {
  std::mt19937 random(kSeed);
  int well_formed = 0;
  for (int round = 0; round < 6'000; ++round) {
    const std::string text = Mutate(kSeeds[round % 2], random);
    auto first = Document::Parse(text);
    auto second = Document::Parse(text);
    ASSERT_EQ(first.index(), second.index()) << text;
    if (const auto* why = std::get_if<std::string>(&first)) {
      ASSERT_FALSE(why->empty()) << text;
      continue;
    }
    ++well_formed;
    const Document* const a[] = {&std::get<Document>(first)};
    const Document* const b[] = {&std::get<Document>(second)};
    for (const char* action : {"iot:Publish", "iot:Connect", "iotjobsdata:UpdateJobExecution"}) {
      const Request request{action, "arn:aws:iot:r:a:topic/a/b"};
      ASSERT_EQ(Evaluate(a, request, Values), Evaluate(b, request, Values)) << text;
    }
  }
  EXPECT_GT(well_formed, 100);
}

// '*' and '?' by their definition: the slow way.
bool MatchesSlowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return MatchesSlowly(pattern.substr(1), text) ||
           (!text.empty() && MatchesSlowly(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         MatchesSlowly(pattern.substr(1), text.substr(1));
}

TEST(PolicyFuzz, RandomPatterns_MatchAsDefined) {
  std::mt19937 random(kSeed);
  const auto text_of = [&](std::string_view letters, std::size_t size_max) {
    std::string text(random() % (size_max + 1), ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    return text;
  };
  int matches = 0;
  for (int round = 0; round < 8'000; ++round) {
    const std::string pattern = "arn:" + text_of("ab*?/", 8);
    const std::string resource = "arn:" + text_of("ab/", 8);
    auto parsed = Document::Parse(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":")" +
        pattern + "\"}}");
    ASSERT_TRUE(std::holds_alternative<Document>(parsed));
    const Document* const documents[] = {&std::get<Document>(parsed)};
    const bool allowed =
        Evaluate(documents, {"iot:Publish", resource}, Values) == Decision::kAllowed;
    ASSERT_EQ(allowed, MatchesSlowly(pattern, resource)) << pattern << " " << resource;
    matches += allowed ? 1 : 0;
  }
  EXPECT_GT(matches, 200);
}

}  // namespace
}  // namespace fieldwork::policy
