// Cuts the byte stream into packets, in memory of the product's size. A packet that can
// never fit is announced as far as it is known and then skipped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "device/base/bytes.h"
#include "device/mqtt/packet.h"

namespace fieldwork::mqtt {

class ReceiveBuffer {
 public:
  enum class Next : std::uint8_t {
    kNothing,    ///< No whole packet yet.
    kPacket,     ///< header() and body() describe it.
    kOversize,   ///< The same, but body() has the beginning only; the rest will be skipped.
    kMalformed,  ///< The stream makes no sense; only Clear() helps.
  };

  /// `memory` outlives the buffer.
  explicit ReceiveBuffer(MutableBytes memory) : memory_(memory) {}

  /// Where the next bytes of the stream go. Never empty after Next() said kNothing.
  MutableBytes Space();
  /// So many were written to Space().
  void Fill(std::size_t count);

  /// Moves to the next packet; what header() and body() gave before is over.
  Next Advance();
  const FixedHeader& header() const { return header_; }
  /// Valid until the next call of Space(), Fill() or Advance().
  Bytes body() const { return body_; }

  void Clear();

 private:
  Next AnnounceOversize(Bytes stored);

  MutableBytes memory_;
  Bytes body_;
  FixedHeader header_;
  std::uint32_t begin_ = 0;  // Of what was not handed out yet.
  std::uint32_t end_ = 0;
  std::uint32_t skip_ = 0;  // Bytes still to come that nobody wants.
};

}  // namespace fieldwork::mqtt
