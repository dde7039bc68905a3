#!/bin/bash
# Lines by room and plugin against their budgets, and the largest files and functions. Exit 1
# above a ceiling: 900 lines a file, 70 a function, the budget of a plugin.
#   KREIDE_BUILD names the build folder (build), in which krlint lies.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
krlint=${KREIDE_BUILD:-build}/tools/krlint
[[ -x $krlint ]] || {
	echo "stats: $krlint is missing, run make first" >&2
	exit 2
}

# C, headers and templates; what tests a plugin, moves its data or translates it is apart.
core/tools/files.sh | grep -E '\.(c|h|html|sh|mjs|js|s?css)$|^(conf/stack|conf/deps|tests/run)$' |
	grep -vE '^tests/(fixtures|lint/cases)/' |
	xargs -d '\n' "$krlint" --measure | awk -F '\t' '
	function room(path, p) {
		split(path, p, "/")
		if (p[1] == "core") return p[3] == "" ? "core" : "core/" p[2]
		if (p[1] == "plugins") return p[3] == "tests" ? "tests" : "plugins/" p[2]
		if (path ~ /^tests\/outside\/[a-z0-9]+\//) return "outside/" p[3]
		return p[1]
	}
	function budget(place) {
		if (place == "plugins/news") return 299
		if (place == "outside/lost") return 150
		return place ~ /^(plugins|outside)\// ? 1500 : 0
	}
	function broken(what) { bad++; over = over what "\n" }
	$1 == "file" {
		place = room($2)
		files[place]++; lines[place] += $3
		if ($3 > large[place]) large[place] = $3
		size[$2] = $3
		if ($3 > 900) broken($2 ": " $3 " lines, at most 900")
	}
	$1 == "fun" {
		place = room($2); funs[place]++
		long[$2 ":" $3 " " $4] = $5
		if ($5 > 70) broken($2 ":" $3 ": " $4 " has " $5 " lines, at most 70")
		if ($7 > 4) deep++
		if ($6 > 5 && place != "tests") wide++
		if ($8 == "handler" && $5 > 40) handlers++
	}
	function table(first, last, sorted, n, i, p, sum) {
		n = 0
		for (p in lines) if (p ~ first && p !~ last) sorted[++n] = p
		for (i = 2; i <= n; i++)
			for (k = i; k > 1 && sorted[k] < sorted[k - 1]; k--) {
				p = sorted[k]; sorted[k] = sorted[k - 1]; sorted[k - 1] = p
			}
		sum = 0
		for (i = 1; i <= n; i++) {
			p = sorted[i]; sum += lines[p]
			note = budget(p) ? sprintf("of %d", budget(p)) : ""
			printf "  %-18s %6d %7s %5d files, the largest has %d\n", p, lines[p],
				note, files[p], large[p]
			if (budget(p) && lines[p] > budget(p))
				broken(p ": " lines[p] " lines, at most " budget(p))
		}
		printf "  %-18s %6d\n\n", "together", sum
	}
	function top(list, what, i, best, p) {
		print what
		for (i = 1; i <= 10; i++) {
			best = ""
			for (p in list)
				if (best == "" || list[p] > list[best] ||
				    (list[p] == list[best] && p < best)) best = p
			if (best == "") break
			printf "  %4d  %s\n", list[best], best
			delete list[best]
		}
		print ""
	}
	END {
		print "Core"; table("^core", "^core/tools")
		print "Plugins, C and templates"; table("^(plugins|outside)/", "^$")
		print "Around it"; table("^(core/tools|web|conf|tests)", "^$")
		top(size, "Largest files")
		top(long, "Largest functions")
		printf "More than 5 parameters: %d; deeper than 4: %d; handlers above 40 lines: %d\n",
			wide, deep, handlers
		printf "%s", over
		print bad + 0 " above a ceiling"
		exit bad > 0
	}'
