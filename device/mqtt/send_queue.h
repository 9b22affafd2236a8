// Holds every packet that still has a purpose: not sent yet, or sent and not acknowledged.
// Decides which bytes leave next, and when an unacknowledged packet leaves again.
//
// Packets lie one behind the other in the caller's memory in the order they were made,
// and that is the order they leave in [MQTT-4.6.0-1], [MQTT-4.6.0-2]. One that expects no
// reply is dropped once it is sent; a PUBLISH (QoS 1), SUBSCRIBE or UNSUBSCRIBE when the
// reply arrives.
//
// Spec:   MQTT 3.1.1 sections 4.3.2, 4.4, 4.6.
// Memory: the caller's bytes and records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "device/base/bytes.h"
#include "device/base/status.h"
#include "device/base/time.h"
#include "device/mqtt/packet.h"

namespace fieldwork::mqtt {

/// One packet in the queue. The product says how many there may be, and gives the memory.
struct SendRecord {
  Instant retry_at;        // When a sent packet is sent again, or given up.
  std::uint16_t size = 0;  // Bytes of the packet.
  std::uint16_t sent = 0;  // Of them already handed to the transport, this time.
  PacketId packet_id = 0;  // 0: expects no reply.
  PacketType type{};
  std::uint8_t attempts = 0;  // Times the packet left completely on this connection.
};

class SendQueue {
 public:
  /// A packet that expects a reply leaves again 5 s and 10 s after the first time; when
  /// 15 s have passed without a reply the connection is of no use.
  static constexpr Millis kRetryInterval = Seconds(5);
  static constexpr std::uint8_t kMaxAttempts = 3;

  /// The last `reserved` bytes and the last record are for what serves the connection
  /// itself (CONNECT, acknowledgements, pings), so that a full queue never blocks it.
  /// At most 65,535 bytes of `memory` are used; memory and records outlive the queue.
  SendQueue(MutableBytes memory, std::span<SendRecord> records, std::size_t reserved);

  /// Where to encode the next packet; empty when the queue is full.
  MutableBytes Room() const { return RoomBut(reserved_, 1); }
  /// The same for a packet that serves the connection.
  MutableBytes ReservedRoom() const { return RoomBut(0, 0); }
  /// Whether that has so many bytes.
  bool HasReservedRoom(std::size_t bytes) const {
    return count_ < records_.size() && used_ + bytes <= memory_.size();
  }
  /// The largest packet that could ever fit Room().
  std::size_t capacity() const { return memory_.size() - reserved_; }
  /// `size` bytes were encoded into the room. `packet_id` 0: no reply is expected.
  void Commit(PacketType type, PacketId packet_id, std::size_t size);

  /// Until ReleaseAll() only CONNECT leaves: nothing else may before CONNACK.
  void HoldBack() { held_back_ = true; }
  void ReleaseAll() { held_back_ = false; }

  /// The next bytes for the transport, empty when there are none. Valid until the next call
  /// of anything else.
  Bytes Unsent() const;
  /// The transport took the first `count` bytes of Unsent(). Returns how many packets are
  /// now completely sent.
  std::size_t MarkSent(Instant now, std::size_t count);

  /// The packet of this type and id that waits for a reply; empty when there is none.
  Bytes Find(PacketType type, PacketId packet_id) const;
  /// Its reply arrived. False: no such packet (the reply to a copy sent earlier).
  bool Remove(PacketType type, PacketId packet_id);
  bool IsUsed(PacketId packet_id) const;

  /// Marks what has waited too long to be sent again. False: a packet was given up, and the
  /// connection with it.
  [[nodiscard]] bool OnTime(Instant now);
  /// When OnTime() next matters, or kNever.
  Instant Deadline() const;

  /// The connection is gone. PUBLISH packets that wait for a reply stay, to be sent again
  /// as duplicates [MQTT-4.4.0-1]; everything else was meant for that connection.
  void OnConnectionLost();
  void Clear() {
    count_ = 0;
    used_ = 0;
  }

  bool empty() const { return count_ == 0; }

 private:
  MutableBytes RoomBut(std::size_t bytes, std::size_t records) const;
  std::span<SendRecord> records() const { return records_.first(count_); }
  std::size_t OffsetOf(std::size_t index) const;
  std::size_t NextToSend() const;
  std::size_t IndexOf(PacketType type, PacketId packet_id) const;
  static bool IsWaiting(const SendRecord& record);
  bool MayLeave(const SendRecord& record) const;
  void SendAgain(std::size_t index);
  void Erase(std::size_t index);

  MutableBytes memory_;
  std::span<SendRecord> records_;
  std::uint16_t reserved_;
  std::uint16_t used_ = 0;  // Bytes of memory_ that hold packets.
  std::uint8_t count_ = 0;  // Records in use.
  bool held_back_ = false;
};

}  // namespace fieldwork::mqtt
