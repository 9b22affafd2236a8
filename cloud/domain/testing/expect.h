// Decides how the tests of jobs speak: short ways to make a job, and to read an outbox.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cloud/domain/executions.h"
#include "cloud/domain/jobs.h"
#include "cloud/domain/testing/fixture.h"

namespace fieldwork::domain::testing {

/// The code of a refusal; a test failure if it was none.
template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  if (result.ok()) {
    ADD_FAILURE() << "it was not refused";
    return ErrorCode::kUnauthorized;
  }
  EXPECT_FALSE(result.error().message.empty());
  return result.error().code;
}

/// What an outbox says, one line a happening: "thing: notify 2, next job#1", "thing: next none",
/// "job J completed", "execution J@thing succeeded".
inline std::vector<std::string> Lines(const Outbox& outbox) {
  std::vector<std::string> lines;
  for (const Happening& happening : outbox) {
    if (const auto* notice = std::get_if<QueueNotice>(&happening)) {
      std::string line = notice->thing + ":";
      if (notice->list_changed) {
        line += " notify " + std::to_string(notice->pending.size());
      }
      if (notice->next_changed) {
        line += " next ";
        line += notice->next ? notice->next->execution.job + "#" +
                                   std::to_string(notice->next->execution.number)
                             : "none";
      }
      lines.push_back(line);
    } else if (const auto* job = std::get_if<JobEvent>(&happening)) {
      lines.push_back("job " + job->job.id + " " + job->operation);
    } else if (const auto* execution = std::get_if<ExecutionEvent>(&happening)) {
      lines.push_back("execution " + execution->execution.job + "@" + execution->execution.thing +
                      " " + execution->operation);
    }
  }
  return lines;
}

/// A store with things "a", "b", the group "g" above "h", and the rules of jobs.
struct JobsFixture : Fixture {
  JobsFixture() {
    AddThing("a");
    AddThing("b");
    AddGroup("g");
    AddGroup("h", "g");
  }

  std::string ThingArn(std::string_view name) const { return context.names.ThingArn(name); }
  std::string GroupArn(std::string_view name) const { return context.names.GroupArn(name); }

  CreateJobRequest Request(std::string_view id, std::vector<std::string> targets) const {
    CreateJobRequest request;
    request.id = id;
    request.targets = std::move(targets);
    request.document = "{\"job\":\"" + std::string(id) + "\"}";
    return request;
  }
  void CreateJob(std::string_view id, std::vector<std::string> targets, Time now,
                 TargetSelection selection = TargetSelection::kSnapshot) {
    CreateJobRequest request = Request(id, std::move(targets));
    request.selection = selection;
    const auto created = jobs.Create(request, now);
    ASSERT_TRUE(created.ok()) << created.error().message;
  }
  /// Joins or leaves as the registry does it.
  void Join(std::string_view thing, std::string_view group, Time now) {
    store.AddMember(thing, group);
    jobs.ThingJoined(thing, group, now);
  }
  void Leave(std::string_view thing, std::string_view group, Time now) {
    store.RemoveMember(thing, group);
    jobs.ThingLeft(thing, group, now);
  }
  void RemoveThing(std::string_view thing, Time now) {
    jobs.ThingRemoved(thing, now);
    store.DeleteThing(thing);
  }
  Result<UpdateReply> Update(std::string_view thing, std::string_view job, std::string_view status,
                             Time now) {
    UpdateRequest request;
    request.status = status;
    return executions.Update(thing, job, request, now);
  }
  /// The latest one; a test failure if there is none.
  Execution Latest(std::string_view thing, std::string_view job) {
    const auto found = store.FindExecution(thing, job, std::nullopt);
    EXPECT_TRUE(found.has_value()) << "no execution of " << job << " on " << thing;
    return found.value_or(Execution{});
  }
  ExecutionStatus StatusOf(std::string_view thing, std::string_view job) {
    return Latest(thing, job).status;
  }
  JobStatus StatusOfJob(std::string_view job) {
    const auto found = store.FindJob(job);
    EXPECT_TRUE(found.has_value()) << "no job " << job;
    return found.value_or(Job{}).status;
  }
  std::vector<std::string> TakeLines() { return Lines(TakeOutbox()); }

  Jobs jobs{context};
  Executions executions{context};
};

}  // namespace fieldwork::domain::testing
