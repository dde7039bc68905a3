#!/bin/bash
# Tries every rule of krlint on the files of tests/lint/cases; each rule needs a bad and a good
# one. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
KRLINT=$(realpath "${KREIDE_BUILD:-build}/tools/krlint")
cases=$PWD/tests/lint/cases
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# split: one folder per case, CASE/PATH and CASE.is with "CODE bad|good PATH LINE"
split() {
	awk -v dir="$tmp" '
		function put(line) { print line >file }
		/^=== / {
			if (file) close(file)
			n++; place = sprintf("%s/%03d", dir, n); file = place "/" $4
			folder = file; sub(/\/[^\/]*$/, "", folder)
			system("mkdir -p " folder)
			print $2, $3, $4, FNR >(place ".is"); close(place ".is")
			if ($4 ~ /\.[ch]$/ && $2 != "KR-L11")
				put("/* A file to try a rule on. */")
			next
		}
		!file { next }
		/^$/ { next }
		/^@lines / {
			for (i = 0; i < $2; i++) { s = $0; sub(/^@lines [0-9]+ /, "", s); put(s) }
			next
		}
		{ put($0) }' "$cases"
}

verdict() { # CODE KIND PATH LINE FOLDER
	local out status others
	out=$(cd "$5" && "$KRLINT" "$3" 2>/dev/null)
	status=$?
	others=$(grep -v -F "[$1]" <<<"$out")
	if [[ $2 == good && -z $out && $status -eq 0 ]]; then
		passed=$((passed + 1))
	elif [[ $2 == bad && -n $out && -z $others ]] &&
		{ [[ $status -eq 1 ]] || [[ $out == *': warning: '* && $status -eq 0 ]]; }; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s:%s: %s, meant to be %s, gives %s and:\n%s\n' tests/lint/cases "$4" \
			"$1" "$2" "$status" "${out:-nothing}"
	fi
}

split
for is in "$tmp"/*.is; do
	read -r code kind path line <"$is"
	verdict "$code" "$kind" "$path" "$line" "${is%.is}"
done
for code in $("$KRLINT" --rules | grep -o '^KR-L[0-9]*'); do
	for kind in bad good; do
		if ! grep -q "^=== $code $kind " "$cases"; then
			failed=$((failed + 1))
			echo "tests/lint/cases: nothing $kind for $code"
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
