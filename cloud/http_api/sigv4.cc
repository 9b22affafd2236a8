// Decides how the parts of a signature are read and the signature is made again.
#include "cloud/http_api/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "cloud/http_api/hex.h"

namespace fieldwork::http_api {
namespace {

using Digest = std::array<unsigned char, 32>;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kMissing = "MissingAuthenticationTokenException";
constexpr std::string_view kIncomplete = "IncompleteSignatureException";
constexpr std::string_view kInvalid = "InvalidSignatureException";
constexpr std::string_view kUnrecognized = "UnrecognizedClientException";
constexpr std::chrono::minutes kSkewMax{5};
constexpr std::int64_t kExpiresMaxSeconds = 7 * 24 * 3600;

// Both forms, taken apart.
struct Signature {
  CredentialScope scope;
  std::string timestamp;  // "20260101T000000Z"
  std::vector<std::string> signed_headers;
  std::string signature;
  std::optional<std::int64_t> expires_seconds;  // Set: it is a presigned one.
};

using Parsed = std::variant<Signature, SignatureError>;

std::string_view AsText(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

Digest Sha256(std::string_view text) {
  Digest digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return digest;
}

Digest HmacSha256(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr) {
    throw std::runtime_error("OpenSSL has no HMAC-SHA-256");
  }
  return digest;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

const std::string* FindValue(std::span<const std::pair<std::string, std::string>> pairs,
                             std::string_view name) {
  const auto found = std::find_if(pairs.begin(), pairs.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? nullptr : &found->second;
}

std::optional<CredentialScope> ReadCredential(std::string_view text) {
  auto parts = Split(text, '/');
  if (parts.size() != 5 || parts[4] != "aws4_request") return std::nullopt;
  if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.empty(); })) {
    return std::nullopt;
  }
  return CredentialScope{std::move(parts[0]), std::move(parts[1]), std::move(parts[2]),
                         std::move(parts[3])};
}

// "20260101T000000Z"
std::optional<domain::Time> ReadTimestamp(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = -1;
    const char* end = text.data() + at + length;
    const auto read = std::from_chars(text.data() + at, end, value);
    return read.ec == std::errc() && read.ptr == end ? value : -1;
  };
  const int hour = number(9, 2);
  const int minute = number(11, 2);
  const int second = number(13, 2);
  const int month = number(4, 2);
  const int day = number(6, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
      month < 0 || day < 0) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

SignatureError Incomplete(std::string message) { return {kIncomplete, std::move(message)}; }

Parsed FinishParsing(Signature signature, const std::string& credential,
                     const std::string& signed_headers) {
  auto scope = ReadCredential(credential);
  if (!scope) {
    return Incomplete("Credential must be ACCESS_KEY/DATE/REGION/SERVICE/aws4_request.");
  }
  signature.scope = std::move(*scope);
  signature.signed_headers = Split(signed_headers, ';');
  const auto& names = signature.signed_headers;
  if (std::find(names.begin(), names.end(), "host") == names.end()) {
    return Incomplete("'host' must be one of the SignedHeaders.");
  }
  return signature;
}

// "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..."
Parsed ParseHeader(const SignedRequest& request, std::string_view authorization) {
  if (!authorization.starts_with(kAlgorithm) || authorization.size() <= kAlgorithm.size() ||
      authorization[kAlgorithm.size()] != ' ') {
    return Incomplete("The Authorization header must begin with 'AWS4-HMAC-SHA256 '.");
  }
  authorization.remove_prefix(kAlgorithm.size() + 1);
  NameValues parts;
  for (const std::string& part : Split(authorization, ',')) {
    const std::size_t begin = part.find_first_not_of(" \t");
    const std::size_t equals = part.find('=');
    if (begin == std::string::npos || equals == std::string::npos) continue;
    const std::size_t end = part.find_last_not_of(" \t");
    parts.emplace_back(part.substr(begin, equals - begin), part.substr(equals + 1, end - equals));
  }
  const std::string* credential = FindValue(parts, "Credential");
  const std::string* names = FindValue(parts, "SignedHeaders");
  const std::string* signature = FindValue(parts, "Signature");
  const std::string* date = FindValue(request.headers, "x-amz-date");
  if (credential == nullptr) return Incomplete("Authorization header requires 'Credential'.");
  if (names == nullptr) return Incomplete("Authorization header requires 'SignedHeaders'.");
  if (signature == nullptr) return Incomplete("Authorization header requires 'Signature'.");
  if (date == nullptr) return Incomplete("A signed request requires the header 'X-Amz-Date'.");
  return FinishParsing({{}, *date, {}, *signature, {}}, *credential, *names);
}

std::optional<std::int64_t> ReadExpires(std::string_view text) {
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (seconds < 1 || seconds > kExpiresMaxSeconds) return std::nullopt;
  return seconds;
}

Parsed ParsePresigned(const NameValues& query) {
  if (*FindValue(query, "X-Amz-Algorithm") != kAlgorithm) {
    return Incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256.");
  }
  for (const std::string_view name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                                      "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    if (FindValue(query, name) == nullptr) {
      return Incomplete("A presigned request requires '" + std::string(name) + "'.");
    }
  }
  const auto expires = ReadExpires(*FindValue(query, "X-Amz-Expires"));
  if (!expires) return Incomplete("X-Amz-Expires must be 1 to 604800 seconds.");
  return FinishParsing(
      {{}, *FindValue(query, "X-Amz-Date"), {}, *FindValue(query, "X-Amz-Signature"), expires},
      *FindValue(query, "X-Amz-Credential"), *FindValue(query, "X-Amz-SignedHeaders"));
}

Parsed Parse(const SignedRequest& request, const NameValues& query) {
  if (const auto* header = FindValue(request.headers, "authorization")) {
    return ParseHeader(request, *header);
  }
  if (FindValue(query, "X-Amz-Algorithm") != nullptr) return ParsePresigned(query);
  return SignatureError{kMissing, "The request is not signed: this service has credentials set."};
}

// Empty segments and "." go, ".." takes its parent along; then the whole is encoded once more.
std::string CanonicalPath(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : SplitPath(path)) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string joined;
  for (const std::string_view segment : kept) joined.append("/").append(segment);
  if (joined.empty() || path.ends_with('/')) joined.push_back('/');
  return PercentEncode(joined, true);
}

std::string CanonicalQuery(const NameValues& query) {
  NameValues encoded;
  for (const auto& [name, value] : query) {
    if (name != "X-Amz-Signature") encoded.emplace_back(PercentEncode(name), PercentEncode(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text.push_back('&');
    text.append(name).append("=").append(value);
  }
  return text;
}

// Without space at the ends; a run of space inside is one space.
std::string TrimAll(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (!space) {
      text.push_back(c);
    } else if (!text.empty() && text.back() != ' ') {
      text.push_back(' ');
    }
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string CanonicalHeaders(const SignedRequest& request, const Signature& signature) {
  std::string text;
  for (const std::string& name : signature.signed_headers) {
    std::string values;
    bool first = true;
    for (const auto& [header, value] : request.headers) {
      if (header != name) continue;
      if (!first) values.push_back(',');
      values.append(TrimAll(value));
      first = false;
    }
    text.append(name).append(":").append(values).append("\n");
  }
  return text;
}

std::string SignedHeaderNames(const Signature& signature) {
  std::string text;
  for (const std::string& name : signature.signed_headers) {
    if (!text.empty()) text.push_back(';');
    text.append(name);
  }
  return text;
}

std::string MakeSignature(const SignedRequest& request, const NameValues& query,
                          const Signature& signature, std::string_view secret) {
  std::string canonical(request.method);
  canonical.append("\n").append(CanonicalPath(request.path));
  canonical.append("\n").append(CanonicalQuery(query));
  canonical.append("\n").append(CanonicalHeaders(request, signature));
  canonical.append("\n").append(SignedHeaderNames(signature));
  canonical.append("\n").append(Hex(Sha256(request.body)));

  const CredentialScope& scope = signature.scope;
  std::string to_sign(kAlgorithm);
  to_sign.append("\n").append(signature.timestamp).append("\n");
  to_sign.append(scope.date).append("/").append(scope.region).append("/");
  to_sign.append(scope.service).append("/aws4_request\n").append(Hex(Sha256(canonical)));

  std::string first_key = std::string("AWS4").append(secret);
  Digest key = HmacSha256(first_key, scope.date);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request"), std::string_view(to_sign)}) {
    key = HmacSha256(AsText(key.data(), key.size()), part);
  }
  OPENSSL_cleanse(first_key.data(), first_key.size());
  return Hex(key);
}

std::optional<SignatureError> CheckTime(const Signature& signature, domain::Time now) {
  const auto signed_at = ReadTimestamp(signature.timestamp);
  if (!signed_at) return Incomplete("X-Amz-Date must be of the form 20260131T235959Z.");
  if (!signature.timestamp.starts_with(signature.scope.date)) {
    return Incomplete("The date in Credential is not that of X-Amz-Date.");
  }
  const auto late = now - *signed_at;
  if (late < -kSkewMax) {
    return SignatureError{kInvalid, "Signature not yet current: its time, " + signature.timestamp +
                                        ", is more than 5 minutes ahead. Set the clock."};
  }
  if (!signature.expires_seconds && late > kSkewMax) {
    return SignatureError{kInvalid, "Signature expired: its time, " + signature.timestamp +
                                        ", is more than 5 minutes ago. Set the clock."};
  }
  if (signature.expires_seconds && late > std::chrono::seconds{*signature.expires_seconds}) {
    return SignatureError{"RequestExpired", "The presigned request has expired."};
  }
  return std::nullopt;
}

std::optional<SignatureError> CheckBodyHash(const SignedRequest& request) {
  const std::string* claimed = FindValue(request.headers, "x-amz-content-sha256");
  if (claimed == nullptr || *claimed == Hex(Sha256(request.body))) return std::nullopt;
  if (claimed->starts_with("UNSIGNED-PAYLOAD") || claimed->starts_with("STREAMING-")) {
    return SignatureError{kInvalid, "The body must be signed: x-amz-content-sha256 may not be " +
                                        claimed->substr(0, 64) + " with this service."};
  }
  return SignatureError{kInvalid, "x-amz-content-sha256 is not the SHA-256 of the body."};
}

// What AWS gives a meaning to has to be signed. Those excepted mean nothing to a handler, and the
// SDKs leave some of them out.
std::optional<SignatureError> CheckSignedHeaders(const SignedRequest& request,
                                                 const Signature& signature) {
  const auto& names = signature.signed_headers;
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with("x-amz") || name == "x-amzn-trace-id" || name == "x-amz-user-agent" ||
        name == "x-amz-content-sha256") {
      continue;
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return SignatureError{kInvalid,
                            "There are headers present in the request which were not "
                            "signed: " +
                                name};
    }
  }
  return std::nullopt;
}

bool HasSessionToken(const SignedRequest& request, const NameValues& query) {
  return FindValue(request.headers, "x-amz-security-token") != nullptr ||
         FindValue(query, "X-Amz-Security-Token") != nullptr;
}

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<CredentialScope> ParseScope(const SignedRequest& request) {
  constexpr std::string_view kCredential = "Credential=";
  if (const std::string* header = FindValue(request.headers, "authorization")) {
    const std::size_t at = header->find(kCredential);
    if (!header->starts_with(kAlgorithm) || at == std::string::npos) return std::nullopt;
    const std::size_t begin = at + kCredential.size();
    return ReadCredential(
        std::string_view(*header).substr(begin, header->find_first_of(", ", begin) - begin));
  }
  const auto query = ParseQuery(request.query).value_or(NameValues{});
  const std::string* presigned = FindValue(query, "X-Amz-Credential");
  return presigned == nullptr ? std::nullopt : ReadCredential(*presigned);
}

std::variant<CredentialScope, SignatureError> VerifySignature(
    const SignedRequest& request, const std::map<std::string, std::string>& credentials,
    domain::Time now) {
  const auto query = ParseQuery(request.query);
  if (!query) return Incomplete("The query is not well-formed percent-encoding of UTF-8.");
  Parsed parsed = Parse(request, *query);
  if (auto* error = std::get_if<SignatureError>(&parsed)) return std::move(*error);
  auto& signature = *std::get_if<Signature>(&parsed);

  if (HasSessionToken(request, *query)) {
    return SignatureError{kUnrecognized,
                          "The security token included in the request is invalid: this service "
                          "has no sessions; use an access key without a session token."};
  }
  const auto secret = credentials.find(signature.scope.access_key_id);
  if (secret == credentials.end()) {
    return SignatureError{kUnrecognized,
                          "The security token included in the request is invalid: the access key "
                          "id is not one of this service's."};
  }
  if (auto error = CheckTime(signature, now)) return std::move(*error);
  if (auto error = CheckSignedHeaders(request, signature)) return std::move(*error);
  if (auto error = CheckBodyHash(request)) return std::move(*error);
  if (!SameText(MakeSignature(request, *query, signature, secret->second), signature.signature)) {
    return SignatureError{kInvalid,
                          "The request signature we calculated does not match the signature you "
                          "provided. Check the secret access key and what was signed."};
  }
  return std::move(signature.scope);
}

std::string Sign(const SignedRequest& request, const CredentialScope& scope,
                 const std::string& timestamp, std::string_view secret) {
  Signature signature{scope, timestamp, {}, {}, {}};
  for (const auto& [name, value] : request.headers) signature.signed_headers.push_back(name);
  const NameValues query = ParseQuery(request.query).value_or(NameValues{});
  std::string text(kAlgorithm);
  text.append(" Credential=").append(scope.access_key_id).append("/").append(scope.date);
  text.append("/").append(scope.region).append("/").append(scope.service);
  text.append("/aws4_request, SignedHeaders=").append(SignedHeaderNames(signature));
  text.append(", Signature=").append(MakeSignature(request, query, signature, secret));
  return text;
}

}  // namespace fieldwork::http_api
