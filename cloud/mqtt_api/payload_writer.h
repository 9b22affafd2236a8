// Decides how JSON leaves the service: appended to one string, members in the order of the calls.
//
// The order of members is part of what spec/ fixes, and a job's document is spliced in as the text
// that was stored, so there is no tree in between. Commas are the writer's business, pairs of
// Begin and End the caller's. Strings must be UTF-8: whoever read them from outside has checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fieldwork::mqtt_api {

class PayloadWriter {
 public:
  /// `bytes_expected` saves growing; more may come.
  explicit PayloadWriter(std::size_t bytes_expected = 256) { out_.reserve(bytes_expected); }

  void BeginObject() { Comma(), Open('{'); }
  void BeginObject(std::string_view key) { Key(key), Open('{'); }
  void EndObject() { out_ += '}', first_ = false; }
  void BeginArray(std::string_view key) { Key(key), Open('['); }
  void EndArray() { out_ += ']', first_ = false; }

  void String(std::string_view key, std::string_view value) { Key(key), Text(value); }
  void Integer(std::string_view key, std::int64_t value);
  void Bool(std::string_view key, bool value);
  /// `json` is one JSON value and goes in as it is.
  void Raw(std::string_view key, std::string_view json) { Key(key), out_ += json; }
  /// An element of an array.
  void String(std::string_view value) { Comma(), Text(value); }

  std::string Take() && { return std::move(out_); }

 private:
  void Open(char bracket);
  void Comma();
  void Key(std::string_view key);
  void Text(std::string_view value);

  std::string out_;
  bool first_ = true;  // No comma before what comes next.
};

}  // namespace fieldwork::mqtt_api
