// What the tests of the journal have in common: executions to put in, and a model of what a
// journal must hold.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "device/agent/journal.h"
#include "device/base/random.h"
#include "sim/ram_flash.h"

namespace fieldwork::agent {

using jobs::ErrorCode;
using jobs::ExecutionStatus;
using sim::RamFlash;

inline ExecutionKey Key(std::int64_t number, std::string_view job_id = "job") {
  ExecutionKey key;
  key.number = number;
  key.queued_at = 1'700'000'000 + number;
  EXPECT_EQ(key.job_id.Assign(job_id), Status::kOk);
  return key;
}

inline Running MakeRunning(const ExecutionKey& key, Phase phase = Phase::kStep,
                           std::uint8_t step = 3) {
  Running running;
  running.key = key;
  running.phase = phase;
  running.step = step;
  running.step_count = 9;
  running.attempts = 2;
  running.ignore_failure = step % 2 != 0;
  running.boot_count = 0xA1B2C3D4;
  running.document_bytes = 30'000;
  running.document_crc = 0x89ABCDEF;
  running.deadline = 0x1122334455;
  return running;
}

inline Ended MakeEnded(const ExecutionKey& key, Delivery delivery = Delivery::kPending) {
  Ended ended;
  ended.key = key;
  ended.status = ExecutionStatus::kFailed;
  ended.delivery = delivery;
  ended.refusal = delivery == Delivery::kPending ? ErrorCode::kUnknown : ErrorCode::kInvalidRequest;
  ended.ended_at = 0x66778899AA;
  EXPECT_EQ(ended.reason.Assign("exit-code"), Status::kOk);
  return ended;
}

inline bool Same(const Running& a, const Running& b) {
  if (a.phase == Phase::kNone) return b.phase == Phase::kNone;
  return a.key == b.key && a.phase == b.phase && a.step == b.step && a.step_count == b.step_count &&
         a.attempts == b.attempts && a.ignore_failure == b.ignore_failure &&
         a.boot_count == b.boot_count && a.document_bytes == b.document_bytes &&
         a.document_crc == b.document_crc && a.deadline == b.deadline;
}

inline bool Same(const Ended& a, const Ended& b) {
  return a.key == b.key && a.status == b.status && a.delivery == b.delivery &&
         a.refusal == b.refusal && a.ended_at == b.ended_at && a.reason.view() == b.reason.view();
}

// What a journal must hold. `over`: newest first; the journal may have forgotten the oldest.
struct Model {
  Running running;
  std::vector<Ended> over;
  std::string details;

  bool pending() const { return !over.empty() && over[0].delivery == Delivery::kPending; }
};

// Empty: the journal holds what the model does. Otherwise what is wrong.
inline std::string Differs(Journal& journal, const Model& model) {
  if (!Same(model.running, journal.running())) return "running";
  if ((journal.pending() != nullptr) != model.pending()) return "whether one is pending";
  if (model.pending()) {
    if (!Same(*journal.pending(), model.over[0])) return "pending";
    std::vector<char> memory(journal.details_max());
    const auto details = journal.ReadDetails(memory);
    if (!details.ok() || *details != model.details) return "details";
  }
  Ended ended;
  std::size_t kept = 0;
  while (kept < model.over.size() && journal.At(kept, ended) == Status::kOk) {
    if (!Same(ended, model.over[kept])) return "history at " + std::to_string(kept);
    ++kept;
  }
  if (journal.At(kept, ended) != Status::kNotFound) return "the end of the history";
  // The bodies here are at most 152 bytes; what a copy keeps of them in the smallest sector.
  if (kept < std::min<std::size_t>(model.over.size(), 1)) return "history is too short";
  if (kept == 0) return "";
  if (journal.Find(model.over[kept - 1].key, ended) != Status::kOk) return "nothing is found";
  return Same(ended, model.over[kept - 1]) ? "" : "what is found";
}

// One random call that the contract allows, and what it makes of the model.
struct Call {
  enum { kPut, kEnd, kSettle } kind = kPut;
  Running running;
  Ended ended;
  std::string details;
  Model after;

  Status Make(Journal& journal) const {
    switch (kind) {
      case kPut: return journal.Put(running);
      case kEnd: return journal.End(ended, details);
      case kSettle: return journal.Settle(ended.delivery, ended.refusal);
    }
    return Status::kBadArgument;
  }
};

inline Call RandomCall(Random& random, const Model& model, std::int64_t number,
                       std::size_t details_max) {
  Call call;
  call.after = model;
  const std::string id(1 + random.Next() % 64, static_cast<char>('a' + random.Next() % 26));
  const bool at_hand = model.running.phase != Phase::kNone;
  const ExecutionKey key = at_hand ? model.running.key : Key(number, id);
  if (model.pending()) {
    call.kind = Call::kSettle;
    call.ended.delivery = static_cast<Delivery>(1 + random.Next() % 3);
    call.ended.refusal = static_cast<ErrorCode>(random.Next() % 10);
    call.after.over[0].delivery = call.ended.delivery;
    call.after.over[0].refusal = call.ended.refusal;
  } else if (random.Next() % 8 < 5) {
    call.running = MakeRunning(key, static_cast<Phase>(1 + random.Next() % 3),
                               static_cast<std::uint8_t>(random.Next()));
    call.after.running = call.running;
  } else {
    call.kind = Call::kEnd;
    call.ended = MakeEnded(key, random.Next() % 4 == 0 ? Delivery::kGone : Delivery::kPending);
    EXPECT_EQ(call.ended.reason.Assign(std::string(random.Next() % 33, 'r')), Status::kOk);
    call.details.assign(random.Next() % 3 == 0 ? details_max : random.Next() % 60, '#');
    call.after.over.insert(call.after.over.begin(), call.ended);
    call.after.details = call.details;
    call.after.running.phase = Phase::kNone;
  }
  return call;
}

// A journal with jobs job-1 ... job-`count`, each run, ended and accepted.
inline void Fill(Journal& journal, int count) {
  for (int i = 1; i <= count; ++i) {
    const ExecutionKey key = Key(i, "job-" + std::to_string(i));
    ASSERT_EQ(journal.Put(MakeRunning(key)), Status::kOk);
    ASSERT_EQ(journal.End(MakeEnded(key), R"({"step":"x"})"), Status::kOk);
    ASSERT_EQ(journal.Settle(Delivery::kAccepted, ErrorCode::kUnknown), Status::kOk);
  }
}

}  // namespace fieldwork::agent
