// Decides where commas go and what is escaped.
#include "device/json/writer.h"

#include <array>
#include <cstring>

#include "device/base/check.h"
#include "device/base/utf8.h"
#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

using std::string_view_literals::operator""sv;

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

// Divides by ten, gives the remainder. Three divisions of 32 bits: one of 64 would be a
// library call of a kilobyte on a Cortex-M.
std::uint32_t TakeDigit(std::uint64_t& value) {
  const auto high = static_cast<std::uint32_t>(value >> 32);
  const auto low = static_cast<std::uint32_t>(value);
  const std::uint32_t middle = (high % 10) << 16 | low >> 16;
  const std::uint32_t last = (middle % 10) << 16 | (low & 0xFFFF);
  value = static_cast<std::uint64_t>(high / 10) << 32 | (middle / 10) << 16 | last / 10;
  return last % 10;
}

constexpr char HexDigit(unsigned nibble) {
  return static_cast<char>(nibble < 10 ? '0' + nibble : 'A' - 10 + nibble);
}

}  // namespace

void TextWriter::Put(char c) {
  if (size_ < out_.size()) out_[size_] = c;
  ++size_;
}

void TextWriter::Append(const char* text, std::size_t size) {
  if (size_ <= out_.size() && size <= out_.size() - size_) {
    std::memcpy(out_.data() + size_, text, size);
  }
  size_ += size;
}

Result<std::string_view> TextWriter::Finish() const {
  if (size_ > out_.size()) return Status::kNoSpace;
  return std::string_view(out_.data(), size_);
}

void Writer::Key(std::string_view key) {
  String(key);
  EndKey();
}

void Writer::PlainKey(const char* key) {
  BeginString();
  for (; *key != '\0'; ++key) text_.Put(*key);
  EndString();
  EndKey();
}

void Writer::String(std::string_view text) {
  BeginString();
  Characters(text);
  EndString();
}

void Writer::BeginString() {
  Separate();
  text_.Put('"');
}

void Writer::Characters(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const auto byte = static_cast<std::uint8_t>(*p);
    if (byte < 0x80) {
      PutAscii(*p++);
      continue;
    }
    std::uint32_t ignored = 0;
    const char* const next = ScanUtf8(p, end, ignored);
    if (next == nullptr) {
      text_.Append(kReplacement, sizeof(kReplacement) - 1);
      ++p;
    } else {
      text_.Append(p, static_cast<std::size_t>(next - p));
      p = next;
    }
  }
}

void Writer::PutAscii(char c) {
  if (c >= ' ' && c != '"' && c != '\\') return text_.Put(c);
  text_.Put('\\');
  const char letter = Translate(c, Escape::kLetter);
  if (letter != '\0') return text_.Put(letter);
  text_.Append("u00", 3);
  text_.Put(HexDigit(static_cast<unsigned>(c) >> 4));
  text_.Put(HexDigit(c & 0xF));
}

void Writer::Int(std::int64_t value) {
  std::array<char, 20> digits;  // "-9223372036854775808"
  std::size_t begin = digits.size();
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = 0 - magnitude;
  do {
    digits[--begin] = static_cast<char>('0' + TakeDigit(magnitude));
  } while (magnitude != 0);
  if (value < 0) digits[--begin] = '-';
  Raw({digits.data() + begin, digits.size() - begin});
}

void Writer::Bool(bool value) { Raw(value ? "true"sv : "false"sv); }
void Writer::Null() { Raw("null"sv); }

void Writer::Raw(std::string_view json) {
  Separate();
  text_.Append(json);
}

Result<std::string_view> Writer::Finish() const {
  FIELDWORK_DCHECK(depth_ == 0);
  return text_.Finish();
}

void Writer::Begin(char bracket) {
  Raw({&bracket, 1});
  need_comma_ = false;
  ++depth_;
}

void Writer::End(char bracket) {
  FIELDWORK_DCHECK(depth_ > 0);
  --depth_;
  text_.Put(bracket);
  need_comma_ = true;
}

void Writer::EndKey() {
  text_.Put(':');
  need_comma_ = false;
}

// Before a value or a key; what follows a value then needs a comma.
void Writer::Separate() {
  if (need_comma_) text_.Put(',');
  need_comma_ = true;
}

}  // namespace fieldwork::json
