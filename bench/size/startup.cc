// Starts a program for the size measurement on a Cortex-M: vectors, .data, .bss, main.
//
// As small as a start can be and still be a whole image that a board would boot: what it
// costs is in the empty program too, so it cancels out of every comparison.
#include <cstdint>
#include <cstring>

#include "device/base/check.h"

extern "C" {
// Set by cortex-m.ld.
extern std::uint8_t data_load_start[];
extern std::uint8_t data_start[];
extern std::uint8_t data_end[];
extern std::uint8_t bss_start[];
extern std::uint8_t bss_end[];
extern std::uint8_t stack_top[];

// main under another name: C++ lets nobody call it.
int ProgramMain() __asm__("main");
[[noreturn]] void ResetHandler();
[[noreturn]] void FaultHandler();
}

void FaultHandler() {
  while (true) {
  }
}

void ResetHandler() {
  std::memcpy(data_start, data_load_start, static_cast<std::size_t>(data_end - data_start));
  std::memset(bss_start, 0, static_cast<std::size_t>(bss_end - bss_start));
  static_cast<void>(ProgramMain());
  FaultHandler();
}

void fieldwork::CheckFailed(const char*, const char*, int) { FaultHandler(); }

namespace {

// Every other fault arrives as a hard fault until a program enables it by name.
struct VectorTable {
  std::uint8_t* stack;
  void (*reset)();
  void (*nmi)();
  void (*hard_fault)();
};

[[gnu::section(".vectors"), gnu::used]] constexpr VectorTable kVectors = {
    stack_top, ResetHandler, FaultHandler, FaultHandler};

}  // namespace
