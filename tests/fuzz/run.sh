#!/bin/bash
# Fuzzing: run.sh [NAME ...]; SEED= of the first input (1). Each target first reads its corpus
# and every past crash, then new inputs; `walk` walks the routes of a running instance. Without
# T= so many inputs and steps as fit into about ten seconds, the same in each run; with T= so
# many seconds, from where the last such run ended. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
T=${T:-} SEED=${SEED:-1} OUT=build-fuzz
export T SEED OUT
# A new target has 5000.
declare -A RUNS=([archive]=2000 [cookie]=50000 [csv]=2000 [elf]=40000 [fcgi]=30000 [html]=8000
	[multipart]=2000 [query]=40000 [template]=5000 [token]=30000 [url]=200000 [utf8]=200000)
STEPS=400
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1

# stat LOG NAME
stat() { sed -n "s/^stat::$2: *//p" "$1" | tail -n 1; }

# one NAME: a line for people, and in NAME.result "passed failed".
one() {
	local name=$1 bin=$OUT/fuzz/$1 log=$OUT/log/$1 code cover new
	local -a given=() now=() run=()
	for d in "tests/fuzz/corpus/$name" "tests/fuzz/crash/$name" "$OUT/seeds/$name"; do
		[ ! -d "$d" ] || given+=("$d")
	done
	now=(-timeout=10 -rss_limit_mb=2048 -detect_leaks=0
		"-artifact_prefix=$OUT/crash/$name-")
	if ! "$bin" "${now[@]}" -runs=0 "${given[@]}" >"$log.known" 2>&1; then
		said "$name" "$log.known" "a known input"
		echo "0 2" >"$log.result"
		return
	fi
	[ ! -f "tests/fuzz/dict/$name.dict" ] || now+=("-dict=tests/fuzz/dict/$name.dict")
	if [ -n "$T" ]; then
		new=$OUT/corpus/$name now+=("-max_total_time=$T")
	else
		new=$OUT/short/$name now+=("-runs=${RUNS[$name]:-5000}" -max_total_time=120)
		rm -rf "$new"
		# Addresses at random would make another run of it.
		! setarch -R true 2>/dev/null || run=(setarch -R)
	fi
	mkdir -p "$new"
	"${run[@]}" "$bin" "${now[@]}" "-seed=$SEED" -print_final_stats=1 "$new" "${given[@]}" \
		>"$log.new" 2>&1
	code=$?
	cover=$(grep -o ' cov: [0-9]*' "$log.new" | tail -n 1 | tr -dc 0-9)
	printf '%-10s %9s inputs  %5s edges  %4s new units  %s\n' "$name" \
		"$(stat "$log.new" number_of_executed_units)" "${cover:-?}" \
		"$(stat "$log.new" new_units_added)" "$([ $code -eq 0 ] && echo good || echo FOUND)"
	if [ $code -eq 0 ]; then
		echo "2 0" >"$log.result"
	else
		said "$name" "$log.new" "a new input"
		echo "1 1" >"$log.result"
	fi
}

# said NAME LOG WHAT: what was broken, where the input lies, how to see it again.
said() {
	local file
	file=$(sed -n 's/.*Test unit written to //p' "$2" | tail -n 1)
	echo "FAILED $1: $3 breaks a promise"
	grep -E 'broken promise|runtime error|ERROR: (Address|libFuzzer)|: panic|^SUMMARY|    #[0-9]+ .*(core|tests)/' \
		"$2" | head -n 12 | sed 's/^/       /'
	if [ -n "$file" ]; then
		echo "       again: ASAN_OPTIONS=detect_leaks=0 $OUT/fuzz/$1 $file"
		echo "       keep:  cp $file tests/fuzz/crash/$1/"
	else
		tail -n 5 "$2" | sed 's/^/       /'
	fi
}

if [ "${1-}" = --one ]; then
	one "$2"
	exit 0
fi

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
	for f in tests/fuzz/*.c; do names+=("$(basename "$f" .c)"); done
	names+=(walk)
fi
targets=()
for n in "${names[@]}"; do
	if [ -f "tests/fuzz/$n.c" ]; then
		targets+=("$n")
	elif [ "$n" != walk ]; then
		echo "there is no target $n"
		echo "0 passed, 1 failed"
		exit 2
	fi
done

passed=0 failed=0
if [ ${#targets[@]} -gt 0 ]; then
	mkdir -p $OUT/log $OUT/crash
	rm -f $OUT/log/*.result
	if ! make --no-print-directory -j2 FUZZING=1 B=$OUT "${targets[@]/#/$OUT/fuzz/}" ||
		! tests/fuzz/seeds.sh $OUT/seeds; then
		echo "0 passed, 1 failed"
		exit 1
	fi
	printf '%s\n' "${targets[@]}" | xargs -P 2 -n 1 tests/fuzz/run.sh --one
	for n in "${targets[@]}"; do
		read -r p f <"$OUT/log/$n.result" || p=0 f=1
		passed=$((passed + p)) failed=$((failed + f))
	done
fi
if [[ " ${names[*]} " == *" walk "* ]]; then
	mkdir -p $OUT/log
	if [ -n "$T" ]; then much=(--seconds "$T"); else much=(--steps "$STEPS"); fi
	tests/fuzz/walk.sh "${much[@]}" --seed "$SEED" 2>&1 |
		tee $OUT/log/walk | sed '$d'
	line=$(tail -n 1 $OUT/log/walk)
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
