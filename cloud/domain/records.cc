// Decides how the statuses are spelled: the names of the AWS API, each in one table.
#include "cloud/domain/records.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace fieldwork::domain {
namespace {

// Indexed by the enum's value; the order is the order of its declaration.
constexpr std::array<std::string_view, kExecutionStatuses> kExecutionStatusNames = {
    "QUEUED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED"};
constexpr std::array<std::string_view, 4> kJobStatusNames = {"IN_PROGRESS", "CANCELED", "COMPLETED",
                                                             "DELETION_IN_PROGRESS"};
constexpr std::array<std::string_view, 2> kTargetSelectionNames = {"SNAPSHOT", "CONTINUOUS"};
constexpr std::array<std::string_view, 3> kCertificateStatusNames = {"ACTIVE", "INACTIVE",
                                                                     "REVOKED"};

template <typename Enum, std::size_t kSize>
std::optional<Enum> Find(const std::array<std::string_view, kSize>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::optional<Time> DeadlineOf(const Execution& execution) {
  if (!execution.job_deadline) {
    return execution.step_deadline;
  }
  if (!execution.step_deadline) {
    return execution.job_deadline;
  }
  return std::min(*execution.job_deadline, *execution.step_deadline);
}

std::string_view NameOf(ExecutionStatus status) {
  return kExecutionStatusNames[static_cast<std::size_t>(status)];
}
std::string_view NameOf(JobStatus status) {
  return kJobStatusNames[static_cast<std::size_t>(status)];
}
std::string_view NameOf(TargetSelection selection) {
  return kTargetSelectionNames[static_cast<std::size_t>(selection)];
}
std::string_view NameOf(CertificateStatus status) {
  return kCertificateStatusNames[static_cast<std::size_t>(status)];
}

std::optional<ExecutionStatus> ExecutionStatusFrom(std::string_view name) {
  return Find<ExecutionStatus>(kExecutionStatusNames, name);
}
std::optional<JobStatus> JobStatusFrom(std::string_view name) {
  return Find<JobStatus>(kJobStatusNames, name);
}
std::optional<TargetSelection> TargetSelectionFrom(std::string_view name) {
  return Find<TargetSelection>(kTargetSelectionNames, name);
}
std::optional<CertificateStatus> CertificateStatusFrom(std::string_view name) {
  return Find<CertificateStatus>(kCertificateStatusNames, name);
}

}  // namespace fieldwork::domain
