#!/bin/sh
# Downloads a file: whole and on the disk under its name, or not at all.
#
#   download-file.sh RUN-AS-USER URL PATH
#
# The URL is https. PATH is absolute; no directory in it is a symbolic link, and the last part is
# absent or a regular file, which is replaced by a new one (mode as the umask says).
# Writes "progress=NN" lines where the server tells the size. Statuses: README.md.
set -eu
handler=download-file.sh

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

url=
path=
parent=
base=
host=
total=
shown=

# What stands behind the host, secrets in the query among it, is never written anywhere.
check_url() {
  case $1 in
    *[!!-~]*) fail 2 "the URL has blanks, control characters or bytes beyond ASCII" ;;
    https://[A-Za-z0-9[]* | https://*@[A-Za-z0-9[]*) ;;
    *) fail 2 "the URL does not begin with https:// and a host" ;;
  esac
  url=$1
  host=${1#https://}
  host=${host%%[/?#]*}
  host=${host##*@}
}

check_path() {
  case $1 in
    *[[:cntrl:]]*) fail 2 "the path has control characters" ;;
    /*) ;;
    *) fail 2 "the path '$1' is not absolute" ;;
  esac
  case $1/ in
    *//* | */./* | */../*) fail 2 "the path '$1' ends in '/', or has '//', '.' or '..' in it" ;;
  esac
  path=$1
  base=${1##*/}
  parent=${1%/*}
  parent=${parent:-/}
}

# From here on the directory is the one that was checked, whatever happens to its name.
enter_parent() {
  cd -P -- "$parent" 2>/dev/null || fail 8 "there is no directory '$parent' that can be entered"
  real=$(pwd -P)
  [ "$real" = "$parent" ] || fail 8 "'$parent' has symbolic links in it: name '$real' instead"
  if [ -L "./$base" ]; then
    fail 8 "'$path' is a symbolic link"
  elif [ -e "./$base" ] && [ ! -f "./$base" ]; then
    fail 8 "'$path' is there and not a regular file"
  fi
}

# A directory of our own beside the destination, for nobody else to enter. What a power cut left
# there is removed: one job runs at a time.
enter_workshop() {
  workshop=.$base.fieldwork
  if [ -d "./$workshop" ] && [ ! -L "./$workshop" ] && [ -O "./$workshop" ]; then
    rm -rf -- "./$workshop"
  fi
  mkdir -m 700 -- "./$workshop" || fail 8 "cannot write to '$parent'"
  trap 'clean_up' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  cd -P -- "./$workshop"
}

clean_up() {
  [ -z "${curl_pid:-}" ] || kill "$curl_pid" 2>/dev/null || true
  rm -f -- ./part ./head
  cd ..
  rmdir -- "./$workshop" 2>/dev/null || true
}

# --disable: no ~/.curlrc. --globoff: brackets in a URL are brackets. No time limit for the whole
# below six hours, as lines are slow, but a minute without a byte is the end.
start_curl() {
  curl --disable --globoff --silent --show-error --fail \
    --proto '=https' --location --proto-redir '=https' --max-redirs 5 --tlsv1.2 \
    --connect-timeout 30 --speed-limit 1 --speed-time 60 --max-time 21600 --retry 2 \
    --dump-header ./head --output ./part --url "$url" </dev/null &
  curl_pid=$!
}

show_progress() {
  [ -s ./part ] || return 0
  if [ -z "$total" ]; then
    total=$(tr -d '\r' <./head |
      awk -F ': *' '/^HTTP/ { n = "" } tolower($1) == "content-length" { n = $2 } END { print n }')
    case $total in '' | *[!0-9]* | 0) total=none ;; esac
  fi
  [ "$total" != none ] || return 0
  percent=$(awk -v n="$(stat -c %s ./part)" -v of="$total" 'BEGIN { printf "%d", n * 100 / of }')
  [ "$percent" -le 99 ] || percent=99 # 100 is for what is on the disk under its name.
  [ "$percent" = "$shown" ] || say "progress=$percent"
  shown=$percent
}

follow_curl() {
  while kill -0 "$curl_pid" 2>/dev/null; do
    show_progress
    sleep 0.5
  done
  status=0
  wait "$curl_pid" || status=$?
  curl_pid=
  [ "$status" -eq 0 ] || fail 5 "the download from $host failed (curl: $status)"
}

# The data before the name, the name before the success.
put_in_place() {
  [ -e ./part ] || : >./part # An empty file: curl makes none.
  sync -- ./part || fail 8 "cannot write '$path' to the disk"
  mv -fT -- ./part "../$base" || fail 8 "cannot put '$path' in its place"
  sync -- .. || fail 8 "cannot write '$parent' to the disk"
}

[ $# -eq 3 ] || fail 2 "wants runAsUser, URL and path, and has $# arguments"
need curl
check_url "$2"
check_path "$3"
enter_parent
enter_workshop
start_curl
follow_curl
put_in_place
say "progress=100"
say "downloaded $path from $host"
