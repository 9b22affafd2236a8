// Decides how frames are written and read.
#include "cloud/broker/protocol.h"

#include <cstddef>

namespace fieldwork::broker {
namespace {

template <typename Number>
void AppendNumber(std::string& out, Number value) {
  for (std::size_t shift = sizeof(Number) * 8; shift > 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> (shift - 8)) & 0xFF));
  }
}

/// Takes a length of type `Number` and that many bytes; false if they are not all there.
template <typename Number>
bool TakeField(std::string_view& bytes, std::string_view& field) {
  if (bytes.size() < sizeof(Number)) return false;
  std::size_t length = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  }
  if (bytes.size() - sizeof(Number) < length) return false;
  field = bytes.substr(sizeof(Number), length);
  bytes.remove_prefix(sizeof(Number) + length);
  return true;
}

}  // namespace

void AppendFrame(std::string& out, const Frame& frame) {
  AppendNumber(out, frame.qos);
  AppendNumber(out, static_cast<std::uint16_t>(frame.client.size()));
  out += frame.client;
  AppendNumber(out, static_cast<std::uint16_t>(frame.topic.size()));
  out += frame.topic;
  AppendNumber(out, static_cast<std::uint32_t>(frame.payload.size()));
  out += frame.payload;
}

std::optional<Frame> TakeFrame(std::string_view& bytes, bool& malformed) {
  malformed = false;
  if (bytes.empty()) return std::nullopt;
  Frame frame;
  frame.qos = static_cast<std::uint8_t>(bytes.front());
  std::string_view rest = bytes.substr(1);
  malformed = frame.qos > 1 || !TakeField<std::uint16_t>(rest, frame.client) ||
              !TakeField<std::uint16_t>(rest, frame.topic) ||
              !TakeField<std::uint32_t>(rest, frame.payload);
  if (malformed) return std::nullopt;
  bytes = rest;
  return frame;
}

}  // namespace fieldwork::broker
