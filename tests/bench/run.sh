#!/bin/bash
# The bench: reference programs and our pages side by side, in a school of its own.
#
#   tests/bench/run.sh [--whole]    QUICK=1: two short rounds; KEEP=1: the instance stays
#   KR_BENCH_CONF="page_workers = 2"    a further line of kreide.conf, to try another setting
#
# --whole measures. Without it this is the suite `bench`: tiny counts, and whether the
# machinery gives what it should; no time is judged. Last line then: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}

# A wide door, and the bench plugin where every account can read it.
school() {
	KR_TEST_HOME=$(mktemp -d /tmp/kr-bench.XXXXXX)/home
	KR_TEST_PORT=$(free_port)
	export KR_TEST_HOME KR_TEST_PORT
	trap stack_end EXIT
	conf/stack render --home "$KR_TEST_HOME" --port "$KR_TEST_PORT" >/dev/null || return 1
	local home
	home=$(readlink -f "$KR_TEST_HOME")
	cp -r "$KREIDE_BUILD/bench/plugins" "$home/bench-plugins"
	chmod -R u+rwX,go+rX "$home/bench-plugins"
	printf '%s\n' 'rate_per_address = 0' 'db_memory = 256M' "plugin_dirs = $home/bench-plugins" "${KR_BENCH_CONF:-}" \
		>>"$home/etc/kreide.conf"
	conf/stack start --home "$KR_TEST_HOME" --port "$KR_TEST_PORT" || return 1
	KR_TEST_HOME=$home
}

LOG=$KREIDE_BUILD/bench/start.log
mkdir -p "$KREIDE_BUILD/bench"
if ! tests/bench/build.sh >"$LOG" 2>&1 || ! school >>"$LOG" 2>&1; then
	tail -n 30 "$LOG"
	echo "0 passed, 1 failed"
	exit 1
fi
node tests/bench/bench.mjs "$@"
