#!/usr/bin/env bash
# Builds one version of git from its source into a folder, whose bin/ goes onto the path. Needs the network and a C compiler.
#   scripts/build-git.sh v2.38.5|newest FOLDER
set -euo pipefail
[ "$#" -eq 2 ] || { echo "usage: $0 VERSION|newest FOLDER" >&2; exit 2; }
from=https://github.com/git/git
version=$1
if [ "$version" = newest ]; then
  version=$(git ls-remote --tags --refs "$from" 'v*' | sed 's|.*/||' | grep -E '^v[0-9]+(\.[0-9]+)+$' | sort -V | tail -n 1)
fi
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
git clone --quiet --depth 1 --branch "$version" "$from" "$source"
make -C "$source" -j "$(nproc)" prefix="$2" NO_GETTEXT=1 NO_TCLTK=1 NO_PERL=1 NO_PYTHON=1 install >/dev/null
"$2/bin/git" --version
