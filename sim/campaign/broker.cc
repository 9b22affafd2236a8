#include "sim/campaign/broker.h"

#include <algorithm>

namespace fieldwork::sim {
namespace {

unsigned Number(const Packet& packet, std::size_t at) {
  return at + 2 <= packet.size() ? packet[at] * 256u + packet[at + 1] : 0;
}

std::string Text(const Packet& packet, std::size_t begin, std::size_t size) {
  begin = std::min(begin, packet.size());
  size = std::min(size, packet.size() - begin);
  return std::string(packet.begin() + static_cast<std::ptrdiff_t>(begin),
                     packet.begin() + static_cast<std::ptrdiff_t>(begin + size));
}

bool EndsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool IsReply(const std::string& topic) {
  return EndsWith(topic, "/accepted") || EndsWith(topic, "/rejected");
}

}  // namespace

void Broker::Open() {
  input_.clear();
  connected_ = false;
}

void Broker::Gone() {
  input_.clear();
  connected_ = false;
}

void Broker::Receive(const Packet& bytes) {
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  while (input_.size() >= 2) {
    std::size_t length = 0;
    std::size_t at = 1;
    bool whole = false;
    for (unsigned shift = 0; at < input_.size() && !whole; shift += 7, ++at) {
      length |= static_cast<std::size_t>(input_[at] & 0x7F) << shift;
      whole = input_[at] < 0x80;
    }
    if (!whole || input_.size() < at + length) return;
    const auto end = input_.begin() + static_cast<std::ptrdiff_t>(at + length);
    const Packet packet(input_.begin(), end);
    input_.erase(input_.begin(), end);
    TakePacket(packet, at);
  }
}

void Broker::TakePacket(const Packet& packet, std::size_t body) {
  const unsigned type = packet[0] / 16u;
  if (type == 1) return OnConnect(packet, body);
  if (!connected_) return;
  if (type == 3) OnPublish(packet, body);
  if (type == 4) OnPuback(Number(packet, body));
  if (type == 8) OnSubscribe(packet, body);
  if (type == 12) send(kPingrespPacket);
  if (type == 14) {
    trace_.Say("broker", "DISCONNECT");
    connected_ = false;
    close();
  }
}

void Broker::OnConnect(const Packet& packet, std::size_t body) {
  if (dice_.Chance(faults_.refused)) {
    trace_.Say("broker", "refuses CONNECT");
    send({0x20, 2, 0, 3});
    return close();
  }
  const std::size_t flags = body + 2 + Number(packet, body) + 1;
  const bool clean = flags < packet.size() && (packet[flags] & 2) != 0;
  if (clean || dice_.Chance(faults_.session_lost)) has_session_ = false;
  if (!has_session_) {
    filters_.clear();
    unacknowledged_.clear();
  }
  trace_.Say("broker", has_session_ ? "CONNECT, session present" : "CONNECT");
  send(has_session_ ? kConnackWithSession : kConnackPacket);
  has_session_ = true;
  connected_ = true;
  for (const auto& [order, entry] : unacknowledged_) SendMessage(entry.first, entry.second, true);
}

void Broker::OnPublish(const Packet& packet, std::size_t body) {
  ++publishes_;
  const std::size_t topic_size = Number(packet, body);
  std::size_t payload = body + 2 + topic_size;
  if ((packet[0] & 6) != 0) {
    if (!dice_.Chance(faults_.puback_lost)) send(AckPacket(0x40, Number(packet, payload)));
    payload += 2;
  }
  const Message message{Text(packet, body + 2, topic_size),
                        Text(packet, payload, packet.size() - payload)};
  const bool lost = dice_.Chance(faults_.request_lost);
  trace_.Say(lost ? "LOST" : "device", message.topic + " " + message.payload);
  if (lost) return;
  Hand(message);
  if (dice_.Chance(faults_.duplicated)) Hand(message);
}

// Requests keep their order: the service takes them from the broker in turn.
void Broker::Hand(const Message& message) {
  timeline_.After(Millis{2}, [this, message] { on_message(message.topic, message.payload); });
}

void Broker::OnSubscribe(const Packet& packet, std::size_t body) {
  Packet codes;
  for (std::size_t i = body + 2; i < packet.size(); i += 3 + Number(packet, i)) {
    const std::string filter = Text(packet, i + 2, Number(packet, i));
    const bool refused = IsReply(filter) && dice_.Chance(faults_.filter_refused);
    codes.push_back(refused ? 0x80 : 1);
    if (!refused) filters_.insert(filter);
  }
  send(SubackPacket(Number(packet, body), codes));
}

void Broker::OnPuback(unsigned id) {
  const auto entry = std::find_if(unacknowledged_.begin(), unacknowledged_.end(),
                                  [id](const auto& e) { return e.second.first == id; });
  if (entry == unacknowledged_.end()) return;
  const Message message = entry->second.second;
  unacknowledged_.erase(entry);
  if (on_acknowledged) on_acknowledged(message.topic, message.payload);
}

void Broker::Publish(const std::string& topic, const std::string& payload) {
  const bool reply = IsReply(topic);
  const Message message{topic, payload};
  if (dice_.Chance(reply ? faults_.reply_lost : faults_.notice_lost)) {
    return trace_.Say("LOST", topic + " " + payload);
  }
  const unsigned copies = dice_.Chance(faults_.duplicated) ? 2 : 1;
  for (unsigned i = 0; i < copies; ++i) {
    if (dice_.Chance(faults_.delayed)) {
      timeline_.After(dice_.Span(Millis{1}, faults_.longest_delay),
                      [this, message] { Deliver(message); });
    } else {
      Deliver(message);
    }
  }
}

void Broker::Deliver(const Message& message) {
  const bool reply = IsReply(message.topic);
  if (!reply && filters_.count(message.topic) == 0) return;
  if (reply && !connected_) return;
  if (last_id_ == 0xFFFF) last_id_ = 0;
  const unsigned id = ++last_id_;
  unacknowledged_.emplace(++order_, std::pair(id, message));
  if (connected_) SendMessage(id, message, false);
}

void Broker::SendMessage(unsigned id, const Message& message, bool dup) {
  trace_.Say("broker", (dup ? "again " : "") + message.topic + " " + message.payload);
  send(PublishPacket(dup ? 0x3A : 0x32, message.topic, id, message.payload));
}

}  // namespace fieldwork::sim
