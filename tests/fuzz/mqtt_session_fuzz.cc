// A session under arbitrary streams and calls.
//
// The first byte chooses the sizes and one of two games. In the first the rest is a stream
// from the broker, which must give the same events and answers in whatever cuts it comes. In
// the second the rest is a list of calls, a byte each and its arguments; what leaves must be
// whole legal packets in their order, whatever the calls.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "device/base/check.h"
#include "device/mqtt/decode.h"
#include "device/mqtt/session.h"
#include "sim/mqtt_bytes.h"
#include "sim/session_driver.h"

namespace fieldwork::mqtt {
namespace {

using sim::Packet;
using sim::SessionDriver;

void Require(bool condition, const char* what) {
  if (!condition) CheckFailed(what, __FILE__, __LINE__);
}

class Input {
 public:
  explicit Input(Bytes bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t Byte() {
    const Bytes one = Take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  Bytes Take(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

SessionDriver::Sizes SizesOf(unsigned choice) {
  static constexpr std::size_t kReceive[] = {128, 131, 256, 2048};
  static constexpr std::size_t kSend[] = {64, 80, 200, 1024};
  static constexpr std::size_t kRecords[] = {2, 3, 8, 64};
  return {kReceive[choice & 3], kSend[choice >> 2 & 3], kRecords[choice >> 4 & 3]};
}

Connect OptionsOf(bool clean_session) {
  Connect options{.client_id = "fuzz"};
  options.keep_alive_s = 20;
  options.clean_session = clean_session;
  return options;
}

// ---- One stream, two cuts ----------------------------------------------------------------

struct Outcome {
  std::vector<std::string> events;
  Packet sent;
  bool closed;
};

/// Answers that had not left when a fault closed the connection stay behind, so one side may
/// have sent less then.
bool Agree(const Outcome& a, const Outcome& b) {
  if (a.events != b.events || a.closed != b.closed) return false;
  if (!a.closed) return a.sent == b.sent;
  const auto common = static_cast<std::ptrdiff_t>(std::min(a.sent.size(), b.sent.size()));
  return std::equal(a.sent.begin(), a.sent.begin() + common, b.sent.begin());
}

Outcome Feed(const Connect& options, unsigned sizes, Bytes stream, std::size_t cut) {
  SessionDriver driver(options, SizesOf(sizes | 0x38u));  // Room for requests and answers.
  Require(driver.Connect() == Status::kOk, "connect");
  const Packet packet(stream.begin(), stream.end());
  driver.Receive(sim::kConnackPacket);
  // Replies in the stream find something that they answer.
  Publish publish;
  publish.topic = "t";
  publish.qos = Qos::kAtLeastOnce;
  const std::vector<Subscription> subscriptions = {{"a/#", Qos::kAtLeastOnce},
                                                   {"b", Qos::kAtMostOnce}};
  const std::vector<std::string_view> filters = {"b"};
  Require(driver.session().Publish(publish).ok(), "publish");
  Require(driver.session().Subscribe(subscriptions).ok(), "subscribe");
  Require(driver.session().Unsubscribe(filters).ok(), "unsubscribe");
  driver.Settle();
  driver.Receive(packet, cut);
  return {driver.TakeEvents(), driver.TakeSent(), !driver.session().connected()};
}

void TestCuts(unsigned sizes, Input input) {
  const std::size_t cut = 1 + input.Byte() % 40u;
  const Bytes stream = input.Take(SIZE_MAX);
  const Connect options = OptionsOf(false);
  const Outcome whole = Feed(options, sizes, stream, SessionDriver::kAll);
  Require(Agree(whole, Feed(options, sizes, stream, 1)), "a byte at a time changes nothing");
  Require(Agree(whole, Feed(options, sizes, stream, cut)), "other cuts change nothing");
}

// ---- Calls -------------------------------------------------------------------------------

/// Reads what leaves, as a broker would, and holds it to the standard.
class Wire {
 public:
  void Open() {
    bytes_.clear();
    acks_.clear();
    packets_ = 0;
    open_ = false;
    ended_ = false;
    last_first_copy_ = 0;
  }
  void ConnackAccepted() { open_ = true; }
  void ExpectPuback(PacketId id) { acks_.push_back(id); }

  void Append(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    for (;;) {
      const auto header = DecodeFixedHeader(bytes_);
      Require(header.ok() || header.status() == Status::kNeedMore, "a legal header leaves");
      if (!header.ok()) return;
      const std::size_t size = header->size + header->remaining_length;
      if (bytes_.size() < size) return;
      Check(*header, Bytes(bytes_).subspan(header->size, header->remaining_length));
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }

 private:
  void Check(const FixedHeader& header, Bytes body) {
    Require(!ended_, "nothing leaves after DISCONNECT");
    Require((packets_++ == 0) == (header.type == PacketType::kConnect), "CONNECT is first");
    Require(open_ || header.type == PacketType::kConnect, "nothing leaves before CONNACK");
    switch (header.type) {
      case PacketType::kConnect: {
        Will will;
        Require(DecodeConnect(body, will).ok(), "CONNECT is legal");
        return;
      }
      case PacketType::kPublish: return CheckPublish(DecodePublish(header.flags, body));
      case PacketType::kPuback: {
        const auto id = DecodeAck(body);
        Require(id.ok() && !acks_.empty() && acks_.front() == *id, "PUBACKs are in order");
        acks_.pop_front();
        return;
      }
      case PacketType::kPubrec:
      case PacketType::kPubcomp: Require(DecodeAck(body).ok(), "acknowledgement is legal"); return;
      case PacketType::kSubscribe:
      case PacketType::kUnsubscribe: {
        FilterReader reader(body, header.type);
        while (reader.Next()) continue;
        Require(reader.status() == Status::kOk, "filters are legal");
        return;
      }
      case PacketType::kPingreq: Require(body.empty(), "PINGREQ is empty"); return;
      case PacketType::kDisconnect: ended_ = true; return;
      default: Require(false, "only packets of a client leave");
    }
  }

  /// The payload of a QoS 1 message is its number, see Game::PublishOne().
  void CheckPublish(const Result<Publish>& publish) {
    Require(publish.ok() && publish->qos <= Qos::kAtLeastOnce, "PUBLISH is legal");
    if (publish->qos == Qos::kAtMostOnce || publish->dup) return;
    Require(publish->payload.size() >= 2, "the payload is whole");
    const unsigned number = publish->payload[0] * 256u + publish->payload[1];
    Require(number > last_first_copy_, "first copies are in order");
    last_first_copy_ = number;
  }

  std::vector<std::uint8_t> bytes_;
  std::deque<PacketId> acks_;
  unsigned packets_ = 0;
  unsigned last_first_copy_ = 0;
  bool open_ = false;
  bool ended_ = false;
};

class Game {
 public:
  Game(unsigned sizes, const Connect& options)
      : receive_(SizesOf(sizes).receive),
        send_(SizesOf(sizes).send),
        records_(SizesOf(sizes).records),
        session_(options, {receive_, send_, records_}) {}

  void Play(Input input) {
    while (!input.empty()) {
      Step(input);
      const Instant deadline = session_.Deadline();
      Require(deadline == kNever || deadline <= now_ + Seconds(60), "a deadline is near or never");
    }
    Drain();
    Send(SIZE_MAX);
  }

 private:
  void Step(Input& input) {
    switch (input.Byte() % 16) {
      case 0: return Receive(input.Take(input.Byte()));
      case 1: return Receive(sim::kConnackPacket);
      case 2: return Receive(sim::AckPacket(0x40, input.Byte()));
      case 3: return Receive(sim::SubackPacket(input.Byte(), {0}));
      case 4: return Receive(sim::AckPacket(0x62, input.Byte()));
      case 5: return ReceivePublish(input);
      case 6: return PublishOne(input.Byte());
      case 7: return Subscribe(input.Byte());
      case 8: return Acknowledge(input.Byte());
      case 9: return Send(input.Byte());
      case 10: return Pass(Millis{input.Byte() * 100});
      case 11: static_cast<void>(session_.Disconnect()); return;
      case 12: return Lose();
      case 13: return Connect();
      case 14: return Drain();
      default:
        Drain();
        Send(SIZE_MAX);
        Drain();
    }
  }

  void Connect() {
    const bool was_closed = closed_;
    const Status status = session_.Connect(now_);
    Require((status == Status::kWrongState) == !was_closed, "connects when it is closed");
    if (status != Status::kOk) return;
    wire_.Open();
    waiting_.clear();
    closed_ = false;
  }
  void Lose() {
    session_.OnTransportClosed();
    Require(session_.BytesToSend().empty(), "nothing leaves without a transport");
    Require(session_.Deadline() == kNever, "nothing is due without a transport");
    closed_ = true;
    told_close_ = false;
  }

  void Receive(Bytes bytes) {
    const MutableBytes space = session_.ReceiveSpace();
    const std::size_t count = closed_ ? 0 : std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), count, space.begin());
    if (count != 0) session_.OnReceived(now_, count);
  }
  void ReceivePublish(Input& input) {
    const unsigned choice = input.Byte();
    const std::string payload(choice % 3 == 0 ? choice * 3 : choice % 9, 'p');
    Receive(sim::PublishPacket(0x30 + 2 * (choice % 3), "a/b", 1 + choice % 7, payload));
  }

  void PublishOne(unsigned choice) {
    mqtt::Publish publish;
    publish.topic = "a/b";
    publish.qos = choice % 4 == 0 ? Qos::kAtMostOnce : Qos::kAtLeastOnce;
    ++number_;
    std::vector<std::uint8_t> payload(2 + choice / 4);
    payload[0] = static_cast<std::uint8_t>(number_ / 256);
    payload[1] = static_cast<std::uint8_t>(number_);
    publish.payload = payload;
    const auto id = session_.Publish(publish);
    Require(!id.ok() || (*id == 0) == (publish.qos == Qos::kAtMostOnce), "an id for QoS 1");
  }
  void Subscribe(unsigned choice) {
    const Subscription subscription{"a/#", Qos::kAtLeastOnce};
    const std::string_view filter = "a/#";
    if (choice % 2 == 0) {
      session_.Subscribe({&subscription, 1}).ok();
    } else {
      session_.Unsubscribe({&filter, 1}).ok();
    }
  }
  /// Messages are acknowledged in their order, sometimes late.
  void Acknowledge(unsigned count) {
    while (count-- % 8 != 0 && !waiting_.empty()) {
      const auto [qos, id] = waiting_.front();
      const Status status = session_.Acknowledge(qos, id);
      if (status == Status::kNoSpace) return;
      waiting_.pop_front();
      if (status == Status::kOk && qos == Qos::kAtLeastOnce) wire_.ExpectPuback(id);
    }
  }

  void Send(std::size_t limit) {
    while (limit > 0) {
      const Bytes bytes = session_.BytesToSend();
      if (bytes.empty()) return;
      Require(bytes.data() >= send_.data() &&
                  bytes.data() + bytes.size() <= send_.data() + send_.size(),
              "what leaves lies in the send memory");
      const std::size_t count = std::min(limit, bytes.size());
      wire_.Append(bytes.first(count));
      session_.OnSent(now_, count);
      limit -= count;
    }
  }
  void Pass(Millis span) {
    now_ = now_ + span;
    session_.OnTime(now_);
    session_.OnTime(now_);
  }

  void Drain() {
    // Each event needs two bytes of the stream, but Close.
    for (std::size_t left = receive_.size() / 2 + 2; left > 0; --left) {
      const auto event = session_.NextEvent(now_);
      if (!event) return;
      Require(!told_close_, "nothing follows Close");
      Look(*event);
    }
    Require(false, "NextEvent comes to an end");
  }
  void Look(const Event& event) {
    if (std::holds_alternative<event::Connected>(event)) wire_.ConnackAccepted();
    if (std::holds_alternative<event::Close>(event)) {
      told_close_ = true;
      Require(session_.BytesToSend().empty(), "nothing leaves after Close");
    }
    if (const auto* message = std::get_if<event::Message>(&event)) {
      RequireView(message->publish.topic);
      RequireView(AsText(message->publish.payload));
      Wait(message->publish.qos, message->publish.packet_id);
    }
    if (const auto* oversize = std::get_if<event::Oversize>(&event)) {
      RequireView(oversize->topic);
      Wait(oversize->qos, oversize->packet_id);
    }
    if (const auto* subscribed = std::get_if<event::Subscribed>(&event)) {
      RequireView(AsText(subscribed->suback.codes));
    }
  }
  void Wait(Qos qos, PacketId id) {
    if (qos != Qos::kAtMostOnce) waiting_.push_back({qos, id});
  }
  void RequireView(std::string_view view) const {
    const auto* const begin = reinterpret_cast<const char*>(receive_.data());
    Require(view.empty() ||
                (view.data() >= begin && view.data() + view.size() <= begin + receive_.size()),
            "a view lies in the receive memory");
  }

  struct Waiting {
    Qos qos;
    PacketId id;
  };

  std::vector<std::uint8_t> receive_;
  std::vector<std::uint8_t> send_;
  std::vector<SendRecord> records_;
  Session session_;
  Wire wire_;
  std::deque<Waiting> waiting_;
  Instant now_{1'000};
  unsigned number_ = 0;
  bool closed_ = true;
  bool told_close_ = false;
};

}  // namespace
}  // namespace fieldwork::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fieldwork::mqtt;  // NOLINT: the entry point has to be outside.
  if (size == 0 || size > 4096) return 0;
  const unsigned sizes = data[0] & 0x3Fu;
  const Input input({data + 1, size - 1});
  if ((data[0] & 0x80u) != 0) {
    TestCuts(sizes, input);
  } else {
    const Connect options = OptionsOf((data[0] & 0x40u) != 0);
    Game(sizes, options).Play(input);
  }
  return 0;
}
