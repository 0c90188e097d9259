#!/usr/bin/env bash
# Takes the first steps inside an image of another distribution, with its own git and this machine's Node (on Alpine its own).
# Needs docker, and `npm ci` and `npm run build` first.
#   scripts/distribution.sh IMAGE works|refused
# "refused" expects one sentence that explains itself, and a failure's exit code.
set -euo pipefail
[ "$#" -eq 2 ] || { echo "usage: $0 IMAGE works|refused" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
node=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")

# shellcheck disable=SC2016 # the shell in the container expands it
docker run --rm --volume "$root:/pawl:ro" --volume "$node:/opt/node:ro" --env "EXPECTED=$2" "$1" sh -c '
  set -eu
  if command -v apk; then apk add --quiet bash git nodejs
  elif command -v apt-get; then apt-get update -qq && apt-get install -y -qq --no-install-recommends git procps
  else dnf install -y -q git procps-ng; fi >/dev/null 2>&1
  PATH=$PATH:/opt/node/bin
  export HOME=/tmp
  if [ "$EXPECTED" = works ]; then exec /pawl/scripts/first-steps.sh /tmp/first node /pawl/dist/pipeline/cli.js; fi
  mkdir /tmp/first
  cd /tmp/first
  node /pawl/dist/pipeline/cli.js up >/tmp/told 2>&1 && status=0 || status=$?
  cat /tmp/told
  [ "$status" -ne 0 ] && [ "$status" -lt 128 ] && [ "$(wc -l </tmp/told)" -eq 1 ]'
