// Decides that frames come out as they went in, and that damaged ones are noticed.
#include "cloud/broker/protocol.h"

#include <gtest/gtest.h>

namespace fieldwork::broker {
namespace {

std::vector<Frame> TakeAll(std::string_view bytes, bool& malformed) {
  std::vector<Frame> frames;
  while (auto frame = TakeFrame(bytes, malformed)) frames.push_back(*frame);
  return frames;
}

TEST(Frames, OneFrame_HasTheBytesOfTheContract) {
  std::string bytes;
  AppendFrame(bytes, {.client = "dev", .topic = "a/b", .payload = "{}", .qos = 1});
  EXPECT_EQ(bytes, std::string("\x01\x00\x03"
                               "dev\x00\x03"
                               "a/b\x00\x00\x00\x02"
                               "{}",
                               17));
}

TEST(Frames, Several_ComeOutInOrder) {
  const std::string large(70'000, 'x');
  std::string bytes;
  AppendFrame(bytes, {.client = "one", .topic = "t/1", .payload = large, .qos = 0});
  AppendFrame(bytes, {.client = "two", .topic = "t/2", .payload = "", .qos = 1});
  bool malformed = true;
  const auto frames = TakeAll(bytes, malformed);
  EXPECT_FALSE(malformed);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].client, "one");
  EXPECT_EQ(frames[0].payload, large);
  EXPECT_EQ(frames[0].qos, 0);
  EXPECT_EQ(frames[1].topic, "t/2");
  EXPECT_EQ(frames[1].payload, "");
  EXPECT_EQ(frames[1].qos, 1);
}

TEST(Frames, CutShortAnywhere_IsMalformed) {
  std::string bytes;
  AppendFrame(bytes, {.client = "dev", .topic = "a/b", .payload = "payload", .qos = 1});
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    std::string_view cut = std::string_view(bytes).substr(0, length);
    bool malformed = false;
    EXPECT_FALSE(TakeFrame(cut, malformed)) << length;
    EXPECT_TRUE(malformed) << length;
    EXPECT_EQ(cut.size(), length) << "nothing is taken off";
  }
}

TEST(Frames, QosTwo_IsMalformed) {
  std::string bytes;
  AppendFrame(bytes, {.client = "dev", .topic = "a/b", .payload = "", .qos = 2});
  std::string_view rest = bytes;
  bool malformed = false;
  EXPECT_FALSE(TakeFrame(rest, malformed));
  EXPECT_TRUE(malformed);
}

TEST(Frames, DamageAfterAGoodOne_KeepsTheGoodOne) {
  std::string bytes;
  AppendFrame(bytes, {.client = "dev", .topic = "a/b", .payload = "", .qos = 0});
  bytes += '\x07';
  bool malformed = false;
  EXPECT_EQ(TakeAll(bytes, malformed).size(), 1u);
  EXPECT_TRUE(malformed);
}

TEST(Topics, RequestTopic_IsNeverLongerThanTheDevicesOwn) {
  const std::string_view own = "$aws/things/T/jobs/R";
  EXPECT_LE(kRequestPrefix.size() + 3, own.size());
  EXPECT_EQ(kRequestFilter, std::string(kRequestPrefix) + "#");
  EXPECT_TRUE(kRequestPrefix.starts_with(kPrivatePrefix));
}

}  // namespace
}  // namespace fieldwork::broker
