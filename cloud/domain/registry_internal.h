// Decides what registry.cc and registry_groups.cc share; nobody else includes this.
#pragma once

#include "cloud/domain/registry.h"

namespace fieldwork::domain {

/// What the attributes are after the change: an empty value takes one away.
Attributes Apply(const Attributes& stored, const AttributeChange& change);

}  // namespace fieldwork::domain
