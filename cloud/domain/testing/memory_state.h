// Decides what MemoryStore remembers and how it cuts lists into pages. Nobody else includes this.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "cloud/domain/store.h"

namespace fieldwork::domain::testing::memory {

template <typename T>
using ByName = std::map<std::string, T, std::less<>>;
template <typename T>
using Ordered = ByName<std::pair<std::int64_t, T>>;  // With the order of its creation.
using Pair = std::pair<std::string, std::string>;
using ExecutionKey = std::tuple<std::string, std::string, std::int64_t>;
template <typename T>
using Keyed = std::vector<std::pair<std::string, T>>;  // With the key that the list is sorted by.

struct MemoryState {
  std::int64_t last_order = 0;
  ByName<Thing> things;
  ByName<Group> groups;
  std::set<Pair> members;  // Group, thing.
  Ordered<Certificate> certificates;
  std::set<Pair> attachments;  // Certificate, thing.
  Ordered<Policy> policies;
  std::set<Pair> targets;  // Policy, ARN.
  ByName<Job> jobs;
  ByName<std::string> documents;
  ByName<JobCounts> counts;
  ByName<std::vector<std::string>> rollout;
  std::map<ExecutionKey, Execution> executions;
  std::set<std::string, std::less<>> owed;
  ByName<Attributes> tags;
  EventSettings events;
};

template <typename T>
std::optional<T> Find(const ByName<T>& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? std::nullopt : std::optional<T>(found->second);
}
template <typename T>
std::optional<T> FindOrdered(const Ordered<T>& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? std::nullopt : std::optional<T>(found->second.second);
}
template <typename Container>
void Erase(Container& container, std::string_view name) {
  if (const auto found = container.find(name); found != container.end()) {
    container.erase(found);
  }
}
inline std::vector<std::string> Firsts(const std::set<Pair>& pairs, std::string_view second) {
  std::vector<std::string> firsts;
  for (const auto& pair : pairs) {
    if (pair.second == second) {
      firsts.push_back(pair.first);
    }
  }
  return firsts;
}
inline std::vector<std::string> Seconds(const std::set<Pair>& pairs, std::string_view first) {
  std::vector<std::string> seconds;
  for (const auto& pair : pairs) {
    if (pair.first == first) {
      seconds.push_back(pair.second);
    }
  }
  return seconds;
}
template <typename T>
std::vector<T> First(int limit, std::vector<T> all) {
  all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(limit, 0))));
  return all;
}
template <typename Predicate>
std::vector<Execution> Select(std::vector<Execution> all, Predicate wanted) {
  std::erase_if(all, [&](const Execution& each) { return !wanted(each); });
  return all;
}

inline bool HasTarget(const Job& job, std::string_view arn) {
  return std::find(job.targets.begin(), job.targets.end(), arn) != job.targets.end();
}
inline ExecutionKey KeyOf(const Execution& execution) {
  return {execution.thing, execution.job, execution.number};
}
/// A number whose text sorts as the number does.
inline std::string Padded(std::int64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%020lld", static_cast<long long>(number));
  return text;
}
template <typename Names>
Keyed<std::string> SelfKeyed(const Names& names) {
  Keyed<std::string> all;
  for (const std::string& name : names) {
    all.emplace_back(name, name);
  }
  return all;
}
template <typename T>
Keyed<T> OrderKeyed(const Ordered<T>& map) {
  Keyed<T> all;
  for (const auto& [name, ordered] : map) {
    all.emplace_back(Padded(ordered.first), ordered.second);
  }
  return all;
}
/// Sorts `all` by key and cuts the wanted page out. A place is "list/key of the last item".
template <typename T>
Page<T> Cut(const std::string& list, Keyed<T> all, bool ascending, const PageRequest& request) {
  assert(request.limit > 0);
  const auto before = [&](const std::string& a, const std::string& b) {
    return ascending ? a < b : b < a;
  };
  std::sort(all.begin(), all.end(),
            [&](const auto& a, const auto& b) { return before(a.first, b.first); });
  const std::string prefix = list + "/";
  const bool from_the_beginning = !request.after.starts_with(prefix);
  Page<T> page;
  std::string last;
  for (auto& [key, item] : all) {
    if (!from_the_beginning && !before(request.after.substr(prefix.size()), key)) {
      continue;
    }
    if (page.items.size() == static_cast<std::size_t>(request.limit)) {
      page.next = prefix + last;
      break;
    }
    page.items.push_back(std::move(item));
    last = key;
  }
  return page;
}

}  // namespace fieldwork::domain::testing::memory
