// Decides how the target of a request is read: percent-encoding, path segments, query.
//
// '+' stands for itself: the AWS SDKs write a space as %20 (RFC 3986, not HTML forms).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fieldwork::http_api {

using NameValues = std::vector<std::pair<std::string, std::string>>;

struct Target {
  std::string_view path;   ///< Begins with '/'.
  std::string_view query;  ///< Without the '?'; may be empty.
};

/// The target of a request line in origin form ("/a/b?c=d"); empty for any other form. Views of
/// `target`.
std::optional<Target> SplitTarget(std::string_view target);

/// Empty: a '%' without two hex digits behind it, or what comes out is not UTF-8.
std::optional<std::string> PercentDecode(std::string_view text);

/// Everything but the unreserved characters of RFC 3986 becomes %XX (upper case); '/' too unless
/// `keep_slash`.
std::string PercentEncode(std::string_view text, bool keep_slash = false);

/// "/a//b" is "a", "", "b". Views of `path`, not decoded.
std::vector<std::string_view> SplitPath(std::string_view path);

/// "a=1&b&a=" is (a,1) (b,) (a,), decoded, in that order. Empty: see PercentDecode().
std::optional<NameValues> ParseQuery(std::string_view query);

/// Without overlong forms, surrogates, or anything above U+10FFFF.
bool IsUtf8(std::string_view text);

/// "AbC" is "abc"; bytes that are not ASCII letters stay.
std::string LowerCase(std::string_view text);

}  // namespace fieldwork::http_api
