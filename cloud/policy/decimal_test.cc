// Checks that numbers compare exactly.
#include "cloud/policy/decimal.h"

#include <gtest/gtest.h>

namespace fieldwork::policy {
namespace {

Decimal Of(std::string_view text) { return Decimal::Parse(text).value(); }

TEST(Decimal, Order_IsThatOfTheNumbers) {
  const char* const rising[] = {"-100", "-99.5", "-99.25", "-1", "-0.5", "0",
                                "0.05", "0.5",   "2",      "10", "10.1", "123456789012345678901"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      EXPECT_EQ(Of(rising[i]) < Of(rising[j]), i < j) << rising[i] << " " << rising[j];
      EXPECT_EQ(Of(rising[i]) == Of(rising[j]), i == j) << rising[i] << " " << rising[j];
    }
  }
}

TEST(Decimal, DifferentWritings_AreEqual) {
  EXPECT_EQ(Of("007"), Of("7"));
  EXPECT_EQ(Of("+7.500"), Of("7.5"));
  EXPECT_EQ(Of("-0"), Of("0.00"));
  EXPECT_EQ(Of("0.0"), Of("0"));
}

TEST(Decimal, SerialNumbersThatAreOneDouble_Differ) {
  EXPECT_NE(Of("10525622389124227206"), Of("10525622389124227207"));
}

TEST(Decimal, WhatIsNoNumber_IsEmpty) {
  for (const char* text :
       {"", "-", "+", ".", "1.", ".5", "1e3", "0x1", " 1", "1 ", "1.2.3", "--1"}) {
    EXPECT_FALSE(Decimal::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace fieldwork::policy
