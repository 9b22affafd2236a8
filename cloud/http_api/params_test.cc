// Every getter: what it gives, what it refuses, and the sentence that says so.
#include "cloud/http_api/params.h"

#include <gtest/gtest.h>

#include <array>

namespace fieldwork::http_api {
namespace {

enum class Colour { kRed, kBlue };
std::optional<Colour> ColourFrom(std::string_view name) {
  if (name == "RED") return Colour::kRed;
  if (name == "BLUE") return Colour::kBlue;
  return std::nullopt;
}

ApiRequest WithBody(std::string_view json) {
  ApiRequest request;
  request.body = Json::parse(json);
  return request;
}
ApiRequest WithQuery(std::string name, std::string value) {
  ApiRequest request;
  request.body = Json::object();
  request.query.emplace(std::move(name), std::move(value));
  return request;
}
std::string RefusalOf(const Params& params) {
  const auto status = params.Check();
  return status.ok() ? "" : status.error().message;
}

TEST(Params, NothingAskedFor_IsFine) {
  const ApiRequest request = WithBody("{}");
  Params in(request);
  EXPECT_TRUE(in.Check().ok());
}

TEST(Params, TwoRefusals_TheFirstWins) {
  const ApiRequest request = WithBody(R"({"a":1,"b":2})");
  Params in(request);
  in.Body().Text("b", kAnyText);
  in.Body().Text("a", kAnyText);
  EXPECT_EQ(RefusalOf(in), "b must be a string.");
}

TEST(Params, Text_IsGivenOrAbsent) {
  const ApiRequest request = WithBody(R"({"a":"x","b":null})");
  Params in(request);
  EXPECT_EQ(in.Body().Text("a", kAnyText), "x");
  EXPECT_EQ(in.Body().Text("b", kAnyText), std::nullopt);
  EXPECT_EQ(in.Body().Text("c", kAnyText), std::nullopt);
  EXPECT_FALSE(in.Body().Has("b"));
  EXPECT_TRUE(in.Check().ok());
}

TEST(Params, RequiredText_AbsentOrNullIsRefused) {
  const ApiRequest request = WithBody(R"({"b":null})");
  Params absent(request);
  absent.Body().RequiredText("a", kAnyText);
  EXPECT_EQ(RefusalOf(absent), "a is required.");
  Params null(request);
  null.Body().RequiredText("b", kAnyText);
  EXPECT_EQ(RefusalOf(null), "b is required.");
}

TEST(Params, Text_LengthIsInCharactersNotBytes) {
  constexpr TextRule kTwo{1, 2};
  const ApiRequest request = WithBody(R"({"two":"äö","three":"äöü","none":""})");
  Params in(request);
  EXPECT_EQ(in.Body().Text("two", kTwo), "äö");
  EXPECT_TRUE(in.Check().ok());
  in.Body().Text("three", kTwo);
  EXPECT_EQ(RefusalOf(in), "three must be 1 to 2 characters long.");
  Params empty(request);
  empty.Body().Text("none", kTwo);
  EXPECT_EQ(RefusalOf(empty), "none must be 1 to 2 characters long.");
}

TEST(Params, Text_OfAnotherForm_IsRefusedWithTheForm) {
  const ApiRequest request = WithBody(R"({"thingName":"a b"})");
  Params in(request);
  EXPECT_EQ(in.Body().Text("thingName", kThingName), std::nullopt);
  EXPECT_EQ(RefusalOf(in), "thingName must be 1 to 128 characters long, of [a-zA-Z0-9:_-].");
}

TEST(Params, Description_MayNotHaveControlCharacters) {
  EXPECT_TRUE(HasNoControls("plain, äöü, \u4F60"));
  EXPECT_FALSE(HasNoControls("a\nb"));
  EXPECT_FALSE(HasNoControls("a\x7F"));
  EXPECT_FALSE(HasNoControls("a\u0085"));
  EXPECT_TRUE(HasNoControls("a\u00A0"));
}

TEST(Params, Number_OnlyAnIntegerInRange) {
  const ApiRequest request = WithBody(
      R"({"low":1,"high":10080,"over":10081,"under":0,"float":1.0,"text":"1",
          "huge":18446744073709551615})");
  Params in(request);
  EXPECT_EQ(in.Body().Number("low", 1, 10080), 1);
  EXPECT_EQ(in.Body().Number("high", 1, 10080), 10080);
  EXPECT_EQ(in.Body().Number("absent", 1, 10080), std::nullopt);
  EXPECT_TRUE(in.Check().ok());
  for (const char* name : {"over", "under", "float", "text", "huge"}) {
    Params wrong(request);
    EXPECT_EQ(wrong.Body().Number(name, 1, 10080), std::nullopt);
    EXPECT_EQ(RefusalOf(wrong), std::string(name) + " must be an integer from 1 to 10080.");
  }
  Params open(request);
  open.Body().Number("huge", 1, kNumberMax);
  EXPECT_EQ(RefusalOf(open), "huge must be an integer of at least 1.");
}

TEST(Params, Flag_OnlyABoolean) {
  const ApiRequest request = WithBody(R"({"yes":true,"text":"true"})");
  Params in(request);
  EXPECT_EQ(in.Body().Flag("yes"), true);
  EXPECT_EQ(in.Body().Flag("absent"), std::nullopt);
  EXPECT_TRUE(in.Check().ok());
  in.Body().Flag("text");
  EXPECT_EQ(RefusalOf(in), "text must be true or false.");
}

TEST(Params, Word_OnlyAKnownOne) {
  const ApiRequest request = WithBody(R"({"a":"BLUE","b":"blue"})");
  Params in(request);
  EXPECT_EQ(in.Body().Word("a", ColourFrom), Colour::kBlue);
  EXPECT_EQ(in.Body().Word("absent", ColourFrom), std::nullopt);
  EXPECT_TRUE(in.Check().ok());
  EXPECT_EQ(in.Body().Word("b", ColourFrom), std::nullopt);
  EXPECT_EQ(RefusalOf(in), "b cannot be 'blue'.");
}

TEST(Params, WordThatIsNotPlain_IsNotRepeated) {
  const ApiRequest request = WithQuery("colour", "\xFF");
  Params in(request);
  in.QueryWord("colour", ColourFrom);
  EXPECT_EQ(RefusalOf(in), "colour cannot be this.");
}

TEST(Params, Texts_KeepTheOrderAndRefuseOtherValues) {
  const ApiRequest request = WithBody(R"({"d":{"z":"1","a":"2"},"n":{"k":1},"l":[]})");
  Params in(request);
  EXPECT_EQ(in.Body().Texts("d"), (domain::StatusDetails{{"z", "1"}, {"a", "2"}}));
  EXPECT_TRUE(in.Check().ok());
  in.Body().Texts("n");
  EXPECT_EQ(RefusalOf(in), "n: the value of 'k' must be a string.");
  Params list(request);
  list.Body().Texts("l");
  EXPECT_EQ(RefusalOf(list), "l must be an object whose values are strings.");
}

TEST(Params, List_OfStringsOfTheRule) {
  const ApiRequest request = WithBody(R"({"l":["a","b"],"n":[1],"s":"a","bad":["a","?"],"e":[]})");
  Params in(request);
  EXPECT_EQ(in.Body().List("l", kThingName), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(in.Body().RequiredList("l", kThingName).size(), 2U);
  EXPECT_EQ(in.Body().List("e", kThingName), std::vector<std::string>{});
  EXPECT_TRUE(in.Check().ok());
  const std::pair<const char*, const char*> kRefused[] = {
      {"n", "n must be a list of strings."},
      {"s", "s must be a list of strings."},
      {"bad", "bad must be 1 to 128 characters long, of [a-zA-Z0-9:_-]."},
      {"e", "e is required and not to be empty."},
      {"absent", "absent is required and not to be empty."},
  };
  for (const auto& [name, message] : kRefused) {
    Params wrong(request);
    wrong.Body().RequiredList(name, kThingName);
    EXPECT_EQ(RefusalOf(wrong), message);
  }
}

TEST(Params, Tags_AreKeyAndValue) {
  const ApiRequest request = WithBody(
      R"({"t":[{"Key":"k","Value":"v"},{"Key":"only"}],"s":"x","n":[1],"k":[{"Value":"v"}],
          "v":[{"Key":"k","Value":1}],"twice":[{"Key":"k"},{"Key":"k"}]})");
  Params in(request);
  const auto tags = in.Body().Tags("t");
  ASSERT_TRUE(tags.has_value());
  ASSERT_EQ(tags->size(), 2U);
  EXPECT_EQ((*tags)[0].key, "k");
  EXPECT_EQ((*tags)[0].value, "v");
  EXPECT_EQ((*tags)[1].value, "");
  EXPECT_TRUE(in.Check().ok());
  const std::pair<const char*, const char*> kRefused[] = {
      {"s", "s must be a list of objects with Key and Value."},
      {"n", "n must be a list of objects with Key and Value."},
      {"k", "k.Key is required."},
      {"v", "v.Value must be a string."},
  };
  for (const auto& [name, message] : kRefused) {
    Params wrong(request);
    wrong.Body().Tags(name);
    EXPECT_EQ(RefusalOf(wrong), message);
  }
  Params twice(request);
  twice.Body().Tags("twice");
  EXPECT_FALSE(twice.Check().ok());
}

TEST(Params, Nested_NamesThePathInRefusals) {
  const ApiRequest request = WithBody(R"({"a":{"b":{"c":"x"}},"s":"x"})");
  Params in(request);
  const Object b = in.Body().Nested("a").Nested("b");
  EXPECT_EQ(b.Text("c", kAnyText), "x");
  EXPECT_EQ(in.Body().Nested("absent").Nested("deeper").Text("c", kAnyText), std::nullopt);
  EXPECT_TRUE(in.Check().ok());
  b.Number("c", 1, 2);
  EXPECT_EQ(RefusalOf(in), "a.b.c must be an integer from 1 to 2.");
  Params text(request);
  text.Body().Nested("s");
  EXPECT_EQ(RefusalOf(text), "s must be an object.");
}

TEST(Params, Attributes_AreReadWithMerge) {
  const ApiRequest request =
      WithBody(R"({"attributePayload":{"attributes":{"b":"2","a":""},"merge":true}})");
  Params in(request);
  const auto change = ReadAttributes(in.Body());
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->attributes, (domain::Attributes{{"a", ""}, {"b", "2"}}));
  EXPECT_TRUE(change->merge);
  const ApiRequest none = WithBody(R"({"attributePayload":{}})");
  Params empty(none);
  EXPECT_FALSE(ReadAttributes(empty.Body()).has_value());
}

TEST(Params, QueryFlag_IsTheTextTrueOrFalse) {
  const ApiRequest yes = WithQuery("force", "true");
  Params in(yes);
  EXPECT_TRUE(in.QueryFlag("force"));
  EXPECT_FALSE(in.QueryFlag("absent"));
  EXPECT_TRUE(in.QueryFlag("absent", true));
  EXPECT_TRUE(in.Check().ok());
  for (const char* text : {"True", "1", "", "yes"}) {
    const ApiRequest request = WithQuery("force", text);
    Params wrong(request);
    wrong.QueryFlag("force");
    EXPECT_EQ(RefusalOf(wrong), "force must be true or false.");
  }
}

TEST(Params, QueryNumber_IsDigitsInRange) {
  const ApiRequest fine = WithQuery("maxResults", "250");
  Params in(fine);
  EXPECT_EQ(in.QueryNumber("maxResults", 1, 250), 250);
  EXPECT_TRUE(in.Check().ok());
  for (const char* text : {"0", "251", "-1", "", "1.0", "1 ", "99999999999999999999", "x"}) {
    const ApiRequest request = WithQuery("maxResults", text);
    Params wrong(request);
    wrong.QueryNumber("maxResults", 1, 250);
    EXPECT_EQ(RefusalOf(wrong), "maxResults must be an integer from 1 to 250.");
  }
}

TEST(Params, LabelsAndHeaders_AreRequired) {
  ApiRequest request = WithBody("{}");
  request.labels = {"thing", "x7"};
  request.headers["x-amzn-principal"] = "arn:aws:iot:us-east-1:000000000000:cert/a";
  Params in(request);
  EXPECT_EQ(in.Label(0, "thingName", kThingName), "thing");
  EXPECT_EQ(in.Header("x-amzn-principal", kArn), request.headers["x-amzn-principal"]);
  EXPECT_TRUE(in.Check().ok());
  in.LabelNumber(1, "executionNumber");
  EXPECT_EQ(RefusalOf(in), "executionNumber must be an integer of at least 1.");
  Params header(request);
  header.Header("x-amzn-iot-principal", kArn);
  EXPECT_EQ(RefusalOf(header), "the header x-amzn-iot-principal is required.");
  Params label(request);
  label.Label(2, "jobId", kJobId);
  EXPECT_EQ(RefusalOf(label), "jobId must be 1 to 64 characters long, of [a-zA-Z0-9_-].");
}

TEST(Params, UnsupportedMember_IsRefusedWithAdviceUnlessItAsksForNothing) {
  constexpr std::array kMembers = {Unsupported{"abortConfig", "leave it out"},
                                   Unsupported{"namespaceId", "leave it out"}};
  for (const char* nothing :
       {R"({})", R"({"abortConfig":null})", R"({"abortConfig":{}})", R"({"abortConfig":false})"}) {
    const ApiRequest request = WithBody(nothing);
    Params in(request);
    in.RefuseUnsupported(kMembers);
    EXPECT_TRUE(in.Check().ok()) << nothing;
  }
  const ApiRequest body = WithBody(R"({"unknown":1,"abortConfig":{"criteriaList":[]}})");
  Params in(body);
  in.RefuseUnsupported(kMembers);
  EXPECT_EQ(RefusalOf(in), "abortConfig is not supported by this service: leave it out.");
  const ApiRequest query = WithQuery("namespaceId", "ns");
  Params by_query(query);
  by_query.RefuseUnsupported(kMembers);
  EXPECT_EQ(RefusalOf(by_query), "namespaceId is not supported by this service: leave it out.");
}

}  // namespace
}  // namespace fieldwork::http_api
