#!/bin/bash
# Starts a demo school of its own and lets Debian's chromium go through the school day.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}
. tests/lib/stack.sh
stack_begin || { echo "0 passed, 1 failed"; exit 1; }
mkdir -p "$KREIDE_BUILD/test/shots"
out=$KREIDE_BUILD/test/e2e.tap
SHOTS=$KREIDE_BUILD/test/shots node --test --test-reporter=tap "${@:-tests/e2e/}" | tee "$out"
p=$(awk '/^# pass /{print $3}' "$out")
f=$(awk '/^# fail /{print $3}' "$out")
echo "${p:-0} passed, ${f:-1} failed"
[ "${f:-1}" -eq 0 ]
