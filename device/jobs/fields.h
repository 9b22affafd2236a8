// Decides how a program holds the table of an object's fields. Inside of device/jobs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fieldwork::jobs {

/// A key, what its value is, and where the member is in the struct of the message. `Type` is
/// the enum of what a value can be.
template <class Type, std::size_t kSize>
struct Field {
  consteval Field(const char (&its_key)[kSize], Type its_type, std::size_t its_offset)
      : key(its_key), type(its_type), offset(its_offset) {}
  const char* key;
  Type type;
  std::size_t offset;
};

/// The fields one after another, each as the size of its key, the key, the type and the
/// offset; then a zero. Bytes, since pointers would take three times the room.
template <class Type, std::size_t... kSizes>
consteval auto PackFields(Field<Type, kSizes>... fields) {
  std::array<char, ((kSizes + 2) + ...) + 1> table{};
  char* p = table.data();
  const auto add = [&p](const auto& field, std::size_t size) {
    *p++ = static_cast<char>(size);
    for (std::size_t i = 0; i < size; ++i) *p++ = field.key[i];
    *p++ = static_cast<char>(field.type);
    *p++ = static_cast<char>(field.offset);
  };
  (add(fields, kSizes - 1), ...);
  return table;
}

/// Goes through a table.
template <class Type>
class FieldIterator {
 public:
  explicit FieldIterator(const char* table) : p_(table) {}

  bool at_end() const { return *p_ == 0; }
  void Next() { p_ += 3 + *p_; }
  std::string_view key() const { return {p_ + 1, static_cast<std::size_t>(*p_)}; }
  Type type() const { return static_cast<Type>(p_[1 + *p_]); }
  std::size_t offset() const { return static_cast<std::uint8_t>(p_[2 + *p_]); }

 private:
  const char* p_;
};

}  // namespace fieldwork::jobs
