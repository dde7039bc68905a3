#!/bin/sh
# Compares the texts that templates and C files use with the .po files beside them: what is
# missing in German or English, unused, or different in its {1}, is an error.
#   core/tools/textcheck.sh [FOLDER...]     default: core and every plugin
# KREIDE_BUILD names the build folder (build), in which krtpl lies.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 2
krtpl=${KREIDE_BUILD:-build}/tools/krtpl
[ -x "$krtpl" ] || {
	echo "textcheck: $krtpl is missing, run make first" >&2
	exit 2
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

say() {
	bad=$((bad + 1))
	echo "$*"
}

# po FILE: a line per text: key, s (one form) or p (plural), its placeholders in order
po() {
	msgcat --no-wrap "$1" | awk '
		function form() { # one msgstr is complete
			if (!instr) return
			if (text == "") empty = 1
			while (match(text, /\{[1-9]\}/)) {
				marks = marks substr(text, RSTART + 1, 1)
				text = substr(text, RSTART + 3)
			}
			instr = 0
		}
		function flush() {
			form()
			if (key == "") return
			all = ""
			for (i = 1; i <= 9; i++) if (index(marks, i)) all = all i
			print key, (plural ? "p" : "s"), (empty ? "empty" : "ok"), "{" all "}"
		}
		/^#/ { next }
		/^msgid "/ {
			flush()
			key = $0; sub(/^msgid "/, "", key); sub(/"$/, "", key)
			plural = empty = 0; marks = ""; next
		}
		/^msgid_plural/ { plural = 1; next }
		/^msgstr/ {
			form()
			text = $0; sub(/^msgstr(\[[0-9]\])? "/, "", text); sub(/"$/, "", text)
			instr = 1; next
		}
		/^"/ && instr { s = substr($0, 2); sub(/"$/, "", s); text = text s }
		END { flush() }' | grep -v '^ ' | sort
}

# literals NAME, files on standard input: "KEY FILE:LINE KIND" of strings in C. Kind c is a
# text; kind o only looks like one: names of rights, events, settings ... are the first
# string in rows of their tables, or arguments of the functions below.
literals() {
	xargs awk -v name="$1" '
		function take(s, kind) {
			while (match(s, "\"" name "\\.[a-z0-9_.]*[\"%]")) {
				k = substr(s, RSTART + 1, RLENGTH - 2)
				open = substr(s, RSTART + RLENGTH - 1, 1) == "%"
				if (kind == "o") other[k]
				n++; key[n] = k (open ? "%" : ""); at[n] = FILENAME ":" FNR
				s = substr(s, RSTART + RLENGTH)
			}
		}
		FNR == 1 { table = skip = 0 }
		/^[ \t]*#/ { next }
		/struct kr_(perm|setting|event|hook|widget|cron) [a-z0-9_]*\[\]/ { table = 1 }
		{
			line = $0
			if (skip) {
				end = index(line, ";")
				take(end ? substr(line, 1, end) : line, "o")
				if (!end) next
				skip = 0; line = substr(line, end)
			}
			while (match(line, /(kr_can|kr_emit_?|kr_audit|kr_setting_[is]|kr_log[a-z_]*|kr_fault|kr_cookie|kr_conf_[a-z]*|kr_right_bit|changed) ?\(/)) {
				before = substr(line, 1, RSTART)
				line = substr(line, RSTART + RLENGTH)
				take(before, "c")
				end = match(line, /[;{]/)
				take(end ? substr(line, 1, end) : line, "o")
				if (!end) { skip = 1; line = ""; break }
				line = substr(line, end)
			}
			if (table && match(line, /\{ *"[^"]*"/)) {
				inside = substr(line, RSTART, RLENGTH)
				line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
				take(inside, "o")
			}
			if (match(line, /\.(perm|perm_read|perm_write|id|key|event) *= *"[^"]*"/)) {
				inside = substr(line, RSTART, RLENGTH)
				line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
				take(inside, "o")
			}
			take(line, "c")
		}
		/^};/ || /\};$/ { table = 0 }
		END { for (i = 1; i <= n; i++) print key[i], at[i], (key[i] in other) ? "o" : "c" }'
}

check() { # NAME FOLDER TEMPLATES C-FILES (lists in files)
	name=$1 dir=$2
	: >"$tmp/used"
	if [ -s "$tmp/html" ]; then
		xargs "$krtpl" --keys <"$tmp/html" >"$tmp/keys" || say "$dir: a template is broken"
		awk '{ print $2, $3, $1 }' "$tmp/keys" >>"$tmp/used"
	fi
	[ -s "$tmp/c" ] && literals "$name" <"$tmp/c" >>"$tmp/used"
	for lang in de en; do
		f=$dir/locale/$lang.po
		[ -f "$f" ] || {
			[ -s "$tmp/used" ] && say "$f: is missing"
			return
		}
		po "$f" >"$tmp/$lang"
		awk '$3 == "empty" { print $1 }' "$tmp/$lang" >"$tmp/empty"
		while read -r key; do say "$f: $key is empty"; done <"$tmp/empty"
	done
	# used but not there; a key that ends in % or _ is the beginning of several
	for lang in de en; do
		awk -v f="$dir/locale/$lang.po" -v name="$name" '
			NR == FNR { has[$1] = $2; next }
			index($1, name ".") != 1 { next }
			$1 ~ /[%_]$/ || $3 == "o" { next }
			!($1 in has) { if (!seen[$1]++) print f ": " $1 " is missing (" $2 ")"; next }
			$3 == "n" && has[$1] == "s" && !seen[$1]++ { print f ": " $1 " needs plural forms (" $2 ")" }
		' "$tmp/$lang" "$tmp/used" >"$tmp/out"
		while read -r line; do say "$line"; done <"$tmp/out"
	done
	# there but not used; KEY_hint, KEY_choice, KEY_new ... follow from a used KEY
	awk -v f="$dir/locale/de.po" '
		NR == FNR { k = $1; if (sub(/%$/, "", k) || k ~ /_$/) part[k]; else used[k]; next }
		{
			if ($1 in used) next
			for (k in part) if (index($1, k) == 1) next
			s = $1
			while (sub(/_[a-z0-9]*$/, "", s)) if (s in used) next
			print f ": " $1 " is used nowhere"
		}' "$tmp/used" "$tmp/de" >"$tmp/out"
	while read -r line; do say "$line"; done <"$tmp/out"
	# both languages: the same keys, forms and placeholders; du only where Sie is
	awk '{ print $1, $2, $4 }' "$tmp/de" >"$tmp/a"
	awk '{ print $1, $2, $4 }' "$tmp/en" >"$tmp/b"
	diff "$tmp/a" "$tmp/b" | sed -n 's/^[<>] //p' | awk '{ print $1 }' | sort -u >"$tmp/out"
	while read -r key; do say "$dir/locale: $key differs between de.po and en.po"; done <"$tmp/out"
	for f in "$dir"/locale/*_du.po; do
		[ -f "$f" ] || continue
		po "$f" | awk 'NR == FNR { has[$1]; next } !($1 in has) { print $1 }' "$tmp/de" - >"$tmp/out"
		while read -r key; do say "$f: $key is not in de.po"; done <"$tmp/out"
	done
}

[ $# -gt 0 ] || set -- core plugins/*/
for dir in "$@"; do
	dir=${dir%/}
	name=$(basename "$dir")
	name=${name#_}
	[ -d "$dir" ] || continue
	find "$dir" -name '*.html' -path '*/templates/*' | sort >"$tmp/html"
	find "$dir" -name '*.[ch]' -not -path '*/tools/*' -not -path '*/tests/*' | sort >"$tmp/c"
	[ "$dir" = core ] || [ -f "$dir/plugin.c" ] || continue
	check "$name" "$dir"
done
[ "$bad" -eq 0 ] || echo "textcheck: $bad found"
[ "$bad" -eq 0 ]
