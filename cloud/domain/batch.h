// Decides which requests share a commit: all that arrive before the loop comes round to Flush().
//
// A request runs inside the open transaction at once; its reply waits in the batch and leaves after
// the commit, in the order of the requests. If the commit or any request throws StoreError, the
// whole transaction is rolled back and every member is told so: nothing is applied by half, nobody
// is told of what is not durable. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "cloud/domain/outbox.h"
#include "cloud/domain/store.h"

namespace fieldwork::domain {

class Batch {
 public:
  /// `schedule` must arrange for one call of Flush() soon, from the same thread and not from inside
  /// itself. `publish` gets the outbox of a request after the commit, behind the replies of all:
  /// they can leave together then.
  Batch(Store& store, Outbox& outbox, std::function<void()> schedule,
        std::function<void(const Outbox&)> publish);

  /// Runs `work` inside the transaction, opening one if none is open, and keeps `reply` for later:
  /// reply(true) after the commit, reply(false) if it failed: `work`'s result is then void, and the
  /// requester is to be told that the service has a fault. Neither may call Run() or Flush().
  /// An exception that is not a StoreError passes through, and the batch fails all the same.
  void Run(const std::function<void()>& work, std::function<void(bool committed)> reply);

  /// Commits what is open and sends the replies. Harmless when nothing is open.
  void Flush();

  /// How many requests wait for the commit.
  std::size_t waiting() const { return members_.size(); }

 private:
  struct Member {
    std::function<void(bool)> reply;
    Outbox outbox;
  };
  void Fail();

  Store& store_;
  Outbox& outbox_;
  std::function<void()> schedule_;
  std::function<void(const Outbox&)> publish_;
  std::vector<Member> members_;
  bool open_ = false;
  bool broken_ = false;  // A request threw: what follows in this batch fails too.
};

}  // namespace fieldwork::domain
