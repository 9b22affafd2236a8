#include "device/agent/rejection.h"

namespace fieldwork::agent {

using event::Verdict;
using jobs::ErrorCode;

event::Verdict JudgeQuestion(ErrorCode code) {
  switch (code) {
    case ErrorCode::kResourceNotFound:
    case ErrorCode::kTerminalStateReached: return Verdict::kGiveUp;
    default: return Verdict::kRetry;
  }
}

bool IsFinalRefusal(ErrorCode code) {
  return code == ErrorCode::kInvalidTopic || code == ErrorCode::kInvalidJson ||
         code == ErrorCode::kInvalidRequest;
}

event::Verdict JudgeUpdate(const jobs::Rejection& rejection, jobs::ExecutionStatus wanted) {
  switch (rejection.code) {
    // The reply to an earlier copy of this update was lost, and the copy did its work.
    case ErrorCode::kInvalidStateTransition:
      return rejection.state.status == wanted ? Verdict::kAlreadyThere : Verdict::kGiveUp;
    case ErrorCode::kVersionMismatch:
      if (rejection.state.status == wanted && jobs::IsTerminal(wanted)) {
        return Verdict::kAlreadyThere;
      }
      return jobs::IsTerminal(rejection.state.status) ? Verdict::kGiveUp : Verdict::kDescribe;
    case ErrorCode::kResourceNotFound:
    case ErrorCode::kTerminalStateReached:
    // These three say that we, or the cloud, have a bug; saying it again does not mend it.
    case ErrorCode::kInvalidTopic:
    case ErrorCode::kInvalidJson:
    case ErrorCode::kInvalidRequest: return Verdict::kGiveUp;
    case ErrorCode::kInternalError:
    case ErrorCode::kRequestThrottled:
    case ErrorCode::kUnknown: return Verdict::kRetry;
  }
  return Verdict::kRetry;
}

}  // namespace fieldwork::agent
