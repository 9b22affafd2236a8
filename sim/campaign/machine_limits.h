// What the campaign's device gives the agent, where plans must know it.
#pragma once

#include <cstddef>

#include "device/base/time.h"

namespace fieldwork::sim {

inline constexpr std::size_t kReceiveBytes = 3072;
inline constexpr std::size_t kDocumentBytes = 1536;
inline constexpr Millis kStepLimit = Seconds(4 * 3600);  // Longer than any step but kSlow's.
inline constexpr int kStepTimerMinutes = 4;

}  // namespace fieldwork::sim
