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
    : options_(options),
      memory_(memory),
      connect_{.client_id = options.thing,
               .user_name = options.user_name.empty() ? std::string_view{} : options.user_name,
               .keep_alive_s = options.keep_alive_s,
               .clean_session = false},
      session_(connect_, {memory.receive, memory.send, records_}),
      journal_(flash),
      executor_(executor),
      boot_(boot),
      random_(seed),
      reconnect_(options.reconnect_cap),
      retry_(kRetryCap),
      nonce_(random_.Next()) {
  RecallWork();
}

void Agent::Start(Instant now) {
  // The reboot that was asked for did not come: the program is the same.
  if (at_hand_ && running().phase == Phase::kRebooting) JudgeReboot();
  if (journal_fault_ != nullptr) Tell(event::JournalFault{journal_fault_});
  journal_fault_ = nullptr;
  if (resumed_ != nullptr) Tell(event::Resumed{job_id(), resumed_});
  resumed_ = nullptr;
  Apply(now, Input::kStart);
}

void Agent::Stop(Instant now) {
  if (step_runs_) StopStep(now, "agent-stopped");
  Apply(now, Input::kStop);
}

bool Agent::has_unfinished_job() const { return at_hand_ || has_report_; }

std::string_view Agent::job_id() const {
  if (at_hand_) return running().key.job_id.view();
  return has_report_ ? report_.key.job_id.view() : std::string_view();
}

void Agent::OnNetworkBack(Instant now) {
  reconnect_.Reset();
  Apply(now, Input::kNetworkBack);
}

void Agent::OnTransportUp(Instant now) { Apply(now, Input::kTransportUp); }

void Agent::OnTransportDown(Instant now, const char* why) {
  session_.OnTransportClosed();
  if (now - connected_at_ >= kStable) reconnect_.Reset();
  connected_at_ = kNever;
  if (*why == '\0') why = close_reason_;
  if (*why != '\0') last_error_ = "the connection was lost";
  Tell(event::Disconnected{why});
  close_reason_ = "";
  Apply(now, Input::kTransportDown);
}

void Agent::OnTime(Instant now) {
  session_.OnTime(now);
  if (now >= WorkDeadline()) OnWorkTime(now);
  if (now < deadline_) return;
  deadline_ = kNever;
  if (awaiting_reply_) {
    ++counters_.replies_missed;
    last_error_ = "no reply in time";
    Tell(event::NoReply{});
  }
  Apply(now, Input::kTimer);
}

std::optional<Event> Agent::NextEvent(Instant now) {
  // One event of the session, or one step, at a time: what it led to may have views into its
  // memory, and there is room for few events.
  while (events_count_ == 0) {
    if (const auto event = session_.NextEvent(now)) {
      OnSessionEvent(now, *event);
    } else if (!ContinueWork(now)) {
      return std::nullopt;
    }
  }
  const Event& event = events_[events_begin_];
  events_begin_ = static_cast<std::uint8_t>((events_begin_ + 1) % kMaxEvents);
  --events_count_;
  return event;
}

void Agent::OnSessionEvent(Instant now, const mqtt::Event& event) {
  std::optional<Input> input;
  if (const auto* message = std::get_if<mqtt::event::Message>(&event)) {
    input = OnMessage(now, message->publish.topic, AsText(message->publish.payload));
    // Only now: what the message made us promise is in the journal.
    static_cast<void>(session_.Acknowledge(message->publish.qos, message->publish.packet_id));
  } else if (const auto* oversize = std::get_if<mqtt::event::Oversize>(&event)) {
    input = OnOversize(now, oversize->topic, oversize->payload_bytes);
    if (oversize->packet_id != 0) {
      static_cast<void>(session_.Acknowledge(oversize->qos, oversize->packet_id));
    }
  } else if (const auto* connected = std::get_if<mqtt::event::Connected>(&event)) {
    input = OnConnected(now, connected->session_present);
  } else if (const auto* subscribed = std::get_if<mqtt::event::Subscribed>(&event)) {
    input = OnSuback(subscribed->suback);
  } else if (const auto* close = std::get_if<mqtt::event::Close>(&event)) {
    input = OnSessionClose(*close);
  } else if (std::holds_alternative<mqtt::event::Published>(event)) {
    // The broker has a request; only the reply to it counts.
    if (Planted(PlantedFault::kPubackIsAccepted) && has_report_) input = Input::kAccepted;
  }
  if (input) Apply(now, *input);
}

std::optional<Input> Agent::OnConnected(Instant now, bool session_present) {
  connected_at_ = now;
  first_question_ = true;
  ++counters_.connections;
  Tell(event::Connected{session_present});
  // What an earlier program of this device subscribed to is not known: then subscribe anew.
  return session_present && ever_subscribed_ ? Input::kConnectedResumed : Input::kConnectedNew;
}

std::optional<Input> Agent::OnSessionClose(const mqtt::event::Close& close) {
  close_reason_ = mqtt::CloseReasonName(close.reason);
  if (close.reason == mqtt::CloseReason::kRefused) {
    Tell(event::ConnectRefused{static_cast<std::uint8_t>(close.code)});
  }
  return Input::kSessionOver;
}

std::optional<Input> Agent::OnSuback(const mqtt::Suback& suback) {
  // notify-next is the first filter, and the one that matters.
  if (suback.codes[0] == mqtt::kSubscribeFailed) {
    Tell(event::SubscribeRefused{});
    close_reason_ = "subscription refused";
    return Input::kSubscribeRefused;
  }
  ever_subscribed_ = true;
  return Input::kSubscribed;
}

void Agent::Apply(Instant now, Input input) {
  for (std::optional<Input> next = input; next;) {
    const Transition* const transition = Next(state_, *next);
    if (transition == nullptr) return;
    if (transition->to != state_) {
      deadline_ = kNever;
      awaiting_reply_ = false;
      NewToken();
    }
    state_ = transition->to;
    next = Do(now, transition->action);
  }
}

std::optional<Input> Agent::Do(Instant now, Action action) {
  switch (action) {
    case Action::kNothing: break;
    case Action::kOpenTransport: Tell(event::OpenTransport{}); break;
    case Action::kCloseTransport: Tell(event::CloseTransport{}); break;
    case Action::kBackOff: BackOff(now); break;
    case Action::kSendConnect:
      if (session_.Connect(now) != Status::kOk) return Input::kSessionOver;
      break;
    case Action::kSendSubscribe:
      if (SendSubscribe() == Status::kOk) break;
      close_reason_ = "SUBSCRIBE does not fit the send buffer";
      return Input::kSubscribeRefused;
    case Action::kChooseWork: return ChooseWork(now);
    case Action::kWatchWork: WatchWork(now); break;
    case Action::kSendStartNext: SendStartNext(now); break;
    case Action::kAskAgainLater: AskAgainLater(now); break;
    case Action::kSendUpdate: SendUpdate(now); break;
    case Action::kSendSizing: SendDescribe(now, jobs::kNextJob, 0, false); break;
    case Action::kSendConfirm:
    case Action::kSendCheck:
      SendDescribe(now, at_hand_ ? job_id() : report_.key.job_id.view(),
                   at_hand_ ? running().key.number : report_.key.number,
                   action == Action::kSendConfirm);
      break;
    case Action::kRememberNotice: notified_ = true; break;
    case Action::kGoIdle:
      retry_.Reset();
      if (has_report_) return Input::kWorkChanged;
      if (notified_) return Input::kNotified;
      deadline_ = ReconcileTime(now);
      break;
    case Action::kAnnounced:
      retry_.Reset();
      return reboot_waits_ ? Input::kWorkRestart : ChooseWork(now);
    case Action::kFinish:
      retry_.Reset();
      Settle(Delivery::kAccepted);
      return ChooseWork(now);
    case Action::kAbandon:
      ask_later_ = true;
      if (has_report_) {
        Settle(IsFinalRefusal(refusal_) ? Delivery::kRefused : Delivery::kGone);
      } else if (at_hand_) {
        LoseJob(now);
      }
      return ChooseWork(now);
    case Action::kPrepareRestart: return PrepareRestart(now);
    case Action::kPrepareOffline:
      if (!RecordReboot(now)) return std::nullopt;
      [[fallthrough]];
    case Action::kRestart: Tell(event::Reboot{job_id()}); break;
    case Action::kDisconnect: Leave(now); break;
  }
  return std::nullopt;
}

Input Agent::ChooseWork(Instant now) const {
  if (has_report_) return Input::kWorkReport;
  if (!at_hand_) return Input::kWorkAsk;
  if (lost_) return Input::kWorkOn;  // Nobody asks; the next job waits until its step is over.
  if (document_size_ == 0) return Input::kWorkAsk;
  if (check_due_ || now >= check_at_) return Input::kWorkCheck;
  if (reboot_waits_ || (progress_due_ && now >= progress_at_) || now >= heartbeat_at_) {
    return Input::kWorkAnnounce;
  }
  return Input::kWorkOn;
}

/// Arms the time when ChooseWork() may choose otherwise.
void Agent::WatchWork(Instant now) {
  retry_.Reset();
  if (lost_) return;
  if (check_at_ == kNever) check_at_ = ReconcileTime(now);
  deadline_ = Earlier(check_at_, heartbeat_at_);
  if (progress_due_) deadline_ = Earlier(deadline_, progress_at_);
}

Instant Agent::ReconcileTime(Instant now) {
  if (options_.reconcile.count == 0) return kNever;
  return now + options_.reconcile + random_.Upto({options_.reconcile.count / 4});
}

std::optional<Input> Agent::PrepareRestart(Instant now) {
  retry_.Reset();
  if (!RecordReboot(now)) return Input::kJobOver;
  Leave(now);
  return std::nullopt;
}

void Agent::Leave(Instant now) {
  deadline_ = now + kLeaveTimeout;
  if (session_.Disconnect() != Status::kOk) Tell(event::CloseTransport{});
}

void Agent::BackOff(Instant now) {
  const Millis delay = reconnect_.Next(random_);
  deadline_ = now + delay;
  Tell(event::Waiting{delay});
}

void Agent::AskAgainLater(Instant now) {
  awaiting_reply_ = false;
  deadline_ = now + retry_.Next(random_);
  if (refusal_ == jobs::ErrorCode::kRequestThrottled) deadline_ = deadline_ + retry_.Next(random_);
}

Event& Agent::NewEvent() {
  FIELDWORK_DCHECK(events_count_ < kMaxEvents);
  return events_[(events_begin_ + events_count_++) % kMaxEvents];
}

}  // namespace fieldwork::agent
