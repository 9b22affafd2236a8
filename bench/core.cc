// Nanoseconds of the device core's operations, by Google Benchmark. Good for ratios within
// one run; the counts of count_instructions are what compares between machines.
#include <benchmark/benchmark.h>

#include "bench/operations.h"

int main(int argc, char** argv) {
  fieldwork::bench::Prepare();
  for (const fieldwork::bench::Operation& operation : fieldwork::bench::Operations()) {
    benchmark::RegisterBenchmark(operation.name, [run = operation.run](benchmark::State& state) {
      for (auto _ : state) {
        run();
        benchmark::ClobberMemory();
      }
    });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
