// What happens when an invariant of our own code is broken. Never used on data that
// came from outside: that gets a Status.
#pragma once

namespace fieldwork {

/// The product decides: print and abort on a host, record and reset on a board.
/// Must not return. Debug builds call it; release builds drop the checks.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace fieldwork

#ifdef NDEBUG
#define FIELDWORK_DCHECK(condition) static_cast<void>(0)
#else
#define FIELDWORK_DCHECK(condition)                    \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::fieldwork::CheckFailed(#condition, __FILE__, __LINE__))
#endif
