// The agent's connection and its table: what the session tells becomes an input, what the table
// answers is done.
#include "device/agent/agent.h"

#include "device/agent/planted_fault.h"
#include "device/agent/rejection.h"
#include "device/base/check.h"

namespace fieldwork::agent {

// Longest wait of the doubling part between two tries of one request.
static constexpr Millis kRetryCap = Seconds(120);

Agent::Agent(const Options& options, const Memory& memory, Flash& flash, Boot boot,
             handlers::Executor& executor, std::uint32_t seed)
    : executor_(executor),
      random_(seed),
      nonce_(random_.Next()),
      reconnect_(options.reconnect_cap),
      retry_(kRetryCap),
      boot_(boot),
      memory_(memory),
      options_(options),
      journal_(flash),
      connect_{.client_id = options.thing,
               .user_name = options.user_name.empty() ? std::string_view{} : options.user_name,
               .keep_alive_s = options.keep_alive_s,
               .clean_session = false},
      session_(connect_, {memory.receive, memory.send, records_}) {
  RecallWork();
}

void Agent::Start(Instant now) {
  now_ = now;
  // The reboot that was asked for did not come: the program is the same.
  if (at_hand_ && running().phase == Phase::kRebooting) JudgeReboot();
  if (journal_fault_ != nullptr) Tell(event::JournalFault{journal_fault_});
  journal_fault_ = nullptr;
  if (resumed_ != nullptr) Tell(event::Resumed{job_id(), UpToNul(resumed_)});
  resumed_ = nullptr;
  Apply(Input::kStart);
}

void Agent::Stop(Instant now) {
  now_ = now;
  if (step_runs_) StopStep("agent-stopped");
  Apply(Input::kStop);
}

bool Agent::has_unfinished_job() const { return at_hand_ || has_report_; }

std::string_view Agent::job_id() const {
  return at_hand_ || has_report_ ? report_.key.job_id.view() : std::string_view();
}

void Agent::OnNetworkBack(Instant now) {
  now_ = now;
  reconnect_.Reset();
  Apply(Input::kNetworkBack);
}

void Agent::OnTransportUp(Instant now) {
  now_ = now;
  Apply(Input::kTransportUp);
}

void Agent::OnTransportDown(Instant now, const char* why) {
  now_ = now;
  session_.OnTransportClosed();
  if (now_ - connected_at_ >= kStable) reconnect_.Reset();
  connected_at_ = kNever;
  if (*why == '\0') why = close_reason_;
  if (*why != '\0') last_error_ = "the connection was lost";
  Tell(event::Disconnected{why});
  close_reason_ = "";
  Apply(Input::kTransportDown);
}

void Agent::OnTime(Instant now) {
  now_ = now;
  session_.OnTime(now_);
  if (now_ >= WorkDeadline()) OnWorkTime();
  if (now_ < deadline_) return;
  deadline_ = kNever;
  if (awaiting_reply_) {
    ++counters_.replies_missed;
    last_error_ = "no reply in time";
    Tell(event::NoReply{});
  }
  Apply(Input::kTimer);
}

std::optional<Event> Agent::NextEvent(Instant now) {
  now_ = now;
  // One event of the session, or one step, at a time: what it led to may have views into its
  // memory, and there is room for few events.
  while (events_count_ == 0) {
    if (const auto event = session_.NextEvent(now_)) {
      OnSessionEvent(*event);
    } else if (!ContinueWork()) {
      return std::nullopt;
    }
  }
  const Event& event = events_[events_begin_];
  events_begin_ = static_cast<std::uint8_t>((events_begin_ + 1) % kMaxEvents);
  --events_count_;
  return event;
}

void Agent::OnSessionEvent(const mqtt::Event& event) {
  Input input = Input::kNone;
  if (const auto* message = std::get_if<mqtt::event::Message>(&event)) {
    input = OnMessage(message->publish.topic, AsText(message->publish.payload));
    // Only now: what the message made us promise is in the journal.
    static_cast<void>(session_.Acknowledge(message->publish.qos, message->publish.packet_id));
  } else if (const auto* oversize = std::get_if<mqtt::event::Oversize>(&event)) {
    input = OnOversize(oversize->topic, oversize->payload_bytes);
    if (oversize->packet_id != 0) {
      static_cast<void>(session_.Acknowledge(oversize->qos, oversize->packet_id));
    }
  } else if (const auto* connected = std::get_if<mqtt::event::Connected>(&event)) {
    input = OnConnected(connected->session_present);
  } else if (const auto* subscribed = std::get_if<mqtt::event::Subscribed>(&event)) {
    input = OnSuback(subscribed->suback);
  } else if (const auto* close = std::get_if<mqtt::event::Close>(&event)) {
    input = OnSessionClose(*close);
  } else if (std::holds_alternative<mqtt::event::Published>(event)) {
    // The broker has a request; only the reply to it counts.
    if (Planted(PlantedFault::kPubackIsAccepted) && has_report_) input = Input::kAccepted;
  }
  Apply(input);
}

Input Agent::OnConnected(bool session_present) {
  connected_at_ = now_;
  first_question_ = true;
  ++counters_.connections;
  // What was known of the execution may be long ago.
  version_ = 0;
  check_due_ = at_hand_;
  Tell(event::Connected{session_present});
  // What an earlier program of this device subscribed to is not known: then subscribe anew.
  return session_present && ever_subscribed_ ? Input::kConnectedResumed : Input::kConnectedNew;
}

Input Agent::OnSessionClose(const mqtt::event::Close& close) {
  close_reason_ = mqtt::CloseReasonName(close.reason);
  if (close.reason == mqtt::CloseReason::kRefused) {
    Tell(event::ConnectRefused{static_cast<std::uint8_t>(close.code)});
  }
  return Input::kSessionOver;
}

Input Agent::OnSuback(const mqtt::Suback& suback) {
  // notify-next is the first filter, and the one that matters.
  if (suback.codes[0] == mqtt::kSubscribeFailed) {
    Tell(event::SubscribeRefused{});
    close_reason_ = "subscription refused";
    return Input::kSubscribeRefused;
  }
  ever_subscribed_ = true;
  return Input::kSubscribed;
}

void Agent::Apply(Input input) {
  while (const Transition* const transition = Next(state_, input)) {
    if (transition->to != state_) {
      deadline_ = kNever;
      awaiting_reply_ = false;
      NewToken();
    }
    state_ = transition->to;
    input = Do(transition->action);
  }
}

Input Agent::Do(Action action) {
  switch (action) {
    case Action::kNothing: break;
    case Action::kOpenTransport: Tell(event::OpenTransport{}); break;
    case Action::kCloseTransport: Tell(event::CloseTransport{}); break;
    case Action::kBackOff: BackOff(); break;
    case Action::kSendConnect:
      if (session_.Connect(now_) != Status::kOk) return Input::kSessionOver;
      break;
    case Action::kSendSubscribe:
      if (SendSubscribe() == Status::kOk) break;
      close_reason_ = "SUBSCRIBE does not fit the send buffer";
      return Input::kSubscribeRefused;
    case Action::kChooseWork: return ChooseWork();
    case Action::kWatchWork: WatchWork(); break;
    case Action::kSendStartNext: SendStartNext(); break;
    case Action::kAskAgainLater: AskAgainLater(); break;
    case Action::kSendUpdate: SendUpdate(); break;
    case Action::kSendSizing: SendDescribe(jobs::kNextJob, 0, false); break;
    case Action::kSendConfirm:
    case Action::kSendCheck:
      SendDescribe(report_.key.job_id.view(), report_.key.number,
                   action == Action::kSendConfirm || (at_hand_ && document_size_ == 0));
      break;
    case Action::kRememberNotice: notified_ = true; break;
    case Action::kGoIdle:
      retry_.Reset();
      if (has_report_) return Input::kWorkChanged;
      if (notified_) return Input::kNotified;
      deadline_ = ReconcileTime();
      break;
    case Action::kAnnounced:
      retry_.Reset();
      return reboot_waits_ ? Input::kWorkRestart : ChooseWork();
    case Action::kFinish:
      retry_.Reset();
      Settle(Delivery::kAccepted);
      return ChooseWork();
    case Action::kAbandon:
      ask_later_ = true;
      if (has_report_) {
        Settle(IsFinalRefusal(refusal_) ? Delivery::kRefused : Delivery::kGone);
      } else if (at_hand_) {
        LoseJob();
      }
      return ChooseWork();
    case Action::kPrepareRestart: return PrepareRestart();
    case Action::kPrepareOffline:
      if (!RecordReboot()) return Input::kNone;
      [[fallthrough]];
    case Action::kRestart: Tell(event::Reboot{job_id()}); break;
    case Action::kDisconnect: Leave(); break;
  }
  return Input::kNone;
}

Input Agent::ChooseWork() const {
  // Without its version an update could land on a job that was made anew under the same id.
  if (has_report_) return version_ == 0 ? Input::kWorkCheck : Input::kWorkReport;
  if (!at_hand_) return Input::kWorkAsk;
  if (lost_) return Input::kWorkOn;  // Nobody asks; the next job waits until its step is over.
  if (document_size_ == 0 || check_due_ || now_ >= check_at_) return Input::kWorkCheck;
  if (reboot_waits_ || (progress_due_ && now_ >= progress_at_) || now_ >= heartbeat_at_) {
    return Input::kWorkAnnounce;
  }
  return Input::kWorkOn;
}

/// Arms the time when ChooseWork() may choose otherwise.
void Agent::WatchWork() {
  retry_.Reset();
  if (lost_) return;
  if (check_at_ == kNever) check_at_ = ReconcileTime();
  deadline_ = Earlier(check_at_, heartbeat_at_);
  if (progress_due_) deadline_ = Earlier(deadline_, progress_at_);
}

Instant Agent::ReconcileTime() {
  if (options_.reconcile.count == 0) return kNever;
  return now_ + options_.reconcile + random_.Upto({options_.reconcile.count / 4});
}

Input Agent::PrepareRestart() {
  retry_.Reset();
  if (!RecordReboot()) return Input::kJobOver;
  Leave();
  return Input::kNone;
}

void Agent::Leave() {
  deadline_ = now_ + kLeaveTimeout;
  if (session_.Disconnect() != Status::kOk) Tell(event::CloseTransport{});
}

void Agent::BackOff() {
  const Millis delay = reconnect_.Next(random_);
  deadline_ = now_ + delay;
  Tell(event::Waiting{delay});
}

void Agent::AskAgainLater() {
  awaiting_reply_ = false;
  deadline_ = now_ + retry_.Next(random_);
  if (refusal_ == jobs::ErrorCode::kRequestThrottled) deadline_ = deadline_ + retry_.Next(random_);
}

Event& Agent::NewEvent() {
  FIELDWORK_DCHECK(events_count_ < kMaxEvents);
  return events_[(events_begin_ + events_count_++) % kMaxEvents];
}

}  // namespace fieldwork::agent
