// Decides when a PINGREQ is due, and when silence means that the link is dead.
//
// A ping is due when nothing was sent for one interval, less a sixteenth so that it leaves
// within the interval, and also when nothing was received for so long: a device that keeps
// sending into a dead link must notice it too.
//
// Spec:   MQTT 3.1.1 section 3.1.2.10, [MQTT-3.1.2-23].
// Memory: fixed.
#pragma once

#include <cstdint>

#include "device/base/time.h"

namespace fieldwork::mqtt {

class KeepAlive {
 public:
  enum class Action : std::uint8_t {
    kNone,
    kSendPing,  ///< Encode one PINGREQ now.
    kLinkDead,  ///< Nothing came in answer. Close the transport.
  };

  /// Longest silence after a PINGREQ: ten seconds, or half of a short interval, so that a
  /// dead link is given up within one and a half intervals.
  static constexpr std::uint32_t kReplyTimeoutMs = 10'000;

  /// `now`: CONNACK arrived. 0 s turns the mechanism off.
  void Start(Instant now, std::uint16_t interval_s);
  void Stop() { interval_ms_ = 0; }

  /// A whole control packet left. / Bytes arrived; any byte proves the peer alive.
  void OnSent(Instant now) { last_sent_ = now; }
  void OnReceived(Instant now) {
    last_received_ = now;
    waiting_ = false;
  }

  /// Call at or after Deadline(); earlier calls are harmless and return kNone. Two calls
  /// with one `now` never ask for two pings.
  [[nodiscard]] Action OnTime(Instant now);

  /// When OnTime() next matters; kNever when off. Changes after every other call.
  Instant Deadline() const;

 private:
  Instant last_sent_;
  Instant last_received_;
  std::uint32_t interval_ms_ = 0;  // Of the interval asked for, fifteen sixteenths.
  bool waiting_ = false;           // For the reply to a ping.
};

}  // namespace fieldwork::mqtt
