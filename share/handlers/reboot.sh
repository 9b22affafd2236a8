#!/bin/sh
# Reboots nothing. A Reboot step is the agent's own work: it reports, writes down that it reboots,
# and proves the reboot afterwards. A script that reboots behind its back loses the job. This one
# stands here so that the name is taken, and says so. Statuses: README.md.
# shellcheck disable=SC2317  # the common part is longer than what is used of it
set -eu
handler=reboot.sh

# ---- the same in every handler: what the agent checks is one file, so each is complete -----------
LC_ALL=C
export LC_ALL
say() { printf '%s\n' "$*"; }
# fail STATUS TEXT: the reason, one line without control characters, and the end.
fail() {
  status=$1
  shift
  printf '%s: %s\n' "$handler" "$(printf '%s' "$*" | tr -c ' -~' '?')" >&2
  exit "$status"
}
need() { command -v "$1" >/dev/null || fail 3 "there is no $1 here"; }
# ---- end ----

fail 9 "the agent reboots by itself: use a step with the handler reboot.sh and no path, or" \
  "{\"operation\":\"reboot\"}"
