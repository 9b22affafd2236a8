// The closed set of outcomes that device code returns, each one a different thing
// for the caller to do. A refusal by the cloud is not here: that is news, and news
// travels as an event.
//
// Unless a class says otherwise, any status but kOk leaves the object as it was.
#pragma once

#include <cstdint>

namespace fieldwork {

// clang-format off: version 14 takes the attribute for a statement.
enum class [[nodiscard]] Status : std::uint8_t{
    kOk,
    kNeedMore,     ///< Not an error: call again when more bytes or more time have passed.
    kNoSpace,      ///< A buffer or table is full now. Drain it and call again.
    kTooLarge,     ///< Can never fit the memory this product chose. Do not call again.
    kWrongState,   ///< A legal call at the wrong moment.
    kBadArgument,  ///< The caller's value breaks the contract of the call.
    kMalformed,    ///< The peer, or stored data, breaks its format.
    kNotFound,     ///< Well formed, but what was asked for is not in it.
    kIo,           ///< The flash or another part below the core failed.
};
// clang-format on

/// A short, stable name for logs: "ok", "need-more", "no-space", ... Never null.
constexpr const char* StatusName(Status status) {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kNeedMore: return "need-more";
    case Status::kNoSpace: return "no-space";
    case Status::kTooLarge: return "too-large";
    case Status::kWrongState: return "wrong-state";
    case Status::kBadArgument: return "bad-argument";
    case Status::kMalformed: return "malformed";
    case Status::kNotFound: return "not-found";
    case Status::kIo: return "io";
  }
  return "unknown";
}

}  // namespace fieldwork

/// Returns from the enclosing function when `expr` is not kOk. Never logs.
#define FIELDWORK_TRY(expr)                                      \
  do {                                                           \
    if (const ::fieldwork::Status fieldwork_try_status = (expr); \
        fieldwork_try_status != ::fieldwork::Status::kOk) {      \
      return fieldwork_try_status;                               \
    }                                                            \
  } while (false)
