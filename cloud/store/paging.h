// Decides where a page of a list ends and how the next one finds its place.
//
// A place is the key of the last item that was returned, so that what is added or deleted meanwhile
// moves nothing else. It is written in hexadecimal digits, with the name of the list, and may go
// into a URL or a message as it is. What is no place in that list is the beginning.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/store.h"
#include "cloud/store/statement.h"

namespace fieldwork::store {

std::string PlaceOf(std::string_view list, std::string_view key);

/// The key in `place`; "", which is below every key, for the beginning.
std::string KeyIn(std::string_view list, std::string_view place);
/// The same where keys are numbers.
std::optional<std::int64_t> NumberIn(std::string_view list, std::string_view place);

/// What a statement needs as its LIMIT: one more than the page, to know whether there is another.
inline std::int64_t RowsOf(const domain::PageRequest& request) {
  return std::int64_t{std::max(request.limit, 1)} + 1;
}

inline std::string FirstColumn(const Query& row) { return row.Text(0); }

/// `read(row)` makes an item of a row, `key_of(row)` the key by which its place is found again.
template <typename Read, typename KeyOf>
auto ReadPage(std::string_view list, const domain::PageRequest& request, Query& rows, Read read,
              KeyOf key_of) {
  domain::Page<decltype(read(rows))> page;
  const auto limit = static_cast<std::size_t>(RowsOf(request) - 1);
  std::string last;
  while (rows.Next()) {
    if (page.items.size() == limit) {
      page.next = PlaceOf(list, last);
      break;
    }
    last = key_of(rows);
    page.items.push_back(read(rows));
  }
  return page;
}

/// The same where the first column is the key.
template <typename Read>
auto ReadPage(std::string_view list, const domain::PageRequest& request, Query& rows, Read read) {
  return ReadPage(list, request, rows, read, FirstColumn);
}

/// A list of the keys themselves.
inline domain::Page<std::string> ReadNames(std::string_view list,
                                           const domain::PageRequest& request, Query& rows) {
  return ReadPage(list, request, rows, FirstColumn);
}

}  // namespace fieldwork::store
