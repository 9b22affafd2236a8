// Decides which action carries out a step.
#include "device/handlers/actions.h"

#include "device/handlers/name.h"

namespace fieldwork::handlers {

Action* Actions::Find(const Step& step) const {
  for (Action* const action : actions_) {
    if (IsWord(step.name, action->name())) return action;
  }
  return nullptr;
}

}  // namespace fieldwork::handlers
