// Which boot this is, and why the device started: the only proof that a reboot happened.
#pragma once

#include <cstdint>

namespace fieldwork::agent {

/// The numbers that boards of the W800 class print as `boot reason N`.
enum class BootReason : std::uint8_t {
  kPowerOn = 0,    ///< Power was applied, or the reset pin was pulled.
  kStandby = 1,    ///< Woke from standby.
  kException = 2,  ///< The last program crashed.
  kWatchdog = 3,   ///< The last program hung.
  kReboot = 4,     ///< The last program asked for it.
  kUpdate = 5,     ///< The last program asked for it, to start a new image.
};

struct Boot {
  /// Counts boots; kept by the port where a power cut does not lose it. Must grow with
  /// each boot and stay the same for as long as one lasts, even if the agent restarts.
  std::uint32_t count = 0;
  BootReason reason = BootReason::kPowerOn;
};

}  // namespace fieldwork::agent
