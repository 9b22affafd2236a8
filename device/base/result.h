// A value or the Status that says why there is none. The device core's stand-in for
// std::expected, which clang 14 cannot build with this standard library.
#pragma once

#include <cstddef>
#include <type_traits>

#include "device/base/check.h"
#include "device/base/status.h"

namespace fieldwork {

/// Trivially copyable, so that it travels in registers. Test ok() before `*`.
template <class T>
class [[nodiscard]] Result {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  constexpr Result(T value) : value_(value), status_(Status::kOk) {}  // NOLINT: implicit by design
  constexpr Result(Status status) : value_{}, status_(status) {       // NOLINT: implicit by design
    FIELDWORK_DCHECK(status != Status::kOk);
  }

  constexpr bool ok() const { return status_ == Status::kOk; }
  constexpr Status status() const { return status_; }

  /// REQUIRES: ok().
  constexpr const T& operator*() const {
    FIELDWORK_DCHECK(ok());
    return value_;
  }
  constexpr const T* operator->() const { return &**this; }

 private:
  T value_;
  Status status_;
};

/// A size and a status in one word, so that on Cortex-M it comes back in a register and not
/// through memory: most of what the core returns is a size.
template <>
class [[nodiscard]] Result<std::size_t> {
 public:
  /// REQUIRES: at most PTRDIFF_MAX.
  constexpr Result(std::size_t value)  // NOLINT: implicit by design
      : word_(static_cast<std::ptrdiff_t>(value)) {
    FIELDWORK_DCHECK(word_ >= 0);
  }
  constexpr Result(Status status)  // NOLINT: implicit by design
      : word_(-static_cast<std::ptrdiff_t>(status)) {
    FIELDWORK_DCHECK(status != Status::kOk);
  }

  constexpr bool ok() const { return word_ >= 0; }
  constexpr Status status() const { return ok() ? Status::kOk : static_cast<Status>(-word_); }
  /// REQUIRES: ok().
  constexpr std::size_t operator*() const {
    FIELDWORK_DCHECK(ok());
    return static_cast<std::size_t>(word_);
  }

 private:
  std::ptrdiff_t word_;  // The value, or the status negated.
};

}  // namespace fieldwork

#define FIELDWORK_CONCAT_INNER(a, b) a##b
#define FIELDWORK_CONCAT(a, b) FIELDWORK_CONCAT_INNER(a, b)

/// FIELDWORK_ASSIGN_OR_RETURN(const auto n, Decode(in)): binds the value, or returns
/// the status from the enclosing function. Never logs.
#define FIELDWORK_ASSIGN_OR_RETURN(declaration, expr) \
  FIELDWORK_ASSIGN_OR_RETURN_INNER(FIELDWORK_CONCAT(fieldwork_result_, __LINE__), declaration, expr)
#define FIELDWORK_ASSIGN_OR_RETURN_INNER(result, declaration, expr) \
  const auto result = (expr);                                       \
  if (!result.ok()) return result.status();                         \
  declaration = *result
