#!/bin/bash
# Starts a demo school of its own and lets Debian's chromium go through it: the school day
# first, then everything else, one file after the other. With arguments: only these files.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}
. tests/lib/stack.sh
stack_begin || { echo "0 passed, 1 failed"; exit 1; }
export SHOTS=$KREIDE_BUILD/test/shots
mkdir -p "$SHOTS"
out=$KREIDE_BUILD/test/e2e.tap
: >"$out"
specs=("$@")
if (($# == 0)); then
	specs=(tests/e2e/day.spec.mjs)
	for spec in tests/e2e/*.spec.mjs; do
		[[ $spec == */day.spec.mjs ]] || specs+=("$spec")
	done
fi
for spec in "${specs[@]}"; do
	printf '# %s\n' "$spec" | tee -a "$out"
	node --test --test-reporter=tap "$spec" | tee -a "$out"
done
p=$(awk '/^# pass /{n += $3} END {print n + 0}' "$out")
f=$(awk '/^# (fail|cancelled) /{n += $3} END {print n + 0}' "$out")
# A file that could not even begin has passed and failed nothing.
began=$(grep -c '^# fail ' "$out")
((began >= ${#specs[@]})) || f=$((f + ${#specs[@]} - began))
echo "$p passed, $f failed"
[ "$f" -eq 0 ] && [ "$p" -gt 0 ]
