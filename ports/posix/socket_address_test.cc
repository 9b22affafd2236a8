// Which texts are addresses, and how addresses are written.
#include "ports/posix/socket_address.h"

#include <gtest/gtest.h>

namespace fieldwork::posix {
namespace {

TEST(SocketAddress, Ipv4_IsParsedAndPrintedWithPort) {
  const auto address = ParseNumericAddress("192.0.2.7", 8883);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->family(), AF_INET);
  EXPECT_EQ(PortOf(*address), 8883);
  EXPECT_EQ(ToText(*address), "192.0.2.7:8883");
}

TEST(SocketAddress, Ipv6WithOrWithoutBrackets_IsTheSameAddress) {
  for (const char* text : {"2001:db8::1", "[2001:db8::1]"}) {
    const auto address = ParseNumericAddress(text, 443);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->family(), AF_INET6);
    EXPECT_EQ(ToText(*address), "[2001:db8::1]:443");
  }
}

TEST(SocketAddress, WhatIsNotNumeric_IsRefused) {
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[1.2.3.4]", "::g",
                           "[::1", "1.2.3.4 "}) {
    EXPECT_FALSE(ParseNumericAddress(text, 1).has_value()) << text;
  }
}

TEST(SocketAddress, Empty_HasNoPortAndSaysSo) {
  EXPECT_EQ(PortOf(SocketAddress{}), 0);
  EXPECT_EQ(ToText(SocketAddress{}), "(address of another family)");
}

}  // namespace
}  // namespace fieldwork::posix
