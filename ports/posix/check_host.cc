// On a host a broken invariant prints and aborts, so that a test or a fuzzer stops there.
#include <cstdio>
#include <cstdlib>

#include "device/base/check.h"

namespace fieldwork {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace fieldwork
