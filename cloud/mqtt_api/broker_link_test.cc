// The link against a stock mosquitto: sessions, losses, bursts, and the way back of messages.
#include "cloud/mqtt_api/broker_link.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cloud/broker/protocol.h"
#include "cloud/mqtt_api/testing/mqtt_peer.h"
#include "cloud/mqtt_api/testing/test_broker.h"

namespace fieldwork::mqtt_api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::MqttPeer;
using testing::TestBroker;

class BrokerLinkTest : public ::testing::Test {
 protected:
  BrokerLinkTest() { broker_.Start(); }

  std::unique_ptr<BrokerLink> NewLink() {
    return std::make_unique<BrokerLink>(
        io_.get_executor(),
        BrokerLink::Events{[this](const IncomingRequest& request) { OnRequest(request); },
                           [this](bool session_present) { ups_.push_back(session_present); },
                           [this](const std::string& why) { downs_.push_back(why); }});
  }
  void OnRequest(const IncomingRequest& request) {
    requests_.emplace_back(request.payload);
    last_ = std::string(request.thing) + ' ' + std::string(request.rest) + ' ' +
            std::string(request.client) + ' ' + std::string(request.principal) + ' ' +
            std::to_string(request.qos);
    if (on_request_) on_request_();
  }

  void Start() {
    link_ = NewLink();
    link_->Start({broker_.socket_path(), ""});
    ASSERT_TRUE(RunUntil([this] { return ups_.size() == 1; }));
  }
  void ConnectPeer() {
    ASSERT_TRUE(RunUntil([this] { return peer_.Connect(broker_.socket_path()); }));
    peer_polled_ = true;
    ASSERT_TRUE(RunUntil([this] { return peer_.connected(); }));
  }
  bool RunUntil(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      io_.restart();
      io_.run_one_for(milliseconds(1));
      if (peer_polled_) peer_.Poll();
    }
    return true;
  }

  TestBroker broker_;
  boost::asio::io_context io_;
  std::unique_ptr<BrokerLink> link_;
  MqttPeer peer_;
  bool peer_polled_ = false;
  std::vector<std::string> requests_;
  std::string last_;
  std::function<void()> on_request_;
  std::vector<bool> ups_;
  std::vector<std::string> downs_;
};

TEST_F(BrokerLinkTest, Request_ComesWithWhoAsks) {
  Start();
  EXPECT_TRUE(link_->connected());
  EXPECT_EQ(ups_, std::vector<bool>{false});
  ConnectPeer();
  peer_.Request("T:1/J/update", "{}");
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
  EXPECT_EQ(last_, "T:1 J/update board abc 1");
  EXPECT_EQ(requests_[0], "{}");
}

TEST_F(BrokerLinkTest, MessageThatIsNoRequest_IsDroppedAndTheNextOneComes) {
  Start();
  ConnectPeer();
  peer_.Publish(std::string(broker::kRequestPrefix) + "T/get", "no properties");
  peer_.Request("T/get", "good");
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
  EXPECT_EQ(requests_, std::vector<std::string>{"good"});
}

TEST_F(BrokerLinkTest, RequestsWhileTheServiceIsAway_WaitAndComeInOrder) {
  Start();
  ConnectPeer();
  link_->Stop();
  EXPECT_FALSE(link_->connected());
  link_.reset();  // Another process takes up the session.
  for (int i = 0; i < 100; ++i) peer_.Request("T/get", std::to_string(i));
  ASSERT_TRUE(RunUntil([this] { return peer_.acknowledged() == 100; }));
  link_ = NewLink();
  link_->Start({broker_.socket_path(), ""});
  ASSERT_TRUE(RunUntil([this] { return requests_.size() == 100 && ups_.size() == 2; }));
  EXPECT_TRUE(ups_[1]);
  EXPECT_TRUE(downs_.empty());  // Stop() is no loss.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(requests_[i], std::to_string(i));
}

TEST_F(BrokerLinkTest, ServiceThatDiesBeforeItsCommit_GetsTheRequestAgain) {
  Start();
  ConnectPeer();
  on_request_ = [this] { io_.stop(); };
  peer_.Request("T/get", "precious");
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
  link_.reset();  // Nothing was flushed, so nothing was acknowledged.
  requests_.clear();
  link_ = NewLink();
  link_->Start({broker_.socket_path(), ""});
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
  EXPECT_EQ(requests_[0], "precious");
}

TEST_F(BrokerLinkTest, ServiceThatDiesAfterItsFlush_DoesNotGetTheRequestAgain) {
  Start();
  ConnectPeer();
  on_request_ = [this] { boost::asio::post(io_, [this] { link_->Flush(); }); };
  peer_.Request("T/get", "first");
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
  io_.run_for(milliseconds(1));
  link_.reset();
  on_request_ = nullptr;
  link_ = NewLink();
  link_->Start({broker_.socket_path(), ""});
  ASSERT_TRUE(RunUntil([this] { return ups_.size() == 2; }));
  peer_.Request("T/get", "second");
  ASSERT_TRUE(RunUntil([this] { return requests_.size() == 2; }));
  EXPECT_EQ(requests_[1], "second");
}

TEST_F(BrokerLinkTest, BrokerThatDies_IsReportedAndFoundAgain) {
  Start();
  broker_.Kill();
  ASSERT_TRUE(RunUntil([this] { return downs_.size() == 1; }));
  EXPECT_FALSE(link_->connected());
  EXPECT_FALSE(downs_[0].empty());
  EXPECT_EQ(link_->Publish("late/1", "kept"), 1u);
  io_.run_for(milliseconds(100));  // It tries and fails meanwhile.
  broker_.Start();
  ASSERT_TRUE(RunUntil([this] { return ups_.size() == 2; }));
  EXPECT_FALSE(ups_[1]);
  ASSERT_TRUE(RunUntil([this] { return link_->taken() == 1; }));
  EXPECT_EQ(downs_.size(), 1u);
  ConnectPeer();
  peer_.Request("T/get", "after");
  ASSERT_TRUE(RunUntil([this] { return !requests_.empty(); }));
}

TEST_F(BrokerLinkTest, BurstOfRequests_ComesInOrderAndInBatches) {
  constexpr int kRequests = 5000;
  Start();
  ConnectPeer();
  link_->Stop();
  for (int i = 0; i < kRequests; ++i) peer_.Request("T/get", std::to_string(i));
  ASSERT_TRUE(RunUntil([this] { return peer_.acknowledged() == kRequests; }));
  int batches = 0;
  std::size_t largest = 0;
  std::size_t in_batch = 0;
  on_request_ = [&] {
    if (in_batch++ > 0) return;
    boost::asio::post(io_, [&] {
      ++batches;
      largest = std::max(largest, std::exchange(in_batch, 0));
      link_->Flush();
    });
  };
  link_->Start({broker_.socket_path(), ""});
  ASSERT_TRUE(RunUntil([this] { return requests_.size() == kRequests; }));
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(requests_[i], std::to_string(i));
  io_.run_for(milliseconds(1));
  EXPECT_LE(largest, 256u);
  EXPECT_LT(batches, kRequests / 4);
  RecordProperty("batches", batches);
}

TEST_F(BrokerLinkTest, ThousandsOfPublications_AreCounted) {
  constexpr int kMessages = 10'000;
  Start();
  bool drained = false;
  bool after = false;
  for (int i = 1; i <= kMessages; ++i) {
    EXPECT_EQ(link_->Publish("$aws/things/T/jobs/notify", std::to_string(i)),
              static_cast<std::uint64_t>(i));
  }
  link_->AfterAccess([&] { after = link_->taken() == kMessages; });
  link_->WhenDrained([&] { drained = true; });
  EXPECT_FALSE(drained);
  EXPECT_GT(link_->waiting_bytes(), std::size_t{kMessages} * 20);
  link_->Flush();
  ASSERT_TRUE(RunUntil([&] { return after; }));
  EXPECT_TRUE(drained);
  EXPECT_EQ(link_->waiting_bytes(), 0u);
}

TEST_F(BrokerLinkTest, PublicationsCutOffByACrash_AreSentAgain) {
  Start();
  for (int i = 0; i < 1000; ++i) link_->Publish("t/x", std::string(1000, 'x'));
  broker_.Kill();
  link_->Flush();  // Into a dead socket.
  ASSERT_TRUE(RunUntil([this] { return downs_.size() == 1; }));
  EXPECT_LT(link_->taken(), 1000u);
  broker_.Start();
  ASSERT_TRUE(RunUntil([this] { return link_->taken() == 1000; }));
  EXPECT_EQ(link_->waiting_bytes(), 0u);
}

TEST_F(BrokerLinkTest, IdleLink_RunsNothing) {
  Start();
  RunUntil([this, calls = 0]() mutable { return ++calls > 50; });
  io_.restart();
  EXPECT_EQ(io_.run_for(milliseconds(300)), 0u);
}

TEST_F(BrokerLinkTest, NobodyListening_IsTriedUntilSomebodyDoes) {
  broker_.Kill();
  link_ = NewLink();
  link_->Start({broker_.socket_path(), ""});
  io_.run_for(milliseconds(200));
  EXPECT_TRUE(ups_.empty() && downs_.empty());
  broker_.Start();
  EXPECT_TRUE(RunUntil([this] { return ups_.size() == 1; }));
}

TEST(BrokerLinkPassword, WrongOne_IsRefusedAndTheRightOneTakenLater) {
  TestBroker broker{std::string(broker::kServiceUser), "right"};
  broker.Start();
  boost::asio::io_context io;
  int ups = 0;
  BrokerLink link(io.get_executor(), {{}, [&](bool) { ++ups; }, {}});
  link.Start({broker.socket_path(), "wrong"});
  io.run_for(milliseconds(400));
  EXPECT_FALSE(link.connected());
  EXPECT_EQ(ups, 0);
  link.Start({broker.socket_path(), "right"});
  const auto limit = std::chrono::steady_clock::now() + seconds(20);
  while (ups == 0 && std::chrono::steady_clock::now() < limit) io.run_one_for(milliseconds(10));
  EXPECT_EQ(ups, 1);
}

}  // namespace
}  // namespace fieldwork::mqtt_api
