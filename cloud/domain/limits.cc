// Decides what fits, for texts: which characters, how many, and the sentence when they do not.
#include "cloud/domain/limits.h"

#include <algorithm>
#include <string>
#include <vector>

namespace fieldwork::domain {
namespace {

constexpr std::string_view kTagPunctuation = " _.:/=+-@";
constexpr std::string_view kAttributePunctuation = "_.,@/:#-";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsAlphanumeric(char c) { return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z'); }
bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool ConsistsOf(std::string_view text, std::string_view punctuation) {
  return std::all_of(text.begin(), text.end(), [punctuation](char c) {
    return IsAlphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

bool IsName(std::string_view text, std::size_t bytes_max, std::string_view punctuation) {
  return !text.empty() && text.size() <= bytes_max && ConsistsOf(text, punctuation);
}

// Letters of every script are allowed in tags; which of the characters beyond ASCII are letters is
// not looked up.
bool IsTagText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return !IsAscii(c) || IsAlphanumeric(c) || kTagPunctuation.find(c) != std::string_view::npos;
  });
}

// Bytes of the UTF-8 sequence that `text` begins with; 1 if it does not begin with a whole one.
std::size_t SequenceBytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t bytes = 1;
  if (lead >= 0xC2 && lead <= 0xDF) {
    bytes = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    bytes = 3;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    bytes = 4;
  }
  if (text.size() < bytes) {
    return 1;
  }
  const bool whole =
      std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(bytes),
                  [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
  return whole ? bytes : 1;
}

// U+0000..U+001F, U+007F, and U+0080..U+009F, which UTF-8 writes as C2 80..C2 9F.
bool HasControlCharacter(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) {
      return true;
    }
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

// What a message may quote of something that a stranger sent.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kShown = 64;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kShown)) {
    quoted += IsAscii(c) && c >= 0x20 && c != 0x7F ? c : '?';
  }
  return quoted.append(text.size() > kShown ? "...\"" : "\"");
}

std::string Number(std::size_t number) { return std::to_string(number); }

Status CheckDetail(const std::string& key, const std::string& value) {
  if (!IsName(key, kDetailKeyMax, ":_-")) {
    return InvalidRequest("statusDetails has the key " + Quoted(key) + "; a key is 1 to " +
                          Number(kDetailKeyMax) + " characters of a-z, A-Z, 0-9, ':', '_', '-'.");
  }
  const std::size_t characters = CountCharacters(value);
  if (characters == 0 || characters > kDetailValueMax) {
    return InvalidRequest("The value of statusDetails " + Quoted(key) + " has " +
                          Number(characters) + " characters; 1 to " + Number(kDetailValueMax) +
                          " are allowed.");
  }
  return Ok();
}

Status CheckTag(const Tag& tag) {
  if (tag.key.empty() || CountCharacters(tag.key) > kTagKeyMax || !IsTagText(tag.key)) {
    return InvalidRequest("The tag key " + Quoted(tag.key) + " is not 1 to " + Number(kTagKeyMax) +
                          " letters, digits, spaces or characters of _.:/=+-@.");
  }
  if (tag.key.starts_with("aws:")) {
    return InvalidRequest("The tag key " + Quoted(tag.key) +
                          " begins with aws:, which is reserved; choose another one.");
  }
  if (CountCharacters(tag.value) > kTagValueMax || !IsTagText(tag.value)) {
    return InvalidRequest("The value of tag " + Quoted(tag.key) + " is not at most " +
                          Number(kTagValueMax) +
                          " letters, digits, spaces or characters of _.:/=+-@.");
  }
  return Ok();
}

}  // namespace

bool IsThingName(std::string_view text) { return IsName(text, kThingNameMax, ":_-"); }
bool IsGroupName(std::string_view text) { return IsName(text, kGroupNameMax, ":_-"); }
bool IsJobId(std::string_view text) { return IsName(text, kJobIdMax, "_-"); }
bool IsPolicyName(std::string_view text) { return IsName(text, kPolicyNameMax, "_+=,.@-"); }

bool IsCertificateId(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool IsReasonCode(std::string_view text) {
  return !text.empty() && text.size() <= kReasonCodeMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(SequenceBytes(text));
    ++count;
  }
  return count;
}

Status CheckText(std::string_view what, std::string_view text, std::size_t characters_max) {
  const std::size_t characters = CountCharacters(text);
  if (characters > characters_max) {
    return InvalidRequest(std::string(what) + " has " + Number(characters) +
                          " characters; at most " + Number(characters_max) + " are allowed.");
  }
  if (HasControlCharacter(text)) {
    return InvalidRequest(std::string(what) + " has a control character; take it out.");
  }
  return Ok();
}

Status CheckPageSize(int limit) {
  if (limit < 1 || limit > kPageMax) {
    return InvalidRequest("maxResults is " + std::to_string(limit) + "; 1 to " +
                          std::to_string(kPageMax) + " are allowed.");
  }
  return Ok();
}

Status CheckDetails(const StatusDetails& details) {
  if (details.size() > kDetailPairsMax) {
    return InvalidRequest("statusDetails has " + Number(details.size()) + " pairs; at most " +
                          Number(kDetailPairsMax) + " are allowed.");
  }
  for (auto it = details.begin(); it != details.end(); ++it) {
    CLOUD_TRY(CheckDetail(it->first, it->second));
    if (std::any_of(details.begin(), it, [it](auto& other) { return other.first == it->first; })) {
      return InvalidRequest("statusDetails has the key " + Quoted(it->first) + " twice.");
    }
  }
  return Ok();
}

Status CheckAttributes(const Attributes& attributes, std::size_t count_max) {
  if (attributes.size() > count_max) {
    return InvalidRequest("There are " + Number(attributes.size()) + " attributes; at most " +
                          Number(count_max) + " are allowed.");
  }
  for (const auto& [name, value] : attributes) {
    if (!IsName(name, kAttributeNameMax, kAttributePunctuation)) {
      return InvalidRequest("The attribute name " + Quoted(name) + " is not 1 to " +
                            Number(kAttributeNameMax) +
                            " characters of a-z, A-Z, 0-9 and _.,@/:#-.");
    }
    if (value.size() > kAttributeValueMax || !ConsistsOf(value, kAttributePunctuation)) {
      return InvalidRequest("The value of attribute " + Quoted(name) + " is not at most " +
                            Number(kAttributeValueMax) +
                            " characters of a-z, A-Z, 0-9 and _.,@/:#-.");
    }
  }
  return Ok();
}

Status CheckTags(const std::vector<Tag>& tags) {
  if (tags.size() > kTagsMax) {
    return InvalidRequest("There are " + Number(tags.size()) + " tags; at most " +
                          Number(kTagsMax) + " are allowed.");
  }
  for (auto it = tags.begin(); it != tags.end(); ++it) {
    CLOUD_TRY(CheckTag(*it));
    if (std::any_of(tags.begin(), it, [it](const Tag& other) { return other.key == it->key; })) {
      return InvalidRequest("The tag key " + Quoted(it->key) + " is given twice.");
    }
  }
  return Ok();
}

}  // namespace fieldwork::domain
