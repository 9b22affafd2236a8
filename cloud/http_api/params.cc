// The sentences of refusals, and what counts as a number, a word, a text.
#include "cloud/http_api/params.h"

#include <algorithm>
#include <charconv>

#include "cloud/domain/limits.h"

namespace fieldwork::http_api {
namespace {

std::string Range(std::size_t min, std::size_t max) {
  if (max == kNoLimit) return "at least " + std::to_string(min);
  if (min == max) return std::to_string(min);
  if (min == 0) return "at most " + std::to_string(max);
  return std::to_string(min) + " to " + std::to_string(max);
}

std::string NumberRange(std::int64_t min, std::int64_t max) {
  if (max == kNumberMax) return "an integer of at least " + std::to_string(min);
  return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

bool AsksForNothing(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  return value.is_structured() && value.empty();
}

// Null: it is not an integer, or none that fits.
std::optional<std::int64_t> IntegerOf(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(kNumberMax)) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

// Printable ASCII without the space.
bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace

constinit const TextRule kAnyText{};
constinit const TextRule kThingName{1, domain::kThingNameMax, domain::IsThingName,
                                    "[a-zA-Z0-9:_-]"};
constinit const TextRule kGroupName{1, domain::kGroupNameMax, domain::IsGroupName,
                                    "[a-zA-Z0-9:_-]"};
constinit const TextRule kJobId{1, domain::kJobIdMax, domain::IsJobId, "[a-zA-Z0-9_-]"};
constinit const TextRule kPolicyName{1, domain::kPolicyNameMax, domain::IsPolicyName,
                                     "[a-zA-Z0-9_+=,.@-]"};
constinit const TextRule kCertificateId{64, 64, domain::IsCertificateId, "[a-fA-F0-9]"};
constinit const TextRule kArn{1, 2048, IsPrintable, "printable characters without spaces"};
constinit const TextRule kDescription{1, domain::kDescriptionMax, HasNoControls,
                                      "anything but control characters"};
constinit const TextRule kPem{1, 65536};

bool HasNoControls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const bool two_bytes = byte == 0xC2 && i + 1 < text.size();
    if (two_bytes && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return true;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsAttributeName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.,@/:#-").find(c) != std::string_view::npos;
  });
}

const Json* Object::Find(std::string_view name) const {
  if (json_ == nullptr) return nullptr;
  const auto found = json_->find(name);
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

std::string Object::PathOf(std::string_view name) const { return path_ + std::string(name); }

void Object::RefuseType(std::string_view name, std::string_view wanted) const {
  params_.Refuse(PathOf(name) + " must be " + std::string(wanted));
}

void Object::RefuseWord(std::string_view name, std::string_view word) const {
  params_.RefuseWord(PathOf(name), word);
}

std::optional<std::string> Object::Text(std::string_view name, const TextRule& rule) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    RefuseType(name, "a string");
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  if (!params_.CheckText(PathOf(name), text, rule)) return std::nullopt;
  return text;
}

std::string Object::RequiredText(std::string_view name, const TextRule& rule) const {
  if (!Has(name)) params_.Refuse(PathOf(name) + " is required");
  return Text(name, rule).value_or("");
}

std::optional<std::int64_t> Object::Number(std::string_view name, std::int64_t min,
                                           std::int64_t max) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = IntegerOf(*value);
  if (!number || *number < min || *number > max) {
    RefuseType(name, NumberRange(min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Object::Flag(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    RefuseType(name, "true or false");
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<domain::StatusDetails> Object::Texts(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_object()) {
    RefuseType(name, "an object whose values are strings");
    return std::nullopt;
  }
  domain::StatusDetails texts;
  for (const auto& [key, text] : value->items()) {
    if (!text.is_string()) {
      params_.Refuse(PathOf(name) + ": the value of '" + key + "' must be a string");
      return std::nullopt;
    }
    texts.emplace_back(key, text.get<std::string>());
  }
  return texts;
}

std::optional<std::vector<std::string>> Object::List(std::string_view name,
                                                     const TextRule& rule) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  if (!value->is_array()) {
    RefuseType(name, "a list of strings");
    return std::nullopt;
  }
  for (const Json& text : *value) {
    if (!text.is_string()) {
      RefuseType(name, "a list of strings");
      return std::nullopt;
    }
    texts.push_back(text.get<std::string>());
    if (!params_.CheckText(PathOf(name), texts.back(), rule)) return std::nullopt;
  }
  return texts;
}

std::vector<std::string> Object::RequiredList(std::string_view name, const TextRule& rule) const {
  const bool empty = Has(name) && Find(name)->is_array() && Find(name)->empty();
  if (!Has(name) || empty) params_.Refuse(PathOf(name) + " is required and not to be empty");
  return List(name, rule).value_or(std::vector<std::string>{});
}

std::optional<std::vector<domain::Tag>> Object::Tags(std::string_view name) const {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  std::vector<domain::Tag> tags;
  if (!value->is_array()) {
    RefuseType(name, "a list of objects with Key and Value");
    return std::nullopt;
  }
  for (const Json& entry : *value) {
    if (!entry.is_object()) {
      RefuseType(name, "a list of objects with Key and Value");
      return std::nullopt;
    }
    const Object tag(params_, &entry, PathOf(name) + ".");
    tags.push_back({tag.RequiredText("Key", kAnyText), tag.Text("Value", kAnyText).value_or("")});
  }
  if (auto checked = domain::CheckTags(tags); !checked.ok()) {
    params_.Refuse(std::move(checked).error());
  }
  return tags;
}

Object Object::Nested(std::string_view name) const {
  const Json* value = Find(name);
  if (value != nullptr && !value->is_object()) {
    RefuseType(name, "an object");
    value = nullptr;
  }
  return {params_, value, PathOf(name) + "."};
}

std::vector<std::string> Object::Names() const {
  std::vector<std::string> names;
  if (json_ == nullptr) return names;
  for (const auto& [name, value] : json_->items()) names.push_back(name);
  return names;
}

std::optional<domain::AttributeChange> ReadAttributes(const Object& owner) {
  const Object payload = owner.Nested("attributePayload");
  const bool merge = payload.Flag("merge").value_or(false);
  const auto texts = payload.Texts("attributes");
  if (!texts) return std::nullopt;
  return domain::AttributeChange{{texts->begin(), texts->end()}, merge};
}

domain::Status Params::Check() const {
  if (refusal_) return *refusal_;
  return domain::Ok();
}

void Params::Refuse(domain::Error error) {
  if (!refusal_) refusal_ = std::move(error);
}

void Params::RefuseUnsupported(std::span<const Unsupported> members) {
  for (const Unsupported& member : members) {
    const auto in_body = request_.body.find(member.member);
    const bool asked = (in_body != request_.body.end() && !AsksForNothing(*in_body)) ||
                       request_.query.count(std::string(member.member)) != 0;
    if (!asked) continue;
    Refuse(std::string(member.member) +
           " is not supported by this service: " + std::string(member.advice));
  }
}

bool Params::CheckText(std::string_view name, std::string_view text, const TextRule& rule) {
  const std::size_t length = domain::CountCharacters(text);
  const bool fits = rule.fits == nullptr || text.empty() || rule.fits(text);
  if (length >= rule.min && length <= rule.max && fits) return true;
  std::string message =
      std::string(name) + " must be " + Range(rule.min, rule.max) + " characters long";
  if (rule.fits != nullptr) message.append(", of ").append(rule.form);
  Refuse(std::move(message));
  return false;
}

void Params::RefuseWord(std::string_view name, std::string_view word) {
  // The message goes into JSON: only what is sure to be harmless there is repeated.
  const bool repeat = word.size() <= 64 && IsPrintable(word);
  Refuse(std::string(name) + " cannot be " + (repeat ? "'" + std::string(word) + "'" : "this"));
}

std::string Params::Label(std::size_t index, std::string_view name, const TextRule& rule) {
  const std::string text = index < request_.labels.size() ? request_.labels[index] : "";
  return CheckText(name, text, rule) ? text : "";
}

std::int64_t Params::LabelNumber(std::size_t index, std::string_view name) {
  return ParseNumber(name, Label(index, name, kAnyText), 1, kNumberMax).value_or(0);
}

std::string Params::Header(std::string_view name, const TextRule& rule) {
  const auto found = request_.headers.find(std::string(name));
  if (found == request_.headers.end() || found->second.empty()) {
    Refuse("the header " + std::string(name) + " is required");
    return "";
  }
  return CheckText(name, found->second, rule) ? found->second : "";
}

std::optional<std::string> Params::Query(std::string_view name, const TextRule& rule) {
  const auto found = request_.query.find(std::string(name));
  if (found == request_.query.end()) return std::nullopt;
  if (!CheckText(name, found->second, rule)) return std::nullopt;
  return found->second;
}

bool Params::QueryFlag(std::string_view name, bool absent) {
  const auto text = Query(name, kAnyText);
  if (!text) return absent;
  if (*text != "true" && *text != "false") Refuse(std::string(name) + " must be true or false");
  return *text == "true";
}

std::optional<std::int64_t> Params::QueryNumber(std::string_view name, std::int64_t min,
                                                std::int64_t max) {
  const auto text = Query(name, kAnyText);
  if (!text) return std::nullopt;
  return ParseNumber(name, *text, min, max);
}

std::optional<std::int64_t> Params::ParseNumber(std::string_view name, std::string_view text,
                                                std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || number < min || number > max) {
    Refuse(std::string(name) + " must be " + NumberRange(min, max));
    return std::nullopt;
  }
  return number;
}

}  // namespace fieldwork::http_api
