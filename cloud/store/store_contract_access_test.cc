// What every store does with certificates, policies and what is attached to what.
#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using domain::Certificate;
using domain::CertificateStatus;
using domain::PageRequest;
using domain::Policy;
using testing::ElementsAre;
using testing::IsEmpty;

template <typename Kind>
class StoreAccess : public StoreContract<Kind> {
 protected:
  void AddCertificate(const std::string& id,
                      CertificateStatus status = CertificateStatus::kActive) {
    Certificate certificate;
    certificate.id = id;
    certificate.pem = "pem of " + id;
    certificate.status = status;
    this->store.SaveCertificate(certificate);
  }
  void AddPolicy(const std::string& name) { this->store.SavePolicy({name, 1, 1, {}, At(0)}); }
  Names Certificates(bool ascending) {
    return NamesOf(AllPages(
        2, [&](const PageRequest& page) { return this->store.ListCertificates(ascending, page); }));
  }
  Names Policies(bool ascending) {
    return NamesOf(AllPages(
        2, [&](const PageRequest& page) { return this->store.ListPolicies(ascending, page); }));
  }
  Names PoliciesOf(const std::string& target) {
    return AllPages(1,
                    [&](const PageRequest& page) { return this->store.PoliciesOf(target, page); });
  }
  Names TargetsOf(const std::string& policy) {
    return AllPages(1,
                    [&](const PageRequest& page) { return this->store.TargetsOf(policy, page); });
  }
};
TYPED_TEST_SUITE(StoreAccess, Stores);

TYPED_TEST(StoreAccess, SavedCertificate_ComesBackAsItWas) {
  this->store.SaveCertificate(
      {"id", "pem\n", CertificateStatus::kRevoked, At(1), At(2), At(3), At(4), true});
  this->CommitAndGoOn();
  const auto found = this->store.FindCertificate("id");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->pem, "pem\n");
  EXPECT_EQ(found->status, CertificateStatus::kRevoked);
  EXPECT_EQ(found->created_at, At(1));
  EXPECT_EQ(found->modified_at, At(2));
  EXPECT_EQ(found->not_before, At(3));
  EXPECT_EQ(found->not_after, At(4));
  EXPECT_TRUE(found->without_ca);
  EXPECT_FALSE(this->store.FindCertificate("ID").has_value());
}

TYPED_TEST(StoreAccess, Certificates_ComeInTheOrderOfRegistration) {
  for (const char* id : {"m", "z", "a", "k"}) {
    this->AddCertificate(id);
  }
  this->AddCertificate("z", CertificateStatus::kInactive);  // Keeps its place.
  EXPECT_THAT(this->Certificates(true), ElementsAre("m", "z", "a", "k"));
  EXPECT_THAT(this->Certificates(false), ElementsAre("k", "a", "z", "m"));
  EXPECT_EQ(this->store.FindCertificate("z")->status, CertificateStatus::kInactive);
}

TYPED_TEST(StoreAccess, CertificateThatFollowsADeletedOne_IsOnTheNextPage) {
  this->AddCertificate("a");
  this->AddCertificate("b");
  this->AddCertificate("c");
  this->store.DeleteCertificate("c");
  this->AddCertificate("d");
  const auto first = this->store.ListCertificates(true, {2, ""});
  EXPECT_THAT(NamesOf(first.items), ElementsAre("a", "b"));
  this->store.DeleteCertificate("d");
  this->store.DeleteCertificate("b");
  this->AddCertificate("e");
  EXPECT_THAT(NamesOf(this->store.ListCertificates(true, {2, first.next}).items), ElementsAre("e"));
}

TYPED_TEST(StoreAccess, Attachment_IsSeenFromBothSides) {
  this->store.AttachToThing("c1", "t2");
  this->store.AttachToThing("c1", "t1");
  this->store.AttachToThing("c1", "t1");
  this->store.AttachToThing("c2", "t1");
  const auto things = [&](const PageRequest& page) {
    return this->store.ThingsOfCertificate("c1", page);
  };
  const auto certificates = [&](const PageRequest& page) {
    return this->store.CertificatesOfThing("t1", page);
  };
  EXPECT_THAT(AllPages(1, things), ElementsAre("t1", "t2"));
  EXPECT_THAT(AllPages(1, certificates), ElementsAre("c1", "c2"));
  EXPECT_TRUE(this->store.DetachFromThing("c1", "t1"));
  EXPECT_FALSE(this->store.DetachFromThing("c1", "t1"));
  EXPECT_THAT(AllPages(1, things), ElementsAre("t2"));
  EXPECT_THAT(AllPages(1, certificates), ElementsAre("c2"));
}

TYPED_TEST(StoreAccess, DeletedCertificate_IsAttachedToNothing) {
  this->AddCertificate("c");
  this->store.AttachToThing("c", "t");
  this->store.DeleteCertificate("c");
  EXPECT_FALSE(this->store.FindCertificate("c").has_value());
  EXPECT_THAT(this->store.CertificatesOfThing("t", {}).items, IsEmpty());
}

TYPED_TEST(StoreAccess, SavedPolicy_ComesBackWithItsVersionsInOrder) {
  this->store.SavePolicy({"p", 3, 5, {{3, "three", At(3)}, {1, "one", At(1)}}, At(0)});
  this->store.SavePolicy({"p", 5, 6, {{5, "five", At(5)}, {3, "three", At(3)}}, At(0)});
  this->CommitAndGoOn();
  const auto policy = this->store.FindPolicy("p");
  ASSERT_TRUE(policy.has_value());
  EXPECT_EQ(policy->default_version, 5);
  EXPECT_EQ(policy->last_version, 6);
  EXPECT_EQ(policy->created_at, At(0));
  ASSERT_EQ(policy->versions.size(), 2U);
  EXPECT_EQ(policy->versions[0].id, 3);
  EXPECT_EQ(policy->versions[0].document, "three");
  EXPECT_EQ(policy->versions[1].created_at, At(5));
  EXPECT_FALSE(this->store.FindPolicy("P").has_value());
}

TYPED_TEST(StoreAccess, Policies_ComeInTheOrderOfCreation) {
  for (const char* name : {"m", "z", "a"}) {
    this->AddPolicy(name);
  }
  this->AddPolicy("m");
  EXPECT_THAT(this->Policies(true), ElementsAre("m", "z", "a"));
  EXPECT_THAT(this->Policies(false), ElementsAre("a", "z", "m"));
}

TYPED_TEST(StoreAccess, PolicyTargets_AreSeenFromBothSides) {
  this->store.AttachPolicy("p2", "arn:x");
  this->store.AttachPolicy("p1", "arn:x");
  this->store.AttachPolicy("p1", "arn:x");
  this->store.AttachPolicy("p1", "arn:a");
  EXPECT_THAT(this->PoliciesOf("arn:x"), ElementsAre("p1", "p2"));
  EXPECT_THAT(this->TargetsOf("p1"), ElementsAre("arn:a", "arn:x"));
  EXPECT_TRUE(this->store.DetachPolicy("p1", "arn:x"));
  EXPECT_FALSE(this->store.DetachPolicy("p1", "arn:x"));
  EXPECT_THAT(this->PoliciesOf("arn:x"), ElementsAre("p2"));
}

TYPED_TEST(StoreAccess, DeletedPolicy_HasNoTargets) {
  this->AddPolicy("p");
  this->store.AttachPolicy("p", "arn:x");
  this->store.DeletePolicy("p");
  EXPECT_FALSE(this->store.FindPolicy("p").has_value());
  EXPECT_THAT(this->PoliciesOf("arn:x"), IsEmpty());
  EXPECT_THAT(this->TargetsOf("p"), IsEmpty());
}

}  // namespace
}  // namespace fieldwork::store
