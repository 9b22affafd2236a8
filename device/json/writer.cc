// Decides where commas go and what is escaped.
#include "device/json/writer.h"

#include <array>
#include <cstring>

#include "device/base/check.h"
#include "device/json/scanner.h"

namespace fieldwork::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

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

constexpr char HexDigit(unsigned nibble) { return "0123456789ABCDEF"[nibble & 0xF]; }

}  // namespace

void Writer::BeginObject() { Begin('{'); }
void Writer::EndObject() { End('}'); }
void Writer::BeginArray() { Begin('['); }
void Writer::EndArray() { End(']'); }

void Writer::Key(std::string_view key) {
  Separate();
  AppendQuoted(key);
  Append(":");
  need_comma_ = false;
}

void Writer::String(std::string_view text) {
  Separate();
  AppendQuoted(text);
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
  AppendValue({digits.data() + begin, digits.size() - begin});
}

void Writer::Bool(bool value) { AppendValue(value ? "true" : "false"); }
void Writer::Null() { AppendValue("null"); }
void Writer::Raw(std::string_view json) { AppendValue(json); }

Result<std::string_view> Writer::Finish() const {
  FIELDWORK_DCHECK(depth_ == 0);
  if (overflow_) return Status::kNoSpace;
  return std::string_view(out_.data(), size_);
}

void Writer::Begin(char bracket) {
  AppendValue({&bracket, 1});
  need_comma_ = false;
  ++depth_;
}

void Writer::End(char bracket) {
  FIELDWORK_DCHECK(depth_ > 0);
  --depth_;
  Append({&bracket, 1});
  need_comma_ = true;
}

// Before a value or a key; what follows a value then needs a comma.
void Writer::Separate() {
  if (need_comma_) Append(",");
  need_comma_ = true;
}

void Writer::AppendValue(std::string_view text) {
  Separate();
  Append(text);
}

void Writer::Append(std::string_view text) {
  if (text.size() > out_.size() - size_) overflow_ = true;
  if (overflow_ || text.empty()) return;
  std::memcpy(out_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

void Writer::AppendQuoted(std::string_view text) {
  Append("\"");
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char* next = SkipPlain(p, end);
    Append({p, static_cast<std::size_t>(next - p)});
    p = next;
    if (p == end) break;
    if (static_cast<std::uint8_t>(*p) < 0x80) {
      AppendEscape(*p++);
      continue;
    }
    next = ScanUtf8(p, end);
    Append(next != nullptr ? std::string_view(p, static_cast<std::size_t>(next - p))
                           : kReplacement);
    p = next != nullptr ? next : p + 1;
  }
  Append("\"");
}

void Writer::AppendEscape(char c) {
  // What each letter stands for, then the letter.
  constexpr char kShort[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  for (std::size_t i = 0; i + 1 < sizeof(kShort); i += 2) {
    if (c != kShort[i]) continue;
    const char escape[] = {'\\', kShort[i + 1]};
    return Append({escape, sizeof(escape)});
  }
  const auto code = static_cast<unsigned>(c);
  const char escape[] = {'\\', 'u', '0', '0', HexDigit(code >> 4), HexDigit(code)};
  Append({escape, sizeof(escape)});
}

}  // namespace fieldwork::json
