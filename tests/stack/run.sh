#!/bin/bash
# All tests of the stack; KREIDE_BUILD names the build to run (build/). One part alone:
# tests/stack/run.sh edge
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 1' INT TERM

# They wait more than they work, so they run side by side.
parts=("$@")
((${#parts[@]})) || parts=(units edge school life)
for name in "${parts[@]}"; do
	"$REPO/tests/stack/$name.sh" >"$DIR/$name" 2>&1 &
done
wait

for name in "${parts[@]}"; do
	line=$(tail -n 1 "$DIR/$name")
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1])) FAILED=$((FAILED + BASH_REMATCH[2]))
		sed '$d' "$DIR/$name" | grep -v ': line [0-9]*: .* Killed' | sed '/^$/d'
		printf 'stack/%s: %s\n' "$name" "$line"
	else
		FAILED=$((FAILED + 1))
		cat "$DIR/$name"
		printf 'stack/%s: did not come to its end\n' "$name"
	fi
done
summary
