# The user outlives the package, as files of his may.
own_configure() {
  if [ -n "$root" ]; then
    known=$(grep -c '^fieldwork-cloud:' "$root/etc/passwd" || true)
  else
    known=$(getent passwd fieldwork-cloud | wc -l)
  fi
  [ "$known" -gt 0 ] ||
    useradd ${root:+--prefix "$root"} --system --user-group --no-create-home \
      --home-dir /var/lib/fieldwork-cloud --shell /usr/sbin/nologin fieldwork-cloud
  # Access keys may stand in it. Modes that somebody has changed since are his.
  if [ -z "$2" ] && [ -e "$root/etc/fieldwork-cloud/cloud.toml" ]; then
    group=$(awk -F: '$1 == "fieldwork-cloud" { print $3 }' "$root/etc/group")
    chgrp "${group:-fieldwork-cloud}" "$root/etc/fieldwork-cloud/cloud.toml"
    chmod 640 "$root/etc/fieldwork-cloud/cloud.toml"
  fi
}

own_may_restart() { :; }

own_purge() { rm -rf "$root/var/lib/fieldwork-cloud"; }
