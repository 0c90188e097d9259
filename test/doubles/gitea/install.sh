#!/usr/bin/env bash
# Builds Gitea from its Go module, for the tests that drive a real one: install.sh FOLDER puts `gitea` there.
# The program finds its templates where its source was downloaded to, so that must stay.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
version=1.26.0
module=code.gitea.io/gitea
source=$(go mod download -json "$module@v$version" | sed -n 's/^.*"Dir": "\(.*\)",$/\1/p')
cd "$source"
go build -tags 'sqlite sqlite_unlock_notify' -o "$folder/gitea" \
  -ldflags "-X main.Version=$version -X $module/modules/setting.StaticRootPath=$source" .
