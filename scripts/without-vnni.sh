#!/usr/bin/env bash
# Quantised models on a processor that has AVX2 and no VNNI, which qemu-user plays. Needs `npm ci` and `npm run build` first.
#   scripts/without-vnni.sh [TEST]...   compiled test files; by default those of quantisation and import
set -euo pipefail
cd "$(dirname "$0")/.."
command -v qemu-x86_64 >/dev/null || { echo 'SKIPPED there is no qemu-x86_64 (qemu-user)'; exit 0; }
[ "$#" -gt 0 ] || set -- dist/test/pipeline/onnx/quantize.test.js dist/test/pipeline/training/import/import.test.js
# Each in the emulated process itself: a child would run on the real processor. /proc/cpuinfo stays that of the real one, so what
# this processor has is said besides.
export PAWL_TEST_PROCESSOR=avx2
# qemu names four abilities that it cannot play each time it starts; none of them is used by programs.
for test in "$@"; do
  qemu-x86_64 -cpu Haswell-noTSX,-invpcid,-pcid,-x2apic,-tsc-deadline "$(command -v node)" "$test"
done
