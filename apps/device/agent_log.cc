#include "apps/device/agent_log.h"

#include <cstdio>

#include "apps/device/lines.h"
#include "device/json/reader.h"

namespace fieldwork::board {
namespace {

namespace event = agent::event;

constexpr std::string_view kTag = "aws";

const char* VerdictText(event::Verdict verdict) {
  switch (verdict) {
    case event::Verdict::kRetry: return "asking again later";
    case event::Verdict::kGiveUp: return "giving it up";
    case event::Verdict::kDescribe: return "looking the job up";
    case event::Verdict::kAlreadyThere: return "the cloud has it already";
  }
  return "";
}

class Teller {
 public:
  explicit Teller(Log& log) : log_(log) {}

  // These are told by whoever carries them out.
  void operator()(const event::OpenTransport&) {}
  void operator()(const event::CloseTransport&) {}
  void operator()(const event::Subscribing&) {}

  void operator()(const event::Reboot&) {
    log_.Info(kTag, {"recv Reboot, system is about to restart"});
  }
  void operator()(const event::Connected& e) {
    log_.Debug(kTag, {"MQTT connection successfully established with broker."});
    if (e.session_present) {
      log_.Debug(kTag, {"An MQTT session with broker is re-established."});
    } else {
      log_.Debug(kTag, {"A clean MQTT connection is established. Cleaning up all the stored "
                        "outgoing publishes."});
    }
  }
  void operator()(const event::ConnectRefused& e) {
    log_.Error(kTag, {"the broker refused the connection: ", ConnectRefusalText(e.code)});
  }
  void operator()(const event::Disconnected& e) {
    log_.Info(kTag, {"disconnected", *e.why == '\0' ? "" : ": ", e.why});
  }
  void operator()(const event::Waiting& e) {
    char seconds[16];
    std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(e.delay.count) / 1000);
    log_.Info(kTag, {"next attempt in ", seconds, " s"});
  }
  void operator()(const event::SubscribeRefused&) {
    log_.Error(kTag, {"the broker refused the subscription: does the policy of the certificate "
                      "allow it?"});
  }
  void operator()(const event::Asking& e) {
    log_.Info(kTag, {e.first ? "requesting first job" : "requesting next job"});
    log_.Debug(kTag, {"Published payload: ", e.payload});
  }
  void operator()(const event::NoJob&) { log_.Info(kTag, {"no job is waiting"}); }
  void operator()(const event::JobTaken& e) {
    log_.Info(kTag, {"job ", e.job_id, " taken, execution ", e.execution_number, ", document of ",
                     e.document.size(), " bytes"});
  }
  void operator()(const event::NotDone& e) {
    log_.Info(kTag, {"no action"});
    log_.Debug(kTag, {"job ", e.job_id, " asks for nothing that is done here: ", e.reason,
                      e.succeed ? ", reported as succeeded (jobs.no_action)" : ""});
  }
  void operator()(const event::StepBegun& e) {
    log_.Info(kTag, {"step ", e.number, "/", e.count, " ", StepNameText(e.name)});
  }
  void operator()(const event::StepEnded& e) { TellEnd(e); }
  void operator()(const event::StepStopping& e) {
    log_.Info(kTag, {"job ", e.job_id, ": the step is asked to stop: ", e.reason});
  }
  void operator()(const event::JobLost& e) {
    log_.Warn(kTag, {"job ", e.job_id, " is over at the cloud: nothing is reported for it"});
  }
  void operator()(const event::Reporting& e) {
    log_.Debug(kTag, {"Published payload: ", e.payload});
  }
  void operator()(const event::Reported& e) {
    log_.Info(kTag, {"job ", e.job_id, ": ", e.status, " accepted"});
  }
  void operator()(const event::Refused& e) {
    log_.Warn(kTag, {"rejected: ", e.topic, ": ", e.code, e.message.empty() ? "" : ", ", e.message,
                     "; ", VerdictText(e.verdict)});
  }
  void operator()(const event::NoReply&) { log_.Warn(kTag, {"no reply in time, asking again"}); }
  void operator()(const event::TooLarge& e) {
    log_.Warn(kTag, {"a message of ", e.payload_bytes,
                     " bytes does not fit (mqtt.receive_buffer), "
                     "skipped, topic: ",
                     e.topic});
  }
  void operator()(const event::Ignored& e) { log_.Info(kTag, {"ignore topic: ", e.topic}); }
  void operator()(const event::Resumed& e) {
    log_.Info(kTag, {"job ", e.job_id, " of an earlier boot is unfinished: ", e.outcome});
  }
  void operator()(const event::JournalFault& e) {
    log_.Error(kTag, {"the journal on flash fails: ", e.why});
  }

 private:
  void TellEnd(const event::StepEnded& e) {
    using handlers::StepEnd;
    switch (e.end) {
      case StepEnd::kSucceeded: return log_.Info(kTag, {"step ", e.number, " succeeded"});
      case StepEnd::kExited:
        return log_.Warn(kTag, {"step ", e.number, " ended with exit code ", e.code, Because(e)});
      case StepEnd::kSignaled:
        return log_.Warn(kTag, {"step ", e.number, " was ended by signal ", e.code, Because(e)});
      case StepEnd::kFailed: return log_.Warn(kTag, {"step ", e.number, " failed", Because(e)});
    }
  }
  static std::string Because(const event::StepEnded& e) {
    return e.reason.empty() ? "" : ": " + std::string(e.reason);
  }

  Log& log_;
};

}  // namespace

std::string StepNameText(std::string_view name) {
  std::string text(name);
  if (name.starts_with('"')) {
    const auto plain = json::Unescape({json::Kind::kString, name}, text);
    text = plain.ok() ? std::string(*plain) : "";
  }
  constexpr std::size_t kMostBytes = 64;
  return Printable(std::string_view(text).substr(0, kMostBytes));
}

const char* ConnectRefusalText(std::uint8_t code) {
  switch (code) {
    case 1: return "it does not speak MQTT 3.1.1";
    case 2: return "it does not like the client id (the thing's name)";
    case 3: return "it is not available";
    case 4: return "bad user name or password";
    case 5: return "not authorized: is the certificate active, and does its policy allow it?";
    case 7: return "not authorized (code 7)";
    default: return "unknown return code";
  }
}

void LogAgentEvent(Log& log, const agent::Event& event) { std::visit(Teller(log), event); }

}  // namespace fieldwork::board
