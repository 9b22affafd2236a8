// fieldwork-campaign: reads what runs are wanted, and prints what they found. `./fieldwork sim`
// calls it.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/campaign.h"

namespace fieldwork::sim {
namespace {

constexpr int kGood = 0;
constexpr int kBroken = 1;
constexpr int kMisused = 2;

struct Wishes {
  bool exhaustive = false;
  bool all = false;
  bool expect_failure = false;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> from;
  std::uint64_t seeds = 0;
  std::optional<Kind> kind;
  std::optional<std::vector<Cut>> cuts;
  std::size_t age = 0;
  // Part `part` of `parts`, from 0: several processes share the work.
  std::uint64_t part = 0;
  std::uint64_t parts = 1;
};

constexpr const char* kUsage =
    "usage: fieldwork-campaign [--exhaustive] [--seeds N [--from S]] [--part I/N] [--all]\n"
    "       fieldwork-campaign --seed S\n"
    "       fieldwork-campaign --kind K [--age JOBS] [--cut CUTS]\n"
    "\n"
    "  --exhaustive   every kind of job, the power going at every write and between\n"
    "  --seeds N      N random runs; --from S: the first seed, otherwise any\n"
    "  --seed S       one run, with its whole trace\n"
    "  --kind K       one kind of job, with its whole trace\n"
    "  --age JOBS     the device has carried out so many before\n"
    "  --cut CUTS     torn:3 in write 3, after:3 after it, point:7 at the 7th place between;\n"
    "                 the next one, after a comma, counts from there\n"
    "  --all          does not stop at the first run that breaks an invariant\n"
    "  --part I/N     only each N-th run, from I in 1..N\n"
    "  --expect-failure   status 0 when an invariant is broken: for planted faults\n"
    "\n"
    "status: 0 all invariants hold, 1 one is broken, 2 wrong arguments\n"
    "kinds:";

int Misuse(const std::string& what) {
  std::fprintf(stderr, "fieldwork-campaign: %s\n", what.c_str());
  return kMisused;
}

template <class Number>
bool ReadNumber(std::string_view text, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool ReadPart(std::string_view text, Wishes& wishes) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  if (!ReadNumber(text.substr(0, slash), wishes.part)) return false;
  if (!ReadNumber(text.substr(slash + 1), wishes.parts)) return false;
  return wishes.part >= 1 && wishes.part-- <= wishes.parts;
}

// Options with a value. False: the value is wrong.
bool ReadOption(std::string_view option, std::string_view value, Wishes& wishes) {
  if (option == "--seeds") return ReadNumber(value, wishes.seeds);
  if (option == "--seed") return ReadNumber(value, wishes.seed.emplace());
  if (option == "--from") return ReadNumber(value, wishes.from.emplace());
  if (option == "--age") return ReadNumber(value, wishes.age);
  if (option == "--part") return ReadPart(value, wishes);
  if (option == "--kind") return (wishes.kind = KindNamed(value)).has_value();
  if (option == "--cut") return (wishes.cuts = ParseCuts(value)).has_value();
  return false;
}

std::optional<Wishes> ReadArguments(const std::vector<std::string_view>& arguments) {
  Wishes wishes;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view option = arguments[i];
    if (option == "--exhaustive") {
      wishes.exhaustive = true;
    } else if (option == "--all") {
      wishes.all = true;
    } else if (option == "--expect-failure") {
      wishes.expect_failure = true;
    } else if (i + 1 == arguments.size() || !ReadOption(option, arguments[++i], wishes)) {
      return std::nullopt;
    }
  }
  return wishes;
}

void PrintFailure(const RunResult& result, const std::string& arguments, bool with_trace) {
  if (with_trace) {
    for (const std::string& line : result.trace) std::printf("%s\n", line.c_str());
  }
  std::printf("FAILED %s: %s\n  ./fieldwork sim %s\n", result.invariant.c_str(),
              result.reason.c_str(), arguments.c_str());
}

int RunOne(const RunSetup& setup, const std::string& arguments) {
  RunSetup shown = setup;
  shown.print = true;
  const RunResult result = Run(shown);
  if (result.invariant.empty()) {
    std::printf("all invariants hold: %zu writes, %zu points, %zu cuts, %.1f virtual hours\n",
                result.writes, result.points, result.cuts, result.virtual_hours);
    return kGood;
  }
  PrintFailure(result, arguments, false);
  return kBroken;
}

void RunAll(Campaign& campaign, const Wishes& wishes) {
  // Where in the last sector the next record goes differs with what was before.
  constexpr std::size_t kExhaustiveAges[] = {0, 4, 9, 15};
  std::uint64_t index = 0;
  for (const std::size_t age : kExhaustiveAges) {
    for (std::size_t kind = 0; wishes.exhaustive && kind < kKinds; ++kind) {
      if (index++ % wishes.parts != wishes.part || campaign.is_over()) continue;
      campaign.RunExhaustively(static_cast<Kind>(kind), age);
    }
  }
  const std::uint64_t from = wishes.from ? *wishes.from : std::random_device()();
  if (wishes.seeds > 0 && !wishes.from) {
    std::printf("campaign: seeds from %llu\n", static_cast<unsigned long long>(from));
  }
  for (std::uint64_t i = wishes.part; i < wishes.seeds && !campaign.is_over(); i += wishes.parts) {
    campaign.RunSeed(from + i);
  }
}

int Main(const std::vector<std::string_view>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--help") {
    std::printf("%s", kUsage);
    for (std::size_t i = 0; i < kKinds; ++i) std::printf(" %s", KindName(static_cast<Kind>(i)));
    std::printf("\n");
    return kGood;
  }
  std::optional<Wishes> wishes = ReadArguments(arguments);
  if (!wishes) return Misuse("wrong arguments; --help tells the right ones");
  if (!wishes->exhaustive && wishes->seeds == 0) {
    wishes->exhaustive = true;
    wishes->seeds = 2000;
  }
  std::size_t shown = 0;
  Campaign campaign([&](const RunResult& result, const std::string& failed) {
    PrintFailure(result, failed, shown++ == 0);
    return wishes->all;
  });
  if (wishes->seed) {
    return RunOne(campaign.SetupOfSeed(*wishes->seed), "--seed " + std::to_string(*wishes->seed));
  }
  if (wishes->kind) {
    const std::vector<Cut> cuts = wishes->cuts.value_or(std::vector<Cut>());
    return RunOne(campaign.SetupOfKind(*wishes->kind, wishes->age, cuts),
                  KindArguments(*wishes->kind, wishes->age, cuts));
  }
  RunAll(campaign, *wishes);
  const Totals& totals = campaign.totals();
  std::printf("campaign: %zu runs, %zu cuts, %.0f virtual hours, %zu failed\n", totals.runs,
              totals.cuts, totals.virtual_hours, totals.failed);
  const bool broken = totals.failed > 0;
  return broken == wishes->expect_failure ? kGood : kBroken;
}

}  // namespace
}  // namespace fieldwork::sim

int main(int count, char** values) {
  return fieldwork::sim::Main(std::vector<std::string_view>(values + 1, values + count));
}
