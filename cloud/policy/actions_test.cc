// Checks which actions a pattern means.
#include "cloud/policy/actions.h"

#include <gtest/gtest.h>

namespace fieldwork::policy {
namespace {

TEST(Actions, ExactName_IsOneBit) {
  const ActionSet connect = ActionNamed("iot:Connect");
  EXPECT_NE(connect, 0u);
  EXPECT_EQ(connect & (connect - 1), 0u);
  EXPECT_EQ(ActionsMatching("iot:Connect"), connect);
  EXPECT_EQ(ActionsMatching("IOT:connect"), connect);
}

TEST(Actions, EachDocumentedOne_IsKnown) {
  for (const char* name :
       {"iot:Connect", "iot:DeleteConnection", "iot:GetRetainedMessage", "iot:ListRetainedMessages",
        "iot:Publish", "iot:Receive", "iot:RetainPublish", "iot:Subscribe", "iot:DeleteThingShadow",
        "iot:GetThingShadow", "iot:ListNamedShadowsForThing", "iot:UpdateThingShadow",
        "iot:AssumeRoleWithCertificate", "iotjobsdata:DescribeJobExecution",
        "iotjobsdata:GetPendingJobExecutions", "iotjobsdata:UpdateJobExecution",
        "iotjobsdata:StartNextPendingJobExecution", "greengrass:Discover"}) {
    EXPECT_NE(ActionNamed(name), 0u) << name;
  }
}

TEST(Actions, Wildcards_MeanEveryActionThatFits) {
  EXPECT_EQ(ActionsMatching("iot:Pub*"), ActionNamed("iot:Publish"));
  EXPECT_EQ(ActionsMatching("iot:*Publish"),
            ActionNamed("iot:Publish") | ActionNamed("iot:RetainPublish"));
  EXPECT_EQ(ActionsMatching("iot:?ublish"), ActionNamed("iot:Publish"));
  EXPECT_EQ(ActionsMatching("iot:Publish*"), ActionNamed("iot:Publish"));
  EXPECT_EQ(ActionsMatching("*"), ActionsMatching("iot:*") | ActionsMatching("iotjobsdata:*") |
                                      ActionsMatching("greengrass:*"));
  EXPECT_EQ(ActionsMatching("iot:*") & ActionsMatching("iotjobsdata:*"), 0u);
}

TEST(Actions, Unknown_IsNone) {
  for (const char* pattern : {"", "iot", "iot:", "iot:Fly", "iot:Publishh", "s3:*", "iot:Pub?"}) {
    EXPECT_EQ(ActionsMatching(pattern), 0u) << pattern;
  }
  EXPECT_EQ(ActionNamed("iot:publish"), 0u);
}

}  // namespace
}  // namespace fieldwork::policy
