#!/bin/sh
# Stops services, and looks whether they have ended.
#
#   stop-services.sh RUN-AS-USER "SERVICE ..."         SERVICE: name, name.service, .socket, ...
#
# Statuses: README.md.
set -eu
handler=stop-services.sh

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

# ---- the same in start-, stop- and restart-services.sh -----------------------------------------
# The name of the unit in `unit`. What would switch the machine off or on is not a service.
name_unit() {
  case $1 in
    [!A-Za-z0-9_]* | *[!A-Za-z0-9:_.@-]*) fail 2 "'$1' is not the name of a service" ;;
    *.service | *.socket | *.timer | *.path) unit=$1 ;;
    *.target | *.mount | *.automount | *.swap | *.device | *.slice | *.scope)
      fail 2 "'$1' is not a service: only .service, .socket, .timer and .path are" ;;
    *) unit=$1.service ;;
  esac
  case $unit in
    reboot.* | poweroff.* | halt.* | kexec.* | shutdown.* | systemd-reboot.* | \
      systemd-poweroff.* | systemd-halt.* | systemd-kexec.* | systemd-soft-reboot.* | \
      systemd-suspend* | systemd-hibernate* | systemd-hybrid-sleep.*)
      fail 2 "'$1' stops the machine: a Reboot step of the job does that" ;;
  esac
}
property() { systemctl show --property="$2" --value -- "$1" 2>/dev/null; }
must_exist() {
  state=$(property "$1" LoadState) || fail 5 "systemctl cannot tell about $1"
  [ "$state" = loaded ] || fail 4 "$1 cannot be used here: it is ${state:-unknown}"
}
# A service of type oneshot is over when it is started, unless it says otherwise.
must_run() {
  active=$(property "$1" ActiveState) || fail 5 "systemctl cannot tell about $1"
  [ "$active" != active ] || return 0
  result=$(property "$1" Result)
  if [ "$active" = inactive ] && [ "$(property "$1" Type)" = oneshot ] &&
    [ "$result" = success ]; then
    return 0
  fi
  fail 6 "$1 does not run: it is $active, its result is ${result:-unknown}"
}
# ---- end ----

[ $# -ge 2 ] || fail 2 "wants runAsUser and the services, and has $# arguments"
shift
set -f # Blanks divide the list; '*' and '?' are not for the shell.
# shellcheck disable=SC2048,SC2086
set -- $*
[ $# -ge 1 ] || fail 2 "the list of services is empty"
need systemctl
for service in "$@"; do
  shift
  name_unit "$service"
  [ "$unit" != fieldwork-device.service ] ||
    fail 2 "the agent that does this job is not stopped by it"
  set -- "$@" "$unit"
done
for unit in "$@"; do must_exist "$unit"; done
systemctl stop -- "$@" </dev/null || fail 5 "systemctl stop failed"
for unit in "$@"; do
  active=$(property "$unit" ActiveState) || fail 5 "systemctl cannot tell about $unit"
  case $active in
    inactive | failed) ;;
    *) fail 6 "$unit has not ended: it is ${active:-unknown}" ;;
  esac
done
say "stopped $*"
