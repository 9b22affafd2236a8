// Promises that a build breaks on purpose, so that a test can prove that breaking them is
// noticed (docs/testing.md, the campaign). A product has none: Planted() is false for all of
// them, and the compiler leaves the code behind it out.
#pragma once

#include <cstdint>

#ifndef FIELDWORK_PLANTED_FAULT
#define FIELDWORK_PLANTED_FAULT 0
#endif

namespace fieldwork::agent {

/// The numbers are those of FIELDWORK_PLANTED_FAULT.
enum class PlantedFault : std::uint8_t {
  kNone = 0,
  kEffectBeforeJournal = 1,    ///< A step begins before its record is on flash.
  kForgetStatusAtBoot = 2,     ///< A final status that the cloud has not got is dropped at boot,
                               ///< and not told when the cloud asks for it.
  kRepeatInterruptedStep = 3,  ///< A step that a power cut ended begins again.
  kRebootAlwaysProven = 4,     ///< Any boot, or none, counts as the reboot that was asked for.
  kReportBeforeJournal = 5,    ///< A final status is sent before it is on flash.
  kPubackIsAccepted = 6,       ///< The broker's PUBACK counts as the cloud's update/accepted.
  kNoDedupe = 7,               ///< An execution that is over here is taken once more.
  kIgnoreCancel = 8,           ///< A step goes on although its execution is over at the cloud.
};

/// Whether this build has fault `fault`.
constexpr bool Planted(PlantedFault fault) {
  return static_cast<int>(fault) == FIELDWORK_PLANTED_FAULT && fault != PlantedFault::kNone;
}

}  // namespace fieldwork::agent
