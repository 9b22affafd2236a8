// Decides how the rules go through a list that the store gives in pages.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cloud/domain/store.h"

namespace fieldwork::domain {

/// Calls each(item) for every item; `list` is called with one PageRequest after the other. `each`
/// must not change what is listed: take AllOf() for that.
template <typename List, typename Each>
void ForEach(const List& list, const Each& each) {
  PageRequest request;
  do {
    auto page = list(request);
    for (auto& item : page.items) each(std::move(item));
    request.after = std::move(page.next);
  } while (!request.after.empty());
}

/// Every item at once.
template <typename List>
auto AllOf(const List& list) {
  decltype(list(PageRequest{}).items) all;
  ForEach(list, [&](auto item) { all.push_back(std::move(item)); });
  return all;
}

}  // namespace fieldwork::domain
