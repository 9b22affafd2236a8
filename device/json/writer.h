// Writes JSON into the caller's memory, commas and escapes included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/base/result.h"

namespace fieldwork::json {

/// Sticky: after the memory ran out every further call does nothing, and Finish() says
/// kNoSpace; so a caller checks once. Nesting is the caller's affair (checked in debug
/// builds by the depth alone).
///
///   json::Writer writer(buffer);
///   writer.BeginObject();
///   writer.Key("status");
///   writer.String("SUCCEEDED");
///   writer.EndObject();
///   FIELDWORK_ASSIGN_OR_RETURN(const auto text, writer.Finish());
class Writer {
 public:
  explicit Writer(std::span<char> out) : out_(out) {}

  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  /// The name of the next member; escaped as String() is.
  void Key(std::string_view key);
  /// UTF-8. Escapes what JSON requires; an ill-formed byte becomes U+FFFD.
  void String(std::string_view text);
  void Int(std::int64_t value);
  void Bool(bool value);
  void Null();
  /// A value that is JSON already, copied as it is.
  void Raw(std::string_view json);

  /// The text, in the caller's memory. kNoSpace: it did not fit.
  /// REQUIRES: every Begin has had its End.
  Result<std::string_view> Finish() const;

 private:
  void Separate();
  void Append(std::string_view text);
  void AppendQuoted(std::string_view text);
  void AppendEscape(char c);
  void AppendValue(std::string_view text);
  void Begin(char bracket);
  void End(char bracket);

  std::span<char> out_;
  std::size_t size_ = 0;
  std::uint32_t depth_ = 0;
  bool overflow_ = false;
  bool need_comma_ = false;
};

}  // namespace fieldwork::json
