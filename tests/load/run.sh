#!/bin/bash
# The load generator, and a school of its own that is asked for more than it can do.
#
#   tests/load/run.sh          at most 60 s; the last line is "N passed, N failed"
#   tests/load/run.sh --full   30 s at 70 % and at 200 %, and the goals as a table
#   KEEP=1    the instance stays      KR_TEST_HOME and KR_TEST_PORT set: that one is used
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}

make --no-print-directory B="$KREIDE_BUILD" "$KREIDE_BUILD/load" >/dev/null || {
	echo "0 passed, 1 failed"
	exit 1
}
if [ -z "${KR_TEST_HOME-}" ]; then
	# No limit per address: all of it comes from one. Who waits longest waits less here, so
	# that it is seen within seconds.
	waits=$'wait_save_ms = 1500\nwait_sign_ms = 3500\nwait_must_ms = 4500\nwait_burst_ms = 2000'
	[ "${1-}" != --full ] || waits=
	KR_TEST_CONF=$'rate_per_address = 0\n'$waits stack_begin || {
		echo "0 passed, 1 failed"
		exit 1
	}
fi
node tests/load/main.mjs "$@"
