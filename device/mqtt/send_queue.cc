#include "device/mqtt/send_queue.h"

#include "device/base/check.h"
#include "device/mqtt/encode.h"

namespace fieldwork::mqtt {

SendQueue::SendQueue(MutableBytes memory, std::span<SendRecord> records, std::size_t reserved)
    : memory_(memory.first(memory.size() < 65535 ? memory.size() : 65535)),
      records_(records),
      reserved_(static_cast<std::uint16_t>(reserved)) {
  FIELDWORK_DCHECK(reserved < memory_.size() && records_.size() > 1 && records_.size() < 256);
}

MutableBytes SendQueue::RoomBut(std::size_t bytes, std::size_t records) const {
  if (count_ + records >= records_.size() || used_ + bytes >= memory_.size()) return {};
  return memory_.first(memory_.size() - bytes).subspan(used_);
}

void SendQueue::Commit(PacketType type, PacketId packet_id, std::size_t size) {
  FIELDWORK_DCHECK(count_ < records_.size() && used_ + size <= memory_.size());
  records_[count_++] = SendRecord{{}, static_cast<std::uint16_t>(size), 0, packet_id, type, 0};
  used_ = static_cast<std::uint16_t>(used_ + size);
}

std::size_t SendQueue::OffsetOf(std::size_t index) const {
  std::size_t offset = 0;
  for (std::size_t i = 0; i < index; ++i) offset += records_[i].size;
  return offset;
}

bool SendQueue::IsWaiting(const SendRecord& record) { return record.sent == record.size; }

bool SendQueue::MayLeave(const SendRecord& record) const {
  return !IsWaiting(record) && (!held_back_ || record.type == PacketType::kConnect);
}

/// A packet that has begun to leave goes first: another one must not cut it in two.
std::size_t SendQueue::NextToSend() const {
  std::size_t next = count_;
  for (std::size_t i = count_; i-- > 0;) {
    if (!MayLeave(records_[i])) continue;
    next = i;
    if (records_[i].sent != 0) break;
  }
  return next;
}

Bytes SendQueue::Unsent() const {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t offset = 0;
  for (const SendRecord& record : records()) {
    const std::size_t at = offset;
    offset += record.size;
    if (!MayLeave(record)) continue;
    const bool is_first = end == 0;
    if (is_first || record.sent != 0) {
      begin = at + record.sent;
      end = offset;
      // An earlier packet became due again after this one had begun to leave: no later one
      // may go ahead of it, so this one leaves alone.
      if (!is_first) break;
    } else if (end == at) {
      end = offset;  // Follows without a gap: leaves with the others, in one TLS record.
    }
  }
  return memory_.first(end).subspan(begin);
}

std::size_t SendQueue::MarkSent(Instant now, std::size_t count) {
  std::size_t completed = 0;
  while (count > 0) {
    const std::size_t i = NextToSend();
    FIELDWORK_DCHECK(i < count_);
    SendRecord& record = records_[i];
    const std::size_t left = static_cast<std::size_t>(record.size - record.sent);
    const std::size_t taken = left < count ? left : count;
    count -= taken;
    record.sent = static_cast<std::uint16_t>(record.sent + taken);
    if (taken < left) break;
    ++completed;
    if (record.packet_id == 0) {
      Erase(i);
    } else {
      ++record.attempts;
      record.retry_at = now + kRetryInterval;
    }
  }
  return completed;
}

std::size_t SendQueue::IndexOf(PacketType type, PacketId packet_id) const {
  std::size_t i = 0;
  while (i < count_ && (records_[i].type != type || records_[i].packet_id != packet_id)) ++i;
  return i;
}

Bytes SendQueue::Find(PacketType type, PacketId packet_id) const {
  const std::size_t i = IndexOf(type, packet_id);
  return i == count_ ? Bytes{} : memory_.subspan(OffsetOf(i)).first(records_[i].size);
}

bool SendQueue::Remove(PacketType type, PacketId packet_id) {
  const std::size_t i = IndexOf(type, packet_id);
  if (i == count_ || records_[i].attempts == 0) return false;
  // Half a copy on the wire must be finished, or the stream is broken; the reply to that
  // copy removes it later.
  if (records_[i].sent != 0 && records_[i].sent < records_[i].size) return false;
  Erase(i);
  return true;
}

bool SendQueue::IsUsed(PacketId packet_id) const {
  for (const SendRecord& record : records()) {
    if (record.packet_id == packet_id) return true;
  }
  return false;
}

bool SendQueue::OnTime(Instant now) {
  for (std::size_t i = 0; i < count_; ++i) {
    if (!IsWaiting(records_[i]) || now < records_[i].retry_at) continue;
    if (records_[i].attempts == kMaxAttempts) return false;
    SendAgain(i);
  }
  return true;
}

Instant SendQueue::Deadline() const {
  Instant deadline = kNever;
  for (const SendRecord& record : records()) {
    if (IsWaiting(record)) deadline = Earlier(deadline, record.retry_at);
  }
  return deadline;
}

void SendQueue::SendAgain(std::size_t index) {
  SendRecord& record = records_[index];
  record.sent = 0;
  // SUBSCRIBE and UNSUBSCRIBE have no such flag [MQTT-3.8.1-1].
  if (record.type == PacketType::kPublish) MarkDuplicate(memory_.subspan(OffsetOf(index)));
}

void SendQueue::OnConnectionLost() {
  for (std::size_t i = count_; i-- > 0;) {
    SendRecord& record = records_[i];
    if (record.type != PacketType::kPublish || record.packet_id == 0) {
      Erase(i);
      continue;
    }
    // Even a part of it may have been enough for the peer, so it counts as sent once.
    if (record.sent != 0 || record.attempts != 0) SendAgain(i);
    record.attempts = 0;
  }
  held_back_ = false;
}

void SendQueue::Erase(std::size_t index) {
  const std::size_t size = records_[index].size;
  used_ = static_cast<std::uint16_t>(used_ - size);
  --count_;
  if (index == count_) return;  // Nothing lies behind it.
  const std::size_t offset = OffsetOf(index);
  MoveDown(&memory_[offset], size, used_ - offset);
  MoveDown(reinterpret_cast<std::uint8_t*>(&records_[index]), sizeof(SendRecord),
           (count_ - index) * sizeof(SendRecord));
}

}  // namespace fieldwork::mqtt
