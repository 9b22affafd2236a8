// Decides the cases of takeovers, and of subscriptions that are counted.
#include "cloud/broker/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace fieldwork::broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Clients are told apart by address and never looked into.
std::array<char, 4> g_clients{};
const mosquitto* Client(std::size_t i) {
  return reinterpret_cast<const mosquitto*>(&g_clients.at(i));
}

CertificateId Certificate(std::uint8_t first) {
  CertificateId id{};
  id[0] = first;
  return id;
}

TEST(Connections, Added_IsFoundByIdAndCertificate) {
  Connections connections;
  connections.Add("a", Certificate(1), Client(0));
  connections.Add("b", Certificate(1), Client(1));
  connections.Add("c", Certificate(2), Client(2));
  EXPECT_EQ(connections.Find("a"), Client(0));
  EXPECT_TRUE(connections.IsLive("b", Client(1)));
  EXPECT_FALSE(connections.IsLive("b", Client(0)));
  EXPECT_THAT(connections.OfCertificate(Certificate(1)), UnorderedElementsAre("a", "b"));
  EXPECT_THAT(connections.OfCertificate(Certificate(3)), IsEmpty());
  EXPECT_THAT(connections.All(), UnorderedElementsAre("a", "b", "c"));
}

TEST(Connections, Removed_IsGone) {
  Connections connections;
  connections.Add("a", Certificate(1), Client(0));
  connections.Remove("a", Client(0));
  connections.Remove("a", Client(0));
  EXPECT_EQ(connections.Find("a"), nullptr);
  EXPECT_FALSE(connections.IsLive("a", nullptr));
  EXPECT_THAT(connections.OfCertificate(Certificate(1)), IsEmpty());
  EXPECT_EQ(connections.size(), 0u);
}

TEST(Connections, TakenOver_BelongsToTheNewOne) {
  Connections connections;
  connections.Add("a", Certificate(1), Client(0));
  connections.Add("a", Certificate(2), Client(1));
  EXPECT_EQ(connections.Find("a"), Client(1));
  EXPECT_THAT(connections.OfCertificate(Certificate(1)), IsEmpty());
  EXPECT_THAT(connections.OfCertificate(Certificate(2)), ElementsAre("a"));

  connections.Remove("a", Client(0));
  EXPECT_EQ(connections.Find("a"), Client(1)) << "the old one's end does not touch it";
}

TEST(Subscriptions, UpToTheLimit_AreTaken) {
  Connections connections;
  connections.Add("a", Certificate(1), Client(0));
  EXPECT_TRUE(connections.Subscribe("a", "x", 2));
  EXPECT_TRUE(connections.Subscribe("a", "y", 2));
  EXPECT_FALSE(connections.Subscribe("a", "z", 2));
  EXPECT_TRUE(connections.Subscribe("a", "x", 2)) << "made again, it counts once";
  connections.Unsubscribe("a", "y");
  connections.Unsubscribe("a", "never");
  EXPECT_TRUE(connections.Subscribe("a", "z", 2));
}

TEST(Subscriptions, OfNobody_AreRefused) {
  Connections connections;
  EXPECT_FALSE(connections.Subscribe("a", "x", 2));
  connections.Unsubscribe("a", "x");
}

TEST(Subscriptions, AfterATakeover_StartAnew) {
  Connections connections;
  connections.Add("a", Certificate(1), Client(0));
  EXPECT_TRUE(connections.Subscribe("a", "x", 1));
  connections.Add("a", Certificate(1), Client(1));
  EXPECT_TRUE(connections.Subscribe("a", "y", 1));
}

}  // namespace
}  // namespace fieldwork::broker
