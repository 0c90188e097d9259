#!/usr/bin/env bash
# Takes the first steps in places that other people's machines are like. Needs `npm ci` and `npm run build` first.
#   scripts/odd-places.sh [autocrlf quotes umask user tmpdir cgroup ipv6]...
# A line "SKIPPED" says what this machine cannot make. Ends with 1 if one failed.
# shellcheck disable=SC2317 # the places are called by name
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cli=$root/dist/pipeline/cli.js
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

skip() { echo "SKIPPED $*" && exit 0; }
settings() { printf 'data: { kind: sample, train: 400, test: 200 }\npolicy: { minimum: 0.6 }\n' >"$1/pawl.yaml"; }
first_steps() { "$here/first-steps.sh" "$@"; }

# Installed as from the tarball, in a folder of its own; files are shared where the file system can.
install_into() {
  mkdir -p "$1"
  cp -a "$root/package.json" "$root/dist" "$root/registry-repo" "$root/server" "$root/pipeline" "$1/"
  cp -al "$root/node_modules" "$1/" 2>/dev/null || cp -a "$root/node_modules" "$1/"
}

# Git for Windows is set up this way: a clone must have the line ends that were committed.
place_autocrlf() {
  git -c core.autocrlf=true clone --quiet "file://$root" "$work/clone" || return 1
  local turned
  turned=$(git -C "$work/clone" ls-files --eol | grep 'i/lf .*w/crlf' | head -n 3)
  [ -z "$turned" ] || { echo "line ends were turned:" "$turned" && return 1; }
}

place_quotes() {
  local odd=$work/"it's \"a\" \$place; ünïcode 🐾"
  install_into "$odd/pawl"
  first_steps "$odd/first" node "$odd/pawl/dist/pipeline/cli.js"
}

place_umask() { (umask 077 && first_steps "$work/umask" node "$cli"); }

# Nobody, with no home and nothing but a folder of its own to write to.
place_user() {
  [ "$(id -u)" -eq 0 ] || skip 'user: this is no root already'
  command -v setpriv >/dev/null || skip 'user: there is no setpriv'
  install_into "$work/user/pawl"
  mkdir -m 700 "$work/user/first"
  chown 65534:65534 "$work/user/first"
  chmod -R a+rX "$work/user/pawl/dist" "$work/user/pawl/package.json"
  local as=(setpriv --reuid=65534 --regid=65534 --clear-groups env -u HOME "PATH=$PATH")
  cp "$here/first-steps.sh" "$(command -v node)" "$work/user/"
  chmod 755 "$work/user" "$work/user/node" "$work/user/first-steps.sh"
  "${as[@]}" "$work/user/first-steps.sh" "$work/user/first" "$work/user/node" "$work/user/pawl/dist/pipeline/cli.js"
}

# The gate cannot judge there: it says which folder, and judges once there is one.
place_tmpdir() {
  local missing=$work/no-such-folder
  mkdir "$work/tmpdir" && cd "$work/tmpdir" || return 1
  settings . && node "$cli" registry init && node "$cli" train || return 1
  TMPDIR=$missing node "$cli" promote >told 2>&1 && echo 'promoted without a folder' && return 1
  cat told
  grep -q "$missing" told || { echo "$missing was not named" && return 1; }
  node "$cli" promote
}

place_cgroup() {
  local run=()
  if [ -w /sys/fs/cgroup/cgroup.procs ] && mkdir "/sys/fs/cgroup/pawl-$$" 2>/dev/null &&
    echo 256M 2>/dev/null >"/sys/fs/cgroup/pawl-$$/memory.max"; then
    # shellcheck disable=SC2016 # the inner shell expands it
    run=(bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "/sys/fs/cgroup/pawl-$$")
  elif sudo -n systemd-run --scope --quiet -p MemoryMax=256M true 2>/dev/null; then
    run=(sudo -n systemd-run --scope --quiet --uid="$(id -u)" --gid="$(id -g)" -p MemoryMax=256M -p MemorySwapMax=0 "--setenv=PATH=$PATH")
  else
    rmdir "/sys/fs/cgroup/pawl-$$" 2>/dev/null
    skip 'cgroup: neither systemd-run nor a writable cgroup with memory.max'
  fi
  "${run[@]}" "$here/first-steps.sh" "$work/cgroup" node "$cli"
  local status=$?
  rmdir "/sys/fs/cgroup/pawl-$$" 2>/dev/null
  return "$status"
}

# A network of its own, whose only address is ::1.
place_ipv6() {
  local as=()
  [ "$(id -u)" -eq 0 ] || as=(sudo -n "--preserve-env=PATH")
  command -v ip >/dev/null || skip 'ipv6: there is no ip'
  [ -e /proc/sys/net/ipv6 ] || skip 'ipv6: this system has none'
  "${as[@]}" unshare --net true 2>/dev/null || skip 'ipv6: no network of its own can be made'
  mkdir "$work/ipv6" && settings "$work/ipv6"
  # shellcheck disable=SC2016 # the inner shell expands it
  "${as[@]}" unshare --net env "PATH=$PATH" bash -c '
    ip link set lo up && ip address del 127.0.0.1/8 dev lo || exit 1
    cd "$0" || exit 1
    "$1" "$2" up >up.log 2>&1 &
    for _ in $(seq 90); do
      sleep 1
      "$1" -e "fetch(\"http://[::1]:7295/health/ready\").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))" && ready=yes && break
      kill -0 "$!" || break
    done
    kill "$!"
    wait
    cat up.log
    [ "${ready:-no}" = yes ]' "$work/ipv6" "$(command -v node)" "$cli"
}

failed=0
[ "$#" -gt 0 ] || set -- autocrlf quotes umask user tmpdir cgroup
for name in "$@"; do
  if [ "$(type -t "place_$name")" != function ]; then
    echo "no place $name" && exit 2
  fi
  if ("place_$name") >"$work/$name.log" 2>&1; then
    grep '^SKIPPED' "$work/$name.log" || echo "✔ $name"
  else
    echo "✘ $name"
    tail -n 30 "$work/$name.log"
    failed=1
  fi
done
exit "$failed"
