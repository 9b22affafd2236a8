#include "sim/campaign/campaign.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace fieldwork::sim {
namespace {

constexpr std::size_t kAges = 24;
constexpr std::array<std::string_view, 3> kCutWords = {"torn:", "after:", "point:"};

Cut RandomCut(Dice& dice) {
  const auto at = static_cast<Cut::At>(dice.Below(3));
  const std::uint64_t most = at == Cut::At::kPoint ? 80 : 16;
  return {at, 1 + static_cast<std::size_t>(dice.Below(most))};
}

}  // namespace

const Past& Campaign::PastOf(std::size_t age) {
  const auto known = pasts_.find(age);
  if (known != pasts_.end()) return known->second;
  if (age == 0) return pasts_[0];
  RunSetup setup;
  setup.seed = age;
  setup.kind = Kind::kOneStep;
  setup.fresh_jobs = age - 1;
  return pasts_[age] = Run(setup).past;
}

RunSetup Campaign::SetupOfSeed(std::uint64_t seed) {
  Dice dice(~seed);
  RunSetup setup;
  setup.seed = seed;
  setup.past = PastOf(dice.Below(kAges));
  if (dice.Chance(400)) {
    setup.kind = static_cast<Kind>(dice.Below(kKinds));
    setup.cuts = {RandomCut(dice), RandomCut(dice)};
    return setup;
  }
  setup.faults = true;
  const std::uint64_t cuts = dice.Below(4);
  for (std::uint64_t i = 0; i < cuts; ++i) setup.cuts.push_back(RandomCut(dice));
  return setup;
}

RunSetup Campaign::SetupOfKind(Kind kind, std::size_t age, const std::vector<Cut>& cuts) {
  RunSetup setup;
  setup.seed = 1000 + static_cast<std::uint64_t>(kind);
  setup.kind = kind;
  setup.cuts = cuts;
  setup.past = PastOf(age);
  return setup;
}

RunResult Campaign::Account(const RunSetup& setup, const std::string& arguments) {
  RunResult result = Run(setup);
  ++totals_.runs;
  totals_.cuts += result.cuts;
  totals_.virtual_hours += result.virtual_hours;
  if (!result.invariant.empty()) {
    ++totals_.failed;
    if (!on_failure_(result, arguments)) over_ = true;
  }
  return result;
}

void Campaign::RunSeed(std::uint64_t seed) {
  Account(SetupOfSeed(seed), "--seed " + std::to_string(seed));
}

void Campaign::RunExhaustively(Kind kind, std::size_t age) {
  const RunResult plain = Account(SetupOfKind(kind, age, {}), KindArguments(kind, age, {}));
  const auto cut_at = [this, kind, age](Cut::At at, std::size_t most) {
    for (std::size_t count = 1; count <= most && !over_; ++count) {
      const std::vector<Cut> cuts = {{at, count}};
      Account(SetupOfKind(kind, age, cuts), KindArguments(kind, age, cuts));
    }
  };
  cut_at(Cut::At::kTornWrite, plain.writes);
  cut_at(Cut::At::kAfterWrite, plain.writes);
  cut_at(Cut::At::kPoint, plain.points);
}

std::optional<std::vector<Cut>> ParseCuts(std::string_view text) {
  std::vector<Cut> cuts;
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    Cut cut;
    for (std::size_t i = 0; i < kCutWords.size(); ++i) {
      if (one.substr(0, kCutWords[i].size()) != kCutWords[i]) continue;
      cut.at = static_cast<Cut::At>(i);
      one.remove_prefix(kCutWords[i].size());
      break;
    }
    const auto read = std::from_chars(one.data(), one.data() + one.size(), cut.count);
    if (read.ec != std::errc() || read.ptr != one.data() + one.size() || cut.count == 0) {
      return std::nullopt;
    }
    cuts.push_back(cut);
  }
  return cuts;
}

std::string CutsText(const std::vector<Cut>& cuts) {
  std::string text;
  for (const Cut& cut : cuts) {
    if (!text.empty()) text += ',';
    text += std::string(kCutWords[static_cast<std::size_t>(cut.at)]) + std::to_string(cut.count);
  }
  return text;
}

std::string KindArguments(Kind kind, std::size_t age, const std::vector<Cut>& cuts) {
  std::string text = "--kind " + std::string(KindName(kind));
  if (age > 0) text += " --age " + std::to_string(age);
  if (!cuts.empty()) text += " --cut " + CutsText(cuts);
  return text;
}

}  // namespace fieldwork::sim
