// MQTT packets spelled out byte by byte, for tests. Uses nothing of device/mqtt, so that a
// mistake of the encoder there cannot cancel out against the same mistake here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace fieldwork::sim {

using Packet = std::vector<std::uint8_t>;

/// Hexadecimal digits in pairs, and text between single quotes; blanks are free:
/// Raw("30 05 0003 'a/b'").
inline Packet Raw(std::string_view notation) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Packet bytes;
  bool quoted = false;
  int high = -1;
  for (const char c : notation) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (quoted) {
      bytes.push_back(static_cast<std::uint8_t>(c));
    } else if (c == ' ') {
      continue;
    } else if (high < 0) {
      high = digit(c);
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high * 16 + digit(c)));
      high = -1;
    }
  }
  return bytes;
}

/// For messages of failed tests: "30 05 00 03 61 2f 62".
inline std::string ToHex(const Packet& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += kDigits[byte / 16];
    text += kDigits[byte % 16];
  }
  return text;
}

inline Packet Bytes16(unsigned value) {
  return {static_cast<std::uint8_t>(value / 256), static_cast<std::uint8_t>(value % 256)};
}

inline Packet Plain(std::string_view text) { return Packet(text.begin(), text.end()); }

inline Packet Cat(std::initializer_list<Packet> parts) {
  Packet all;
  for (const Packet& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Two bytes of length, and the text.
inline Packet Field(std::string_view text) {
  return Cat({Bytes16(static_cast<unsigned>(text.size())), Plain(text)});
}

/// The first byte, the remaining length as section 2.2.3 writes it, and the body.
inline Packet Framed(unsigned first_byte, const Packet& body) {
  Packet header{static_cast<std::uint8_t>(first_byte)};
  std::size_t rest = body.size();
  do {
    std::size_t digit = rest % 128;
    rest /= 128;
    if (rest > 0) digit += 128;
    header.push_back(static_cast<std::uint8_t>(digit));
  } while (rest > 0);
  return Cat({header, body});
}

/// PUBACK 0x40, PUBREC 0x50, PUBREL 0x62, PUBCOMP 0x70, UNSUBACK 0xB0.
inline Packet AckPacket(unsigned first_byte, unsigned id) {
  return Cat({{static_cast<std::uint8_t>(first_byte), 2}, Bytes16(id)});
}

/// `first_byte` 0x30 (QoS 0), 0x32 (QoS 1), 0x34 (QoS 2), + 8 for DUP, + 1 for RETAIN.
inline Packet PublishPacket(unsigned first_byte, std::string_view topic, unsigned id,
                            std::string_view payload) {
  const bool has_id = first_byte % 8 / 2 != 0;
  return Framed(first_byte, Cat({Field(topic), has_id ? Bytes16(id) : Packet{}, Plain(payload)}));
}

inline Packet SubackPacket(unsigned id, const Packet& codes) {
  return Framed(0x90, Cat({Bytes16(id), codes}));
}

inline const Packet kConnackPacket = {0x20, 2, 0, 0};
inline const Packet kConnackWithSession = {0x20, 2, 1, 0};
inline const Packet kPingreqPacket = {0xC0, 0};
inline const Packet kPingrespPacket = {0xD0, 0};
inline const Packet kDisconnectPacket = {0xE0, 0};

}  // namespace fieldwork::sim
