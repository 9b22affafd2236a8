// Tokens: they go round, and no list takes one that is not its own.
#include "cloud/http_api/paging.h"

#include <gtest/gtest.h>

namespace fieldwork::http_api {
namespace {

ApiRequest List(std::string operation, std::map<std::string, std::string> query,
                std::vector<std::string> labels = {}) {
  ApiRequest request;
  request.operation = std::move(operation);
  request.query = std::move(query);
  request.labels = std::move(labels);
  request.body = Json::object();
  return request;
}

// The token that a list gives for the store's place `next`.
std::string TokenFor(const ApiRequest& request, std::string_view next) {
  Params in(request);
  Json reply = Json::object();
  Paging::ByToken(in).WriteNext(reply, next);
  return reply.at("nextToken").get<std::string>();
}

TEST(Paging, NothingAskedFor_IsTheFirst250) {
  const ApiRequest request = List("ListJobs", {});
  Params in(request);
  const Paging paging = Paging::ByToken(in);
  EXPECT_EQ(paging.request().limit, 250);
  EXPECT_EQ(paging.request().after, "");
  EXPECT_TRUE(in.Check().ok());
}

TEST(Paging, Token_GoesRoundAsThePlaceOfTheStore) {
  const std::string place("7:\0\xFF/x", 6);
  const std::string token = TokenFor(List("ListJobs", {}), place);
  const ApiRequest next = List("ListJobs", {{"maxResults", "3"}, {"nextToken", token}});
  Params in(next);
  const Paging paging = Paging::ByToken(in);
  ASSERT_TRUE(in.Check().ok());
  EXPECT_EQ(paging.request().limit, 3);
  EXPECT_EQ(paging.request().after, place);
}

TEST(Paging, LastPage_HasNoToken) {
  const ApiRequest request = List("ListJobs", {});
  Params in(request);
  Json reply = Json::object();
  Paging::ByToken(in).WriteNext(reply, "");
  EXPECT_TRUE(reply.empty());
}

TEST(Paging, Marker_IsNamedDifferently) {
  const ApiRequest first = List("ListPolicies", {{"pageSize", "1"}});
  Params in(first);
  Json reply = Json::object();
  const Paging paging = Paging::ByMarker(in, 25);
  EXPECT_EQ(paging.request().limit, 1);
  paging.WriteNext(reply, "p");
  const ApiRequest second =
      List("ListPolicies", {{"marker", reply.at("nextMarker").get<std::string>()}});
  Params again(second);
  const Paging next = Paging::ByMarker(again, 25);
  EXPECT_TRUE(again.Check().ok());
  EXPECT_EQ(next.request().after, "p");
  EXPECT_EQ(next.request().limit, 25);
}

TEST(Paging, TokenOfAnotherList_IsRefused) {
  const std::string token = TokenFor(List("ListThings", {}), "a");
  const std::string of_group = TokenFor(List("ListThingsInThingGroup", {}, {"g"}), "a");
  const ApiRequest kOthers[] = {
      List("ListJobs", {{"nextToken", token}}),
      List("ListThingsInThingGroup", {{"nextToken", of_group}}, {"h"}),
      List("ListThingGroups", {{"nextToken", token}}),
  };
  for (const ApiRequest& request : kOthers) {
    Params in(request);
    Paging::ByToken(in);
    ASSERT_FALSE(in.Check().ok());
    EXPECT_EQ(in.Check().error().code, domain::ErrorCode::kInvalidRequest);
  }
}

TEST(Paging, BrokenToken_IsRefused) {
  const std::string token = TokenFor(List("ListJobs", {}), "a");
  const std::string no_place = EncodeBase64("1\nListJobs\n");
  const std::string other_version = EncodeBase64("2\nListJobs\na");
  const std::string no_checksum = EncodeBase64("1\nListJobs\na");
  const std::string cut = token.substr(0, token.size() - 4);
  std::string mistyped = token;
  mistyped[mistyped.size() - 6] = mistyped[mistyped.size() - 6] == 'A' ? 'B' : 'A';
  for (const std::string& broken :
       {std::string(), std::string("?"), token.substr(1), token + "====", no_place, other_version,
        no_checksum, cut, mistyped, std::string(2000, 'A'), std::string("abcd")}) {
    const ApiRequest request = List("ListJobs", {{"nextToken", broken}});
    Params in(request);
    Paging::ByToken(in);
    ASSERT_FALSE(in.Check().ok()) << broken;
    EXPECT_EQ(in.Check().error().message,
              "nextToken is not a token of this list: take it from the previous page, or leave it "
              "out to begin again.");
  }
}

TEST(Paging, SizeOutOfRange_IsRefused) {
  for (const char* size : {"0", "251", "x"}) {
    const ApiRequest request = List("ListPolicies", {{"pageSize", size}});
    Params in(request);
    Paging::ByMarker(in);
    ASSERT_FALSE(in.Check().ok());
    EXPECT_EQ(in.Check().error().message, "pageSize must be an integer from 1 to 250.");
  }
}

TEST(Paging, Cut_HandsOutAShortListInPages) {
  const std::vector<std::string> all = {"a", "b", "c"};
  std::vector<std::string> seen;
  std::string token;
  for (int pages = 0; pages < 4; ++pages) {
    ApiRequest request = List("ListThingGroupsForThing", {{"maxResults", "2"}});
    if (!token.empty()) request.query["nextToken"] = token;
    Params in(request);
    const Paging paging = Paging::ByToken(in);
    ASSERT_TRUE(in.Check().ok());
    const auto page = paging.Cut(all);
    seen.insert(seen.end(), page.items.begin(), page.items.end());
    Json reply = Json::object();
    paging.WriteNext(reply, page.next);
    if (!reply.contains("nextToken")) break;
    token = reply["nextToken"].get<std::string>();
  }
  EXPECT_EQ(seen, all);
}

TEST(Paging, CutBehindTheEnd_IsEmpty) {
  const std::string token = TokenFor(List("L", {}), "99");
  const ApiRequest request = List("L", {{"nextToken", token}});
  Params in(request);
  const auto page = Paging::ByToken(in).Cut(std::vector<std::string>{"a"});
  EXPECT_TRUE(page.items.empty());
  EXPECT_EQ(page.next, "");
}

TEST(Base64, KnownTexts_AreThoseOfRfc4648) {
  const std::pair<const char*, const char*> kKnown[] = {
      {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kKnown) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text), bytes);
  }
  EXPECT_EQ(EncodeBase64(""), "");
}

TEST(Base64, WhatEncodeDoesNotMake_IsRefused) {
  for (const char* text : {"", "Zg", "Zg=", "Zh==", "Zg==\n",
                           " Zg=", "Z===", "====", "Zm9v====", "-_8=", "Zg==Zg=="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace fieldwork::http_api
