// What every store does with transactions, things, groups, notices, tags and event settings.
#include "cloud/store/store_contract_test.h"

namespace fieldwork::store {
namespace {

using namespace std::string_literals;

using domain::Group;
using domain::PageRequest;
using domain::Thing;
using testing::ElementsAre;
using testing::IsEmpty;

template <typename Kind>
class StoreBasics : public StoreContract<Kind> {
 protected:
  void AddThing(const std::string& name, const domain::Attributes& attributes = {}) {
    this->store.SaveThing({name, "id-" + name, attributes, 1, At(0)});
  }
  void AddGroup(const std::string& name, const std::string& parent = "") {
    this->store.SaveGroup({name, "id-" + name, parent, "about " + name, {}, 1, At(0)});
  }
  Names Things(int limit) {
    return NamesOf(AllPages(limit, [this](const PageRequest& page) {
      return this->store.ListThings("", "", false, page);
    }));
  }
  Names ThingsWith(const std::string& attribute, const std::string& value, bool is_prefix) {
    return NamesOf(AllPages(2, [&](const PageRequest& page) {
      return this->store.ListThings(attribute, value, is_prefix, page);
    }));
  }
  Names Groups(const std::string& parent, bool recursive, const std::string& prefix = "") {
    return NamesOf(AllPages(2, [&](const PageRequest& page) {
      return this->store.ListGroups(parent, recursive, prefix, page);
    }));
  }
  Names Members(const std::string& group, bool recursive) {
    return AllPages(2, [&](const PageRequest& page) {
      return this->store.ListMembers(group, recursive, page);
    });
  }
  /// root > mid > leaf, and another root beside it.
  void PlantForest() {
    AddGroup("root");
    AddGroup("mid", "root");
    AddGroup("leaf", "mid");
    AddGroup("other");
    this->store.AddMember("in-root", "root");
    this->store.AddMember("in-leaf", "leaf");
    this->store.AddMember("in-both", "root");
    this->store.AddMember("in-both", "leaf");
    this->store.AddMember("elsewhere", "other");
  }
};
TYPED_TEST_SUITE(StoreBasics, Stores);

TYPED_TEST(StoreBasics, Rollback_RestoresEverything) {
  this->AddThing("kept", {{"a", "1"}});
  this->store.OweNotice("kept");
  this->CommitAndGoOn();
  this->AddThing("kept", {{"a", "2"}});
  this->AddThing("lost");
  this->store.ForgetNotice("kept");
  this->store.SaveTag("arn", {"k", "v"});
  this->store.Rollback();
  this->store.Begin();
  EXPECT_THAT(this->Things(10), ElementsAre("kept"));
  EXPECT_EQ(this->store.FindThing("kept")->attributes.at("a"), "1");
  EXPECT_THAT(this->store.OwedNotices(), ElementsAre("kept"));
  EXPECT_THAT(this->store.TagsOf("arn"), IsEmpty());
}

TYPED_TEST(StoreBasics, RollbackWithoutTransaction_IsHarmless) {
  this->AddThing("kept");
  this->store.Commit();
  this->store.Rollback();
  EXPECT_TRUE(this->store.HasThing("kept"));
}

TYPED_TEST(StoreBasics, EmptyTransaction_CommitsAndAnotherMayBegin) {
  this->store.Commit();
  this->store.Begin();
  this->store.Commit();
  this->store.Begin();
  EXPECT_THAT(this->Things(10), IsEmpty());
}

TYPED_TEST(StoreBasics, SavedThing_ComesBackAsItWas) {
  const std::string odd = "line\nNUL\0quote\"\x01\xf0\x9f\x94\xa7"s;
  this->store.SaveThing({"t", "uuid", {{"empty", ""}, {"odd", odd}}, 7, At(3)});
  this->CommitAndGoOn();
  const auto thing = this->store.FindThing("t");
  ASSERT_TRUE(thing.has_value());
  EXPECT_EQ(thing->name, "t");
  EXPECT_EQ(thing->id, "uuid");
  EXPECT_THAT(thing->attributes,
              ElementsAre(testing::Pair("empty", ""), testing::Pair("odd", odd)));
  EXPECT_EQ(thing->version, 7);
  EXPECT_EQ(thing->created_at, At(3));
  EXPECT_TRUE(this->store.HasThing("t"));
  EXPECT_FALSE(this->store.HasThing("T"));
  EXPECT_FALSE(this->store.FindThing("other").has_value());
}

TYPED_TEST(StoreBasics, ThingSavedAgain_ReplacesItsAttributes) {
  this->AddThing("t", {{"a", "1"}, {"b", "2"}});
  this->AddThing("t", {{"b", "3"}});
  EXPECT_THAT(this->store.FindThing("t")->attributes, ElementsAre(testing::Pair("b", "3")));
  EXPECT_THAT(this->ThingsWith("a", "1", false), IsEmpty());
}

TYPED_TEST(StoreBasics, DeletedThing_TakesMembershipsAndAttachmentsWithIt) {
  this->AddThing("t", {{"a", "1"}});
  this->store.AddMember("t", "g");
  this->store.AttachToThing("c", "t");
  this->store.DeleteThing("t");
  EXPECT_FALSE(this->store.HasThing("t"));
  EXPECT_THAT(this->store.GroupsOfThing("t"), IsEmpty());
  EXPECT_THAT(this->store.CertificatesOfThing("t", {}).items, IsEmpty());
  EXPECT_THAT(this->ThingsWith("a", "1", false), IsEmpty());
}

TYPED_TEST(StoreBasics, ThingsInPages_ByteOrderAndNoneTwice) {
  for (const char* name : {"b", "a", "B", "a-b", "a:b", "a_b", "10", "9", "aa"}) {
    this->AddThing(name);
  }
  const Names sorted{"10", "9", "B", "a", "a-b", "a:b", "a_b", "aa", "b"};
  for (const int limit : {1, 2, 3, 8, 9, 10, 250}) {
    EXPECT_EQ(this->Things(limit), sorted) << limit;
  }
}

TYPED_TEST(StoreBasics, ChangesBetweenPages_NeitherRepeatNorSkipTheOthers) {
  for (const char* name : {"a", "c", "e", "g"}) {
    this->AddThing(name);
  }
  auto page = this->store.ListThings("", "", false, {2, ""});
  EXPECT_THAT(NamesOf(page.items), ElementsAre("a", "c"));
  this->store.DeleteThing("c");  // The very place.
  this->AddThing("b");           // Before it: too late.
  this->AddThing("d");           // Behind it.
  page = this->store.ListThings("", "", false, {2, page.next});
  EXPECT_THAT(NamesOf(page.items), ElementsAre("d", "e"));
  page = this->store.ListThings("", "", false, {2, page.next});
  EXPECT_THAT(NamesOf(page.items), ElementsAre("g"));
  EXPECT_EQ(page.next, "");
}

TYPED_TEST(StoreBasics, PlaceOfNobody_IsTheBeginning) {
  this->AddThing("a");
  const std::string of_other_list = [this] {
    this->AddGroup("zz");
    this->AddGroup("zzz");
    return this->store.ListGroups("", false, "", {1, ""}).next;
  }();
  for (const std::string& place :
       {std::string("nonsense"), "\xff\x00'"s, std::string("abc"), of_other_list}) {
    EXPECT_THAT(NamesOf(this->store.ListThings("", "", false, {1, place}).items), ElementsAre("a"));
    EXPECT_THAT(this->store.ListCertificates(false, {1, place}).items, IsEmpty());
    EXPECT_THAT(this->store.ListExecutionsOfJob("j", {}, {1, place}).items, IsEmpty());
  }
}

TYPED_TEST(StoreBasics, ThingsByAttribute_WholeValueOrPrefix) {
  this->AddThing("c", {{"site", "Ulm"}});
  this->AddThing("a", {{"site", "Ulm"}, {"x", "Ulm"}});
  this->AddThing("b", {{"site", "Ulmen"}});
  this->AddThing("d", {{"site", ""}});
  this->AddThing("e", {{"other", "Ulm"}});
  EXPECT_THAT(this->ThingsWith("site", "Ulm", false), ElementsAre("a", "c"));
  EXPECT_THAT(this->ThingsWith("site", "Ulm", true), ElementsAre("a", "b", "c"));
  EXPECT_THAT(this->ThingsWith("site", "", true), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(this->ThingsWith("site", "", false), ElementsAre("d"));
  EXPECT_THAT(this->ThingsWith("site", "%", true), IsEmpty());
  EXPECT_THAT(this->ThingsWith("none", "Ulm", false), IsEmpty());
}

TYPED_TEST(StoreBasics, SavedGroup_ComesBackAsItWas) {
  this->store.SaveGroup({"g", "uuid", "p", "a\nb", {{"k", "v:1"}, {"", ""}}, 4, At(9)});
  this->CommitAndGoOn();
  const auto group = this->store.FindGroup("g");
  ASSERT_TRUE(group.has_value());
  EXPECT_EQ(group->id, "uuid");
  EXPECT_EQ(group->parent, "p");
  EXPECT_EQ(group->description, "a\nb");
  EXPECT_THAT(group->attributes, ElementsAre(testing::Pair("", ""), testing::Pair("k", "v:1")));
  EXPECT_EQ(group->version, 4);
  EXPECT_EQ(group->created_at, At(9));
  EXPECT_FALSE(this->store.FindGroup("p").has_value());
}

TYPED_TEST(StoreBasics, ListOfGroups_RootsChildrenAndSubtrees) {
  this->PlantForest();
  EXPECT_THAT(this->Groups("", false), ElementsAre("other", "root"));
  EXPECT_THAT(this->Groups("", true), ElementsAre("leaf", "mid", "other", "root"));
  EXPECT_THAT(this->Groups("root", false), ElementsAre("mid"));
  EXPECT_THAT(this->Groups("root", true), ElementsAre("leaf", "mid"));
  EXPECT_THAT(this->Groups("leaf", true), IsEmpty());
  EXPECT_THAT(this->Groups("root", true, "le"), ElementsAre("leaf"));
  EXPECT_THAT(this->Groups("", true, "m"), ElementsAre("mid"));
  EXPECT_THAT(this->Groups("", false, "o"), ElementsAre("other"));
  EXPECT_EQ(this->store.CountChildren("root"), 1);
  EXPECT_EQ(this->store.CountChildren("leaf"), 0);
}

TYPED_TEST(StoreBasics, Ancestors_FromTheGroupUpToTheRoot) {
  this->PlantForest();
  EXPECT_THAT(this->store.GroupAndAncestors("leaf"), ElementsAre("leaf", "mid", "root"));
  EXPECT_THAT(this->store.GroupAndAncestors("root"), ElementsAre("root"));
  EXPECT_THAT(this->store.GroupAndAncestors("none"), IsEmpty());
}

TYPED_TEST(StoreBasics, RecursiveMembers_AreEachThingOnce) {
  this->PlantForest();
  EXPECT_THAT(this->Members("root", false), ElementsAre("in-both", "in-root"));
  EXPECT_THAT(this->Members("root", true), ElementsAre("in-both", "in-leaf", "in-root"));
  EXPECT_THAT(this->Members("mid", true), ElementsAre("in-both", "in-leaf"));
  EXPECT_THAT(this->Members("mid", false), IsEmpty());
  EXPECT_THAT(this->Members("none", true), IsEmpty());
}

TYPED_TEST(StoreBasics, Membership_IsJoinedOnceAndLeftOnce) {
  this->store.AddMember("t", "b");
  this->store.AddMember("t", "a");
  this->store.AddMember("t", "a");
  EXPECT_THAT(this->store.GroupsOfThing("t"), ElementsAre("a", "b"));
  EXPECT_TRUE(this->store.RemoveMember("t", "a"));
  EXPECT_FALSE(this->store.RemoveMember("t", "a"));
  EXPECT_THAT(this->store.GroupsOfThing("t"), ElementsAre("b"));
}

TYPED_TEST(StoreBasics, DeletedGroup_TakesMembershipsWithItAndLeavesChildren) {
  this->PlantForest();
  this->store.DeleteGroup("leaf");
  EXPECT_FALSE(this->store.FindGroup("leaf").has_value());
  EXPECT_THAT(this->store.GroupsOfThing("in-both"), ElementsAre("root"));
  this->store.DeleteGroup("root");
  EXPECT_EQ(this->store.FindGroup("mid")->parent, "root");
}

TYPED_TEST(StoreBasics, Notice_IsOwedOnceUntilForgotten) {
  this->store.OweNotice("b");
  this->store.OweNotice("a");
  this->store.OweNotice("b");
  EXPECT_THAT(this->store.OwedNotices(), ElementsAre("a", "b"));
  this->store.ForgetNotice("b");
  this->store.ForgetNotice("never-owed");
  EXPECT_THAT(this->store.OwedNotices(), ElementsAre("a"));
}

TYPED_TEST(StoreBasics, Tags_AreKeptByArnInTheOrderOfTheKeys) {
  this->store.SaveTag("arn:1", {"b", "1"});
  this->store.SaveTag("arn:1", {"a", "2"});
  this->store.SaveTag("arn:1", {"b", "3"});
  this->store.SaveTag("arn:2", {"b", "4"});
  const auto tags = this->store.TagsOf("arn:1");
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0].key + tags[0].value + tags[1].key + tags[1].value, "a2b3");
  this->store.DeleteTag("arn:1", "a");
  this->store.DeleteTag("arn:1", "none");
  EXPECT_EQ(this->store.TagsOf("arn:1").size(), 1U);
  this->store.DeleteTags("arn:1");
  EXPECT_THAT(this->store.TagsOf("arn:1"), IsEmpty());
  EXPECT_EQ(this->store.TagsOf("arn:2").size(), 1U);
}

TYPED_TEST(StoreBasics, EventSettings_AreEmptyAndThenWhatWasSavedLast) {
  EXPECT_THAT(this->store.FindEventSettings().enabled, IsEmpty());
  EXPECT_FALSE(this->store.FindEventSettings().created_at.has_value());
  this->store.SaveEventSettings({{{"JOB", true}, {"THING", true}}, At(1), At(1)});
  this->store.SaveEventSettings({{{"JOB", true}, {"JOB_EXECUTION", false}}, At(1), At(2)});
  this->CommitAndGoOn();
  const auto settings = this->store.FindEventSettings();
  EXPECT_THAT(settings.enabled,
              ElementsAre(testing::Pair("JOB", true), testing::Pair("JOB_EXECUTION", false)));
  EXPECT_EQ(settings.created_at, At(1));
  EXPECT_EQ(settings.modified_at, At(2));
}

TYPED_TEST(StoreBasics, EventSettings_OfATransactionThatIsRolledBack_AreAsBefore) {
  this->store.SaveEventSettings({{{"JOB", true}}, At(1), At(1)});
  this->store.Commit();
  this->store.Begin();
  this->store.SaveEventSettings({{{"JOB", false}}, At(1), At(2)});
  EXPECT_FALSE(this->store.FindEventSettings().enabled.at("JOB"));
  this->store.Rollback();
  this->store.Begin();
  EXPECT_TRUE(this->store.FindEventSettings().enabled.at("JOB"));
}

}  // namespace
}  // namespace fieldwork::store
