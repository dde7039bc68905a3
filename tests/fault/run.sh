#!/bin/bash
# Faults against one running school of their own: the order of writes, the n-th call that
# fails, kills under load, full disks, jumps of the clock, a poisonous plugin; and migrations
# killed at every statement. Seeded and replayable. Last line: N passed, N failed.
#
#   tests/fault/run.sh [--whole] [PART ...]    PART: order nth kill disks clock poison migrate
#   SEED=n    another order of faults      T=s    seconds of kills      KILL=a,b    only these
set -uo pipefail
. "$(dirname "$0")/../outside/lib.sh"
cd "$REPO" || exit 1
[[ ${1-} != --whole ]] || { export KR_FAULT_WHOLE=1 SEED=${SEED:-$((RANDOM + 1))} && shift; }
parts=("$@")
((${#parts[@]})) || parts=(order nth kill disks clock poison migrate)
export SEED=${SEED:-1}
export KR_FAULT_TABLE=$KREIDE_BUILD/fault.md
echo "SEED=$SEED replays this run"
begin
trap 'unmount; finish' EXIT

# Whatever broke in the middle: no small disk of ours stays.
unmount() {
	local at
	[[ -n $HOME_DIR ]] || return 0
	while read -r at; do umount -l "$at"; done < <(
		awk -v home="$(realpath "$HOME_DIR")/" 'index($2, home) == 1 { print $2 }' /proc/mounts)
}

# add NAME OUTPUT: what counts by itself
add() {
	printf '%s\n' "$2" | grep -v '^[0-9]* passed, '
	if [[ $2 =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1])) FAILED=$((FAILED + BASH_REMATCH[2]))
	else
		ok "$1" 1 'ended without a sum'
	fi
}

inside=()
for part in "${parts[@]}"; do [[ $part == migrate ]] || inside+=("$part"); done
if [[ " ${parts[*]} " == *' migrate '* ]]; then
	tests/fault/migrate.sh "$DIR" >"$DIR/migrate.log" 2>&1 &
	migrate=$!
fi
gcc -O1 -g -Wall -Wextra -fPIC -shared tests/fault/shim.c -o "$DIR/shim.so"
ok 'shim.c is built' $?
if ((${#inside[@]})); then
	cp -r tests/fault/poison "$DIR/poison"
	out=$(make -C "$DIR/poison" install DIR="$DIR/plugins" 2>&1)
	ok 'the poisonous plugin is built' $? "$out"
	# All of it comes from one address.
	KR_TEST_CONF='rate_per_address = 0' instance "$DIR/plugins"
	ok 'the school starts' $? "$(cat "$DIR/start.log")"
	HOME_DIR=$(readlink -f "$HOME_DIR")
	add faults "$(KR_TEST_HOME=$HOME_DIR KR_TEST_PORT=$PORT KR_FAULT_WORK=$DIR \
		node tests/fault/main.mjs "${inside[@]}" 2>&1)"
fi
if [[ -n ${migrate-} ]]; then
	wait "$migrate"
	add migrate "$(cat "$DIR/migrate.log")"
fi
summary
