// A folder of handlers, steps that name them, and a loop that runs one to its end.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/posix/clock.h"
#include "ports/posix/step_process.h"
#include "ports/posix/testing/pki.h"

namespace fieldwork::posix {

/// A result whose texts are its own.
struct EndedStep {
  handlers::StepEnd end = handlers::StepEnd::kSucceeded;
  std::int32_t code = 0;
  std::string reason;
  std::string out;
  std::string err;
};

struct StepProcessTest : ::testing::Test {
  StepProcessTest() { options.handler_directory = folder.path(); }

  /// A handler: a shell script with this body.
  void Script(const std::string& name, const std::string& body, unsigned mode = 0755) {
    testing::WriteFile(folder.File(name), "#!/bin/sh\n" + body + "\n", mode);
  }

  /// `text` as a JSON string; it has no character that needs an escape unless the caller put
  /// one there.
  json::Value String(const std::string& text) {
    return {json::Kind::kString, texts.emplace_back('"' + text + '"')};
  }
  json::Value Array(const std::string& raw) {
    return {json::Kind::kArray, texts.emplace_back(raw)};
  }
  handlers::Step Handler(const std::string& name, const std::string& args = "[]") {
    handlers::Step step;
    step.kind = handlers::StepKind::kHandler;
    step.name = String("step");
    step.handler = String(name);
    step.args = Array(args);
    return step;
  }
  handlers::Step Command(const std::string& command) {
    handlers::Step step;
    step.kind = handlers::StepKind::kCommand;
    step.name = String("step");
    step.command = String(command);
    return step;
  }

  StepProcess& Process() {
    if (process == nullptr) process = std::make_unique<StepProcess>(options);
    return *process;
  }

  static EndedStep Own(const handlers::StepResult& result) {
    return {result.end, result.code, std::string(result.reason), std::string(result.out),
            std::string(result.err)};
  }

  /// Waits for something to happen to the step. False: nothing did for 20 s.
  bool PollOnce() {
    std::vector<pollfd> fds;
    Process().AddPollFds(fds);
    const Instant deadline = Process().Deadline();
    const std::int64_t left = deadline == kNever ? 20000 : (deadline - MonotonicNow()).count;
    const int ready = poll(fds.data(), fds.size(), static_cast<int>(left > 0 ? left : 0));
    Process().OnPoll(fds);
    Process().OnTime(MonotonicNow());
    return ready > 0 || deadline != kNever;
  }

  EndedStep Finish() {
    for (;;) {
      if (const auto result = Process().TakeResult(MonotonicNow())) return Own(*result);
      if (!PollOnce()) {
        ADD_FAILURE() << "the step does not end";
        process.reset();
        return {};
      }
    }
  }

  EndedStep Run(const handlers::Step& step) {
    if (const auto result = Process().Start(step, context)) return Own(*result);
    return Finish();
  }

  void ExpectFailed(const EndedStep& ended, const std::string& reason) {
    EXPECT_EQ(ended.end, handlers::StepEnd::kFailed);
    EXPECT_EQ(ended.reason, reason);
  }

  testing::TempFolder folder;
  StepProcess::Options options = [this] {
    StepProcess::Options made;
    made.trusted_above = folder.path();
    return made;
  }();
  handlers::StepContext context{"lamp", "job-1", 7, 2, 3};
  std::deque<std::string> texts;  // What the steps are views of.
  std::unique_ptr<StepProcess> process;
};

}  // namespace fieldwork::posix
