// Keeps the agent running on a TLS connection: carries bytes, opens and closes as the agent
// says, holds back while there is no network, or no clock to check certificates by, and runs the
// steps of its jobs as child processes.
//
// Poll-driven: AddPollFds(), OnPoll(), Deadline(), OnTime(). After each call that may change
// something look at wants_restart().
//
// Memory:  the four buffers of the configuration, as pages that count when they are touched; the
//          credentials; the transport's while it is open; the output of the step that runs.
// Threads: one owner.
#pragma once

#include <poll.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apps/device/config.h"
#include "apps/device/log.h"
#include "apps/device/packet_log.h"
#include "apps/device/pages.h"
#include "device/agent/agent.h"
#include "device/base/wall_clock.h"
#include "ports/posix/credentials.h"
#include "ports/posix/step_process.h"
#include "ports/posix/tls_transport.h"

namespace fieldwork::board {

class AgentTask {
 public:
  /// All arguments outlive the task. Loads the credentials, and reads the agent's journal from
  /// `flash`. Throws std::runtime_error, for a person, when the credentials cannot be used.
  AgentTask(Log& log, const Config& config, agent::Flash& flash, agent::Boot boot,
            WallClock& clock);

  /// Runs until Stop(). Harmless when running.
  void Start(Instant now);
  /// Leaves the broker in order, and ends the step that runs; stopped() follows within
  /// StopLimit().
  void Stop(Instant now);
  /// The longest that Stop() may take as things are.
  Millis StopLimit() const;
  bool stopped() const { return !started_ && agent_.stopped(); }
  bool running() const { return started_; }

  /// Whether connections can be made. Losing the network closes the transport at once.
  void SetNetwork(Instant now, bool up);
  /// The wall clock was set, for the first time or anew.
  void OnClockSet(Instant now);

  /// A job of an earlier boot waits for its report.
  bool has_unfinished_job() const { return agent_.has_unfinished_job(); }
  /// The agent asked for the reboot of the device; everything it needs is on flash.
  bool wants_restart() const { return wants_restart_; }
  /// The reboot that was asked for does not come: the agent is started again, sees the same boot,
  /// and says what becomes of the job.
  void OnRestartFailed(Instant now);

  /// GiveUpJob() of the agent.
  Status GiveUpJob(Instant now, std::string_view job_id);

  // For a person.

  /// "idle", "waiting for the network", ... and the job at hand, or empty.
  const char* state_text() const;
  std::string_view job_id() const { return agent_.job_id(); }
  /// "up", "opening", "closing", "down".
  const char* link_text() const;
  /// The broker has accepted CONNECT, and the connection lives.
  bool connected() const { return connected_; }
  bool step_runs() const { return steps_.is_running(); }
  /// Of the step that runs, as a terminal may show it; empty when none does.
  std::string_view step_name() const { return step_name_; }
  /// When the next attempt to connect is made; kNever: none is waited for.
  Instant next_attempt() const { return next_attempt_; }
  const agent::Agent& agent() const { return agent_; }
  agent::Journal& journal() { return agent_.journal(); }

  void AddPollFds(std::vector<pollfd>& fds) const;
  void OnPoll(Instant now, std::span<const pollfd> fds);
  void OnTime(Instant now);
  Instant Deadline() const;

 private:
  enum class Link : std::uint8_t {
    kDown,     ///< The agent does not want a connection.
    kHeld,     ///< It does, and the network or the clock is missing.
    kOpening,  ///< The transport is at it.
    kUp,
    kClosing,  ///< What is left to send is sent, then it is closed.
  };

  void Pump(Instant now);
  bool DrainEvents(Instant now);
  void Handle(Instant now, const agent::Event& event);
  void Remember(Instant now, const agent::Event& event);
  void TryOpen(Instant now);
  bool FollowTransport(Instant now);
  bool FollowStep(Instant now);
  bool Send(Instant now);
  bool Receive(Instant now);
  bool FinishClosing(Instant now);
  void LinkDown(Instant now, std::string why);
  void LogProgress();
  void TrimOnce();

  Log& log_;
  const Config& config_;
  WallClock& clock_;
  const std::string user_name_;
  Pages receive_;
  Pages send_;
  Pages document_;
  Pages payload_;
  const std::vector<handlers::Attribute> attributes_;  // Views into the configuration.
  posix::StepProcess steps_;
  agent::Agent agent_;
  std::unique_ptr<posix::Credentials> credentials_;
  posix::TlsTransport transport_;
  PacketLog packets_;

  Link link_ = Link::kDown;
  Instant close_by_ = kNever;  // In kClosing.
  std::string down_reason_;    // The agent's event has a view into it.
  std::string step_name_;
  Instant next_attempt_ = kNever;
  bool connected_ = false;
  bool network_up_ = false;
  bool started_ = false;
  bool wants_restart_ = false;
  bool more_to_read_ = false;  // Stopped reading to let others run.
  bool trimmed_ = false;
};

}  // namespace fieldwork::board
