#include "device/mqtt/receive_buffer.h"

#include "device/base/check.h"
#include "device/mqtt/decode.h"

namespace fieldwork::mqtt {

MutableBytes ReceiveBuffer::Space() {
  const std::uint32_t stored = end_ - begin_;
  if (begin_ != 0 && stored != 0) MoveDown(memory_.data(), begin_, stored);
  begin_ = 0;
  end_ = stored;
  return memory_.subspan(stored);
}

void ReceiveBuffer::Fill(std::size_t count) {
  FIELDWORK_DCHECK(count <= memory_.size() - end_);
  end_ += static_cast<std::uint32_t>(count);
  const std::uint32_t stored = end_ - begin_;
  const std::uint32_t skipped = skip_ < stored ? skip_ : stored;
  skip_ -= skipped;
  begin_ += skipped;
}

ReceiveBuffer::Next ReceiveBuffer::Advance() {
  const Bytes stored = Bytes(memory_).first(end_).subspan(begin_);
  const Status status = DecodeFixedHeader(stored, header_);
  if (status == Status::kNeedMore) return Next::kNothing;
  if (status != Status::kOk) return Next::kMalformed;
  const std::size_t size = header_.size + header_.remaining_length;
  if (size > memory_.size()) return AnnounceOversize(stored);
  if (size > stored.size()) return Next::kNothing;
  body_ = stored.first(size).subspan(header_.size);
  begin_ += static_cast<std::uint32_t>(size);
  return Next::kPacket;
}

/// Waits until topic and packet id are there; a topic that leaves no room for them is not
/// waited for.
ReceiveBuffer::Next ReceiveBuffer::AnnounceOversize(Bytes stored) {
  if (header_.type != PacketType::kPublish) return Next::kMalformed;  // No other is so long.
  Bytes begun = stored.subspan(header_.size);
  if (begun.size() < 2) return Next::kNothing;
  const std::size_t id_size = (header_.flags & 0x06u) != 0 ? 2 : 0;
  const std::size_t wanted = 2 + static_cast<std::size_t>(begun[0] << 8 | begun[1]) + id_size;
  if (wanted > header_.remaining_length) return Next::kMalformed;  // Longer than its packet.
  const std::size_t room = memory_.size() - header_.size;
  if (begun.size() < wanted && wanted <= room) return Next::kNothing;
  body_ = wanted <= room ? begun : Bytes{};
  skip_ = header_.remaining_length - static_cast<std::uint32_t>(begun.size());
  begin_ = end_;
  return Next::kOversize;
}

void ReceiveBuffer::Clear() { begin_ = end_ = skip_ = 0; }

}  // namespace fieldwork::mqtt
