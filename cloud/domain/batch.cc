// Decides how a batch ends: all of it durable, then told; or nothing of it, and told so.
#include "cloud/domain/batch.h"

#include <utility>

namespace fieldwork::domain {

Batch::Batch(Store& store, Outbox& outbox, std::function<void()> schedule,
             std::function<void(const Outbox&)> publish)
    : store_(store),
      outbox_(outbox),
      schedule_(std::move(schedule)),
      publish_(std::move(publish)) {}

void Batch::Run(const std::function<void()>& work, std::function<void(bool committed)> reply) {
  const bool first = members_.empty();
  members_.push_back({std::move(reply), {}});
  if (first) {
    schedule_();
  }
  try {
    if (!open_ && !broken_) {
      store_.Begin();
      open_ = true;
    }
    if (!broken_) {
      outbox_.clear();
      work();
      members_.back().outbox = std::exchange(outbox_, {});
    }
  } catch (const StoreError&) {
    broken_ = true;
    outbox_.clear();
  } catch (...) {
    // A fault of the program, for whoever is above; but half of its work must not be committed.
    broken_ = true;
    outbox_.clear();
    throw;
  }
}

void Batch::Flush() {
  if (members_.empty()) {
    return;
  }
  if (!broken_) {
    try {
      store_.Commit();
    } catch (const StoreError&) {
      broken_ = true;
    }
  }
  if (broken_) {
    Fail();
    return;
  }
  open_ = false;
  const std::vector<Member> members = std::exchange(members_, {});
  for (const Member& member : members) {
    member.reply(true);
  }
  for (const Member& member : members) {
    if (!member.outbox.empty()) {
      publish_(member.outbox);
    }
  }
}

void Batch::Fail() {
  if (open_) {
    try {
      store_.Rollback();
    } catch (const StoreError&) {
      // A database that cannot even do this says so again at the next Begin(), to the next batch.
    }
  }
  open_ = false;
  broken_ = false;
  for (const Member& member : std::exchange(members_, {})) {
    member.reply(false);
  }
}

}  // namespace fieldwork::domain
