#!/bin/bash
# Compiles each tests/db/test_*.c with ASan and UBSan and runs it against a server of its own.
# `tests/db/run.sh NAME...` runs only these.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
A=${A:-build/asan}
make --no-print-directory -j2 SAN=1 FAULTS=-DKR_FAULTS B=$A $A/libkreide.a || exit 1
FLAGS=$(make -s SAN=1 B=$A print-test-flags)
LIBS=$(make -s print-libs)
passed=0 failed=0
mkdir -p $A/db
work=$(mktemp -d)
trap 'tests/lib/db.sh stop "$work/db"; rm -rf "$work"' EXIT

sources=(tests/db/test_*.c)
if [ $# -gt 0 ]; then
	sources=()
	for name; do sources+=("tests/db/$name.c"); done
fi
for src in "${sources[@]}"; do
	name=$(basename "$src" .c)
	echo "== $name"
	# shellcheck disable=SC2086
	if ! gcc $FLAGS "$src" -o "$A/db/$name" $A/libkreide.a $LIBS -lcmocka ||
	    ! tests/lib/db.sh start "$work/db"; then
		failed=$((failed + 1))
		continue
	fi
	out=$(ASAN_OPTIONS=detect_leaks=0 CMOCKA_MESSAGE_OUTPUT=stdout \
	    timeout 300 "$A/db/$name" "$work/db" "$PWD" 2>&1)
	code=$?
	tests/lib/db.sh stop "$work/db"
	[ $code -eq 0 ] || echo "$out" | tail -n 60
	p=$(grep -cE '^\[ +OK +\]' <<<"$out")
	# cmocka names each twice: when it fails, and in its list at the end.
	f=$(grep -E '^\[ +FAILED +\] [a-z_0-9]+$' <<<"$out" | sort -u | wc -l)
	[ $code -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f))
done
# Scripts run the commands themselves, of the build in KREIDE_BUILD.
for sh in tests/db/test_*.sh; do
	[ $# -eq 0 ] && [ -e "$sh" ] || continue
	echo "== $(basename "$sh" .sh)"
	tests/lib/db.sh start "$work/db" || { failed=$((failed + 1)); continue; }
	out=$(timeout 300 "$sh" "$work/db" "$PWD" 2>&1)
	code=$?
	tests/lib/db.sh stop "$work/db"
	[ $code -eq 0 ] || echo "$out" | tail -n 60
	p=0 f=0
	[[ $(tail -n 1 <<<"$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]] &&
		p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
	[ $code -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
