# shellcheck shell=bash
# For tests of commands. Source it; counts in $passed and $failed.

# expect NAME CODE PATTERN COMMAND...: exit code, and what standard output and errors show,
# which is in $out afterwards.
expect() {
	local name=$1 want=$2 pattern=$3 code
	shift 3
	out=$("$@" 2>&1 </dev/null)
	code=$?
	if [ "$code" -eq "$want" ] && grep -qE -- "$pattern" <<<"$out"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s: exit %s, not %s; wanted /%s/ in:\n%s\n' "$name" "$code" \
			"$want" "$pattern" "$(head -n 12 <<<"$out")"
	fi
}
