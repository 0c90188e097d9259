#!/usr/bin/env bash
# Installs Pawl's tarball into an empty folder with each installer named, and takes the first steps with it. Needs the network.
#   scripts/installers.sh [npm10 npm11 npm12 pnpm10 pnpm yarn1 yarn4 pnp bun offline]...
# A line "SKIPPED" says what this Node cannot start. Ends with 1 if one failed.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export npm_config_loglevel=error npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here/.." && npm pack --ignore-scripts --pack-destination "$work" >/dev/null) || exit 1
tarball=$(echo "$work"/pawl-*.tgz)
major=$(node -p 'process.versions.node.split(".")[0]')

first_steps() { "$here/first-steps.sh" "$PWD/first" "$@" >first.log 2>&1 || { tail -n 20 first.log; return 1; }; }
installed() { first_steps node "$PWD/node_modules/pawl/dist/pipeline/cli.js"; }
npm_of() { npx -y "npm@$1" install --ignore-scripts "$tarball" && installed; }
yarn4() { npx -y @yarnpkg/cli-dist@4 "$@"; }

# One sentence and the exit code of a failure, before anything was written.
refused() {
  local said status
  said=$("$@" 2>&1 >/dev/null)
  status=$?
  printf '%s\n' "$said"
  [ "$status" -eq 3 ] && [ "$(printf '%s\n' "$said" | wc -l)" -eq 1 ]
}

with() {
  case $1 in
    npm10 | npm11) npm_of "${1#npm}" ;;
    npm12) npx -y npm@12 install "$tarball" && installed ;;
    pnpm10) npx -y pnpm@10 add "$tarball" && installed ;;
    pnpm)
      printf 'allowBuilds:\n  "@photostructure/sqlite": false\n  onnxruntime-node: false\n' >pnpm-workspace.yaml
      npx -y pnpm@latest add "$tarball" && installed
      ;;
    # Takes `engines` at their word, and resolves every range anew.
    yarn1) npx -y yarn@1 add --ignore-scripts --non-interactive --cache-folder "$work/yarn1" "$tarball" && installed ;;
    yarn4)
      : >yarn.lock
      echo 'nodeLinker: node-modules' >.yarnrc.yml
      yarn4 add "pawl@file:$tarball" && installed
      ;;
    pnp)
      : >yarn.lock
      echo 'nodeLinker: pnp' >.yarnrc.yml
      yarn4 add "pawl@file:$tarball" && refused yarn4 pawl train
      ;;
    bun) npx -y bun add "$tarball" && installed && refused npx -y bun --bun node_modules/pawl/dist/pipeline/cli.js train ;;
    # A copy of the repository, as an image is built from it. A first install fills the cache; the second asks no network.
    offline)
      local ci=(npm ci --omit=dev --ignore-scripts --cache "$work/npm-cache")
      cp "$here/../package.json" "$here/../package-lock.json" . && "${ci[@]}" && rm -rf node_modules && "${ci[@]}" --offline &&
        tar -xzf "$tarball" --strip-components=1 && first_steps node "$PWD/dist/pipeline/cli.js"
      ;;
    *) echo "no installer $1" && return 1 ;;
  esac
}

failed=0
[ "$#" -gt 0 ] || set -- npm10 npm11 npm12 pnpm10 pnpm yarn1 yarn4 pnp bun offline
for name in "$@"; do
  if [ "$name" = npm12 ] && [ "$major" -lt 22 ]; then
    echo "SKIPPED $name: it needs Node 22 itself"
    continue
  fi
  mkdir -p "$work/$name"
  if (cd "$work/$name" && echo '{ "name": "consumer", "version": "1.0.0", "private": true }' >package.json && with "$name") >"$work/$name.log" 2>&1; then
    echo "✔ $name"
  else
    echo "✘ $name"
    tail -n 30 "$work/$name.log"
    failed=1
  fi
  rm -rf "${work:?}/$name"
done
exit "$failed"
