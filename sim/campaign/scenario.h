// One run of the campaign: a device, its link, its cloud and its jobs, from a seed, until all is
// settled; and the invariants that are checked meanwhile and at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/campaign/machine.h"
#include "sim/campaign/plan.h"

namespace fieldwork::sim {

/// A device that has lived already.
struct Past {
  std::vector<std::uint8_t> flash;
  std::uint32_t boots = 0;
  std::int64_t epoch = 1'700'000'000;  ///< Seconds since 1970 when the run begins.
};

struct RunSetup {
  std::uint64_t seed = 1;
  std::optional<Kind> kind;  ///< This job; otherwise several, as the seed says.
  std::vector<Cut> cuts;
  bool faults = false;         ///< Network, cloud and power go wrong at random for the first while.
  std::size_t fresh_jobs = 1;  ///< Jobs afterwards, which must succeed.
  bool print = false;          ///< The whole trace, to standard output.
  Past past;
};

struct RunResult {
  std::string invariant;  ///< The one that was broken; empty: none.
  std::string reason;
  std::vector<std::string> trace;  ///< Its last lines.
  std::size_t writes = 0;
  std::size_t points = 0;
  std::size_t cuts = 0;
  double virtual_hours = 0;
  Past past;  ///< What the next run may begin with.
};

RunResult Run(const RunSetup& setup);

}  // namespace fieldwork::sim
