#!/bin/bash
# What a page costs, counted instead of timed: statements and rows, instructions, system
# calls, bytes, memory; and whether that grows with people and with plugins. An instance
# of its own with a generated school; the last line is "N passed, N failed".
#
#   tests/count/run.sh         KEEP=1: the instance stays, KR_TEST_SHOW=1: all figures
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}

fail() {
	echo "$1"
	echo "0 passed, 1 failed"
	exit 1
}

# The program under the microscope is core itself with another main(); plugins find core's
# functions in it.
worker() {
	local flags libs
	make --no-print-directory -s -j2 B="$KREIDE_BUILD" "$KREIDE_BUILD/libkreide.a" || return 1
	flags=$(make -s B="$KREIDE_BUILD" print-test-flags) libs=$(make -s print-libs)
	# shellcheck disable=SC2086
	gcc $flags tests/count/worker.c -o "$KREIDE_BUILD/count-worker" -Wl,-E \
		-Wl,--whole-archive "$KREIDE_BUILD/libkreide.a" -Wl,--no-whole-archive $libs
}

worker || fail "the program under the microscope does not compile"
KR_TEST_CONF="page_workers = 1
rate_per_address = 0"
stack_begin --no-demo || fail "no instance"
node tests/count/main.mjs
