// Decides what a rejection by the Jobs service means for the request that it answers.
#pragma once

#include "device/agent/agent.h"
#include "device/jobs/messages.h"

namespace fieldwork::agent {

/// For a start-next or describe request: nothing there is final, since the same question
/// may be answered tomorrow. {job}/get of an execution that is over, or gone, is.
event::Verdict JudgeQuestion(jobs::ErrorCode code);

/// The cloud will never take the update, whatever became of the execution: we, or it, have a bug.
bool IsFinalRefusal(jobs::ErrorCode code);

/// For an update to `wanted`.
event::Verdict JudgeUpdate(const jobs::Rejection& rejection, jobs::ExecutionStatus wanted);

}  // namespace fieldwork::agent
