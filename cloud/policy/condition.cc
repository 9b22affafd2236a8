// Decides how conditions are read and evaluated; see condition.h.
#include "cloud/policy/condition.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "cloud/policy/ascii.h"
#include "cloud/policy/malformed.h"

namespace fieldwork::policy {
namespace {

struct Named {
  std::string_view name;
  Test test;
  bool negated;
};
constexpr std::array<Named, 16> kOperators = {{
    {"StringEquals", Test::kString, false},
    {"StringNotEquals", Test::kString, true},
    {"StringEqualsIgnoreCase", Test::kStringIgnoreCase, false},
    {"StringNotEqualsIgnoreCase", Test::kStringIgnoreCase, true},
    {"StringLike", Test::kStringLike, false},
    {"StringNotLike", Test::kStringLike, true},
    {"NumericEquals", Test::kNumericEquals, false},
    {"NumericNotEquals", Test::kNumericEquals, true},
    {"NumericLessThan", Test::kNumericLess, false},
    {"NumericLessThanEquals", Test::kNumericLessEquals, false},
    {"NumericGreaterThan", Test::kNumericGreater, false},
    {"NumericGreaterThanEquals", Test::kNumericGreaterEquals, false},
    {"Bool", Test::kBool, false},
    {"IpAddress", Test::kIpAddress, false},
    {"NotIpAddress", Test::kIpAddress, true},
    {"Null", Test::kNull, false},
}};

// AWS looks at no more than five values of a certificate's field.
constexpr std::size_t kListMax = 5;

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.substr(text.size() - suffix.size()) != suffix) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

std::string WhyNotEvaluated(std::string_view name) {
  if (name.substr(0, 4) == "Date") return ": policies are evaluated without a clock";
  if (name.substr(0, 3) == "Arn") return ": no condition key has an ARN here; use StringLike";
  return "";
}

template <typename T>
T OrMalformed(std::optional<T> parsed, const std::string& value, std::string_view what) {
  if (!parsed) throw Malformed("'" + value + "' is not " + std::string(what));
  return *std::move(parsed);
}

std::optional<bool> ParseBool(std::string_view text) {
  if (EqualIgnoringCase(text, "true")) return true;
  if (EqualIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

bool CompareNumbers(Test test, const Decimal& value, const Decimal& operand) {
  switch (test) {
    case Test::kNumericLess: return value < operand;
    case Test::kNumericLessEquals: return value <= operand;
    case Test::kNumericGreater: return value > operand;
    case Test::kNumericGreaterEquals: return value >= operand;
    default: return value == operand;
  }
}

}  // namespace

Operator ParseOperator(std::string_view name) {
  std::string_view rest = name;
  Operator op;
  if (TakePrefix(rest, "ForAllValues:")) {
    op.quantifier = Quantifier::kForAllValues;
  } else if (TakePrefix(rest, "ForAnyValue:")) {
    op.quantifier = Quantifier::kForAnyValue;
  }
  op.if_exists = TakeSuffix(rest, "IfExists");
  const auto* const found = std::find_if(kOperators.begin(), kOperators.end(),
                                         [&](const Named& named) { return named.name == rest; });
  const std::string quoted = "the condition operator '" + std::string(name) + "'";
  if (found == kOperators.end()) {
    throw Malformed(quoted + " is not evaluated here" + WhyNotEvaluated(rest));
  }
  if (found->test == Test::kNull && (op.if_exists || op.quantifier != Quantifier::kNone)) {
    throw Malformed(quoted + " does not exist: Null stands alone");
  }
  op.test = found->test;
  op.negated = found->negated;
  return op;
}

Condition::Operand Condition::ParseOperand(Test test, const std::string& value, bool variables) {
  switch (test) {
    case Test::kString: return Pattern::Parse(value, {false, false, variables});
    case Test::kStringIgnoreCase: return Pattern::Parse(value, {false, true, variables});
    case Test::kStringLike: return Pattern::Parse(value, {true, false, variables});
    case Test::kBool:
    case Test::kNull: return OrMalformed(ParseBool(value), value, "'true' or 'false'");
    case Test::kIpAddress:
      return OrMalformed(IpRange::Parse(value), value, "an IP address or range");
    default: return OrMalformed(Decimal::Parse(value), value, "a number");
  }
}

Condition Condition::Parse(const Operator& op, std::string_view key,
                           const std::vector<std::string>& values, bool variables) {
  Condition condition;
  condition.operator_ = op;
  condition.key_ = ConditionKey(key);
  const bool is_list = condition.key_.kind == KeyKind::kCertificateList;
  if (is_list && op.quantifier == Quantifier::kNone && op.test != Test::kNull) {
    throw Malformed(
        "the condition key '" + std::string(key) +
        "' has several values: write ForAnyValue: or ForAllValues: before the operator");
  }
  if (op.test == Test::kIpAddress && condition.key_.name != "aws:SourceIp") {
    throw Malformed("the condition key '" + std::string(key) +
                    "' is no IP address; only aws:SourceIp is");
  }
  for (std::size_t i = 1; is_list && i < kListMax; ++i) {
    condition.further_names_.push_back(condition.key_.name + "." + std::to_string(i));
  }
  for (const std::string& value : values) {
    condition.operands_.push_back(ParseOperand(op.test, value, variables));
  }
  return condition;
}

bool Condition::Compare(const Operand& operand, std::string_view value, Values& values) const {
  if (const auto* pattern = std::get_if<Pattern>(&operand)) return pattern->Matches(value, values);
  if (const auto* range = std::get_if<IpRange>(&operand)) return range->Contains(value);
  if (const auto* wanted = std::get_if<bool>(&operand)) return ParseBool(value) == *wanted;
  const std::optional<Decimal> number = Decimal::Parse(value);
  return number && CompareNumbers(operator_.test, *number, *std::get_if<Decimal>(&operand));
}

bool Condition::Satisfied(std::string_view value, Values& values) const {
  const bool any = std::any_of(operands_.begin(), operands_.end(), [&](const Operand& operand) {
    return Compare(operand, value, values);
  });
  return any != operator_.negated;
}

bool Condition::HoldsForMissing(bool missing) const {
  return std::any_of(operands_.begin(), operands_.end(), [&](const Operand& operand) {
    return *std::get_if<bool>(&operand) == missing;
  });
}

// With ForAnyValue the first value that satisfies decides, without it the first that does not.
bool Condition::HoldsForEach(std::string_view first, Values& values) const {
  const bool any = operator_.quantifier == Quantifier::kForAnyValue;
  if (key_.kind == KeyKind::kConnectAttributes) {
    for (std::string_view rest = first; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      if (Satisfied(rest.substr(0, comma), values) == any) return any;
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return !any;
  }
  if (Satisfied(first, values) == any) return any;
  for (const std::string& name : further_names_) {
    const std::string* value = values.Find(name);
    if (value == nullptr) break;
    if (Satisfied(*value, values) == any) return any;
  }
  return !any;
}

bool Condition::Holds(Values& values) const {
  const std::string* first = values.Find(key_.name);
  if (operator_.test == Test::kNull) {
    const bool none = key_.kind == KeyKind::kConnectAttributes && first && first->empty();
    return HoldsForMissing(first == nullptr || none);
  }
  if (first != nullptr) return HoldsForEach(*first, values);
  if (operator_.quantifier == Quantifier::kForAllValues) return true;
  if (operator_.quantifier == Quantifier::kForAnyValue) return operator_.if_exists;
  return operator_.if_exists || operator_.negated;
}

}  // namespace fieldwork::policy
