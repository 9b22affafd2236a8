// What an agent tells, as one short line: for tests that read like a transcript, and for traces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "device/agent/agent.h"

namespace fieldwork::sim {
namespace news {

inline std::string Join(std::string_view a, std::string_view b) {
  std::string text(a);
  if (!b.empty()) text += " " + std::string(b);
  return text;
}
inline std::string StepText(std::string_view job_id, std::uint8_t number, std::uint8_t count) {
  return std::string(job_id) + " " + std::to_string(number) +
         (count > 0 ? "/" + std::to_string(count) : "");
}

inline std::string Text(const agent::event::OpenTransport&) { return "open"; }
inline std::string Text(const agent::event::CloseTransport&) { return "close"; }
inline std::string Text(const agent::event::Reboot& e) { return Join("REBOOT", e.job_id); }
inline std::string Text(const agent::event::Connected& e) {
  return e.session_present ? "connected, session present" : "connected";
}
inline std::string Text(const agent::event::ConnectRefused& e) {
  return "connect refused " + std::to_string(e.code);
}
inline std::string Text(const agent::event::Disconnected& e) {
  return Join("disconnected:", e.why);
}
inline std::string Text(const agent::event::Waiting&) { return "waiting"; }
inline std::string Text(const agent::event::Subscribing&) { return "subscribing"; }
inline std::string Text(const agent::event::SubscribeRefused&) { return "subscribe refused"; }
inline std::string Text(const agent::event::Asking& e) {
  return e.first ? "asking first" : "asking";
}
inline std::string Text(const agent::event::NoJob&) { return "no job"; }
inline std::string Text(const agent::event::JobTaken& e) { return Join("taken", e.job_id); }
inline std::string Text(const agent::event::NotDone& e) {
  return Join("not done:", e.reason) + (e.succeed ? " (succeed)" : "");
}
inline std::string Text(const agent::event::StepBegun& e) {
  return "step " + StepText(e.job_id, e.number, e.count) + " begun: " + std::string(e.name);
}
inline std::string Text(const agent::event::StepEnded& e) {
  static constexpr const char* kEnds[] = {"succeeded", "exited", "signaled", "failed"};
  std::string text = "step " + StepText(e.job_id, e.number, 0) +
                     " ended: " + kEnds[static_cast<std::size_t>(e.end)];
  if (e.code != 0) text += " " + std::to_string(e.code);
  return Join(text, e.reason);
}
inline std::string Text(const agent::event::StepStopping& e) {
  return Join("stopping", e.job_id) + ": " + e.reason;
}
inline std::string Text(const agent::event::JobLost& e) { return Join("lost", e.job_id); }
inline std::string Text(const agent::event::Reporting& e) { return Join("reporting", e.job_id); }
inline std::string Text(const agent::event::Reported& e) {
  return Join("reported", e.job_id) + " " + std::string(e.status);
}
inline std::string Text(const agent::event::Refused& e) {
  static constexpr const char* kVerdicts[] = {"retry", "give up", "describe", "already there"};
  return Join("refused", e.code) + ": " + kVerdicts[static_cast<std::size_t>(e.verdict)];
}
inline std::string Text(const agent::event::NoReply&) { return "no reply"; }
inline std::string Text(const agent::event::TooLarge& e) {
  return "too large: " + std::to_string(e.payload_bytes);
}
inline std::string Text(const agent::event::Ignored& e) { return Join("ignored", e.topic); }
inline std::string Text(const agent::event::Resumed& e) {
  return Join("resumed", e.job_id) + " " + std::string(e.outcome);
}
inline std::string Text(const agent::event::JournalFault& e) { return Join("journal:", e.why); }

}  // namespace news

inline std::string NewsText(const agent::Event& event) {
  return std::visit([](const auto& e) { return news::Text(e); }, event);
}

}  // namespace fieldwork::sim
