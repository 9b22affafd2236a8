// Decides what leaves for the broker after a commit, and what is sent again after a loss.
//
// A notification is a hint, and yet none may be lost: the store remembers every thing that is owed
// one, in the transaction of the change; it is forgotten in a later transaction, after the message
// has left. What is still owed at a start, or when a broker comes up that knows nothing, is sent
// again. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cloud/domain/context.h"
#include "cloud/mqtt_api/access_feed.h"
#include "cloud/mqtt_api/broker_link.h"

namespace fieldwork::mqtt_api {

class Courier {
 public:
  Courier(domain::Context& context, BrokerLink& link, AccessFeed& feed,
          std::function<domain::Time()> clock)
      : context_(context), link_(link), feed_(feed), clock_(std::move(clock)) {}

  /// The outbox of a transaction that is durable. While the link is down notifications are left
  /// owed, and access changes are left to the full picture that the next link gets.
  void Publish(const domain::Outbox& outbox);

  /// The link is up. Sends the picture of who may do what; plans the notifications that are owed,
  /// or, for a broker that knows nothing of us, those of every thing with something pending.
  void LinkUp(bool session_present);

  /// Sends some of the planned notifications. True: there are more.
  bool RepeatSome();

  /// Forgets those that the broker has. To be run in a transaction without other requests: a thing
  /// that is owed a new notice in the same one would be forgotten with the old.
  void Settle();
  bool has_unsettled() const { return !sent_.empty(); }
  /// Something is to be repeated: RepeatSome() has work, once the link is up.
  bool has_owed() const { return all_ || !owed_.empty(); }

 private:
  void Send(const domain::QueueNotice& notice);
  void Send(const domain::AccessChange& change);
  void Send(const domain::JobEvent& event);
  void Send(const domain::ExecutionEvent& event);
  template <typename Event>
  void SendEvent(const Event& event);
  void SendCurrent(std::string_view thing);

  domain::Context& context_;
  BrokerLink& link_;
  AccessFeed& feed_;
  std::function<domain::Time()> clock_;
  // Things whose notices have left and are still owed, each with its last publication's number.
  std::unordered_map<std::string, std::uint64_t> sent_;
  std::vector<std::string> owed_;  // To be repeated, taken from the end.
  bool all_ = false;               // Every thing with something pending is to be repeated,
  std::string all_after_;          // from this place on.
};

}  // namespace fieldwork::mqtt_api
