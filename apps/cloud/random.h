// Decides where the cloud's unpredictable bytes come from: the kernel.
#pragma once

#include <string>

namespace fieldwork::cloud {

/// A random (version 4) UUID: "2f1c1f1e-....". Throws std::runtime_error if the kernel gives none.
std::string NewUuid();

}  // namespace fieldwork::cloud
