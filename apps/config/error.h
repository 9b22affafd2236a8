// Decides how a program says that its configuration cannot be used.
#pragma once

#include <stdexcept>

namespace fieldwork::config {

/// what() is one line for a person: file, line, key, what is wrong, and what to do.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fieldwork::config
