#!/bin/bash
# All tests of the stack; KREIDE_BUILD names the build to run (build/). One part alone:
# tests/stack/run.sh edge
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

part() {
	local out line
	out=$("$REPO/tests/stack/$1.sh" 2>&1)
	line=$(tail -n 1 <<<"$out")
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1])) FAILED=$((FAILED + BASH_REMATCH[2]))
		printf '%s\n' "$out" | sed '$d' | grep -v ': line [0-9]*: .* Killed' | sed '/^$/d'
		printf 'stack/%s: %s\n' "$1" "$line"
	else
		FAILED=$((FAILED + 1))
		printf '%s\nstack/%s: did not come to its end\n' "$out" "$1"
	fi
}

for name in "${@:-units edge life}"; do
	for one in $name; do part "$one"; done
done
summary
