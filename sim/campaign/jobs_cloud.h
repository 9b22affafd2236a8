// A model of AWS IoT Jobs for one thing: what the campaign holds the agent against. It shares no
// code with cloud/ or with device/jobs, so that mistakes cannot cancel out.
//
// Spec: AWS IoT Developer Guide, "Jobs device MQTT API", "Jobs and job execution states".
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/dice.h"
#include "sim/campaign/faults.h"
#include "sim/campaign/plan.h"
#include "sim/campaign/timeline.h"
#include "sim/campaign/trace.h"

namespace fieldwork::sim {

/// One execution. It is remembered when it is deleted, too.
struct Execution {
  std::string job_id;
  std::int64_t number = 1;
  std::int64_t queued_at = 0;
  std::int64_t started_at = 0;
  std::int64_t updated_at = 0;
  std::int64_t version = 1;
  std::string status = "QUEUED";
  std::string details;  ///< JSON object, or empty.
  const Plan* plan = nullptr;
  int retries_left = 0;
  bool deleted = false;
  Instant over_at = kNever;  ///< When it became terminal, or was deleted.
  Instant job_deadline = kNever;
  Instant step_deadline = kNever;
  std::vector<std::string> accepted;  ///< Statuses that the device reported and were accepted.

  bool is_terminal() const { return status != "QUEUED" && status != "IN_PROGRESS"; }
  bool is_pending() const { return !deleted && !is_terminal(); }
  /// Its final status came from the device.
  bool is_reported() const {
    return status == "SUCCEEDED" || status == "FAILED" || status == "REJECTED";
  }
};

class JobsCloud {
 public:
  /// Takes a message for the device: a full topic and a payload.
  using Publish = std::function<void(const std::string& topic, const std::string& payload)>;

  /// All arguments outlive it; `faults` may change meanwhile. `epoch`: seconds since 1970 at the
  /// timeline's zero.
  JobsCloud(Timeline& timeline, Dice dice, Trace& trace, const Faults& faults, std::string thing,
            std::int64_t epoch);

  void set_publish(Publish publish) { publish_ = std::move(publish); }

  // What somebody wants to know, with the execution it happened to. `status` is what the device
  // asked for.
  std::function<void(Execution&, const std::string& status)> on_accepted;
  /// A terminal status for an execution that has another one already.
  std::function<void(Execution&, const std::string& status)> on_contradiction;
  /// The device is being told with this token that the execution is over or gone.
  std::function<void(const Execution&, const std::string& token)> on_over_told;

  // ---- People -----------------------------------------------------------------------------

  /// Queues a job; `plan` outlives this. The id must not be in use by one that is not deleted.
  Execution& Create(const std::string& job_id, const Plan& plan);
  /// As CancelJobExecution with force. Harmless when it is over.
  void Cancel(Execution& execution);
  /// As DeleteJob with force.
  void Delete(Execution& execution);
  /// The next start-next is answered as if the last final status were not known yet.
  void OfferAgain() { offer_again_ = true; }

  // ---- The device -------------------------------------------------------------------------

  /// A message that the device published; others than requests are passed over.
  void OnMessage(const std::string& topic, const std::string& payload);

  /// All that ever were, in order of creation; references stay valid.
  std::deque<Execution>& executions() { return executions_; }
  bool has_pending() const;
  std::int64_t SecondsNow() const { return epoch_ + timeline_.now().ms / 1000; }

 private:
  struct Request {
    std::string topic;  // Replies go to topic + "/accepted" or "/rejected".
    std::string payload;
    std::string token;
  };

  void StartNext(const Request& request);
  void Describe(const Request& request, const std::string& job);
  void Update(const Request& request, const std::string& job);
  void ApplyUpdate(const Request& request, Execution& execution, const std::string& status);
  bool FailAtRandom(const Request& request);
  bool AnswerStale(const Request& request);
  void Accept(const Request& request, const std::string& more);
  void Reject(const Request& request, const char* code, const Execution* execution);

  Execution* Head();
  Execution* Find(const std::string& job, std::int64_t number);
  std::vector<const Execution*> Pending() const;
  std::string Describe(const Execution& execution, bool with_document,
                       std::string_view status) const;
  void Start(Execution& execution);
  void SetStepTimer(Execution& execution, const std::string& payload);
  void WatchDeadline(Execution& execution);
  void Finish(Execution& execution, const std::string& status);
  void Notify();

  Timeline& timeline_;
  Dice dice_;
  Trace& trace_;
  const Faults& faults_;
  const std::string prefix_;  // "$aws/things/<thing>/jobs/"
  const std::int64_t epoch_;
  Publish publish_;
  std::deque<Execution> executions_;
  std::map<std::string, const Execution*> addressed_;  // By the first copy of each update.
  std::set<std::string> mismatched_;                   // Tokens of those with another version.
  std::set<std::string> notified_list_;
  std::string notified_head_;
  bool offer_again_ = false;
};

}  // namespace fieldwork::sim
