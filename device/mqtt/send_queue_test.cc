// What leaves, in which order, what is kept for how long, and what must never be cut in two.
#include "device/mqtt/send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/mqtt_bytes.h"

namespace fieldwork::mqtt {
namespace {

using sim::AckPacket;
using sim::Cat;
using sim::kDisconnectPacket;
using sim::kPingreqPacket;
using sim::Packet;
using sim::PublishPacket;
using sim::Raw;
using sim::ToHex;

constexpr Instant kStart{1'000};
constexpr Instant At(std::int64_t ms) { return kStart + Millis{ms}; }

const Packet kConnect = Raw("10 0C 0004 'MQTT' 04 02 0000 0000");

class SendQueueTest : public testing::Test {
 protected:
  SendQueueTest() : memory_(100), records_(5), queue_(memory_, records_, 20) {}

  bool Put(MutableBytes room, PacketType type, PacketId id, const Packet& packet) {
    if (room.size() < packet.size()) return false;
    std::copy(packet.begin(), packet.end(), room.begin());
    queue_.Commit(type, id, packet.size());
    return true;
  }
  bool PutPublish(PacketId id, std::string_view payload = "") {
    const Packet packet = PublishPacket(id != 0 ? 0x32 : 0x30, "t", id, payload);
    return Put(queue_.Room(), PacketType::kPublish, id, packet);
  }
  bool PutAck(PacketId id) {
    return Put(queue_.ReservedRoom(), PacketType::kPuback, 0, AckPacket(0x40, id));
  }
  /// What the transport gets when it takes at most `count` bytes.
  std::string Send(Instant now, std::size_t count = SIZE_MAX) {
    Packet sent;
    while (count > 0 && !queue_.Unsent().empty()) {
      const Bytes bytes = queue_.Unsent().first(std::min(count, queue_.Unsent().size()));
      sent.insert(sent.end(), bytes.begin(), bytes.end());
      count -= bytes.size();
      queue_.MarkSent(now, bytes.size());
    }
    return ToHex(sent);
  }
  static std::string Copy(PacketId id, bool dup, std::string_view payload = "") {
    return ToHex(PublishPacket(dup ? 0x3A : 0x32, "t", id, payload));
  }

  std::vector<std::uint8_t> memory_;
  std::vector<SendRecord> records_;
  SendQueue queue_;
};

TEST_F(SendQueueTest, New_IsEmptyAndHasRoom) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_TRUE(queue_.Unsent().empty());
  EXPECT_EQ(queue_.Room().size(), 80u);
  EXPECT_EQ(queue_.ReservedRoom().size(), 100u);
  EXPECT_EQ(queue_.capacity(), 80u);
  EXPECT_EQ(queue_.Deadline(), kNever);
}

TEST_F(SendQueueTest, PacketsThatExpectNoReply_LeaveTogetherAndAreForgotten) {
  ASSERT_TRUE(PutPublish(0, "hi"));
  ASSERT_TRUE(PutAck(7));
  EXPECT_EQ(queue_.Unsent().size(), 7u + 4u);
  EXPECT_EQ(queue_.MarkSent(kStart, 7 + 4), 2u);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(SendQueueTest, BytesTakenOneByOne_ComeOutTheSame) {
  ASSERT_TRUE(PutPublish(1, "ab"));
  ASSERT_TRUE(PutAck(7));
  ASSERT_TRUE(PutPublish(2));
  Packet sent;
  std::size_t whole = 0;
  while (!queue_.Unsent().empty()) {
    sent.push_back(queue_.Unsent()[0]);
    whole += queue_.MarkSent(kStart, 1);
  }
  EXPECT_EQ(ToHex(sent), ToHex(Cat({PublishPacket(0x32, "t", 1, "ab"), AckPacket(0x40, 7),
                                    PublishPacket(0x32, "t", 2, "")})));
  EXPECT_EQ(whole, 3u);
}

TEST_F(SendQueueTest, RecordsUsedUp_LeaveOneForTheConnection) {
  for (PacketId id = 1; id <= 4; ++id) ASSERT_TRUE(PutPublish(id));
  EXPECT_TRUE(queue_.Room().empty());
  EXPECT_FALSE(queue_.ReservedRoom().empty());
  ASSERT_TRUE(PutAck(1));
  EXPECT_TRUE(queue_.ReservedRoom().empty());
  Send(kStart);  // The last record of all is erased.
  EXPECT_FALSE(queue_.ReservedRoom().empty());
}

TEST_F(SendQueueTest, BytesUsedUp_LeaveTheReserve) {
  ASSERT_TRUE(PutPublish(1, std::string(73, 'x')));
  EXPECT_TRUE(queue_.Room().empty());
  EXPECT_EQ(queue_.ReservedRoom().size(), 20u);
  ASSERT_TRUE(Put(queue_.ReservedRoom(), PacketType::kConnect, 0, kConnect));
}

// [MQTT-3.1.0-1]
TEST_F(SendQueueTest, HeldBack_OnlyConnectLeaves) {
  ASSERT_TRUE(PutPublish(1));
  ASSERT_TRUE(Put(queue_.ReservedRoom(), PacketType::kConnect, 0, kConnect));
  queue_.HoldBack();
  EXPECT_EQ(Send(kStart), ToHex(kConnect));
  EXPECT_TRUE(queue_.Unsent().empty());
  queue_.ReleaseAll();
  EXPECT_EQ(Send(kStart), Copy(1, false));
}

// [MQTT-4.3.2-1], [MQTT-4.1.0-1]
TEST_F(SendQueueTest, UnacknowledgedPublish_IsKeptUntilItsReply) {
  ASSERT_TRUE(PutPublish(9, "x"));
  Send(kStart);
  EXPECT_TRUE(queue_.IsUsed(9));
  EXPECT_FALSE(queue_.Find(PacketType::kPublish, 9).empty());
  EXPECT_FALSE(queue_.Remove(PacketType::kPublish, 8));
  EXPECT_FALSE(queue_.Remove(PacketType::kSubscribe, 9));
  EXPECT_TRUE(queue_.Remove(PacketType::kPublish, 9));
  EXPECT_FALSE(queue_.IsUsed(9));
  EXPECT_TRUE(queue_.empty());
  EXPECT_FALSE(queue_.Remove(PacketType::kPublish, 9));
}

TEST_F(SendQueueTest, ReplyToWhatWasNeverSent_RemovesNothing) {
  ASSERT_TRUE(PutPublish(9));
  EXPECT_FALSE(queue_.Remove(PacketType::kPublish, 9));
  EXPECT_EQ(Send(kStart), Copy(9, false));
}

TEST_F(SendQueueTest, RemovedFromTheMiddle_OthersKeepTheirBytes) {
  for (PacketId id = 1; id <= 3; ++id) ASSERT_TRUE(PutPublish(id, std::string(id, 'a')));
  Send(kStart);
  EXPECT_TRUE(queue_.Remove(PacketType::kPublish, 2));
  queue_.OnConnectionLost();
  EXPECT_EQ(Send(kStart), Copy(1, true, "a") + " " + Copy(3, true, "aaa"));
}

// [MQTT-3.3.1-1], [MQTT-2.3.1-3]
TEST_F(SendQueueTest, NoReply_SendsAgainAfterFiveAndTenSecondsThenGivesUp) {
  ASSERT_TRUE(PutPublish(4));
  EXPECT_EQ(queue_.Deadline(), kNever);
  EXPECT_EQ(Send(At(0)), Copy(4, false));
  for (const std::int64_t ms : {5'000, 10'000}) {
    EXPECT_EQ(queue_.Deadline(), At(ms));
    EXPECT_TRUE(queue_.OnTime(At(ms - 1)));
    EXPECT_EQ(Send(At(ms - 1)), "");
    EXPECT_TRUE(queue_.OnTime(At(ms)));
    EXPECT_EQ(queue_.Deadline(), kNever);  // It counts again once it has left.
    EXPECT_EQ(Send(At(ms)), Copy(4, true));
  }
  EXPECT_TRUE(queue_.OnTime(At(14'999)));
  EXPECT_FALSE(queue_.OnTime(At(15'000)));
}

// [MQTT-2.3.1-3], [MQTT-3.8.1-1], [MQTT-3.10.1-1]
TEST_F(SendQueueTest, SubscribeAndUnsubscribe_AreSentAgainUnchanged) {
  const Packet subscribe = Raw("82 06 0005 0001 'a' 01");
  const Packet unsubscribe = Raw("A2 05 0006 0001 'a'");
  ASSERT_TRUE(Put(queue_.Room(), PacketType::kSubscribe, 5, subscribe));
  ASSERT_TRUE(Put(queue_.Room(), PacketType::kUnsubscribe, 6, unsubscribe));
  const std::string both = ToHex(Cat({subscribe, unsubscribe}));
  EXPECT_EQ(Send(At(0)), both);
  EXPECT_TRUE(queue_.OnTime(At(5'000)));
  EXPECT_EQ(Send(At(5'000)), both);
}

TEST_F(SendQueueTest, ReplyBeforeTheNextCopyLeft_StopsTheCopy) {
  ASSERT_TRUE(PutPublish(4));
  Send(At(0));
  EXPECT_TRUE(queue_.OnTime(At(5'000)));
  EXPECT_TRUE(queue_.Remove(PacketType::kPublish, 4));
  EXPECT_EQ(Send(At(5'000)), "");
}

TEST_F(SendQueueTest, ReplyInTheMiddleOfACopy_TheCopyIsFinished) {
  ASSERT_TRUE(PutPublish(4));
  Send(At(0));
  EXPECT_TRUE(queue_.OnTime(At(5'000)));
  std::string wire = Send(At(5'000), 3);
  EXPECT_FALSE(queue_.Remove(PacketType::kPublish, 4));
  wire += " " + Send(At(5'001));
  EXPECT_EQ(wire, Copy(4, true));
  EXPECT_TRUE(queue_.Remove(PacketType::kPublish, 4));
}

// [MQTT-4.6.0-1], [MQTT-3.14.4-2]: an earlier packet that is due again while a later one has
// begun to leave goes after that one, but before all that follow.
TEST_F(SendQueueTest, DueAgainBehindAHalfSentPacket_StillGoesBeforeTheLaterOnes) {
  ASSERT_TRUE(PutPublish(1));
  Send(At(0));
  ASSERT_TRUE(PutPublish(2));
  std::string wire = Send(At(4'900), 3);
  EXPECT_TRUE(queue_.OnTime(At(5'000)));
  ASSERT_TRUE(PutPublish(3));
  ASSERT_TRUE(Put(queue_.ReservedRoom(), PacketType::kDisconnect, 0, kDisconnectPacket));
  wire += " " + Send(At(5'000));
  EXPECT_EQ(wire, Copy(2, false) + " " + Copy(1, true) + " " + Copy(3, false) + " " +
                      ToHex(kDisconnectPacket));
}

// [MQTT-4.4.0-1], [MQTT-4.6.0-1], [MQTT-3.3.1-1], [MQTT-3.3.1-3]
TEST_F(SendQueueTest, ConnectionLost_UnacknowledgedLeaveAgainInOrder) {
  for (PacketId id = 1; id <= 3; ++id) ASSERT_TRUE(PutPublish(id));
  Send(At(0), 10);  // The first, and a part of the second.
  queue_.OnConnectionLost();
  EXPECT_EQ(Send(At(100)), Copy(1, true) + " " + Copy(2, true) + " " + Copy(3, false));
}

TEST_F(SendQueueTest, ConnectionLost_WhatWasMeantForItIsDropped) {
  ASSERT_TRUE(Put(queue_.Room(), PacketType::kSubscribe, 5, Raw("82 06 0005 0001 'a' 01")));
  ASSERT_TRUE(PutPublish(0, "q0"));
  ASSERT_TRUE(PutPublish(6));
  ASSERT_TRUE(PutAck(7));
  ASSERT_TRUE(Put(queue_.ReservedRoom(), PacketType::kPingreq, 0, kPingreqPacket));
  queue_.OnConnectionLost();
  EXPECT_FALSE(queue_.IsUsed(5));
  EXPECT_EQ(Send(kStart), Copy(6, false));
}

TEST_F(SendQueueTest, ConnectionLost_AttemptsCountAnew) {
  ASSERT_TRUE(PutPublish(1));
  Send(At(0));
  EXPECT_TRUE(queue_.OnTime(At(5'000)));
  Send(At(5'000));
  queue_.OnConnectionLost();
  EXPECT_EQ(queue_.Deadline(), kNever);
  Send(At(20'000));
  EXPECT_TRUE(queue_.OnTime(At(25'000)));
  Send(At(25'000));
  EXPECT_TRUE(queue_.OnTime(At(30'000)));
  Send(At(30'000));
  EXPECT_FALSE(queue_.OnTime(At(35'000)));
}

TEST_F(SendQueueTest, Cleared_HasNothingLeft) {
  ASSERT_TRUE(PutPublish(1));
  queue_.Clear();
  EXPECT_TRUE(queue_.empty());
  EXPECT_TRUE(queue_.Unsent().empty());
  EXPECT_EQ(queue_.Room().size(), queue_.capacity());
}

}  // namespace
}  // namespace fieldwork::mqtt
