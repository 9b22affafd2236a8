// Decides that an ARN of somebody else is never taken for one of ours.
#include "cloud/domain/context.h"

#include <gtest/gtest.h>

namespace fieldwork::domain {
namespace {

TEST(Names, OwnArns_GiveTheirNamesBack) {
  const Names names{"eu-west-1", "123456789012"};
  EXPECT_EQ(names.ThingArn("pump"), "arn:aws:iot:eu-west-1:123456789012:thing/pump");
  EXPECT_EQ(names.NameIn(names.ThingArn("pump"), "thing/"), "pump");
  EXPECT_EQ(names.NameIn(names.GroupArn("site"), "thinggroup/"), "site");
  EXPECT_EQ(names.NameIn(names.JobArn("j"), "job/"), "j");
  EXPECT_EQ(names.NameIn(names.CertificateArn("c"), "cert/"), "c");
  EXPECT_EQ(names.NameIn(names.PolicyArn("p"), "policy/"), "p");
}

TEST(Names, OtherKindsAndAccounts_AreNoName) {
  const Names names{"eu-west-1", "123456789012"};
  EXPECT_EQ(names.NameIn(names.GroupArn("site"), "thing/"), "");
  EXPECT_EQ(names.NameIn("arn:aws:iot:eu-west-1:000000000000:thing/pump", "thing/"), "");
  EXPECT_EQ(names.NameIn("arn:aws:iot:us-east-1:123456789012:thing/pump", "thing/"), "");
  EXPECT_EQ(names.NameIn("arn:aws-cn:iot:eu-west-1:123456789012:thing/pump", "thing/"), "");
  EXPECT_EQ(names.NameIn("pump", "thing/"), "");
  EXPECT_EQ(names.NameIn(names.ThingArn(""), "thing/"), "");
}

}  // namespace
}  // namespace fieldwork::domain
