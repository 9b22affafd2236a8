#include "device/mqtt/keep_alive.h"

namespace fieldwork::mqtt {

void KeepAlive::Start(Instant now, std::uint16_t interval_s) {
  interval_ms_ = interval_s * 15'000u / 16;
  last_sent_ = now;
  last_received_ = now;
  waiting_ = false;
}

KeepAlive::Action KeepAlive::OnTime(Instant now) {
  if (now < Deadline()) return Action::kNone;
  if (waiting_) return Action::kLinkDead;
  waiting_ = true;
  last_sent_ = now;  // It is as good as sent: no second one while it waits for the transport.
  // As if the last byte had come so long ago that the interval ends with the reply's time.
  const std::uint32_t half = interval_ms_ / 2;
  const std::uint32_t timeout = half < kReplyTimeoutMs ? half : kReplyTimeoutMs;
  last_received_ = now - Millis{interval_ms_ - timeout};
  return Action::kSendPing;
}

Instant KeepAlive::Deadline() const {
  if (interval_ms_ == 0) return kNever;
  return Earlier(last_sent_, last_received_) + Millis{interval_ms_};
}

}  // namespace fieldwork::mqtt
