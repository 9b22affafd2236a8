#include "device/agent/agent.h"

#include "device/base/check.h"

namespace fieldwork::agent {

// Longest wait of the doubling part between two tries of one request.
static constexpr Millis kRetryCap = Seconds(120);

Agent::Agent(const Options& options, MutableBytes receive, MutableBytes send, Flash& flash,
             Boot boot, std::uint32_t seed)
    : options_(options),
      connect_{.client_id = options.thing,
               .user_name = options.user_name.empty() ? std::string_view{} : options.user_name,
               .keep_alive_s = options.keep_alive_s,
               .clean_session = false},
      session_(connect_, {receive, send, records_}),
      journal_(flash),
      boot_(boot),
      random_(seed),
      reconnect_(options.reconnect_cap),
      retry_(kRetryCap),
      nonce_(random_.Next()) {
  RecallWork();
}

void Agent::Start(Instant now) {
  if (journal_fault_ != nullptr) Tell(event::JournalFault{journal_fault_});
  journal_fault_ = nullptr;
  if (work_is_journaled_ && !resumed_told_) {
    Tell(event::Resumed{work_.job_id.view(), OutcomeText(work_.outcome)});
  }
  resumed_told_ = true;
  Apply(now, Input::kStart);
}

void Agent::Stop(Instant now) { Apply(now, Input::kStop); }

void Agent::OnNetworkBack(Instant now) {
  reconnect_.Reset();
  Apply(now, Input::kNetworkBack);
}

void Agent::OnTransportUp(Instant now) { Apply(now, Input::kTransportUp); }

void Agent::OnTransportDown(Instant now, const char* why) {
  session_.OnTransportClosed();
  if (now - connected_at_ >= kStable) reconnect_.Reset();
  connected_at_ = kNever;
  Tell(event::Disconnected{*why != '\0' ? why : close_reason_});
  close_reason_ = "";
  Apply(now, Input::kTransportDown);
}

void Agent::OnTime(Instant now) {
  session_.OnTime(now);
  if (now < deadline_) return;
  deadline_ = kNever;
  if (awaiting_reply_) Tell(event::NoReply{});
  Apply(now, Input::kTimer);
}

std::optional<Event> Agent::NextEvent(Instant now) {
  // One event of the session at a time: what it led to may have views into its memory.
  while (events_count_ == 0) {
    const auto event = session_.NextEvent(now);
    if (!event) return std::nullopt;
    OnSessionEvent(now, *event);
  }
  const Event& event = events_[events_begin_];
  events_begin_ = static_cast<std::uint8_t>((events_begin_ + 1) % kMaxEvents);
  --events_count_;
  return event;
}

void Agent::OnSessionEvent(Instant now, const mqtt::Event& event) {
  std::optional<Input> input;
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
    input = OnConnected(now, connected->session_present);
  } else if (const auto* subscribed = std::get_if<mqtt::event::Subscribed>(&event)) {
    input = OnSuback(subscribed->suback);
  } else if (const auto* close = std::get_if<mqtt::event::Close>(&event)) {
    input = OnSessionClose(*close);
  }
  // Published: the broker has a request; only the reply to it counts.
  if (input) Apply(now, *input);
}

std::optional<Input> Agent::OnConnected(Instant now, bool session_present) {
  connected_at_ = now;
  first_question_ = true;
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
    case Action::kChooseWork: return ChooseWork();
    case Action::kSendStartNext: SendStartNext(now); break;
    case Action::kAskAgainLater: AskAgainLater(now); break;
    case Action::kSendUpdate: SendUpdate(now); break;
    case Action::kSendSizing: SendDescribe(now, jobs::kNextJob, 0, false); break;
    case Action::kSendConfirm:
    case Action::kSendCheck:
      SendDescribe(now, work_.job_id.view(), work_.execution_number,
                   action == Action::kSendConfirm);
      break;
    case Action::kRememberNotice: notified_ = true; break;
    case Action::kGoIdle:
      retry_.Reset();
      if (notified_) return Input::kNotified;
      break;
    case Action::kFinish:
      retry_.Reset();
      FinishWork();
      return ChooseWork();
    case Action::kAbandon:
      ask_later_ = true;
      FinishWork();
      return ChooseWork();
    case Action::kPrepareRestart: return PrepareRestart(now);
    case Action::kRestart: Tell(event::Reboot{work_.job_id.view()}); break;
    case Action::kDisconnect: Leave(now); break;
  }
  return std::nullopt;
}

std::optional<Input> Agent::ChooseWork() const {
  switch (work_.phase) {
    case Phase::kTaken: return Input::kWorkAnnounce;
    case Phase::kReporting: return Input::kWorkReport;
    default: return Input::kWorkAsk;
  }
}

std::optional<Input> Agent::PrepareRestart(Instant now) {
  retry_.Reset();
  work_.phase = Phase::kRebooting;
  ++work_.attempts;
  work_.boot_count = boot_.count;
  if (StoreWork() != Status::kOk) return FailForJournal();
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
}

Event& Agent::NewEvent() {
  FIELDWORK_DCHECK(events_count_ < kMaxEvents);
  return events_[(events_begin_ + events_count_++) % kMaxEvents];
}

}  // namespace fieldwork::agent
