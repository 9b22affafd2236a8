// The smallest program that does a job: connects, subscribes to notify-next, asks for a
// job, and reports it. What the same program on AWS's C libraries does, with theirs.
//
// No reconnect, no journal: size_agent has those. The transport is a stub whose functions
// the linker cannot see through.
#include <array>
#include <cstdint>

#include "bench/size/stubs.h"
#include "device/base/bytes.h"
#include "device/base/time.h"
#include "device/jobs/messages.h"
#include "device/jobs/topics.h"
#include "device/json/reader.h"
#include "device/mqtt/session.h"

namespace fieldwork {
namespace {

constexpr std::string_view kThing = "wm_demo_1";

std::uint8_t receive_buffer[4096];
std::uint8_t send_buffer[512];
mqtt::SendRecord records[3];
constexpr mqtt::Session::Memory kMemory{receive_buffer, send_buffer, records};
constexpr mqtt::Connect kOptions{.client_id = kThing, .keep_alive_s = 60, .clean_session = false};
constinit std::optional<mqtt::Session> no_session;

/// Subscribes to notify-next; publishes to every other topic.
void Request(mqtt::Session& session, jobs::Topic topic, std::string_view job = {},
             std::string_view payload = {}) {
  std::array<char, jobs::kMaxTopic> text;
  const auto name = jobs::FormatTopic(topic, kThing, job, text);
  if (!name.ok()) return;
  if (topic == jobs::Topic::kNotifyNext) {
    const mqtt::Subscription subscription{*name, mqtt::Qos::kAtLeastOnce};
    static_cast<void>(session.Subscribe({&subscription, 1}));
  } else {
    static_cast<void>(session.Publish(
        {.topic = *name, .payload = AsBytes(payload), .qos = mqtt::Qos::kAtLeastOnce}));
  }
}

void AskForJob(mqtt::Session& session) {
  std::array<char, 64> text;
  const auto payload = jobs::Encode(jobs::StartNextRequest{.client_token = "1"}, text);
  if (payload.ok()) Request(session, jobs::Topic::kStartNext, {}, *payload);
}

/// Carries the job out, as far as this program can, and reports it.
void DoJob(mqtt::Session& session, const jobs::Execution& execution) {
  json::Query operation[] = {{"operation"}};
  const bool known = json::Find(execution.document, operation) == Status::kOk &&
                     operation[0].found && json::Equals(operation[0].value, "reboot");
  std::array<char, 160> text;
  const auto payload =
      jobs::Encode(jobs::UpdateRequest{.status = known ? jobs::ExecutionStatus::kSucceeded
                                                       : jobs::ExecutionStatus::kRejected,
                                       .execution_number = execution.execution_number},
                   text);
  if (payload.ok()) Request(session, jobs::Topic::kUpdate, execution.job_id, *payload);
}

void OnMessage(mqtt::Session& session, const mqtt::Publish& publish) {
  const auto topic = jobs::ParseTopic(publish.topic, kThing);
  if (topic.ok() && (topic->topic == jobs::Topic::kStartNextAccepted ||
                     topic->topic == jobs::Topic::kNotifyNext)) {
    const auto reply = jobs::DecodeExecution(AsText(publish.payload));
    if (reply.ok() && !reply->execution.job_id.empty()) DoJob(session, reply->execution);
  }
  static_cast<void>(session.Acknowledge(publish.qos, publish.packet_id));
}

/// False when the connection is over.
bool OnEvent(mqtt::Session& session, const mqtt::Event& event) {
  if (std::holds_alternative<mqtt::event::Connected>(event)) {
    Request(session, jobs::Topic::kNotifyNext);
  }
  if (std::holds_alternative<mqtt::event::Subscribed>(event)) AskForJob(session);
  if (const auto* message = std::get_if<mqtt::event::Message>(&event)) {
    OnMessage(session, message->publish);
  }
  return !std::holds_alternative<mqtt::event::Close>(event);
}

void Run(mqtt::Session& session) {
  Instant now = Now();
  if (session.Connect(now) != Status::kOk) return;
  for (;;) {
    while (const auto event = session.NextEvent(now)) {
      if (!OnEvent(session, *event)) return;
    }
    for (Bytes bytes; !(bytes = session.BytesToSend()).empty();) {
      session.OnSent(now, TransportWrite(bytes));
    }
    const std::size_t count = TransportRead(session.ReceiveSpace());
    now = Now();
    session.OnReceived(now, count);
    session.OnTime(now);
  }
}

}  // namespace
}  // namespace fieldwork

int main() {
  using namespace fieldwork;
  // In static memory, so that it is counted.
  Run(no_session.emplace(kOptions, kMemory));
}
