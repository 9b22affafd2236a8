// Decides what each access message changes, and that a damaged one allows nothing.
#include "cloud/broker/principals.h"

#include <gtest/gtest.h>

namespace fieldwork::broker {
namespace {

using Scope = AccessChange::Scope;

constexpr const char* kBegin = R"({"op":"begin"})";
constexpr const char* kEnd = R"({"op":"end"})";

std::string Id(char digit) { return std::string(64, digit); }
CertificateId Key(char digit) { return *CertificateIdFromHex(Id(digit)); }

std::string PolicyMessage(const std::string& id) {
  return R"({"op":"policy","id":")" + id +
         R"(","document":{"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
         R"("Action":"iot:Connect","Resource":"*"}]}})";
}

/// A certificate of one thing; `of_groups` are the policies of the thing's groups.
std::string PrincipalMessage(char digit, const std::string& policies, bool active = true,
                             const std::string& of_groups = "") {
  return R"({"op":"principal","id":")" + Id(digit) + R"(","active":)" +
         (active ? "true" : "false") +
         R"(,"things":[{"name":"T","attributes":{"a":"1","b":"2"},"policies":[)" + of_groups +
         R"(]}],"policies":[)" + policies + "]}";
}

/// What a message says went wrong; empty if nothing.
std::string Problem(Principals& principals, const std::string& message) {
  return principals.Apply(message).problem;
}

TEST(Principals, UntilTheFirstEnd_NothingIsKnown) {
  Principals principals;
  EXPECT_EQ(Problem(principals, kBegin), "");
  EXPECT_EQ(Problem(principals, PolicyMessage("p:1")), "");
  EXPECT_EQ(principals.Apply(PrincipalMessage('a', R"("p:1")")).scope, Scope::kNothing);
  EXPECT_FALSE(principals.complete());
  EXPECT_EQ(principals.Find(Key('a')), nullptr);

  EXPECT_EQ(principals.Apply(kEnd).scope, Scope::kAll);
  EXPECT_TRUE(principals.complete());
  const Principal* const principal = principals.Find(Key('a'));
  ASSERT_NE(principal, nullptr);
  EXPECT_TRUE(principal->active);
  EXPECT_EQ(principal->policies.size(), 1u);
  ASSERT_EQ(principal->things.size(), 1u);
  EXPECT_EQ(principal->things[0].name, "T");
  EXPECT_EQ(principal->things[0].attributes.size(), 2u);
  EXPECT_TRUE(principal->things[0].policies.empty());
}

class KnownPrincipals : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& message :
         {std::string(kBegin), PolicyMessage("p:1"), PrincipalMessage('a', R"("p:1")"),
          PrincipalMessage('b', R"("p:1")"), std::string(kEnd)}) {
      ASSERT_EQ(Problem(principals_, message), "");
    }
  }
  const Principal* Find(char digit) const { return principals_.Find(Key(digit)); }

  Principals principals_;
};

TEST_F(KnownPrincipals, AnotherPicture_TakesItsPlaceWhole) {
  principals_.Apply(kBegin);
  principals_.Apply(PolicyMessage("p:2"));
  principals_.Apply(PrincipalMessage('b', R"("p:2")", false));
  EXPECT_TRUE(Find('a')->active) << "the old one holds until the end";
  EXPECT_TRUE(Find('b')->active);
  principals_.Apply(kEnd);
  EXPECT_EQ(Find('a'), nullptr);
  EXPECT_FALSE(Find('b')->active);
}

TEST_F(KnownPrincipals, APictureBrokenOff_IsForgottenAtTheNextBegin) {
  principals_.Apply(kBegin);
  principals_.Apply(PrincipalMessage('c', ""));
  principals_.Apply(kBegin);
  principals_.Apply(kEnd);
  EXPECT_EQ(principals_.size(), 0u);
}

TEST_F(KnownPrincipals, OneMessage_ChangesOneCertificate) {
  const AccessChange change = principals_.Apply(PrincipalMessage('a', R"("p:1")", false));
  EXPECT_EQ(change.scope, Scope::kOne);
  EXPECT_EQ(change.certificate, Key('a'));
  EXPECT_FALSE(Find('a')->active);
  EXPECT_TRUE(Find('b')->active);

  EXPECT_EQ(principals_.Apply(R"({"op":"remove","id":")" + Id('b') + "\"}").scope, Scope::kOne);
  EXPECT_EQ(Find('b'), nullptr);
}

TEST_F(KnownPrincipals, APolicyOnceKnown_StaysUsable) {
  principals_.Apply(PrincipalMessage('a', ""));
  principals_.Apply(PrincipalMessage('b', ""));
  EXPECT_EQ(Problem(principals_, PrincipalMessage('a', R"("p:1")")), "");
  EXPECT_TRUE(Find('a')->active);
}

TEST_F(KnownPrincipals, AnUnknownPolicy_MakesTheCertificateInactive) {
  EXPECT_NE(Problem(principals_, PrincipalMessage('a', R"("p:1","p:9")")), "");
  EXPECT_FALSE(Find('a')->active);
}

TEST_F(KnownPrincipals, PoliciesOfGroups_AreKeptWithTheirThing) {
  principals_.Apply(PolicyMessage("p:2"));
  EXPECT_EQ(Problem(principals_, PrincipalMessage('a', R"("p:1")", true, R"("p:1","p:2")")), "");
  ASSERT_EQ(Find('a')->policies.size(), 1u);
  ASSERT_EQ(Find('a')->things[0].policies.size(), 2u);
  EXPECT_EQ(Find('a')->things[0].policies[0], Find('a')->policies[0]) << "parsed once, shared";
  EXPECT_NE(Find('a')->things[0].policies[1], Find('a')->policies[0]);
}

TEST_F(KnownPrincipals, AnUnknownOrUnreadablePolicyOfAGroup_MakesTheCertificateInactive) {
  principals_.Apply(R"({"op":"policy","id":"bad","document":{"Statement":7}})");
  for (const std::string name : {"p:9", "bad"}) {
    const std::string why =
        Problem(principals_, PrincipalMessage('a', R"("p:1")", true, "\"" + name + "\",\"p:1\""));
    EXPECT_NE(why.find("'" + name + "'"), std::string::npos) << why;
    EXPECT_FALSE(Find('a')->active);
    EXPECT_EQ(Problem(principals_, PrincipalMessage('a', R"("p:1")")), "");
    EXPECT_TRUE(Find('a')->active);
  }
}

TEST_F(KnownPrincipals, AnUnreadablePolicy_MakesTheCertificateInactive) {
  EXPECT_NE(Problem(principals_, R"({"op":"policy","id":"bad","document":{"Statement":7}})"), "");
  EXPECT_NE(Problem(principals_, PrincipalMessage('a', R"("bad")")), "");
  EXPECT_FALSE(Find('a')->active);
}

TEST_F(KnownPrincipals, MalformedMessages_ChangeNothing) {
  for (const std::string& message :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string(R"({"op":7})"), std::string(R"({"op":"no"})"), std::string("{}"),
        std::string("\xFF\xFE"), std::string(100'000, '['), std::string(kEnd),
        std::string(R"({"op":"remove","id":"AB"})"), std::string(R"({"op":"remove"})"),
        R"({"op":"principal","id":")" + Id('a') + R"(","active":1,"things":[],"policies":[]})",
        R"({"op":"principal","id":")" + Id('a') + R"(","active":false,"things":[]})",
        R"({"op":"principal","id":")" + Id('a') + R"(","active":false,"things":[7],"policies":[]})",
        R"({"op":"principal","id":")" + Id('a') + R"(","active":false,"things":[],"policies":[7]})",
        R"({"op":"principal","id":")" + Id('a') +
            R"(","active":false,"things":[{"name":"T"}],"policies":[]})",
        PrincipalMessage('a', "", false, "7"), std::string(R"({"op":"policy","id":"p:3"})")}) {
    const AccessChange change = principals_.Apply(message);
    EXPECT_NE(change.problem, "") << message.substr(0, 80);
    EXPECT_EQ(change.scope, Scope::kNothing) << message.substr(0, 80);
  }
  EXPECT_EQ(principals_.size(), 2u);
  EXPECT_TRUE(Find('a')->active);
}

}  // namespace
}  // namespace fieldwork::broker
