#!/bin/bash
# The walk over the routes of an instance of its own: walk.sh [--seed N] [--steps N | --seconds N]
# [--replay FILE]; KEEP=1 leaves the instance. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}
make --no-print-directory -j2 all >/dev/null || {
	echo "0 passed, 1 failed"
	exit 1
}
if [ -z "${KR_TEST_HOME-}" ]; then
	stack_begin >/dev/null || {
		echo "0 passed, 1 failed"
		exit 1
	}
fi
node tests/fuzz/walk.mjs "$@"
