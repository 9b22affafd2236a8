// Which runs there are: every kind of job with the power going at every write and between, and
// as many random runs as are wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/scenario.h"

namespace fieldwork::sim {

struct Totals {
  std::size_t runs = 0;
  std::size_t cuts = 0;
  std::size_t failed = 0;
  double virtual_hours = 0;
};

class Campaign {
 public:
  /// `on_failure` gets each run that broke an invariant, with the arguments that repeat it.
  /// False: no more runs.
  using OnFailure = std::function<bool(const RunResult&, const std::string& arguments)>;
  explicit Campaign(OnFailure on_failure) : on_failure_(std::move(on_failure)) {}

  /// The run of a seed: several jobs with faults of everything, or one job with two cuts.
  RunSetup SetupOfSeed(std::uint64_t seed);
  /// One kind of job on a device that carried out `age` jobs before.
  RunSetup SetupOfKind(Kind kind, std::size_t age, const std::vector<Cut>& cuts);

  void RunSeed(std::uint64_t seed);
  /// The kind without a cut, and then with one at each place where one can be.
  void RunExhaustively(Kind kind, std::size_t age);

  bool is_over() const { return over_; }
  const Totals& totals() const { return totals_; }

 private:
  RunResult Account(const RunSetup& setup, const std::string& arguments);
  const Past& PastOf(std::size_t age);

  OnFailure on_failure_;
  std::map<std::size_t, Past> pasts_;
  Totals totals_;
  bool over_ = false;
};

/// "torn:3,after:5,point:7"; a bare number is a torn write. Empty: not of this form.
std::optional<std::vector<Cut>> ParseCuts(std::string_view text);
std::string CutsText(const std::vector<Cut>& cuts);
/// What repeats a run of SetupOfKind().
std::string KindArguments(Kind kind, std::size_t age, const std::vector<Cut>& cuts);

}  // namespace fieldwork::sim
