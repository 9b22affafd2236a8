#include "cloud/mqtt_api/courier.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "cloud/domain/limits.h"
#include "cloud/mqtt_api/publisher.h"

namespace fieldwork::mqtt_api {
namespace {

constexpr int kRepeatedAtOnce = 100;

}  // namespace

void Courier::Publish(const domain::Outbox& outbox) {
  if (!link_.connected()) return;
  for (const domain::Happening& happening : outbox) {
    std::visit([this](const auto& happened) { Send(happened); }, happening);
  }
}

void Courier::Send(const domain::AccessChange& change) { feed_.SendChange(change.certificate_id); }

void Courier::Send(const domain::JobEvent& event) { SendEvent(event); }
void Courier::Send(const domain::ExecutionEvent& event) { SendEvent(event); }

// Off by default, and every execution that ends comes here: an id is made only if somebody asked.
template <typename Event>
void Courier::SendEvent(const Event& event) {
  const domain::EventSettings settings = context_.store.FindEventSettings();
  const bool asked = std::any_of(settings.enabled.begin(), settings.enabled.end(),
                                 [](const auto& type) { return type.second; });
  if (!asked) return;
  for (const Message& message :
       MessagesOf(event, settings, context_.names, context_.uuid(), clock_())) {
    link_.Publish(message.topic, message.payload);
  }
}

void Courier::Send(const domain::QueueNotice& notice) {
  for (const Message& message : MessagesOf(notice, clock_())) {
    const std::uint64_t number = link_.Publish(message.topic, message.payload);
    if (number == 0) return owed_.push_back(notice.thing);  // Too much waits: once more, later.
    sent_[notice.thing] = number;
  }
}

void Courier::LinkUp(bool session_present) {
  feed_.SendAll();
  owed_ = context_.store.OwedNotices();
  all_ = !session_present;
  all_after_.clear();
}

bool Courier::RepeatSome() {
  if (!link_.connected()) return false;
  for (int i = 0; i < kRepeatedAtOnce && !owed_.empty(); ++i) {
    const std::string thing = std::move(owed_.back());
    owed_.pop_back();
    SendCurrent(thing);
  }
  if (owed_.empty() && all_) {
    const auto page = context_.store.ThingsWithPending({kRepeatedAtOnce, all_after_});
    for (const std::string& thing : page.items) SendCurrent(thing);
    all_after_ = page.next;
    all_ = !page.next.empty();
  }
  return has_owed();
}

void Courier::SendCurrent(std::string_view thing) {
  domain::QueueNotice notice;
  notice.thing = thing;
  notice.list_changed = notice.next_changed = true;
  notice.pending = context_.store.Pending(thing, domain::kPendingMax);
  if (!notice.pending.empty()) {
    const domain::Execution& head = notice.pending.front();
    notice.next = domain::Delivery{head, context_.store.JobDocument(head.job)};
  }
  Send(notice);
}

void Courier::Settle() {
  const std::uint64_t taken = link_.taken();
  std::erase_if(sent_, [&](const auto& sent) {
    if (sent.second > taken) return false;
    context_.store.ForgetNotice(sent.first);
    return true;
  });
}

}  // namespace fieldwork::mqtt_api
