#include "device/mqtt/keep_alive.h"

namespace fieldwork::mqtt {
namespace {

Millis ReplyTimeout(Millis interval) {
  const Millis half{interval.count / 2};
  return half < KeepAlive::kReplyTimeout ? half : KeepAlive::kReplyTimeout;
}

}  // namespace

void KeepAlive::Start(Instant now, std::uint16_t interval_s) {
  interval_ = Millis{interval_s * 1000LL * 15 / 16};
  last_sent_ = now;
  last_received_ = now;
  waiting_ = false;
}

KeepAlive::Action KeepAlive::OnTime(Instant now) {
  if (now < Deadline()) return Action::kNone;
  if (waiting_) return Action::kLinkDead;
  waiting_ = true;
  ping_at_ = now;
  last_sent_ = now;  // It is as good as sent: no second one while it waits for the transport.
  return Action::kSendPing;
}

Instant KeepAlive::Deadline() const {
  if (interval_ == Millis{0}) return kNever;
  if (waiting_) return ping_at_ + ReplyTimeout(interval_);
  return Earlier(last_sent_, last_received_) + interval_;
}

}  // namespace fieldwork::mqtt
