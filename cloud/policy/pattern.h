// Decides whether a text matches what a policy says in Resource or in a value of a condition.
//
// '*' is any text, '/' included, and '?' one character; MQTT's '+' and '#' mean themselves. What a
// variable inserts means itself, '*' and '?' in it too. A variable without a value matches nothing.
// Taken apart once; matching takes no memory and at most (length of pattern) x (length of text)
// steps. Source: AWS IoT developer guide, "AWS IoT Core policy variables", "Using wildcard
// characters in MQTT and AWS IoT Core policies"; IAM user guide, "Variables and tags".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/policy/values.h"

namespace fieldwork::policy {

class Pattern {
 public:
  struct Rules {
    bool wildcards = true;     ///< False: '*' and '?' mean themselves.
    bool ignore_case = false;  ///< Only without wildcards.
    bool variables = true;     ///< False: "${" is malformed (policies of 2008-10-17).
  };

  /// Throws Malformed: a variable that does not exist, or whose '}' is missing.
  static Pattern Parse(std::string_view text, const Rules& rules);

  bool Matches(std::string_view text, Values& values) const;

 private:
  enum class Kind : std::uint8_t {
    kLiteral,      // `text` stands there
    kVariable,     // the value of the variable `text`
    kCertificate,  // the same, if it is fit to be inserted
    kStar,
    kOne,
  };
  struct Piece {
    Kind kind;
    std::string text;
  };

  void AddLiteral(std::string_view text);
  void AddVariable(std::string_view inside, bool allowed);
  bool Resolve(const Piece& piece, Values& values, std::string_view& literal) const;
  bool PieceMatches(const Piece& piece, std::string_view text, Values& values,
                    std::size_t& at) const;
  bool StartMatches(std::string_view text) const;
  bool AllResolve(Values& values) const;

  std::vector<Piece> pieces_;
  bool ignore_case_ = false;
  bool has_variables_ = false;
};

}  // namespace fieldwork::policy
