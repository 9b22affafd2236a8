#include "apps/device/agent_task.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <sys/random.h>

#include <stdexcept>
#include <utility>

#include "apps/device/agent_log.h"
#include "ports/posix/clock.h"

namespace fieldwork::board {
namespace {

constexpr std::string_view kTag = "aws";

/// What a connection may take to get rid of its last bytes.
constexpr Millis kCloseTime = Seconds(2);
/// What leaving the broker in order may take.
constexpr Millis kLeaveTime = agent::Agent::kLeaveTimeout;
/// From killing a step until its output is read and its end is on flash.
constexpr Millis kStepEndTime = Seconds(3);
/// Reads in a row before others get their turn.
constexpr int kMostReads = 32;

std::uint32_t Entropy() {
  std::uint32_t seed = 0;
  static_cast<void>(getrandom(&seed, sizeof seed, 0));
  return seed;
}

std::unique_ptr<posix::Credentials> LoadCredentials(const Config& config) {
  std::string error;
  auto credentials = posix::Credentials::Load(
      {config.ca_file, config.certificate_file, config.private_key_file}, error);
  if (credentials == nullptr) throw std::runtime_error(error);
  return credentials;
}

// In the form that AWS reads metrics from.
std::string UserName(const Config& config) {
  if (!config.metrics) return {};
  return "?SDK=Fieldwork&Version=" FIELDWORK_VERSION "&Platform=" + config.name;
}

std::vector<handlers::Attribute> Attributes(const Config& config) {
  std::vector<handlers::Attribute> attributes;
  for (const auto& [key, value] : config.attributes) attributes.push_back({key, value});
  return attributes;
}

agent::Options AgentOptions(const Config& config, const std::string& user_name,
                            std::span<const handlers::Attribute> attributes) {
  agent::Options options;
  options.thing = config.thing;
  options.user_name = user_name;
  options.keep_alive_s = config.keep_alive_s;
  options.no_action =
      config.no_action_succeeds ? agent::NoAction::kSucceed : agent::NoAction::kReject;
  options.reconnect_cap = config.reconnect_cap;
  options.subscribe_replies = config.subscribe_replies;
  options.attributes = attributes;
  options.step_limit = config.step_limit;
  options.job_limit = config.job_limit;
  options.stop_grace = config.stop_grace;
  options.step_timeout_minutes = config.step_timeout_min;
  options.reconcile = config.reconcile;
  return options;
}

}  // namespace

AgentTask::AgentTask(Log& log, const Config& config, agent::Flash& flash, agent::Boot boot,
                     WallClock& clock)
    : log_(log),
      config_(config),
      clock_(clock),
      user_name_(UserName(config)),
      receive_(config.receive_buffer_bytes),
      send_(config.send_buffer_bytes),
      document_(config.document_buffer_bytes),
      payload_(config.payload_buffer_bytes),
      attributes_(Attributes(config)),
      steps_(config.steps),
      agent_(AgentOptions(config, user_name_, attributes_),
             {receive_.bytes(), send_.bytes(), document_.bytes(), payload_.bytes()}, flash, boot,
             steps_, Entropy()),
      credentials_(LoadCredentials(config)),
      packets_(log) {}

void AgentTask::Start(Instant now) {
  if (started_) return;
  started_ = true;
  agent_.Start(now);
  Pump(now);
}

void AgentTask::Stop(Instant now) {
  if (!started_) return;
  started_ = false;
  next_attempt_ = kNever;
  agent_.Stop(now);
  Pump(now);
}

Millis AgentTask::StopLimit() const {
  return kLeaveTime + (step_runs() ? config_.stop_grace + kStepEndTime : Millis{0});
}

void AgentTask::OnRestartFailed(Instant now) {
  wants_restart_ = false;
  started_ = true;
  agent_.Start(now);
  Pump(now);
}

Status AgentTask::GiveUpJob(Instant now, std::string_view job_id) {
  const Status status = agent_.GiveUpJob(now, job_id);
  Pump(now);
  return status;
}

void AgentTask::SetNetwork(Instant now, bool up) {
  if (network_up_ == up) return;
  network_up_ = up;
  if (!up && (link_ == Link::kOpening || link_ == Link::kUp || link_ == Link::kClosing)) {
    LinkDown(now, "the network is gone");
  }
  if (up && link_ == Link::kHeld) TryOpen(now);
  if (up) agent_.OnNetworkBack(now);
  Pump(now);
}

void AgentTask::OnClockSet(Instant now) {
  if (link_ == Link::kHeld) TryOpen(now);
  Pump(now);
}

const char* AgentTask::state_text() const {
  if (link_ == Link::kHeld) {
    return network_up_ ? "waiting for the clock" : "waiting for the network";
  }
  return agent_.state_name();
}

const char* AgentTask::link_text() const {
  switch (link_) {
    case Link::kDown:
    case Link::kHeld: return "down";
    case Link::kOpening: return "opening";
    case Link::kUp: return "up";
    case Link::kClosing: return "closing";
  }
  return "";
}

void AgentTask::AddPollFds(std::vector<pollfd>& fds) const {
  transport_.AddPollFds(fds);
  steps_.AddPollFds(fds);
}

void AgentTask::OnPoll(Instant now, std::span<const pollfd> fds) {
  transport_.OnPoll(now, fds);
  steps_.OnPoll(fds);
  Pump(now);
}

void AgentTask::OnTime(Instant now) {
  if (now < Deadline()) return;
  transport_.OnTime(now);
  steps_.OnTime(now);
  if (now >= agent_.Deadline()) agent_.OnTime(now);
  Pump(now);
}

Instant AgentTask::Deadline() const {
  if (more_to_read_) return Instant{0};
  const Instant next = Earlier(agent_.Deadline(), transport_.Deadline());
  return Earlier(Earlier(next, steps_.Deadline()), close_by_);
}

// The agent's driving loop: the events of one mutation, then its bytes, then the next mutation,
// until nothing is left.
void AgentTask::Pump(Instant now) {
  more_to_read_ = false;
  for (int reads = 0;;) {
    bool busy = DrainEvents(now);
    busy = Send(now) || busy;
    if (FollowTransport(now) || FollowStep(now) || FinishClosing(now)) continue;
    if (reads == kMostReads) {
      more_to_read_ = true;
    } else if (Receive(now)) {
      ++reads;
      continue;
    }
    if (!busy) return;
  }
}

bool AgentTask::DrainEvents(Instant now) {
  bool any = false;
  while (const auto event = agent_.NextEvent(now)) {
    any = true;
    Handle(now, *event);
  }
  return any;
}

void AgentTask::Handle(Instant now, const agent::Event& event) {
  LogAgentEvent(log_, event);
  // Why a step could not be started is known here alone.
  if (std::holds_alternative<agent::event::StepEnded>(event) && !steps_.problem().empty()) {
    log_.Warn(kTag, {steps_.problem()});
  }
  Remember(now, event);
  if (std::holds_alternative<agent::event::OpenTransport>(event)) return TryOpen(now);
  if (std::holds_alternative<agent::event::CloseTransport>(event)) {
    link_ = Link::kClosing;
    close_by_ = now + kCloseTime;
    return;
  }
  if (std::holds_alternative<agent::event::Reboot>(event)) wants_restart_ = true;
}

// What a person may ask for later.
void AgentTask::Remember(Instant now, const agent::Event& event) {
  namespace events = agent::event;
  if (const auto* waiting = std::get_if<events::Waiting>(&event)) {
    next_attempt_ = now + waiting->delay;
  } else if (std::holds_alternative<events::OpenTransport>(event)) {
    next_attempt_ = kNever;
  } else if (std::holds_alternative<events::Connected>(event)) {
    connected_ = true;
  } else if (std::holds_alternative<events::Disconnected>(event)) {
    connected_ = false;
  } else if (const auto* step = std::get_if<events::StepBegun>(&event)) {
    step_name_ = StepNameText(step->name);
  } else if (std::holds_alternative<events::StepEnded>(event)) {
    step_name_.clear();
  }
}

void AgentTask::TryOpen(Instant now) {
  link_ = Link::kHeld;
  if (!network_up_) return log_.Info(kTag, {"waiting for the network"});
  if (config_.clock == ClockSource::kHost) clock_.Set(now, posix::HostUnixMs());
  if (!clock_.is_set()) {
    return log_.Warn(kTag, {"the clock is not set, so the dates of certificates cannot be checked: "
                            "waiting for it, 'ntp start' sets it"});
  }
  log_.Debug(kTag, {"Establishing a TLS session to ", config_.endpoint, ":", config_.port, "."});
  link_ = Link::kOpening;
  packets_.Reset();
  transport_.Open(now, posix::Endpoint::For(config_.endpoint, config_.port), *credentials_, clock_);
}

// Tells the agent what became of the transport. True when it was told something.
bool AgentTask::FollowTransport(Instant now) {
  using State = posix::TlsTransport::State;
  LogProgress();
  const State state = transport_.state();
  const bool over = state == State::kFailed || state == State::kClosed;
  if (link_ == Link::kOpening && state == State::kUp) {
    link_ = Link::kUp;
    agent_.OnTransportUp(now);
    return true;
  }
  if (over && (link_ == Link::kOpening || link_ == Link::kUp)) {
    LinkDown(now, transport_.error());
    return true;
  }
  return false;
}

// Hands on one thing that the step that runs has to say. True when there was one.
bool AgentTask::FollowStep(Instant now) {
  if (const auto percent = steps_.TakeProgress()) {
    agent_.OnStepProgress(now, *percent);
    return true;
  }
  if (const auto result = steps_.TakeResult(now)) {
    agent_.OnStepEnd(now, *result);
    return true;
  }
  return false;
}

bool AgentTask::Send(Instant now) {
  bool any = false;
  while (link_ == Link::kUp || link_ == Link::kClosing) {
    const Bytes bytes = agent_.BytesToSend();
    if (bytes.empty()) break;
    const auto sent = transport_.Write(bytes);
    if (!sent.ok()) break;
    packets_.OnSent(bytes.first(*sent));
    agent_.OnSent(now, *sent);
    any = true;
  }
  return any;
}

bool AgentTask::Receive(Instant now) {
  if (link_ != Link::kUp) return false;
  const MutableBytes space = agent_.ReceiveSpace();
  if (space.empty()) return false;
  const auto count = transport_.Read(space);
  if (!count.ok()) return count.status() != Status::kNeedMore;
  log_.Debug("aws_mbedtls", {"mbedtls_ssl_read recv ", *count, " bytes"});
  packets_.OnReceived(space.first(*count));
  agent_.OnReceived(now, *count);
  TrimOnce();
  return true;
}

bool AgentTask::FinishClosing(Instant now) {
  if (link_ != Link::kClosing) return false;
  const bool is_up = transport_.state() == posix::TlsTransport::State::kUp;
  const bool all_sent = agent_.BytesToSend().empty() && !transport_.has_unsent();
  if (is_up && !all_sent && now < close_by_) return false;
  LinkDown(now, "");
  return true;
}

void AgentTask::LinkDown(Instant now, std::string why) {
  down_reason_ = std::move(why);
  transport_.Close();
  link_ = Link::kDown;
  connected_ = false;
  close_by_ = kNever;
  agent_.OnTransportDown(now, down_reason_.c_str());
}

void AgentTask::LogProgress() {
  for (const posix::Progress& step : transport_.TakeProgress()) {
    log_.Debug("aws_mbedtls", {step.text});
  }
}

// What starting up has left behind goes back to the system; from here on little is allocated.
void AgentTask::TrimOnce() {
  if (std::exchange(trimmed_, true)) return;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace fieldwork::board
