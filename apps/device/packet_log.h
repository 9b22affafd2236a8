// Tells in the log which MQTT packets went out and came in, in the board's words.
//
// A listener: it is shown the bytes of both directions, cut anywhere, and changes nothing.
// Of a payload only the size is told.
//
// Memory:  kHeadBytes for each direction; a packet beyond that is described by its head.
// Threads: one owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "apps/device/log.h"
#include "device/base/bytes.h"
#include "device/mqtt/packet.h"

namespace fieldwork::board {

class PacketLog {
 public:
  /// Room for the longest topic of AWS IoT (256 bytes) four times over: a SUBSCRIBE with more
  /// filters is told with as many as fit.
  static constexpr std::size_t kHeadBytes = 1024;

  explicit PacketLog(Log& log) : log_(log) {}

  /// A new connection: both streams begin.
  void Reset();
  /// Bytes that the transport took.
  void OnSent(Bytes bytes);
  /// Bytes that came from the transport, before the agent acts on them.
  void OnReceived(Bytes bytes);

 private:
  struct Stream {
    std::array<std::uint8_t, kHeadBytes> head;  // NOLINT: the first head_size bytes are set
    std::size_t head_size = 0;
    mqtt::FixedHeader header;
    std::uint64_t seen = 0;   // Bytes of this packet so far.
    std::uint64_t total = 0;  // 0 until the fixed header is whole.
    bool broken = false;      // Not MQTT any more; the agent will close.
  };

  // Takes bytes of one packet from the front; true when it is whole.
  static bool Take(Stream& stream, Bytes& bytes);
  static Bytes Body(const Stream& stream);

  void TellSent(const Stream& stream);
  void TellReceived(const Stream& stream);
  void TellSize(const Stream& stream);
  void TellSentConnect(const Stream& stream);
  void TellSentSubscribe(const Stream& stream);
  void TellSentPublish(const Stream& stream);
  void TellBytesSent(const char* how, std::uint64_t count);
  void TellConnack(const Stream& stream);
  void TellSuback(const Stream& stream);
  void TellPuback(const Stream& stream);
  void TellPublish(const Stream& stream);

  Log& log_;
  Stream sent_;
  Stream received_;
};

}  // namespace fieldwork::board
