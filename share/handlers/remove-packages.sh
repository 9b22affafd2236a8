#!/bin/sh
# Removes Debian packages; their configuration files stay. What is not installed is passed over.
#
#   remove-packages.sh RUN-AS-USER "PACKAGE ..."       PACKAGE: name or name:arch
#
# Refuses what would take the agent away: nobody could report the job. Statuses: README.md.
set -eu
handler=remove-packages.sh

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

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# apt reads "name+" as "install name" where there is no such package; is_installed() lets through
# only what is there under exactly this name.
check_package() {
  case $1 in
    '' | [!a-z0-9]* | *[!a-z0-9+.:-]* | *-) fail 2 "'$1' is not the name of a package" ;;
  esac
}

# Half-configured counts: that is to be removed too. Configuration files alone do not.
is_installed() {
  dpkg-query --show --showformat='${db:Status-Status}\n' -- "$1" 2>/dev/null |
    grep -qvx -e not-installed -e config-files
}

[ $# -ge 2 ] || fail 2 "wants runAsUser and the packages, and has $# arguments"
shift
set -f # Blanks divide the list; '*' and '?' are not for the shell.
# shellcheck disable=SC2048,SC2086
set -- $*
[ $# -ge 1 ] || fail 2 "the list of packages is empty"
for package in "$@"; do check_package "$package"; done
need apt-get
[ "$(id -u)" -eq 0 ] || fail 7 "packages are removed by root only: leave runAsUser empty"
for package in "$@"; do
  shift
  if is_installed "$package"; then
    set -- "$@" "$package"
  else
    say "$package is not installed"
  fi
done
[ $# -ge 1 ] || exit 0
plan=$(apt --simulate remove -- "$@") || fail 5 "apt-get cannot remove $*"
! printf '%s\n' "$plan" | grep -q '^Remv fieldwork-device[: ]' ||
  fail 2 "removing $* takes the agent away that does this job"
apt remove -- "$@" || fail 5 "apt-get remove failed"
say "removed $*"
