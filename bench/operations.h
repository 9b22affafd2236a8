// The operations that are measured: once in nanoseconds (bench_core), once in instructions
// (count_instructions). Each does the work of one packet or one payload.
#pragma once

#include <span>

namespace fieldwork::bench {

struct Operation {
  const char* name;
  void (*run)();
  /// Instructions that the C libraries which boards use take for the same work, with the
  /// same compiler at -O2 on x86-64; 0 where there is nothing to compare. Sources:
  /// docs/budgets.md.
  int c_libraries;
  /// What ours must not pass; 0: shown only.
  int ceiling;
};

/// Prepares the data that the operations share; before any of them.
void Prepare();
std::span<const Operation> Operations();

}  // namespace fieldwork::bench
