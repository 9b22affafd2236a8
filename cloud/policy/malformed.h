// Decides how the parts of the parser say that a document is malformed: an exception that
// Document::Parse() catches and nobody else sees.
#pragma once

#include <string>
#include <utility>

namespace fieldwork::policy {

struct Malformed {
  explicit Malformed(std::string sentence) : why(std::move(sentence)) {}
  std::string why;  ///< One sentence: what is wrong, where, what to do.
};

}  // namespace fieldwork::policy
