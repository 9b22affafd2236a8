#include "sim/campaign/link.h"

#include <algorithm>

namespace fieldwork::sim {

Link::Link(Timeline& timeline, Dice dice, Trace& trace, const Faults& faults, Broker& broker)
    : timeline_(timeline), dice_(dice), trace_(trace), faults_(faults), broker_(broker) {
  broker_.send = [this](const Packet& bytes) { ToDevice(bytes); };
  broker_.close = [this] {
    // After what was sent; the device may have closed by then.
    timeline_.At(Arrival(last_down_), [this, end = device_end_] {
      if (end == device_end_) Break();
    });
  };
}

void Link::Open() {
  ++device_end_;
  up_ = false;
  dead_ = false;
  const bool fails = !network_ || dice_.Chance(faults_.open_fails);
  timeline_.After(dice_.Span(Millis{20}, Millis{400}), [this, fails, end = device_end_] {
    if (end != device_end_) return;
    if (fails || !network_) {
      ++device_end_;
      return on_opened(false);
    }
    OnUp();
  });
}

void Link::OnUp() {
  broker_.Gone();  // Whatever was left of an earlier connection.
  ++broker_end_;
  broker_.Open();
  up_ = true;
  if (dice_.Chance(faults_.dead_link)) {
    timeline_.After(dice_.Span(Millis{0}, Seconds(600)), [this, end = device_end_] {
      if (end != device_end_) return;
      trace_.Say("link", "goes dead");
      dead_ = true;
    });
  }
  on_opened(true);
}

Instant Link::Arrival(Instant& last) {
  const Instant at = timeline_.now() + dice_.Span(Millis{2}, Millis{60});
  last = std::max(last, at);
  return last;
}

void Link::Carry(const Packet& bytes, bool up) {
  const std::uint64_t end = up ? broker_end_ : device_end_;
  timeline_.At(Arrival(up ? last_up_ : last_down_), [this, bytes, up, end] {
    if (dead_ || end != (up ? broker_end_ : device_end_)) return;
    if (up) {
      broker_.Receive(bytes);
    } else {
      to_device(bytes);
    }
  });
}

void Link::Send(const Packet& bytes) {
  if (!up_ || dead_) return;
  Carry(bytes, true);
  if (dice_.Chance(faults_.cut)) {
    timeline_.After(dice_.Span(Millis{0}, Millis{60}), [this, end = device_end_] {
      if (end == device_end_) Break();
    });
  }
}

// In two parts at times, so that a break finds packets that have begun.
void Link::ToDevice(const Packet& bytes) {
  if (!up_ || dead_) return;
  const std::size_t size = bytes.size();
  const std::size_t first = dice_.Chance(100) ? dice_.Below(size) : 0;
  const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(first);
  if (first > 0) Carry(Packet(bytes.begin(), middle), false);
  Carry(Packet(middle, bytes.end()), false);
  if (dice_.Chance(faults_.cut)) {
    timeline_.After(dice_.Span(Millis{0}, Millis{60}), [this, end = device_end_] {
      if (end == device_end_) Break();
    });
  }
}

void Link::Close() {
  ++device_end_;
  if (!std::exchange(up_, false)) return;
  timeline_.At(Arrival(last_up_), [this, end = broker_end_] {
    if (end != broker_end_) return;
    ++broker_end_;
    broker_.Gone();
  });
}

void Link::Vanish() {
  ++device_end_;
  up_ = false;
  if (dice_.Chance(500)) {
    ++broker_end_;
    broker_.Gone();
  }
}

void Link::Break() {
  if (!std::exchange(up_, false)) return;
  trace_.Say("link", "breaks");
  ++device_end_;
  ++broker_end_;
  broker_.Gone();
  on_broken();
}

void Link::SetNetwork(bool up) {
  if (network_ == up) return;
  trace_.Say("link", up ? "network is back" : "network is away");
  network_ = up;
  if (!up) Break();
}

}  // namespace fieldwork::sim
