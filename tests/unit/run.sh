#!/bin/bash
# Compiles each tests/unit/test_*.c (which includes the file it tests) with ASan and UBSan
# against core built the same way, and runs it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
A=build/asan
make --no-print-directory -j2 SAN=1 FAULTS=-DKR_FAULTS B=$A $A/libkreide.a || exit 1
FLAGS=$(make -s SAN=1 B=$A print-test-flags)
LIBS=$(make -s print-libs)
passed=0 failed=0
mkdir -p $A/unit
for src in tests/unit/test_*.c; do
	name=$(basename "$src" .c)
	# shellcheck disable=SC2086
	if ! gcc $FLAGS "$src" -o "$A/unit/$name" $A/libkreide.a $LIBS -lcmocka; then
		failed=$((failed + 1))
		continue
	fi
	out=$(ASAN_OPTIONS=detect_leaks=0 CMOCKA_MESSAGE_OUTPUT=stdout timeout 120 "$A/unit/$name" 2>&1)
	code=$?
	echo "== $name"
	[ $code -eq 0 ] || echo "$out" | tail -n 40
	p=$(grep -cE '^\[ +OK +\]' <<<"$out")
	# cmocka names each twice: when it fails, and in its list at the end.
	f=$(grep -E '^\[ +FAILED +\] [a-z_0-9]+$' <<<"$out" | sort -u | wc -l)
	[ $code -ne 0 ] && [ "$f" -eq 0 ] && f=1
	passed=$((passed + p)) failed=$((failed + f))
done
for sh in tests/unit/test_*.sh; do
	[ -e "$sh" ] || continue
	echo "== $sh"
	out=$(bash "$sh" 2>&1)
	code=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' <<<"$out" | tail -n 1)
	p=0 f=0
	[[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]] && p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]}
	[ $code -ne 0 ] && { echo "$out" | tail -n 30; [ "$f" -eq 0 ] && f=1; }
	passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
