// Decides how long lists are handed out: page sizes, and tokens that only their own list takes
// back.
//
// A token is base64 of a version, the operation with its labels, the store's place, and a checksum.
// It is opaque to clients but no secret; it carries names of this account and grants nothing.
// Source: AWS API reference, maxResults and nextToken, pageSize and marker (of certificates and
// policies): 1..250, tokens at most 1024 characters of [A-Za-z0-9+/]+={0,2}.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/domain/limits.h"
#include "cloud/domain/store.h"
#include "cloud/http_api/params.h"

namespace fieldwork::http_api {

inline constexpr std::size_t kTokenMax = 1024;

/// The page that a request asks for, and the token of the one behind it.
class Paging {
 public:
  /// maxResults and nextToken. Refuses, through `params`, a size or a token that is not to be had.
  static Paging ByToken(Params& params);
  /// pageSize and marker; what follows is `nextMarker`.
  static Paging ByMarker(Params& params, int default_size = domain::kPageMax);

  const domain::PageRequest& request() const { return page_; }
  /// Puts the token for `next` into `reply`; nothing if there is no more.
  void WriteNext(Json& reply, std::string_view next) const;

  /// The page of a list that is short enough to be had whole. `items` must be the same list, in the
  /// same order, as long as nothing changes.
  template <typename T>
  domain::Page<T> Cut(std::vector<T> items) const {
    const std::size_t begin = std::min(items.size(), Position());
    const std::size_t end = std::min(items.size(), begin + static_cast<std::size_t>(page_.limit));
    domain::Page<T> page;
    if (end < items.size()) page.next = std::to_string(end);
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(end), items.end());
    items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(begin));
    page.items = std::move(items);
    return page;
  }

 private:
  Paging(Params& params, std::string_view size_name, std::string_view token_name,
         std::string_view next_name, int default_size);
  std::size_t Position() const;

  std::string list_;  // What the tokens of this list begin with.
  std::string_view next_name_;
  domain::PageRequest page_;
};

/// RFC 4648 with padding. Decode: empty unless it is exactly what Encode makes.
std::string EncodeBase64(std::string_view bytes);
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace fieldwork::http_api
