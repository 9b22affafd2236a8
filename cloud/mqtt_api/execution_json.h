// Decides how an execution looks in a message: which members, in which order, which are left out.
//
// The order is the one captured from AWS and differs between replies and notifications; a test
// holds it to the vectors in spec/jobs. All times are whole seconds.
// Source: AWS developer guide, "Jobs data types"; spec/jobs/README.md.
#pragma once

#include <optional>
#include <string_view>

#include "cloud/domain/outbox.h"
#include "cloud/domain/records.h"
#include "cloud/domain/time.h"
#include "cloud/mqtt_api/payload_writer.h"

namespace fieldwork::mqtt_api {

/// Member "execution" of the JobExecution type; nothing at all when there is no delivery.
/// Left out: statusDetails when there are none, startedAt while QUEUED,
/// approximateSecondsBeforeTimedOut unless a timer runs, jobDocument unless it is there.
void WriteExecution(PayloadWriter& out, const std::optional<domain::Delivery>& delivery,
                    domain::Time now);

/// One JobExecutionSummary as in get/accepted (startedAt before lastUpdatedAt, number, version).
void WriteSummary(PayloadWriter& out, const domain::Execution& execution);
/// The same as in notify, where startedAt comes after lastUpdatedAt.
void WriteNotifySummary(PayloadWriter& out, const domain::Execution& execution);

/// Member "executionState": status, statusDetails if there are any, versionNumber.
void WriteState(PayloadWriter& out, const domain::ExecutionState& state);

/// Member "statusDetails", left out when empty.
void WriteDetails(PayloadWriter& out, const domain::StatusDetails& details);

/// About how many bytes a message with this document has, for PayloadWriter.
std::size_t BytesExpected(const std::optional<domain::Delivery>& delivery);

}  // namespace fieldwork::mqtt_api
