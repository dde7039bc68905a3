#!/bin/bash
# Every program and library that `make install` installs: how it was linked and compiled,
# and that nothing of the probes is in it. elf.sh [BUILD]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
B=${1:-${KREIDE_BUILD:-build}}
export LC_ALL=C
passed=0 failed=0
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT

check() { # FILE WHAT STATUS [seen]
	if [[ $3 -eq 0 ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED elf %s: %s %s\n' "$1" "$2" "${4-}"
	fi
}
has() { grep -qE -- "$3" <<<"$4"; check "$1" "$2" $?; }
hasnt() { # FILE WHAT PATTERN TEXT
	local seen
	seen=$(grep -E -m 1 -- "$3" <<<"$4")
	[[ -z $seen ]]
	check "$1" "$2" $? "$seen"
}

# What all functions of a file were compiled with, as the compiler has noted it.
FLAGS=(-O2 -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
	-ftrivial-auto-var-init=zero)
compiled() { # FILE NAME
	local units unit flag missing=''
	units=$(readelf --debug-dump=info "$1" 2>/dev/null | grep -oE 'GNU C[0-9]+ .*' | sort -u)
	[[ -n $units ]]
	check "$2" 'says how it was compiled' $?
	while IFS= read -r unit; do
		for flag in "${FLAGS[@]}"; do
			[[ "$unit " == *" $flag "* ]] || missing+=" $flag"
		done
	done <<<"$units"
	[[ -z $missing ]]
	check "$2" 'compiled with all of it' $? "$missing"
}

linked() { # FILE NAME
	local headers dynamic imports
	headers=$(readelf -hlW "$1") dynamic=$(readelf -dW "$1")
	imports=$(readelf -W --dyn-syms "$1" | awk '$7 == "UND" { sub("@.*", "", $8); print $8 }')
	has "$2" 'can lie anywhere' 'Type: +DYN' "$headers"
	if [[ $headers == *INTERP* ]]; then
		has "$2" 'is a PIE' 'FLAGS_1.*PIE' "$dynamic"
	fi
	has "$2" 'RELRO' 'GNU_RELRO' "$headers"
	has "$2" 'all names bound at the start' 'FLAGS_1.*NOW' "$dynamic"
	has "$2" 'stack is not executable' 'GNU_STACK.* RW +0x' "$headers"
	hasnt "$2" 'nothing writable and executable' 'LOAD.* RWE ' "$headers"
	hasnt "$2" 'no code that is changed when loaded' 'TEXTREL' "$dynamic"
	hasnt "$2" 'no RPATH' '\(RPATH\)' "$dynamic"
	# shellcheck disable=SC2016
	hasnt "$2" 'RUNPATH only beside itself' 'RUNPATH' \
		"$(grep -vF 'runpath: [$ORIGIN]' <<<"$dynamic")"
	# With FORTIFY these call their checking form, whatever the arguments.
	hasnt "$2" 'FORTIFY' '^v?(f|s|d)?printf$' "$imports"
	if [[ $2 == *libkreide.so || $2 == *kreide-scan ]]; then # large enough to need both
		has "$2" 'stack canaries are asked' '^__stack_chk_fail$' "$imports"
		has "$2" 'checking forms are called' '^__v?snprintf_chk$' "$imports"
	fi
}

make -s "B=$B" install "DESTDIR=$D" >"$D.log" 2>&1
check 'make install' 'works' $? "$(tail -n 3 "$D.log")"
rm -f "$D.log"
n=0
while IFS= read -r -d '' file; do
	[[ $(head -c 4 "$file" | od -An -c | tr -d ' ') == '177ELF' ]] || continue
	n=$((n + 1)) name=${file#"$D"}
	linked "$file" "$name"
	compiled "$file" "$name"
	hasnt "$name" 'holds nothing of the probes' \
		'probes_(files|calls|sql)|probe_begin|read-pw-auth|tests/probe' "$(strings -a "$file")"
done < <(find "$D" -type f -print0)
[[ $n -ge 9 ]]
check 'what is installed' 'kreide, the library, the scanner, the plugins, krtpl' $? "$n files"
# The linker keeps these marks only if the C library's own start has them; the objects show
# that the compiler gave them.
marks=$(find "$B/obj" -name '*.o' -exec readelf -nW {} + | grep -c 'IBT, SHSTK')
objects=$(find "$B/obj" -name '*.o' | wc -l)
[[ $objects -gt 100 && $marks -ge $objects ]]
check 'objects' 'indirect branches and returns are marked (CET)' $? "$marks of $objects"
printf '%s passed, %s failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
