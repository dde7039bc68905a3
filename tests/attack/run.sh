#!/bin/bash
# Attacks a demo instance of its own from outside, as somebody would who wants in, wants to
# see what is not theirs, or wants nobody else to be served. The last line is
# "N passed, N failed".
#
#   tests/attack/run.sh [--whole] [PART ...]     PART: see README.md
#   --whole   the large numbers (over an hour)
#   KEEP=1    the instance stays      KR_TEST_HOME and KR_TEST_PORT set: that one is used
#   SEED=n    other random numbers
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build} PATH=$PATH:/usr/sbin:/sbin

if [ "${1-}" = --whole ]; then
	shift
	export KR_TEST_WHOLE=1
fi
if [ -z "${KR_TEST_HOME-}" ]; then
	stack_begin || {
		echo "0 passed, 1 failed"
		exit 1
	}
fi
node tests/attack/main.mjs "$@"
