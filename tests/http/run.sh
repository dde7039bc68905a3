#!/bin/bash
# Everything that can be asked of a running school from outside: scripts (*.krt), the
# authorisation matrix, statements per page, hostile FastCGI records. One demo instance of
# its own; the last line is "N passed, N failed".
#
#   tests/http/run.sh [--asan] [PART ...]     PART: name.krt, keys, matrix, budget, forget, hostile, logs
#   KEEP=1    the instance stays      KR_TEST_HOME and KR_TEST_PORT set: that one is used
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh

if [ "${1-}" = --asan ]; then
	shift
	make --no-print-directory -j2 SAN=1 FAULTS=-DKR_FAULTS B=build/asan all || {
		echo "0 passed, 1 failed"
		exit 1
	}
	export KREIDE_BUILD=$PWD/build/asan KR_TEST_SLOW=4
	# A folder that every account of the stack can write to: each process has its report.
	KR_TEST_ASAN=$(mktemp -d /tmp/kr-asan.XXXXXX)
	chmod 1777 "$KR_TEST_ASAN"
	export KR_TEST_ASAN
	# Leaks: the search needs ptrace, which these processes have given up.
	export ASAN_OPTIONS=log_path=$KR_TEST_ASAN/asan:detect_leaks=0:detect_stack_use_after_return=1
	export UBSAN_OPTIONS=log_path=$KR_TEST_ASAN/ubsan:print_stacktrace=1
fi
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}

if [ -z "${KR_TEST_HOME-}" ]; then
	stack_begin || {
		echo "0 passed, 1 failed"
		exit 1
	}
fi
node tests/http/main.mjs "$@"
status=$?
[ -z "${KR_TEST_ASAN-}" ] || rm -rf "$KR_TEST_ASAN"
exit $status
