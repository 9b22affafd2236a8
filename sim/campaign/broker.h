// The broker of the campaign: MQTT 3.1.1 for one client, in bytes, with a session that outlives
// connections, and with AWS IoT's delivery rules. What a lossy path between broker and service
// does to messages happens here too.
//
// Spec: OASIS MQTT 3.1.1; AWS IoT Core, "MQTT": QoS 0 and 1, replies reach the client that asked,
// subscribed or not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "sim/campaign/dice.h"
#include "sim/campaign/faults.h"
#include "sim/campaign/timeline.h"
#include "sim/campaign/trace.h"
#include "sim/mqtt_bytes.h"

namespace fieldwork::sim {

class Broker {
 public:
  Broker(Timeline& timeline, Dice dice, Trace& trace, const Faults& faults)
      : timeline_(timeline), dice_(dice), trace_(trace), faults_(faults) {}

  /// Towards the client of the connection that is open.
  std::function<void(const Packet&)> send;
  /// The broker closes that connection, after what it sent.
  std::function<void()> close;
  /// A message reached the service.
  std::function<void(const std::string& topic, const std::string& payload)> on_message;
  /// The client has acknowledged a message.
  std::function<void(const std::string& topic, const std::string& payload)> on_acknowledged;

  // ---- The link ---------------------------------------------------------------------------

  /// A new connection; what was left of an earlier one is forgotten.
  void Open();
  void Gone();
  void Receive(const Packet& bytes);

  // ---- The service ------------------------------------------------------------------------

  /// For the client, QoS 1.
  void Publish(const std::string& topic, const std::string& payload);

  /// PUBLISH packets that came, repeated ones included.
  std::uint64_t publishes() const { return publishes_; }

 private:
  struct Message {
    std::string topic;
    std::string payload;
  };

  void TakePacket(const Packet& packet, std::size_t body);
  void OnConnect(const Packet& packet, std::size_t body);
  void OnPublish(const Packet& packet, std::size_t body);
  void OnSubscribe(const Packet& packet, std::size_t body);
  void OnPuback(unsigned id);
  void Hand(const Message& message);
  void Deliver(const Message& message);
  void SendMessage(unsigned id, const Message& message, bool dup);

  Timeline& timeline_;
  Dice dice_;
  Trace& trace_;
  const Faults& faults_;
  Packet input_;
  bool connected_ = false;
  // The session.
  bool has_session_ = false;
  std::set<std::string> filters_;
  std::map<std::uint64_t, std::pair<unsigned, Message>> unacknowledged_;  // In order.
  std::uint64_t order_ = 0;
  unsigned last_id_ = 0;
  std::uint64_t publishes_ = 0;
};

}  // namespace fieldwork::sim
