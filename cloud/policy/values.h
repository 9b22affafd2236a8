// Decides how often a variable is asked for: once in an evaluation.
#pragma once

#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/policy/policy.h"

namespace fieldwork::policy {

/// Lives as long as one evaluation; `source` and the names must live longer.
class Values {
 public:
  explicit Values(const Variables& source) : source_(source) {}

  /// Null if the variable has no value. Valid as long as this object.
  const std::string* Find(std::string_view name) {
    for (const Entry& entry : known_) {
      if (entry.name == name) return entry.value ? &*entry.value : nullptr;
    }
    known_.push_front({name, source_ ? source_(name) : std::nullopt});
    const Entry& entry = known_.front();
    return entry.value ? &*entry.value : nullptr;
  }

 private:
  struct Entry {
    std::string_view name;
    std::optional<std::string> value;
  };
  const Variables& source_;
  std::forward_list<Entry> known_;  // Its nodes do not move; an empty one takes no memory.
};

}  // namespace fieldwork::policy
