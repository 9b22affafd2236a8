// Runs each operation once with warm data while callgrind counts, and dumps the count under
// the operation's name. Started by tools/instructions; by itself it prints the table of
// names, comparisons and ceilings that the tool reads.
#include <valgrind/callgrind.h>

#include <cstdio>

#include "bench/operations.h"

int main() {
  using fieldwork::bench::Operation;
  fieldwork::bench::Prepare();
  for (const Operation& operation : fieldwork::bench::Operations()) {
    operation.run();
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    operation.run();
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(operation.name);
    std::printf("%s\t%d\t%d\n", operation.name, operation.c_libraries, operation.ceiling);
  }
}
