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

agent::Options AgentOptions(const Config& config, const std::string& user_name) {
  agent::Options options;
  options.thing = config.thing;
  options.user_name = user_name;
  options.keep_alive_s = config.keep_alive_s;
  options.no_action =
      config.no_action_succeeds ? agent::NoAction::kSucceed : agent::NoAction::kReject;
  options.reconnect_cap = config.reconnect_cap;
  options.subscribe_replies = config.subscribe_replies;
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
      agent_(AgentOptions(config, user_name_), receive_.bytes(), send_.bytes(), flash, boot,
             Entropy()),
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
  agent_.Stop(now);
  Pump(now);
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

void AgentTask::OnPoll(Instant now, std::span<const pollfd> fds) {
  transport_.OnPoll(now, fds);
  Pump(now);
}

void AgentTask::OnTime(Instant now) {
  if (now < Deadline()) return;
  transport_.OnTime(now);
  if (now >= agent_.Deadline()) agent_.OnTime(now);
  Pump(now);
}

Instant AgentTask::Deadline() const {
  if (more_to_read_) return Instant{0};
  return Earlier(Earlier(agent_.Deadline(), transport_.Deadline()), close_by_);
}

// The agent's driving loop: events first, then bytes, until neither is left.
void AgentTask::Pump(Instant now) {
  more_to_read_ = false;
  bool busy = true;
  for (int reads = 0; busy;) {
    busy = FollowTransport(now);
    busy = DrainEvents(now) || busy;
    busy = Send(now) || busy;
    busy = FinishClosing(now) || busy;
    if (reads == kMostReads) {
      more_to_read_ = true;
      continue;
    }
    if (Receive(now)) {
      busy = true;
      ++reads;
    }
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
  if (std::holds_alternative<agent::event::OpenTransport>(event)) return TryOpen(now);
  if (std::holds_alternative<agent::event::CloseTransport>(event)) {
    link_ = Link::kClosing;
    close_by_ = now + kCloseTime;
    return;
  }
  if (std::holds_alternative<agent::event::Reboot>(event)) wants_restart_ = true;
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
