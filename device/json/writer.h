// Writes JSON into the caller's memory, commas and escapes included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/base/result.h"

namespace fieldwork::json {

/// Any text, put together in the caller's memory. Sticky: after the memory ran out every
/// further call does nothing, and Finish() says kNoSpace; so a caller checks once.
class TextWriter {
 public:
  explicit TextWriter(std::span<char> out) : out_(out) {}

  void Put(char c);
  void Append(const char* text, std::size_t size);
  void Append(std::string_view text) { Append(text.data(), text.size()); }

  /// The text, in the caller's memory. kNoSpace: it did not fit.
  Result<std::string_view> Finish() const;

 private:
  std::span<char> out_;
  std::size_t size_ = 0;  // Of all the text: more than out_ holds, when it did not fit.
};

/// Sticky as TextWriter is. Nesting is the caller's affair (checked in debug builds by the
/// depth alone).
///
///   json::Writer writer(buffer);
///   writer.BeginObject();
///   writer.Key("status");
///   writer.String("SUCCEEDED");
///   writer.EndObject();
///   FIELDWORK_ASSIGN_OR_RETURN(const auto text, writer.Finish());
class Writer {
 public:
  explicit Writer(std::span<char> out) : text_(out) {}

  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }
  /// The name of the next member; escaped as String() is.
  void Key(std::string_view key);
  /// The same for one that needs no escape, up to its NUL.
  void PlainKey(const char* key);
  /// UTF-8. Escapes what JSON requires; an ill-formed byte becomes U+FFFD.
  void String(std::string_view text);
  /// A string in pieces, each of whole characters; between the two only Characters().
  void BeginString();
  void Characters(std::string_view text);
  void EndString() { text_.Put('"'); }
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
  void EndKey();
  void PutAscii(char c);
  void Begin(char bracket);
  void End(char bracket);

  TextWriter text_;
  std::uint32_t depth_ = 0;
  bool need_comma_ = false;
};

}  // namespace fieldwork::json
