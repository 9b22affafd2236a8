// Decides how a handler reads a request: what is there, what form it must have, and the sentence
// that says which member is wrong.
//
// The clients check next to nothing, so everything is checked here. A handler reads all that it
// needs and then asks Check() once: the first refusal wins. What a getter gives after a refusal is
// empty and must not be used. A member that is null counts as absent; one that AWS does not know is
// ignored, as AWS does; one that AWS knows and this service does not is refused
// (RefuseUnsupported). Views point into the request. One thread.
// Source: the service models iot 2015-05-28 and iot-jobs-data 2017-09-29 that AWS publishes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/domain/records.h"
#include "cloud/domain/result.h"
#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
inline constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

/// The form of a text. Lengths are in characters.
struct TextRule {
  std::size_t min = 0;
  std::size_t max = kNoLimit;
  bool (*fits)(std::string_view) = nullptr;  ///< Null: any characters.
  std::string_view form = {};                ///< Of `fits`, for a person: "[a-zA-Z0-9_-]".
};

bool HasNoControls(std::string_view text);  ///< No C0 or C1 control, no DEL.
bool IsDigits(std::string_view text);
bool IsAttributeName(std::string_view text);  ///< [a-zA-Z0-9_.,@/:#-]+

extern const TextRule kAnyText;
extern const TextRule kThingName;
extern const TextRule kGroupName;
extern const TextRule kJobId;
extern const TextRule kPolicyName;
extern const TextRule kCertificateId;
extern const TextRule kArn;          ///< 1..2048 characters; whoever looks it up knows the rest.
extern const TextRule kDescription;  ///< Of jobs; comments too: at least one character.
extern const TextRule kPem;          ///< 1..65536 characters.

/// A member that AWS knows and this service does not have, and what to do instead.
struct Unsupported {
  std::string_view member;
  std::string_view advice;
};

class Params;

/// One JSON object of the body. Names in refusals are paths: "timeoutConfig.inProgress...".
class Object {
 public:
  std::optional<std::string> Text(std::string_view name, const TextRule& rule) const;
  std::string RequiredText(std::string_view name, const TextRule& rule) const;
  /// A JSON integer; neither 1.0 nor "1".
  std::optional<std::int64_t> Number(std::string_view name, std::int64_t min,
                                     std::int64_t max) const;
  std::optional<bool> Flag(std::string_view name) const;
  /// One of the words that `from` knows.
  template <typename T>
  std::optional<T> Word(std::string_view name, std::optional<T> (*from)(std::string_view)) const {
    const auto text = Text(name, kAnyText);
    if (!text) return std::nullopt;
    const auto value = from(*text);
    if (!value) RefuseWord(name, *text);
    return value;
  }
  /// An object of texts, in the order of the request.
  std::optional<domain::StatusDetails> Texts(std::string_view name) const;
  std::optional<std::vector<std::string>> List(std::string_view name, const TextRule& rule) const;
  std::vector<std::string> RequiredList(std::string_view name, const TextRule& rule) const;
  /// [{"Key": "...", "Value": "..."}, ...]; checked by domain::CheckTags() too.
  std::optional<std::vector<domain::Tag>> Tags(std::string_view name) const;
  /// The object of that name; an empty one if it is absent, then `has` says so.
  Object Nested(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  /// Names of the members, in the order of the request.
  std::vector<std::string> Names() const;

 private:
  friend class Params;
  Object(Params& params, const Json* json, std::string path)
      : params_(params), json_(json), path_(std::move(path)) {}
  const Json* Find(std::string_view name) const;  // Null: absent.
  std::string PathOf(std::string_view name) const;
  void RefuseType(std::string_view name, std::string_view wanted) const;
  void RefuseWord(std::string_view name, std::string_view word) const;

  Params& params_;
  const Json* json_;  // Null: an empty object.
  std::string path_;
};

/// The member attributePayload {attributes, merge}; empty if no attributes are named.
std::optional<domain::AttributeChange> ReadAttributes(const Object& owner);

class Params {
 public:
  explicit Params(const ApiRequest& request) : request_(request) {}
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  /// The first refusal, if there was one.
  domain::Status Check() const;
  void Refuse(domain::Error error);
  /// kInvalidRequest; the sentence comes without its full stop.
  void Refuse(std::string message) { Refuse(domain::InvalidRequest(std::move(message) + ".")); }
  /// In the body and in the query. Absent, null, false, {} and [] ask for nothing and pass.
  void RefuseUnsupported(std::span<const Unsupported> members);

  /// `name` is for the refusal.
  std::string Label(std::size_t index, std::string_view name, const TextRule& rule);
  std::int64_t LabelNumber(std::size_t index, std::string_view name);
  /// Required. `name` in lower case, as ApiRequest keeps it.
  std::string Header(std::string_view name, const TextRule& rule);
  Object Body() { return {*this, &request_.body, ""}; }

  std::optional<std::string> Query(std::string_view name, const TextRule& rule);
  bool QueryFlag(std::string_view name, bool absent = false);  ///< "true" or "false".
  std::optional<std::int64_t> QueryNumber(std::string_view name, std::int64_t min,
                                          std::int64_t max);
  template <typename T>
  std::optional<T> QueryWord(std::string_view name, std::optional<T> (*from)(std::string_view)) {
    const auto text = Query(name, kAnyText);
    if (!text) return std::nullopt;
    const auto value = from(*text);
    if (!value) RefuseWord(name, *text);
    return value;
  }

  const ApiRequest& request() const { return request_; }
  /// Refuses `text` under `name` if it is not of that form; false then.
  bool CheckText(std::string_view name, std::string_view text, const TextRule& rule);
  void RefuseWord(std::string_view name, std::string_view word);

 private:
  std::optional<std::int64_t> ParseNumber(std::string_view name, std::string_view text,
                                          std::int64_t min, std::int64_t max);

  const ApiRequest& request_;
  std::optional<domain::Error> refusal_;
};

}  // namespace fieldwork::http_api
