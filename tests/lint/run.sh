#!/bin/bash
# The house rules: krlint on the whole tree and on itself, texts in both languages, layout of
# the code, shell scripts, sizes. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}
passed=0 failed=0

# check NAME COMMAND...: prints what a failing command has to say
check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '── %s\n%s\n' "$name" "$(tail -n 60 <<<"$out")"
	fi
}

# add NAME COMMAND...: the same for a program that counts by itself
add() {
	local name=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	if [[ $out =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
		[[ ${BASH_REMATCH[2]} -eq 0 ]] || printf '── %s\n%s\n' "$name" "$out"
	else
		failed=$((failed + 1))
		printf '── %s ended with %s\n%s\n' "$name" "$status" "$out"
	fi
}

mapfile -t files < <(core/tools/files.sh)
mapfile -t c_files < <(printf '%s\n' "${files[@]}" | grep -E '\.[ch]$')
mapfile -t scripts < <(printf '%s\n' "${files[@]}" | grep -E '^(conf|tests|core|\.ci)/' |
	xargs -d '\n' awk 'FNR == 1 && /^#!.*[\/ ](ba)?sh( |$)/ { print FILENAME }
		FNR > 1 { nextfile }')
mapfile -t sourced < <(printf '%s\n' "${files[@]}" | grep -E '^(conf|tests)/' |
	xargs -d '\n' awk 'FNR == 1 && /^# shellcheck shell=/ { print FILENAME }
		FNR > 1 { nextfile }')

# layout: names the files that clang-format would change
layout() {
	clang-format-14 --dry-run "${c_files[@]}" 2>&1 |
		sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: .*/\1: make format changes it/p' | sort | uniq -c |
		grep .
	[[ ${PIPESTATUS[4]} -ne 0 ]]
}

# written: CONTRIBUTING has every rule as krlint and kreide print them, with its reason
written() {
	local code text why
	{
		"$KREIDE_BUILD/tools/krlint" --rules
		[[ ! -x $KREIDE_BUILD/kreide ]] || "$KREIDE_BUILD/kreide" check --rules
	} | sed 's/^ *//' | paste -d '|' - - | {
		while IFS='|' read -r text why; do
			code=${text%% *} text=$(sed 's/^[^ ]* *//' <<<"$text")
			grep -qF "| **$code** $text | $why |" CONTRIBUTING.md ||
				printf '%s\n' "CONTRIBUTING.md: not there: **$code** $text | $why"
		done
	} | { ! grep .; }
}

check 'rules (krlint --rules says why)' "$KREIDE_BUILD/tools/krlint" --unused "${files[@]}"
check 'rules, written' written
add 'rules, tried' tests/lint/selftest.sh
check 'texts' core/tools/textcheck.sh
check 'layout' layout
check 'shell scripts' shellcheck -x -S warning "${scripts[@]}"
# What is sourced sets names for others.
check 'parts of shell scripts' shellcheck -x -S warning -e SC2034 "${sourced[@]}"
check 'sizes' core/tools/stats.sh
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
