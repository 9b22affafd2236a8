// Decides what a log line looks like and which lines are written:
//
//   [L] (ms) tag: message CR LF       L is one of E W I D V; ms counts from this boot
//
// One call is one line, whatever is in the message: control characters become '?', and the
// query string of a URL (where presigned URLs carry their signature) becomes "...".
//
// Memory:  one line on the stack, kMaxLine bytes; longer messages end in "...".
// Threads: one owner.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "apps/device/output.h"
#include "device/base/time.h"

namespace fieldwork::board {

/// A line is written when its level is not above the log's. kNone writes nothing.
enum class LogLevel : std::uint8_t { kNone, kError, kWarn, kInfo, kDebug, kVerbose };

/// "none", "error", "warn", "info", "debug", "verbose". Never null.
const char* LogLevelName(LogLevel level);
/// Empty for anything but those six words.
std::optional<LogLevel> ParseLogLevel(std::string_view word);

/// A piece of a message: text, or a whole number in decimal. Made where it is used, as in
/// `log.Info("main", {"boot reason ", 4})`; refers to the text it was made from.
class LogPart {
 public:
  LogPart(std::string_view text) : text_(text) {}    // NOLINT: implicit by design
  LogPart(const char* text) : text_(text) {}         // NOLINT: implicit by design
  LogPart(const std::string& text) : text_(text) {}  // NOLINT: implicit by design
  template <std::integral T>
  LogPart(T number) {  // NOLINT: implicit by design
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
    text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
  }
  LogPart(const LogPart&) = delete;
  LogPart& operator=(const LogPart&) = delete;

  std::string_view text() const { return text_; }

 private:
  std::array<char, 20> digits_;  // NOLINT: written only when it is read
  std::string_view text_;
};

/// A whole line without a clock or a file: what Log writes, for tests and for Log.
/// Returns the bytes used of `out`, CR LF included.
inline constexpr std::size_t kMaxLine = 1024;
std::size_t FormatLogLine(LogLevel level, Millis uptime, std::string_view tag,
                          std::initializer_list<LogPart> parts, std::array<char, kMaxLine>& out);

class Log {
 public:
  using Clock = Instant (*)();

  /// `boot` is the instant the ms of every line count from, on the clock `now`.
  Log(Output& output, LogLevel level, Clock now, Instant boot)
      : output_(output), now_(now), boot_(boot), level_(level) {}

  void Error(std::string_view tag, std::initializer_list<LogPart> parts) {
    Write(LogLevel::kError, tag, parts);
  }
  void Warn(std::string_view tag, std::initializer_list<LogPart> parts) {
    Write(LogLevel::kWarn, tag, parts);
  }
  void Info(std::string_view tag, std::initializer_list<LogPart> parts) {
    Write(LogLevel::kInfo, tag, parts);
  }
  void Debug(std::string_view tag, std::initializer_list<LogPart> parts) {
    Write(LogLevel::kDebug, tag, parts);
  }

  bool Enabled(LogLevel level) const { return level != LogLevel::kNone && level <= level_; }
  LogLevel level() const { return level_; }
  void set_level(LogLevel level) { level_ = level; }

 private:
  void Write(LogLevel level, std::string_view tag, std::initializer_list<LogPart> parts);

  Output& output_;
  Clock now_;
  Instant boot_;
  LogLevel level_;
};

}  // namespace fieldwork::board
