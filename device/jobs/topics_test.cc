// Every topic both ways, and what is not one.
#include "device/jobs/topics.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace fieldwork::jobs {
namespace {

struct Row {
  Topic topic;
  std::string_view job;
  std::string_view text;
};

// Written out once more, so that a slip in the table of the source is seen.
constexpr Row kRows[] = {
    {Topic::kNotify, "", "$aws/things/board:1/jobs/notify"},
    {Topic::kNotifyNext, "", "$aws/things/board:1/jobs/notify-next"},
    {Topic::kGetPending, "", "$aws/things/board:1/jobs/get"},
    {Topic::kGetPendingAccepted, "", "$aws/things/board:1/jobs/get/accepted"},
    {Topic::kGetPendingRejected, "", "$aws/things/board:1/jobs/get/rejected"},
    {Topic::kStartNext, "", "$aws/things/board:1/jobs/start-next"},
    {Topic::kStartNextAccepted, "", "$aws/things/board:1/jobs/start-next/accepted"},
    {Topic::kStartNextRejected, "", "$aws/things/board:1/jobs/start-next/rejected"},
    {Topic::kDescribe, "AFR_OTA-3", "$aws/things/board:1/jobs/AFR_OTA-3/get"},
    {Topic::kDescribeAccepted, "$next", "$aws/things/board:1/jobs/$next/get/accepted"},
    {Topic::kDescribeRejected, "get", "$aws/things/board:1/jobs/get/get/rejected"},
    {Topic::kUpdate, "notify", "$aws/things/board:1/jobs/notify/update"},
    {Topic::kUpdateAccepted, "j", "$aws/things/board:1/jobs/j/update/accepted"},
    {Topic::kUpdateRejected, "start-next", "$aws/things/board:1/jobs/start-next/update/rejected"},
};
static_assert(std::size(kRows) == static_cast<std::size_t>(Topic::kUpdateRejected) + 1);

constexpr std::string_view kThing = "board:1";

Status FormatStatus(Topic topic, std::string_view thing, std::string_view job) {
  std::array<char, kMaxTopic> out;
  return FormatTopic(topic, thing, job, out).status();
}

TEST(Topics, EveryTopic_IsWrittenAndReadBack) {
  for (const Row& row : kRows) {
    std::array<char, kMaxTopic> out;
    const auto text = FormatTopic(row.topic, kThing, row.job, out);
    ASSERT_TRUE(text.ok()) << row.text;
    EXPECT_EQ(*text, row.text);

    const auto parsed = ParseTopic(row.text, kThing);
    ASSERT_TRUE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed->topic, row.topic) << row.text;
    EXPECT_EQ(parsed->job, row.job);
  }
}

TEST(Topics, JobGivenToTopicWithoutOne_IsNotUsed) {
  std::array<char, kMaxTopic> out;
  EXPECT_EQ(*FormatTopic(Topic::kNotify, "t", "not a job id", out), "$aws/things/t/jobs/notify");
}

TEST(Topics, LongestNames_FitMaxTopicExactly) {
  const std::string thing(kMaxThingName, 't');
  const std::string job(kMaxJobId, 'j');
  std::array<char, kMaxTopic> out;
  const auto text = FormatTopic(Topic::kUpdateAccepted, thing, job, out);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->size(), kMaxTopic);
  EXPECT_EQ(ParseTopic(*text, thing)->job, job);
  EXPECT_EQ(
      FormatTopic(Topic::kUpdateAccepted, thing, job, std::span(out).first(kMaxTopic - 1)).status(),
      Status::kNoSpace);
  EXPECT_EQ(FormatTopic(Topic::kUpdateAccepted, thing, job, {}).status(), Status::kNoSpace);
}

TEST(Topics, NamesAgainstTheRules_AreRefused) {
  EXPECT_EQ(FormatStatus(Topic::kNotify, "", ""), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kNotify, "a/b", ""), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kNotify, std::string(kMaxThingName + 1, 't'), ""),
            Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kUpdate, "t", ""), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kUpdate, "t", "a:b"), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kUpdate, "t", "$other"), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kUpdate, "t", std::string(kMaxJobId + 1, 'j')),
            Status::kBadArgument);
}

TEST(Topics, PlusForTheJob_OnlyWhereOneSubscribes) {
  std::array<char, kMaxTopic> out;
  EXPECT_EQ(*FormatTopic(Topic::kUpdateAccepted, "t", "+", out),
            "$aws/things/t/jobs/+/update/accepted");
  EXPECT_EQ(*FormatTopic(Topic::kDescribeRejected, "t", "+", out),
            "$aws/things/t/jobs/+/get/rejected");
  EXPECT_EQ(FormatStatus(Topic::kUpdate, "t", "+"), Status::kBadArgument);
  EXPECT_EQ(FormatStatus(Topic::kDescribe, "t", "+"), Status::kBadArgument);
}

TEST(Topics, TextThatIsNoJobsTopicOfThisThing_IsNotFound) {
  for (const std::string_view text : {
           "",
           "$aws/things/",
           "$aws/things/board:1",
           "$aws/things/board:1/jobs",
           "$aws/things/board:1/jobs/",
           "$aws/things/board:2/jobs/notify",
           "$aws/things/board:10/jobs/notify",
           "$aws/things/board:/jobs/notify",
           "$aws/things/board:1/shadow/get",
           "$aws/things/board:1/jobs/notify/",
           "$aws/things/board:1/jobs/notify-nex",
           "$aws/things/board:1/jobs/notify-next/accepted",
           "$aws/things/board:1/jobs/get/accepted/",
           "$aws/things/board:1/jobs/start-next/get/rejecte",
           "$aws/things/board:1/jobs//get",
           "$aws/things/board:1/jobs//update/accepted",
           "$aws/things/board:1/jobs/+/update/accepted",
           "$aws/things/board:1/jobs/a b/update/accepted",
           "$aws/things/board:1/jobs/a:b/update/accepted",
           "$aws/things/board:1/jobs/a/b/update/accepted",
           "$aws/things/board:1/jobs/update",
           "x$aws/things/board:1/jobs/notify",
       }) {
    EXPECT_EQ(ParseTopic(text, kThing).status(), Status::kNotFound) << text;
  }
  const std::string long_job(kMaxJobId + 1, 'j');
  EXPECT_EQ(ParseTopic("$aws/things/board:1/jobs/" + long_job + "/get", kThing).status(),
            Status::kNotFound);
}

// Jobs of a namespace belong to Greengrass, not to this agent.
TEST(Topics, NamespacedTopics_AreNotFound) {
  for (const std::string_view text : {
           "$aws/things/board:1/jobs/notify-namespace-aws-gg-deployment",
           "$aws/things/board:1/jobs/job-1/namespace-aws-gg-deployment/get/accepted",
           "$aws/things/board:1/jobs/$next/namespace-aws-gg-deployment/get/accepted",
           "$aws/things/board:1/jobs/job-1/namespace-aws-gg-deployment/update/rejected",
       }) {
    EXPECT_EQ(ParseTopic(text, kThing).status(), Status::kNotFound) << text;
  }
}

TEST(Names, EveryCharacter_IsJudgedAsAwsDoes) {
  const std::string_view legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  for (int c = 0; c < 256; ++c) {
    const std::string name = {'a', static_cast<char>(c)};
    const bool in_job_id = legal.find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(IsJobId(name), in_job_id) << c;
    EXPECT_EQ(IsThingName(name), in_job_id || c == ':') << c;
  }
}

TEST(Names, Lengths_FromOneToTheLimit) {
  EXPECT_FALSE(IsJobId(""));
  EXPECT_TRUE(IsJobId(std::string(kMaxJobId, '-')));
  EXPECT_FALSE(IsJobId(std::string(kMaxJobId + 1, '-')));
  EXPECT_FALSE(IsThingName(""));
  EXPECT_TRUE(IsThingName(std::string(kMaxThingName, ':')));
  EXPECT_FALSE(IsThingName(std::string(kMaxThingName + 1, ':')));
}

}  // namespace
}  // namespace fieldwork::jobs
