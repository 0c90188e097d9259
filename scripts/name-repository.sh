#!/usr/bin/env bash
# Names the repository in package.json, for the package that is about to be published: `repository`, `homepage` and `bugs`.
# The source names none, so that a fork never publishes another's address.
#   scripts/name-repository.sh https://HOST/OWNER/NAME
set -euo pipefail
cd "$(dirname "$0")/.."
address=${1:-}
if ! [[ $address =~ ^https://[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+){2}$ ]]; then
  echo "give the repository's address, such as https://HOST/OWNER/NAME, not '$address'" >&2
  exit 2
fi
npm pkg set "repository.type=git" "repository.url=git+$address.git" "homepage=$address#readme" "bugs.url=$address/issues"
