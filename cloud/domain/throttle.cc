// Decides what the bucket holds; the contract is in throttle.h.
#include "cloud/domain/throttle.h"

#include <algorithm>
#include <chrono>

namespace fieldwork::domain {
namespace {

constexpr std::int64_t kRequest = 1000;  // Thousandths.
constexpr std::chrono::milliseconds kTimeToFill{1000};

}  // namespace

Throttle::Throttle(std::int64_t per_second)
    : per_second_(per_second), thousandths_(per_second * kRequest) {}

bool Throttle::Take(Time now) {
  if (per_second_ == 0) {
    return true;
  }
  Fill(now);
  if (thousandths_ < kRequest) {
    return false;
  }
  thousandths_ -= kRequest;
  return true;
}

void Throttle::Fill(Time now) {
  // More than a full bucket is not held, so that a leap of the clock needs no larger numbers.
  const auto elapsed = std::clamp<std::chrono::milliseconds>(
      now - filled_at_, std::chrono::milliseconds{0}, kTimeToFill);
  thousandths_ = std::min(thousandths_ + elapsed.count() * per_second_, per_second_ * kRequest);
  filled_at_ = now;
}

}  // namespace fieldwork::domain
