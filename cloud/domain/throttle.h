// Decides how many requests a second are carried out: a bucket that holds as many as may come in
// one second, is full at the beginning, and is filled again evenly as time goes by.
//
// Nothing is rounded: the bucket counts thousandths of a request, of which each millisecond earns a
// whole number. The clock is the callers': set forward, it earns no more than a full bucket; set
// back, it earns and costs nothing, and time is counted from where it stands then.
// Source: AWS general reference, "AWS IoT Device Management endpoints and quotas"; that AWS's own
// limits let a second's worth through at once is a reading.
#pragma once

#include <cstdint>

#include "cloud/domain/time.h"

namespace fieldwork::domain {

inline constexpr std::int64_t kRequestsPerSecondMax = 1'000'000;

class Throttle {
 public:
  /// 1..kRequestsPerSecondMax; 0: there is no limit.
  explicit Throttle(std::int64_t per_second);

  /// One request at `now`. False: there were too many, and it is not to be carried out; it does not
  /// count against those that follow.
  bool Take(Time now);

 private:
  void Fill(Time now);

  std::int64_t per_second_;  // Also the thousandths that a millisecond earns.
  std::int64_t thousandths_;
  Time filled_at_{};
};

}  // namespace fieldwork::domain
