// Decides what leaves the cloud besides replies: what happened in a transaction that somebody
// outside has to hear about. The rules fill it; after the commit mqtt_api turns it into messages.
//
// Everything in it is a snapshot of the moment of the event: two changes of one queue in one
// transaction are two notices. Source: AWS developer guide, "Jobs notifications", "Jobs events".
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cloud/domain/records.h"

namespace fieldwork::domain {

/// An execution as a device gets it.
struct Delivery {
  Execution execution;
  std::optional<std::string> document;  ///< JSON text; empty when it was not asked for.
};

/// A thing's pending list changed: `notify` if `list_changed`, `notify-next` if `next_changed`.
struct QueueNotice {
  std::string thing;
  bool list_changed = false;
  bool next_changed = false;
  std::vector<Execution> pending;  ///< At most 10, in the order of the queue.
  std::optional<Delivery> next;    ///< With its document; empty: nothing is pending.
};

/// $aws/events/job/{jobId}/{operation}
struct JobEvent {
  std::string operation;  ///< completed, canceled, deleted, cancellation_in_progress, ...
  Job job;
  JobCounts counts;
};

/// $aws/events/jobExecution/{jobId}/{operation}
struct ExecutionEvent {
  std::string operation;  ///< succeeded, failed, rejected, canceled, timed_out, removed, deleted
  Execution execution;
};

/// What a certificate may do has changed: status, things, policies of any of them.
struct AccessChange {
  std::string certificate_id;
};

using Happening = std::variant<QueueNotice, JobEvent, ExecutionEvent, AccessChange>;

/// In the order in which it happened. Taken, as a whole, when the transaction ends.
using Outbox = std::vector<Happening>;

}  // namespace fieldwork::domain
