#include "apps/device/nvs.h"

#include <charconv>

#include "device/base/crc32.h"

namespace fieldwork::board {
namespace {

constexpr std::uint32_t kMagic = 0x564E5746;  // "FWNV" in the order of the bytes.
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kAlignment = 16;

void Store(std::string& record, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) record[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

std::uint32_t Fetch(std::string_view record, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(record[at + i])) << (8 * i);
  }
  return value;
}

std::uint32_t Checksum(std::string_view record) { return Crc32(AsBytes(record.substr(8))); }

std::string MakeRecord(std::uint32_t sequence, std::string_view payload) {
  std::string record(kHeaderBytes, '\0');
  Store(record, 0, kMagic);
  Store(record, 8, sequence);
  Store(record, 12, static_cast<std::uint32_t>(payload.size()));
  record += payload;
  Store(record, 4, Checksum(record));
  return record;
}

// The record at the front of `rest`; empty when there is none, or a part of one.
std::string_view RecordAt(std::string_view rest) {
  if (rest.size() < kHeaderBytes || Fetch(rest, 0) != kMagic) return {};
  const std::uint32_t size = Fetch(rest, 12);
  if (size > rest.size() - kHeaderBytes) return {};
  const std::string_view record = rest.substr(0, kHeaderBytes + size);
  return Checksum(record) == Fetch(record, 4) ? record : std::string_view{};
}

constexpr std::size_t AlignUp(std::size_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

// One setting at the front of `rest`; false at the end, and where the form is broken.
struct Setting {
  std::string_view key, value;
};
bool NextSetting(std::string_view& rest, Setting& setting) {
  if (rest.size() < 2) return false;
  const std::size_t key_size = static_cast<unsigned char>(rest[0]);
  const std::size_t value_size = static_cast<unsigned char>(rest[1]);
  if (rest.size() < 2 + key_size + value_size) return false;
  setting = {rest.substr(2, key_size), rest.substr(2 + key_size, value_size)};
  rest.remove_prefix(2 + key_size + value_size);
  return true;
}

void Append(std::string& payload, std::string_view key, std::string_view value) {
  payload += static_cast<char>(key.size());
  payload += static_cast<char>(value.size());
  payload += key;
  payload += value;
}

}  // namespace

Status Nvs::LoadSector(std::uint32_t sector) {
  std::string image(flash_.sector_bytes(), '\0');
  FIELDWORK_TRY(flash_.Read(sector * flash_.sector_bytes(),
                            {reinterpret_cast<std::uint8_t*>(image.data()), image.size()}));
  for (std::size_t at = 0; at < image.size();) {
    const std::string_view record = RecordAt(std::string_view(image).substr(at));
    at += record.empty() ? kAlignment : AlignUp(record.size());
    if (record.empty() || Fetch(record, 8) <= sequence_) continue;
    sequence_ = Fetch(record, 8);
    payload_ = record.substr(kHeaderBytes);
    active_ = sector;
    // Behind everything that was ever written, torn records included.
    free_ = static_cast<std::uint32_t>(AlignUp(image.find_last_not_of('\xFF') + 1));
  }
  return Status::kOk;
}

Status Nvs::Load() {
  if (flash_.sector_count() < 2) return Status::kBadArgument;
  payload_.clear();
  sequence_ = 0;
  active_ = 1;  // So that the first commit goes to sector 0.
  free_ = UINT32_MAX;
  FIELDWORK_TRY(LoadSector(0));
  return LoadSector(1);
}

std::optional<std::string_view> Nvs::Get(std::string_view key) const {
  std::string_view rest = payload_;
  for (Setting setting; NextSetting(rest, setting);) {
    if (setting.key == key) return setting.value;
  }
  return std::nullopt;
}

Status Nvs::Set(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > 255) return Status::kBadArgument;
  if (value.size() > 255) return Status::kTooLarge;
  std::string payload;
  std::string_view rest = payload_;
  for (Setting setting; NextSetting(rest, setting);) {
    if (setting.key != key) Append(payload, setting.key, setting.value);
  }
  Append(payload, key, value);
  if (payload.size() > flash_.sector_bytes() - kHeaderBytes) return Status::kTooLarge;
  payload_ = std::move(payload);
  return Status::kOk;
}

std::optional<std::uint32_t> Nvs::GetNumber(std::string_view key) const {
  const std::optional<std::string_view> text = Get(key);
  if (!text) return std::nullopt;
  std::uint32_t value = 0;
  const std::string digits(*text);
  const char* end = digits.c_str() + digits.size();
  const auto parsed = std::from_chars(digits.c_str(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

Status Nvs::SetNumber(std::string_view key, std::uint32_t value) {
  return Set(key, std::to_string(value));
}

Status Nvs::WriteRecord(std::uint32_t sector, std::uint32_t offset, std::string_view record) {
  const std::uint32_t at = sector * flash_.sector_bytes() + offset;
  FIELDWORK_TRY(flash_.Program(at, AsBytes(record)));
  std::string written(record.size(), '\0');
  FIELDWORK_TRY(flash_.Read(at, {reinterpret_cast<std::uint8_t*>(written.data()), written.size()}));
  return written == record ? Status::kOk : Status::kIo;
}

Status Nvs::Commit() {
  const std::string record = MakeRecord(sequence_ + 1, payload_);
  std::uint32_t sector = active_;
  std::uint32_t offset = free_;
  if (offset > flash_.sector_bytes() || record.size() > flash_.sector_bytes() - offset) {
    sector = 1 - active_;
    offset = 0;
    FIELDWORK_TRY(flash_.Erase(sector));
  }
  free_ = UINT32_MAX;  // Where a failed write leaves off is not known.
  FIELDWORK_TRY(WriteRecord(sector, offset, record));
  active_ = sector;
  free_ = static_cast<std::uint32_t>(AlignUp(offset + record.size()));
  ++sequence_;
  return Status::kOk;
}

}  // namespace fieldwork::board
