// What the link writes, packet by packet: replies in frames, and the order of acknowledgements,
// replies and publications. The broker is a few lines that record everything.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "cloud/broker/protocol.h"
#include "cloud/mqtt_api/broker_link.h"

namespace fieldwork::mqtt_api {
namespace {

using std::chrono::milliseconds;

struct Packet {
  unsigned char head = 0;
  std::string body;
  int type() const { return head >> 4; }
};
constexpr int kConnect = 1;
constexpr int kPublish = 3;
constexpr int kPuback = 4;
constexpr int kSubscribe = 8;
constexpr int kDisconnect = 14;

// Listens, accepts one client and says yes to CONNECT and SUBSCRIBE.
class RecordingBroker {
 public:
  RecordingBroker() {
    std::string pattern = std::filesystem::temp_directory_path() / "fieldwork-wire-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
  }
  ~RecordingBroker() {
    ::close(listener_);
    if (client_ >= 0) ::close(client_);
    std::filesystem::remove_all(folder_);
  }
  RecordingBroker(const RecordingBroker&) = delete;
  RecordingBroker& operator=(const RecordingBroker&) = delete;

  std::string path() const { return folder_ / "s"; }

  void Poll() {
    if (client_ < 0) client_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    char bytes[65536];
    for (ssize_t n = 0; client_ >= 0 && (n = ::recv(client_, bytes, sizeof bytes, 0)) > 0;) {
      in_.append(bytes, static_cast<std::size_t>(n));
    }
    while (TakePacket()) Answer(packets_.back());
  }
  void Send(const std::string& bytes) {
    EXPECT_EQ(::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// A request of QoS 1 as the plugin hands it over; short enough for one byte of length.
  void SendRequest(char packet_id) {
    const auto text = [](std::string_view value) {
      return std::string{'\0', static_cast<char>(value.size())}.append(value);
    };
    std::string properties;
    for (const auto& [name, value] : {std::pair{"client", "c"}, {"principal", "p"}, {"qos", "1"}}) {
      properties += '\x26' + text(name) + text(value);
    }
    std::string body = text(std::string(broker::kRequestPrefix) + "T/get") +
                       std::string{'\0', packet_id} + static_cast<char>(properties.size()) +
                       properties + "{}";
    Send(std::string{'\x32', static_cast<char>(body.size())} + body);
  }

  std::vector<Packet> Of(int type) const {
    std::vector<Packet> found;
    for (const Packet& packet : packets_) {
      if (packet.type() == type) found.push_back(packet);
    }
    return found;
  }
  void Close() {
    ::close(client_);
    client_ = -1;
  }
  std::vector<Packet> TakeAll() { return std::exchange(packets_, {}); }

 private:
  bool TakePacket() {
    std::size_t length = 0;
    for (std::size_t i = 1, shift = 0; i < in_.size() && i < 5; ++i, shift += 7) {
      length |= (static_cast<unsigned char>(in_[i]) & 0x7Fu) << shift;
      if ((in_[i] & 0x80) != 0) continue;
      if (in_.size() < 1 + i + length) return false;
      packets_.push_back({static_cast<unsigned char>(in_[0]), in_.substr(i + 1, length)});
      in_.erase(0, i + 1 + length);
      return true;
    }
    return false;
  }
  void Answer(const Packet& packet) {
    if (packet.type() == kConnect) Send(std::string{'\x20', 3, 0, 0, 0});
    if (packet.type() == kSubscribe) {
      Send(std::string{'\x90', 4, packet.body[0], packet.body[1], 0, 1});
    }
  }

  std::filesystem::path folder_;
  int listener_ = -1;
  int client_ = -1;
  std::string in_;
  std::vector<Packet> packets_;
};

struct Publish {
  std::string topic;
  std::string payload;
  int qos = 0;
};
Publish Decode(const Packet& packet) {
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(packet.body[0]) << 8 |
                                               static_cast<unsigned char>(packet.body[1]));
  const int qos = (packet.head >> 1) & 3;
  const std::size_t payload = 2 + length + (qos > 0 ? 2 : 0) + 1;  // One byte: no properties.
  return {packet.body.substr(2, length), packet.body.substr(payload), qos};
}

std::vector<broker::Frame> FramesOf(std::string_view payload) {
  std::vector<broker::Frame> frames;
  bool malformed = false;
  while (const auto frame = broker::TakeFrame(payload, malformed)) frames.push_back(*frame);
  EXPECT_FALSE(malformed);
  return frames;
}

class BrokerLinkWireTest : public ::testing::Test {
 protected:
  BrokerLinkWireTest() {
    link_.Start({broker_.path(), "secret"});
    RunUntil([this] { return up_; });
  }
  template <typename Done>
  void RunUntil(Done done) {
    for (int turns = 0; turns < 10'000 && !done(); ++turns) Turn();
    EXPECT_TRUE(done());
  }
  void Turn() {
    io_.restart();
    io_.run_one_for(milliseconds(1));
    broker_.Poll();
  }

  RecordingBroker broker_;
  boost::asio::io_context io_;
  bool up_ = false;
  int requests_ = 0;
  BrokerLink link_{io_.get_executor(),
                   {[this](const IncomingRequest&) {
                      ++requests_;
                      link_.Reply("c", "t/accepted", "{}", 1);
                    },
                    [this](bool) { up_ = true; },
                    {}}};
};

TEST_F(BrokerLinkWireTest, Connect_KeepsTheSessionForADayAndTakesEverything) {
  const auto connects = broker_.Of(kConnect);
  ASSERT_EQ(connects.size(), 1u);
  const std::string& body = connects[0].body;
  EXPECT_EQ(body.substr(0, 7), std::string("\0\4MQTT\5", 7));
  EXPECT_EQ(body[7] & 0x02, 0) << "clean start";
  EXPECT_EQ(body.substr(8, 2), std::string("\0\x3C", 2));
  EXPECT_NE(body.find(std::string("\x11\x00\x01\x51\x80", 5)), std::string::npos);
  EXPECT_NE(body.find(std::string("\x21\xFF\xFF", 3)), std::string::npos);
  EXPECT_NE(body.find("fieldwork-service"), std::string::npos);
  EXPECT_NE(body.find("secret"), std::string::npos);
}

TEST_F(BrokerLinkWireTest, RepliesOfOneFlush_LeaveAsOneMessage) {
  link_.Reply("board-1", "$aws/things/board-1/jobs/get/accepted", "{\"a\":1}", 1);
  link_.Reply("board-2", "$aws/things/board-2/jobs/get/rejected", "", 0);
  link_.Flush();
  RunUntil([this] { return !broker_.Of(kPublish).empty(); });
  const Publish message = Decode(broker_.Of(kPublish)[0]);
  EXPECT_EQ(message.topic, broker::kDeliveryTopic);
  EXPECT_EQ(message.qos, 0);
  const auto frames = FramesOf(message.payload);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].client, "board-1");
  EXPECT_EQ(frames[0].topic, "$aws/things/board-1/jobs/get/accepted");
  EXPECT_EQ(frames[0].payload, "{\"a\":1}");
  EXPECT_EQ(frames[0].qos, 1);
  EXPECT_EQ(frames[1].client, "board-2");
  EXPECT_EQ(frames[1].payload, "");
  EXPECT_EQ(frames[1].qos, 0);
}

TEST_F(BrokerLinkWireTest, ManyReplies_AreSplitAndAReplyThatIsLargeGoesAlone) {
  for (int i = 0; i < 10; ++i) link_.Reply("c", "t", std::string(20'000, 'x'), 0);
  link_.Reply("c", "t", std::string(100'000, 'y'), 0);
  link_.Reply("c", "t", "last", 0);
  link_.Flush();
  RunUntil([this] { return broker_.Of(kPublish).size() == 6; });
  std::vector<std::size_t> frames;
  for (const Packet& packet : broker_.Of(kPublish)) {
    frames.push_back(FramesOf(Decode(packet).payload).size());
  }
  EXPECT_EQ(frames, (std::vector<std::size_t>{3, 3, 3, 1, 1, 1}));
}

TEST_F(BrokerLinkWireTest, Request_IsAcknowledgedWithTheFlushAndBeforeItsReply) {
  broker_.TakeAll();
  broker_.SendRequest(7);
  while (requests_ == 0) io_.run_one_for(milliseconds(1));
  broker_.Poll();
  EXPECT_TRUE(broker_.Of(kPuback).empty());
  link_.Publish("$aws/things/T/jobs/notify", "{}");
  link_.Flush();
  RunUntil([this] { return broker_.Of(kPublish).size() == 2; });
  const auto packets = broker_.TakeAll();
  ASSERT_EQ(packets.size(), 3u);
  EXPECT_EQ(packets[0].type(), kPuback);
  EXPECT_EQ(packets[0].body.substr(0, 2), std::string("\0\7", 2));
  EXPECT_EQ(Decode(packets[1]).topic, broker::kDeliveryTopic);
  const Publish publication = Decode(packets[2]);
  EXPECT_EQ(publication.topic, broker::kDeliveryTopic);
  EXPECT_EQ(publication.qos, 1);
  const auto frames = FramesOf(publication.payload);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].client, "");
  EXPECT_EQ(frames[0].topic, "$aws/things/T/jobs/notify");
  EXPECT_EQ(frames[0].qos, 1);
}

TEST_F(BrokerLinkWireTest, RequestsThatNobodyFlushes_AreAcknowledgedSoon) {
  broker_.SendRequest(1);
  broker_.SendRequest(2);
  RunUntil([this] { return broker_.Of(kPuback).size() == 2; });
}

TEST_F(BrokerLinkWireTest, PublicationsOfOneFlush_LeaveAsOneMessageInOrder) {
  for (int i = 0; i < 100; ++i) link_.Publish("t", std::to_string(i));
  link_.Flush();
  RunUntil([this] { return !broker_.Of(kPublish).empty(); });
  const Publish message = Decode(broker_.Of(kPublish)[0]);
  EXPECT_EQ(message.qos, 1);
  const auto frames = FramesOf(message.payload);
  ASSERT_EQ(frames.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(frames[i].payload, std::to_string(i));
}

TEST_F(BrokerLinkWireTest, Publications_KeepAWindowUntilTheyAreAcknowledged) {
  const std::string half_a_message(8'000, 'x');
  for (int i = 0; i < 40; ++i) link_.Publish("t", half_a_message);
  RunUntil([this] { return broker_.Of(kPublish).size() >= 8; });
  for (int i = 0; i < 20; ++i) Turn();
  auto sent = broker_.Of(kPublish);
  EXPECT_EQ(sent.size(), 8u);
  EXPECT_EQ(link_.taken(), 0u);
  const std::string& body = sent[0].body;
  const std::size_t packet_id = 2 + std::string_view(broker::kDeliveryTopic).size();
  broker_.Send(std::string{'\x40', 2, body[packet_id], body[packet_id + 1]});
  RunUntil([this] { return broker_.Of(kPublish).size() == 9; });
  EXPECT_EQ(link_.taken(), 2u);
}

TEST_F(BrokerLinkWireTest, Access_GoesToItsTopicInOrder) {
  link_.SendAccess(R"({"op":"begin"})");
  link_.Publish("t", "x");
  link_.SendAccess(R"({"op":"end"})");
  RunUntil([this] { return broker_.Of(kPublish).size() == 3; });
  const auto sent = broker_.Of(kPublish);
  EXPECT_EQ(Decode(sent[0]).topic, broker::kAccessTopic);
  EXPECT_EQ(Decode(sent[0]).qos, 1);
  EXPECT_EQ(FramesOf(Decode(sent[1]).payload)[0].topic, "t");
  EXPECT_EQ(Decode(sent[2]).payload, R"({"op":"end"})");
}

TEST_F(BrokerLinkWireTest, TooManyBytesWaiting_DropsPublicationsButNoAccess) {
  const std::string large(1 << 20, 'x');
  std::uint64_t number = 0;
  while (const std::uint64_t next = link_.Publish("t", large)) number = next;
  EXPECT_GE(number, 250u);
  EXPECT_LE(link_.waiting_bytes(), BrokerLink::kWaitingBytesMax);
  const std::size_t waiting = link_.waiting_bytes();
  link_.SendAccess(large);
  EXPECT_GT(link_.waiting_bytes(), waiting);
}

TEST_F(BrokerLinkWireTest, Stop_SaysGoodbyeBehindWhatIsQueued) {
  link_.Reply("c", "t", "bye", 0);
  for (int i = 0; i < 20; ++i) link_.Publish("t", std::string(16'000, 'x'));
  std::thread broker([this] {
    while (broker_.Of(kDisconnect).empty()) broker_.Poll();
    broker_.Close();
  });
  link_.Stop();
  broker.join();
  EXPECT_EQ(broker_.Of(kPublish).size(), 21u);
  link_.Reply("c", "t", "nobody hears it", 0);
  link_.Flush();
  EXPECT_FALSE(link_.connected());
}

}  // namespace
}  // namespace fieldwork::mqtt_api
