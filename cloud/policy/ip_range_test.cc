// Checks which addresses are in a range.
#include "cloud/policy/ip_range.h"

#include <gtest/gtest.h>

#include <string>

namespace fieldwork::policy {
namespace {

bool Contains(std::string_view range, std::string_view address) {
  return IpRange::Parse(range).value().Contains(address);
}

TEST(IpRange, SingleAddress_IsItselfOnly) {
  EXPECT_TRUE(Contains("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(Contains("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(Contains("2001:db8::1", "2001:DB8:0:0::1"));
}

TEST(IpRange, Prefix_CutsInTheMiddleOfAByte) {
  EXPECT_TRUE(Contains("192.0.2.0/23", "192.0.3.255"));
  EXPECT_FALSE(Contains("192.0.2.0/23", "192.0.4.0"));
  EXPECT_TRUE(Contains("192.0.2.77/24", "192.0.2.1"));
  EXPECT_TRUE(Contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpRange, EverythingOfOneFamily) {
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Contains("::/0", "2001:db8::1"));
}

TEST(IpRange, MappedIpv4_IsTheIpv4Address) {
  EXPECT_TRUE(Contains("192.0.2.0/24", "::ffff:192.0.2.9"));
}

TEST(IpRange, WhatIsNoAddress_IsRefusedOrInNoRange) {
  for (const char* text : {"", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/8x",
                           "::/129", "host", "1.2.3.4/8/8"}) {
    EXPECT_FALSE(IpRange::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpRange::Parse(std::string(200, '1')).has_value());
  EXPECT_FALSE(Contains("0.0.0.0/0", "client-1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", ""));
}

}  // namespace
}  // namespace fieldwork::policy
