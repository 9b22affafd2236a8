own_configure() { :; }

# A job that installs a new version of this package runs below the service: a restart would end it
# with its dpkg half done.
own_may_restart() {
  [ -z "${FIELDWORK_JOB_ID:-}" ] && return 0
  echo "fieldwork-device: installed by a job; the new version runs after the next reboot"
  return 1
}

# The configuration and the keys in /etc/fieldwork are not this package's: they stay.
own_purge() { rm -rf "$root/var/lib/fieldwork"; }
