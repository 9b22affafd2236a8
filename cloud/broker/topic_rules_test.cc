// Decides the cases of the topic rules: what passes, what does not, at each limit.
#include "cloud/broker/topic_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork::broker {
namespace {

std::string_view Publish(std::string_view topic) { return WhyNotPublish({.topic = topic}); }
std::string_view Subscribe(std::string_view filter) { return WhyNotSubscribe(filter, 1); }

TEST(JobsRequests, Topics_AreTakenApart) {
  const auto request = ParseJobsRequest("$aws/things/my:Thing_1-a/jobs/$next/get");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->thing, "my:Thing_1-a");
  EXPECT_EQ(request->rest, "$next/get");
}

TEST(JobsRequests, OtherTopics_AreNone) {
  for (const char* topic :
       {"$aws/things/T/jobs", "$aws/things/T/jobs/", "$aws/things//jobs/get", "$aws/things/T",
        "$aws/things/a.b/jobs/get", "$aws/things/T/shadow/get", "$aws/events/job/x/completed",
        "aws/things/T/jobs/get", "$aws/things/T/x/jobs/get"}) {
    EXPECT_FALSE(ParseJobsRequest(topic)) << topic;
  }
  const std::string longest(128, 't');
  EXPECT_TRUE(ParseJobsRequest("$aws/things/" + longest + "/jobs/get"));
  EXPECT_FALSE(ParseJobsRequest("$aws/things/" + longest + "t/jobs/get"));
}

TEST(JobsRequests, Rewriting_GivesThePrivateTopicInPlace) {
  const std::string long_thing(128, 't');
  for (const std::string& thing : {std::string("T"), std::string("four"), long_thing}) {
    for (const std::string& rest : {std::string("g"), std::string("job-1/update")}) {
      std::string topic = "$aws/things/" + thing + "/jobs/" + rest;
      const auto request = ParseJobsRequest(topic);
      ASSERT_TRUE(request);
      RewriteToPrivate(topic.data(), *request);
      EXPECT_STREQ(topic.c_str(), ("fw-private/jobs/" + thing + "/" + rest).c_str());
    }
  }
}

TEST(PublishRules, OrdinaryTopicsAndRequests_Pass) {
  EXPECT_EQ(Publish("a/b"), "");
  EXPECT_EQ(WhyNotPublish({.topic = "a/b", .qos = 1, .retain = true}), "");
  EXPECT_EQ(Publish("$aws/things/T/jobs/start-next"), "");
  EXPECT_EQ(Publish("$aws/things/T/jobs/no/such/api"), "") << "the service answers InvalidTopic";
}

TEST(PublishRules, Limits_HoldExactly) {
  EXPECT_EQ(Publish(std::string(256, 'a')), "");
  EXPECT_NE(Publish(std::string(257, 'a')), "");
  EXPECT_EQ(Publish("1/2/3/4/5/6/7/8"), "");
  EXPECT_NE(Publish("1/2/3/4/5/6/7/8/9"), "");
  EXPECT_EQ(WhyNotPublish({.topic = "a", .payload_bytes = 128 * 1024}), "");
  EXPECT_NE(WhyNotPublish({.topic = "a", .payload_bytes = 128 * 1024 + 1}), "");
  EXPECT_NE(WhyNotPublish({.topic = "a", .qos = 2}), "");
}

TEST(PublishRules, ReservedTopics_AreClosed) {
  for (const char* topic :
       {"$aws/things/T/shadow/update", "$aws/rules/r", "$aws/events/job/j/completed",
        "$SYS/broker/x", "$CONTROL/fieldwork-delivery/v1", "$share/g/a", "$anything", "$",
        "fw-private/jobs/T/get", "fw-private/x"}) {
    EXPECT_NE(Publish(topic), "") << topic;
  }
  EXPECT_NE(WhyNotPublish({.topic = "$aws/things/T/jobs/get", .retain = true}), "");
}

TEST(PublishRules, AnswersAndNotifications_CannotBeForged) {
  for (const char* rest : {"notify", "notify-next", "notify-namespace-x", "get/accepted",
                           "get/rejected", "j/update/accepted", "$next/get/rejected"}) {
    EXPECT_NE(Publish(std::string("$aws/things/T/jobs/") + rest), "") << rest;
  }
  EXPECT_EQ(Publish("$aws/things/T/jobs/notifyx"), "");
}

TEST(WillRules, ReservedTopics_AreClosed) {
  EXPECT_EQ(WhyNotWill({.topic = "status/dev", .qos = 1, .retain = true}), "");
  EXPECT_NE(WhyNotWill({.topic = "$aws/things/T/jobs/get"}), "");
  EXPECT_NE(WhyNotWill({.topic = "fw-private/jobs/T/get"}), "");
  EXPECT_NE(WhyNotWill({.topic = "a", .qos = 2}), "");
}

TEST(SubscribeRules, ServedFilters_Pass) {
  for (const char* filter :
       {"a/b", "#", "+/jobs/#", "$aws/things/T/jobs/notify-next", "$aws/things/+/jobs/#",
        "$aws/things/T/#", "$aws/things/T/+/get/accepted", "$aws/#", "$aws/+/T/jobs/#",
        "$aws/events/job/+/completed", "$aws/events/#", "$aws/things/#"}) {
    EXPECT_EQ(Subscribe(filter), "") << filter;
  }
}

TEST(SubscribeRules, OtherReservedFilters_DoNot) {
  for (const char* filter :
       {"$share/g/a", "$share/g/fw-private/jobs/#", "$SYS/#", "$CONTROL/#", "$queue/a",
        "fw-private/#", "fw-private/jobs/T/get", "$aws/things/T/shadow/#", "$aws/rules/x",
        "$aws/things/T", "$aws", "$+/x"}) {
    EXPECT_NE(Subscribe(filter), "") << filter;
  }
  EXPECT_NE(WhyNotSubscribe("a", 2), "");
  EXPECT_NE(Subscribe("1/2/3/4/5/6/7/8/#"), "");
  EXPECT_NE(Subscribe(std::string(257, 'a')), "");
}

TEST(ClientIds, Limits_Hold) {
  EXPECT_EQ(WhyNotClientId("device-1"), "");
  EXPECT_EQ(WhyNotClientId(std::string(128, 'c')), "");
  EXPECT_NE(WhyNotClientId(std::string(129, 'c')), "");
  EXPECT_NE(WhyNotClientId(""), "");
  EXPECT_NE(WhyNotClientId("$aws"), "");
  EXPECT_NE(WhyNotClientId("fieldwork-service-1"), "");
}

TEST(Delivery, PrivateTopics_ReachNoDevice) {
  EXPECT_TRUE(IsDeliverable("$aws/things/T/jobs/notify"));
  EXPECT_TRUE(IsDeliverable("a/b"));
  EXPECT_FALSE(IsDeliverable("fw-private/jobs/T/get"));
  EXPECT_FALSE(IsDeliverable("$SYS/broker/uptime"));
}

}  // namespace
}  // namespace fieldwork::broker
