// Gives the tests of this folder the golden vectors.
#pragma once

#include <string>

namespace fieldwork::jobs {

/// The payload in spec/jobs/`name`; a failed test when there is none.
std::string Vector(const std::string& name);

}  // namespace fieldwork::jobs
