// Text of bounded length that owns its memory, for what must outlive the buffer it
// was read from (a job id, a thing name).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device/base/bytes.h"
#include "device/base/status.h"

namespace fieldwork {

/// Holds at most `kCapacity` bytes (below 65,536); not NUL terminated. What is assigned is not
/// a part of it.
template <std::size_t kCapacity>
class FixedString {
  static_assert(kCapacity < 65536);

 public:
  /// kTooLarge, and unchanged, when `text` is longer than the capacity.
  Status Assign(std::string_view text) {
    if (text.size() > kCapacity) return Status::kTooLarge;
    CopyText(bytes_.data(), text);
    size_ = static_cast<std::uint16_t>(text.size());
    return Status::kOk;
  }
  /// Keeps what fits, whole bytes only: for texts whose tail may be lost.
  void AssignTruncated(std::string_view text) {
    static_cast<void>(Assign({text.data(), std::min(text.size(), kCapacity)}));
  }
  void Clear() { size_ = 0; }

  /// Valid until the next change of this object.
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<char, kCapacity> bytes_;
  std::uint16_t size_ = 0;
};

}  // namespace fieldwork
