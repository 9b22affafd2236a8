// Decides when a device hears of its queue: one rule for every change there is.
//
// `notify` is due iff the set of pending executions changed; `notify-next` iff another execution
// (job, number), or none, is the head now. Every row of the guide's account of the two follows from
// that: the prose that wants a notify for QUEUED -> IN_PROGRESS is contradicted by the guide's own
// timeline and by what AWS sends. Source: AWS developer guide, "Jobs notifications".
#pragma once

#include <vector>

#include "cloud/domain/context.h"

namespace fieldwork::domain {

struct QueueChange {
  bool list = false;
  bool next = false;
};

/// What the change of one execution does to its thing's queue. `before` and `after` are that
/// execution (null: it does not exist; at least one does); `pending` is the queue after the change,
/// all of it or at least the first two.
QueueChange CompareQueues(const Execution* before, const Execution* after,
                          const std::vector<Execution>& pending);

/// Puts the notice that is due, if any, into the outbox and owes it in the store. To be called
/// after the change was written, once for each change. Reads the queue only if that may matter.
void WatchQueue(Context& context, const Execution* before, const Execution* after);

}  // namespace fieldwork::domain
