// Decides when one condition of a statement holds: an operator, a key, and the values it may have.
//
// A key without a value: the condition does not hold, unless its operator asks for a difference
// (StringNotEquals, ...), ends in IfExists, or begins with ForAllValues. Several values in the
// policy are alternatives; for an operator that asks for a difference, none of them may match.
// A key with several values and no ForAllValues or ForAnyValue: each of its values has to satisfy.
// Source: IAM user guide, "Condition operators", "Multivalued context keys"; AWS IoT developer
// guide, "Connect policy examples".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cloud/policy/decimal.h"
#include "cloud/policy/ip_range.h"
#include "cloud/policy/names.h"
#include "cloud/policy/pattern.h"
#include "cloud/policy/values.h"

namespace fieldwork::policy {

enum class Test : std::uint8_t {
  kString,
  kStringIgnoreCase,
  kStringLike,
  kNumericEquals,
  kNumericLess,
  kNumericLessEquals,
  kNumericGreater,
  kNumericGreaterEquals,
  kBool,
  kIpAddress,
  kNull,
};
enum class Quantifier : std::uint8_t { kNone, kForAllValues, kForAnyValue };

struct Operator {
  Quantifier quantifier = Quantifier::kNone;
  Test test = Test::kString;
  bool negated = false;
  bool if_exists = false;
};

/// "ForAllValues:StringNotEqualsIfExists" and the like. Throws Malformed.
Operator ParseOperator(std::string_view name);

class Condition {
 public:
  /// `variables`: whether the document may use them. Throws Malformed.
  static Condition Parse(const Operator& op, std::string_view key,
                         const std::vector<std::string>& values, bool variables);

  bool Holds(Values& values) const;

 private:
  using Operand = std::variant<Pattern, Decimal, IpRange, bool>;

  static Operand ParseOperand(Test test, const std::string& value, bool variables);
  bool Compare(const Operand& operand, std::string_view value, Values& values) const;
  bool HoldsForMissing(bool missing) const;
  bool HoldsForEach(std::string_view first, Values& values) const;
  bool Satisfied(std::string_view value, Values& values) const;

  Operator operator_;
  Key key_;
  // Where the second, third, ... value of a list is asked for.
  std::vector<std::string> further_names_;
  std::vector<Operand> operands_;
};

}  // namespace fieldwork::policy
