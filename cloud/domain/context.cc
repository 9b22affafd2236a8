// Decides which ARNs are of this cloud.
#include "cloud/domain/context.h"

namespace fieldwork::domain {

std::string_view Names::NameIn(std::string_view arn, std::string_view kind) const {
  const std::string prefix = Arn(kind, "");
  return arn.starts_with(prefix) ? arn.substr(prefix.size()) : std::string_view();
}

}  // namespace fieldwork::domain
