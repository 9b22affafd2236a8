// Decides which messages a committed transaction sends: notify, notify-next, events, access
// changes.
//
// Source: AWS developer guide, "Jobs notifications", "Jobs events"; vectors in spec/jobs.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/domain/outbox.h"
#include "cloud/domain/time.h"

namespace fieldwork::mqtt_api {

struct Message {
  std::string topic;
  std::string payload;
};

/// The messages of one notice, notify before notify-next.
std::vector<Message> MessagesOf(const domain::QueueNotice& notice, domain::Time now);

/// The message of an event, or none if the settings do not ask for it.
std::vector<Message> MessagesOf(const domain::JobEvent& event,
                                const domain::EventSettings& settings, const domain::Names& names,
                                const std::string& event_id, domain::Time now);
std::vector<Message> MessagesOf(const domain::ExecutionEvent& event,
                                const domain::EventSettings& settings, const domain::Names& names,
                                const std::string& event_id, domain::Time now);

}  // namespace fieldwork::mqtt_api
