// Decides when a device hears of its queue, without having read the queue before the change.
#include "cloud/domain/queue_watch.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "cloud/domain/limits.h"

namespace fieldwork::domain {
namespace {

bool IsSame(const Execution& a, const Execution& b) {
  return a.number == b.number && a.job == b.job;
}

const Execution* IfPending(const Execution* execution) {
  return execution != nullptr && !IsTerminal(execution->status) ? execution : nullptr;
}

auto PlaceInQueue(const Execution& execution) {
  return std::make_tuple(execution.status != ExecutionStatus::kInProgress, execution.queued_at,
                         execution.queue_order);
}

bool MayMatter(const Execution* before, const Execution* after) {
  const Execution* was = IfPending(before);
  const Execution* is = IfPending(after);
  if (was == nullptr || is == nullptr) {
    return was != is;
  }
  return was->status != is->status;
}

}  // namespace

QueueChange CompareQueues(const Execution* before, const Execution* after,
                          const std::vector<Execution>& pending) {
  assert(before != nullptr || after != nullptr);
  const Execution* was = IfPending(before);
  const Execution& changed = before != nullptr ? *before : *after;
  const auto other = std::find_if(pending.begin(), pending.end(),
                                  [&](const Execution& e) { return !IsSame(e, changed); });
  // Nothing but `changed` moved, so that the first of the others was the first of them before, too.
  const Execution* head_before = other == pending.end() ? nullptr : &*other;
  if (was != nullptr &&
      (head_before == nullptr || PlaceInQueue(*was) < PlaceInQueue(*head_before))) {
    head_before = was;
  }
  const Execution* head = pending.empty() ? nullptr : &pending.front();
  const bool same_head =
      head == nullptr || head_before == nullptr ? head == head_before : IsSame(*head, *head_before);
  return {.list = (was == nullptr) != (IfPending(after) == nullptr), .next = !same_head};
}

void WatchQueue(Context& context, const Execution* before, const Execution* after) {
  if (!MayMatter(before, after)) {
    return;
  }
  QueueNotice notice;
  notice.thing = before != nullptr ? before->thing : after->thing;
  notice.pending = context.store.Pending(notice.thing, kPendingMax);
  const QueueChange change = CompareQueues(before, after, notice.pending);
  if (!change.list && !change.next) {
    return;
  }
  notice.list_changed = change.list;
  notice.next_changed = change.next;
  if (change.next && !notice.pending.empty()) {
    const Execution& head = notice.pending.front();
    notice.next = Delivery{head, context.store.JobDocument(head.job)};
  }
  context.store.OweNotice(notice.thing);
  context.outbox.push_back(std::move(notice));
}

}  // namespace fieldwork::domain
