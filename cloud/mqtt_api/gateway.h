// Decides what answers a device's request: topic to operation, payload to fields, result to
// payload.
//
// accepted and rejected go to the requester alone, on its request topic plus "/accepted" or
// "/rejected". The reply is written when the request is carried out and leaves after the commit.
// Source: AWS developer guide, "Jobs device MQTT API"; vectors in spec/jobs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/domain/batch.h"
#include "cloud/domain/executions.h"
#include "cloud/domain/throttle.h"
#include "cloud/mqtt_api/broker_link.h"

namespace fieldwork::mqtt_api {

struct Answer {
  std::string topic;    ///< Whole: "$aws/things/T/jobs/start-next/accepted".
  std::string payload;  ///< JSON.
};

/// To be asked before Handle(), outside of any transaction. With an answer, RequestThrottled, there
/// were too many requests and this one is not to be handled; without one it was counted. Only the
/// topic goes before: one that is no operation of the Jobs API is not counted, and left to
/// Handle(). The payload counts whatever it is.
std::optional<Answer> Throttled(domain::Throttle& throttle, const IncomingRequest& request,
                                domain::Time now);

/// One request, carried out now. Never throws but for domain::StoreError.
Answer Handle(domain::Executions& executions, const IncomingRequest& request, domain::Time now);

/// What the requester is told when the service has a fault: InternalError.
Answer Fault(const IncomingRequest& request, domain::Time now);

}  // namespace fieldwork::mqtt_api
