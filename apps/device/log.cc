#include "apps/device/log.h"

#include <algorithm>

namespace fieldwork::board {
namespace {

struct NamedLevel {
  LogLevel level;
  char letter;
  const char* name;
};
constexpr NamedLevel kLevels[] = {
    {LogLevel::kNone, ' ', "none"},   {LogLevel::kError, 'E', "error"},
    {LogLevel::kWarn, 'W', "warn"},   {LogLevel::kInfo, 'I', "info"},
    {LogLevel::kDebug, 'D', "debug"}, {LogLevel::kVerbose, 'V', "verbose"},
};

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kCut = "...";

// Fills a line byte by byte, and keeps room for "..." and the line end.
class LineWriter {
 public:
  explicit LineWriter(std::array<char, kMaxLine>& out) : out_(out) {}

  void PutRaw(std::string_view text) {
    for (const char c : text) Put(c);
  }

  // Also follows URLs across parts: the state of the filter is the line's, not the part's.
  void PutMessage(std::string_view text) {
    for (const char c : text) PutFiltered(c);
  }

  std::size_t Finish() {
    if (cut_) Append(kCut);
    Append(kLineEnd);
    return size_;
  }

 private:
  enum class Url : std::uint8_t {
    kNone,
    kColon,   // ":" seen
    kSlash,   // ":/" seen
    kInside,  // "://" seen: a '?' begins the query
    kQuery,   // dropped until the URL ends
  };

  static bool EndsUrl(char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '\\' || c == '<' ||
           c == '>' || c == '}' || c == ')';
  }

  void PutFiltered(char c) {
    if (url_ == Url::kQuery) {
      if (!EndsUrl(c)) return;
      url_ = Url::kNone;
    }
    Put(IsControl(c) ? '?' : c);
    last_ = c;
    url_ = NextUrl(c);
    if (url_ == Url::kQuery) PutRaw(kCut);
  }

  Url NextUrl(char c) const {
    if (url_ == Url::kInside) {
      if (c == '?') return Url::kQuery;
      return EndsUrl(c) ? Url::kNone : Url::kInside;
    }
    if (c == ':') return Url::kColon;
    if (c == '/' && url_ == Url::kColon) return Url::kSlash;
    if (c == '/' && url_ == Url::kSlash) return Url::kInside;
    return Url::kNone;
  }

  // C0, DEL, and C1 as UTF-8 writes it (C2 80 to C2 9F): what a terminal may obey.
  bool IsControl(char c) const {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return true;
    return static_cast<unsigned char>(last_) == 0xC2 && byte >= 0x80 && byte <= 0x9F;
  }

  void Put(char c) {
    if (size_ + kCut.size() + kLineEnd.size() >= out_.size()) {
      cut_ = true;
      return;
    }
    out_[size_++] = c;
  }

  void Append(std::string_view text) {
    std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += text.size();
  }

  std::array<char, kMaxLine>& out_;
  std::size_t size_ = 0;
  char last_ = '\0';
  Url url_ = Url::kNone;
  bool cut_ = false;
};

}  // namespace

const char* LogLevelName(LogLevel level) { return kLevels[static_cast<std::size_t>(level)].name; }

std::optional<LogLevel> ParseLogLevel(std::string_view word) {
  for (const NamedLevel& entry : kLevels) {
    if (word == entry.name) return entry.level;
  }
  return std::nullopt;
}

std::size_t FormatLogLine(LogLevel level, Millis uptime, std::string_view tag,
                          std::initializer_list<LogPart> parts, std::array<char, kMaxLine>& out) {
  const char head[] = {'[', kLevels[static_cast<std::size_t>(level)].letter, ']', ' ', '('};
  LineWriter line(out);
  line.PutRaw({head, sizeof head});
  line.PutRaw(LogPart(uptime.count).text());
  line.PutRaw(") ");
  line.PutRaw(tag);
  line.PutRaw(": ");
  for (const LogPart& part : parts) line.PutMessage(part.text());
  return line.Finish();
}

void Log::Write(LogLevel level, std::string_view tag, std::initializer_list<LogPart> parts) {
  if (!Enabled(level)) return;
  std::array<char, kMaxLine> line;  // NOLINT: filled before it is read
  const std::size_t size = FormatLogLine(level, now_() - boot_, tag, parts, line);
  output_.WriteAbove({line.data(), size});
}

}  // namespace fieldwork::board
