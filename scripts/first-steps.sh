#!/usr/bin/env bash
# What somebody does first, in a new folder: train, propose, have it judged, ask. Ends with 0 only if all of it worked.
#   scripts/first-steps.sh FOLDER COMMAND...   where COMMAND starts Pawl
set -euo pipefail

[ "$#" -ge 2 ] || { echo "usage: $0 FOLDER COMMAND..." >&2; exit 2; }
mkdir -p "$1"
cd "$1"
shift

printf 'data: { kind: sample, train: 400, test: 200 }\npolicy: { minimum: 0.6 }\n' >pawl.yaml
"$@" --version
"$@" registry init
"$@" train
"$@" promote
"$@" predict 'A great film, funny and moving.'
