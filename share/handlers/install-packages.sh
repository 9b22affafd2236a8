#!/bin/sh
# Installs Debian packages, or brings them to the newest version that apt knows.
#
#   install-packages.sh RUN-AS-USER "PACKAGE ..."      PACKAGE: name, name:arch, name=version
#
# apt's lists are fetched again only when a package or version is not in them.
# Statuses: README.md.
set -eu
handler=install-packages.sh

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
    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# apt reads "name-" as "remove name", and what it does not find as a pattern. So the shape is
# checked here, and is_known() lets through only what exists under exactly this name.
check_package() {
  case ${1%%=*} in
    '' | [!a-z0-9]* | *[!a-z0-9+.:-]* | *-) fail 2 "'$1' is not the name of a package" ;;
  esac
  case $1 in
    *=) fail 2 "'$1' has no version behind the '='" ;;
    *=[!A-Za-z0-9]* | *=*[!A-Za-z0-9.+~:-]*) fail 2 "'$1' has a version that cannot be" ;;
  esac
}

# Whether apt can install this name, and this version if one is given.
is_known() {
  apt-cache policy -- "${1%%=*}" | awk -v want="$1" '
    BEGIN { name = want; sub(/=.*/, "", name); plain = name; sub(/:.*/, "", plain)
            version = index(want, "=") ? substr(want, index(want, "=") + 1) : "" }
    /^[^ ]/ { ours = $1 == name ":" || $1 == plain ":" }
    ours && $1 == "Candidate:" && $2 != "(none)" && version == "" { found = 1 }
    ours && version != "" && ($1 == version || ($1 == "***" && $2 == version)) { found = 1 }
    END { exit !found }'
}

all_known() {
  for package in "$@"; do
    is_known "$package" || return 1
  done
}

[ $# -ge 2 ] || fail 2 "wants runAsUser and the packages, and has $# arguments"
shift
set -f # Blanks divide the list; '*' and '?' are not for the shell.
# shellcheck disable=SC2048,SC2086
set -- $*
[ $# -ge 1 ] || fail 2 "the list of packages is empty"
for package in "$@"; do check_package "$package"; done
need apt-get
[ "$(id -u)" -eq 0 ] || fail 7 "packages are installed by root only: leave runAsUser empty"
if ! all_known "$@"; then
  apt update || fail 5 "apt-get update failed"
  for package in "$@"; do
    is_known "$package" || fail 4 "apt knows no package '$package'"
  done
fi
apt install --no-install-recommends -- "$@" || fail 5 "apt-get install failed"
say "installed $*"
