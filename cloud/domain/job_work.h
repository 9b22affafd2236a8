// Decides how a job carries out what it owes its targets: in slices, each small enough that
// requests in between do not wait.
#pragma once

#include "cloud/domain/context.h"

namespace fieldwork::domain {

/// One slice of what `job.work` says: at most `limit` executions created, cancelled or deleted.
/// Returns how many were looked at; fewer than `limit` means that the work is done. `job` must be
/// as stored; the slice may change the stored one.
int WorkOn(Context& context, const Job& job, int limit, Time now);

}  // namespace fieldwork::domain
