// The path between the device and the broker: bytes that take their time and keep their order,
// and connections that break.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sim/campaign/broker.h"
#include "sim/campaign/dice.h"
#include "sim/campaign/faults.h"
#include "sim/campaign/timeline.h"
#include "sim/campaign/trace.h"
#include "sim/mqtt_bytes.h"

namespace fieldwork::sim {

class Link {
 public:
  Link(Timeline& timeline, Dice dice, Trace& trace, const Faults& faults, Broker& broker);

  /// Towards the device; `to_device` is called for the connection that is open at that time only.
  std::function<void(const Packet&)> to_device;
  /// An attempt ended: it is up, or could not be opened.
  std::function<void(bool up)> on_opened;
  /// The connection that was up is gone, and the device did not ask for it.
  std::function<void()> on_broken;

  // ---- The device -------------------------------------------------------------------------

  void Open();
  void Send(const Packet& bytes);
  /// Closes; what was sent still arrives.
  void Close();
  /// The device lost its power. What is on its way may arrive or not; the broker is not told.
  void Vanish();

  // ---- The world --------------------------------------------------------------------------

  /// Breaks the connection, if there is one. What is on its way is lost.
  void Break();
  /// While the network is away, nothing opens; what is open breaks.
  void SetNetwork(bool up);

 private:
  void OnUp();
  void ToDevice(const Packet& bytes);
  void Carry(const Packet& bytes, bool up);
  Instant Arrival(Instant& last);

  Timeline& timeline_;
  Dice dice_;
  Trace& trace_;
  const Faults& faults_;
  Broker& broker_;
  // Whatever was on its way to an end whose count has changed is lost.
  std::uint64_t device_end_ = 0;
  std::uint64_t broker_end_ = 0;
  bool up_ = false;
  bool dead_ = false;
  bool network_ = true;
  Instant last_up_{0};
  Instant last_down_{0};
};

}  // namespace fieldwork::sim
