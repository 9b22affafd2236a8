// How a token is made and taken back; the rule is in the header.
#include "cloud/http_api/paging.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace fieldwork::http_api {
namespace {

constexpr std::string_view kVersion = "1";

// What a token of this list begins with. No label may hold a line feed.
std::string ListOf(const ApiRequest& request) {
  std::string list = std::string(kVersion) + "\n" + request.operation;
  for (const std::string& label : request.labels) list.append("\n").append(label);
  return list.append("\n");
}

// FNV-1a: what was cut off or mistyped is to be seen, and not taken for the beginning of the list.
std::string Checksum(std::string_view text) {
  std::uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

// The place behind `list`; empty if `text` is no whole token of that list.
std::string_view PlaceIn(std::string_view text, std::string_view list) {
  constexpr std::size_t kSum = sizeof(std::uint32_t);
  if (text.size() <= list.size() + kSum || !text.starts_with(list)) return {};
  const std::string_view sum = text.substr(text.size() - kSum);
  text.remove_suffix(kSum);
  return Checksum(text) == sum ? text.substr(list.size()) : std::string_view();
}

}  // namespace

Paging::Paging(Params& params, std::string_view size_name, std::string_view token_name,
               std::string_view next_name, int default_size)
    : list_(ListOf(params.request())), next_name_(next_name) {
  page_.limit =
      static_cast<int>(params.QueryNumber(size_name, 1, domain::kPageMax).value_or(default_size));
  const auto token = params.Query(token_name, kAnyText);
  if (!token) return;
  const auto text = token->size() <= kTokenMax ? DecodeBase64(*token) : std::nullopt;
  page_.after = text ? PlaceIn(*text, list_) : std::string_view();
  if (page_.after.empty()) {
    params.Refuse(std::string(token_name) + " is not a token of this list: take it from the " +
                  "previous page, or leave it out to begin again");
  }
}

Paging Paging::ByToken(Params& params) {
  return {params, "maxResults", "nextToken", "nextToken", domain::kPageMax};
}

Paging Paging::ByMarker(Params& params, int default_size) {
  return {params, "pageSize", "marker", "nextMarker", default_size};
}

void Paging::WriteNext(Json& reply, std::string_view next) const {
  if (next.empty()) return;
  const std::string text = list_ + std::string(next);
  reply[std::string(next_name_)] = EncodeBase64(text + Checksum(text));
}

std::size_t Paging::Position() const {
  std::size_t position = 0;
  std::from_chars(page_.after.data(), page_.after.data() + page_.after.size(), position);
  return position;
}

std::string EncodeBase64(std::string_view bytes) {
  // EVP_EncodeBlock writes a NUL behind the text.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  // OpenSSL counts the padding as bytes, and takes white space and loose bits: encode to compare.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) -
               std::min(padding, static_cast<std::size_t>(length)));
  if (EncodeBase64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace fieldwork::http_api
