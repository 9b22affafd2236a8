// Decides how JSON text is escaped and separated; the contract is in payload_writer.h.
#include "cloud/mqtt_api/payload_writer.h"

#include <charconv>

namespace fieldwork::mqtt_api {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool IsPlain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void AppendEscaped(std::string& out, char c) {
  out += '\\';
  switch (c) {
    case '"':
    case '\\': out += c; return;
    case '\b': out += 'b'; return;
    case '\f': out += 'f'; return;
    case '\n': out += 'n'; return;
    case '\r': out += 'r'; return;
    case '\t': out += 't'; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  out += "u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

}  // namespace

void PayloadWriter::Integer(std::string_view key, std::int64_t value) {
  Key(key);
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out_.append(digits, static_cast<std::size_t>(end - digits));
}

void PayloadWriter::Bool(std::string_view key, bool value) {
  Key(key);
  out_ += value ? "true" : "false";
}

void PayloadWriter::Open(char bracket) {
  out_ += bracket;
  first_ = true;
}

void PayloadWriter::Comma() {
  if (!first_) out_ += ',';
  first_ = false;
}

void PayloadWriter::Key(std::string_view key) {
  Comma();
  Text(key);
  out_ += ':';
}

void PayloadWriter::Text(std::string_view value) {
  out_ += '"';
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (IsPlain(value[i])) continue;
    out_ += value.substr(plain_from, i - plain_from);
    AppendEscaped(out_, value[i]);
    plain_from = i + 1;
  }
  out_ += value.substr(plain_from);
  out_ += '"';
}

}  // namespace fieldwork::mqtt_api
