// A stream of packets in every cut, packets that fill the memory and that are too large for
// it, and streams that make no sense.
#include "device/mqtt/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/mqtt_bytes.h"

namespace fieldwork::mqtt {
namespace {

using sim::Cat;
using sim::Framed;
using sim::Packet;
using sim::PublishPacket;
using sim::Raw;

using Next = ReceiveBuffer::Next;

class Reader {
 public:
  explicit Reader(std::size_t memory) : memory_(memory), buffer_(memory_) {}

  /// Puts in as much as there is room for, and says how much that was.
  std::size_t Put(Bytes bytes) {
    const MutableBytes space = buffer_.Space();
    const std::size_t count = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), count, space.begin());
    buffer_.Fill(count);
    return count;
  }

  /// What there is to read now; one word or the body in hexadecimal for each packet.
  std::vector<std::string> Drain() {
    std::vector<std::string> found;
    for (;;) {
      switch (buffer_.Advance()) {
        case Next::kNothing: return found;
        case Next::kMalformed: found.push_back("malformed"); return found;
        case Next::kOversize: found.push_back("oversize " + Head()); break;
        case Next::kPacket: found.push_back(Head()); break;
      }
    }
  }

  std::vector<std::string> PutAll(const Packet& stream, std::size_t cut) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = std::min(cut, stream.size() - at);
      const std::size_t taken = Put(Bytes(stream).subspan(at, size));
      EXPECT_GT(taken, 0u) << "no space after everything was read";
      if (taken == 0) return found;
      at += taken;
      for (std::string& text : Drain()) found.push_back(std::move(text));
    }
    return found;
  }

  ReceiveBuffer& buffer() { return buffer_; }

 private:
  std::string Head() const {
    const Bytes body = buffer_.body();
    return std::to_string(static_cast<int>(buffer_.header().type)) + ":" +
           sim::ToHex(Packet(body.begin(), body.end()));
  }

  std::vector<std::uint8_t> memory_;
  ReceiveBuffer buffer_;
};

using Found = std::vector<std::string>;

TEST(ReceiveBuffer, StreamInAnyCut_GivesTheSamePackets) {
  const Packet stream = Cat({Raw("20020000"), PublishPacket(0x30, "a/b", 0, "one"), Raw("D000"),
                             Raw("4002 0001"), PublishPacket(0x32, "c", 9, ""), Raw("D000")});
  const Found expected = {
      "2:00 00", "3:00 03 61 2f 62 6f 6e 65", "13:", "4:00 01", "3:00 01 63 00 09", "13:"};
  for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
    EXPECT_EQ(Reader(128).PutAll(stream, cut), expected) << cut;
  }
}

TEST(ReceiveBuffer, PacketThatFillsTheMemory_IsGivenWhole) {
  const Packet packet = Framed(0x30, Packet(126, 'x'));
  ASSERT_EQ(packet.size(), 128u);
  for (const std::size_t cut : {1u, 7u, 127u, 128u, 500u}) {
    const Found found = Reader(128).PutAll(Cat({packet, Raw("D000"), packet}), cut);
    ASSERT_EQ(found.size(), 3u) << cut;
    EXPECT_EQ(found[0], "3:" + sim::ToHex(Packet(126, 'x')));
    EXPECT_EQ(found[1], "13:");
    EXPECT_EQ(found[2], found[0]);
  }
}

TEST(ReceiveBuffer, PacketOneByteTooLarge_IsAnnouncedAndSkipped) {
  const Packet packet = PublishPacket(0x32, "a/b", 7, std::string(120, 'p'));
  ASSERT_EQ(packet.size(), 129u);
  for (std::size_t cut = 1; cut <= 140; ++cut) {
    Reader reader(128);
    const Found found = reader.PutAll(Cat({packet, Raw("D000")}), cut);
    ASSERT_EQ(found.size(), 2u) << cut;
    EXPECT_EQ(found[0].substr(0, 31), "oversize 3:00 03 61 2f 62 00 07") << cut;
    EXPECT_EQ(found[1], "13:") << cut;
  }
}

TEST(ReceiveBuffer, TwoHugePacketsInARow_AreBothSkipped) {
  const Packet huge = PublishPacket(0x30, "t", 0, std::string(10'000, 'p'));
  for (const std::size_t cut : {1u, 13u, 128u, 10'050u}) {
    const Found found = Reader(128).PutAll(Cat({huge, huge, Raw("D000")}), cut);
    ASSERT_EQ(found.size(), 3u) << cut;
    EXPECT_EQ(found[2], "13:");
  }
}

TEST(ReceiveBuffer, TopicThatNeverFits_IsAnnouncedWithoutABody) {
  for (const std::size_t topic : {120u, 121u, 122u, 123u, 300u}) {
    const Packet packet = PublishPacket(0x32, std::string(topic, 't'), 5, "payload");
    const Found found = Reader(128).PutAll(Cat({packet, Raw("D000")}), 1);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0] == "oversize 3:", topic >= 122) << topic;
    EXPECT_EQ(found[1], "13:");
  }
}

TEST(ReceiveBuffer, TopicLongerThanItsOversizePacket_IsMalformed) {
  EXPECT_EQ(Reader(128).PutAll(Cat({Raw("30 C801 FFFF"), Packet(50, 'x')}), 1).at(0), "malformed");
  EXPECT_EQ(Reader(128).PutAll(Cat({Raw("32 C801 00C5"), Packet(50, 'x')}), 1).at(0), "malformed");
}

TEST(ReceiveBuffer, LongPacketThatIsNoPublish_IsMalformed) {
  for (const unsigned first : {0x20u, 0x40u, 0x90u, 0xB0u, 0xD0u}) {
    const Packet header = {static_cast<std::uint8_t>(first), 0xFF, 0xFF, 0xFF, 0x7F};
    EXPECT_EQ(Reader(128).PutAll(header, 5), Found{"malformed"}) << first;
  }
}

TEST(ReceiveBuffer, BadHeader_IsMalformedUntilCleared) {
  Reader reader(128);
  EXPECT_EQ(reader.PutAll(Raw("00 00"), 2), Found{"malformed"});
  EXPECT_EQ(reader.Drain(), Found{"malformed"});
  reader.buffer().Clear();
  EXPECT_EQ(reader.PutAll(Raw("D000"), 1), Found{"13:"});
}

TEST(ReceiveBuffer, ClearedInTheMiddleOfASkip_StartsANewStream) {
  Reader reader(128);
  const Packet huge = PublishPacket(0x30, "t", 0, std::string(1'000, 'p'));
  reader.PutAll(Packet(huge.begin(), huge.begin() + 300), 50);
  reader.buffer().Clear();
  EXPECT_EQ(reader.PutAll(Raw("D000"), 1), Found{"13:"});
}

}  // namespace
}  // namespace fieldwork::mqtt
