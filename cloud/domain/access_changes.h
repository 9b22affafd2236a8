// Decides which certificates a change reaches: each of them gets one AccessChange in the outbox.
//
// Implemented in access.cc.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "cloud/domain/context.h"

namespace fieldwork::domain {

/// Adds what `target_arn` (a certificate or a thing group) reaches: the certificate itself, or
/// those of every thing in the group and in the groups below it.
void AddReached(Context& context, std::string_view target_arn, std::set<std::string>& certificates);

void PushAccessChanges(Context& context, const std::set<std::string>& certificates);

/// What is said of this thing (its attributes, its groups) changed.
void PushChangesOfThing(Context& context, std::string_view thing);

}  // namespace fieldwork::domain
