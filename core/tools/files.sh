#!/bin/sh
# Prints the files of this tree, one a line: what is written by hand, not what is built.
#   core/tools/files.sh [FOLDER...]
cd "$(dirname "$0")/../.." || exit 2
[ $# -gt 0 ] || set -- .
if git rev-parse --git-dir >/dev/null 2>&1; then
	git ls-files -co --exclude-standard -- "$@"
else # a copy without its history
	find "$@" -type f -not -path '*/node_modules/*' -not -path './build/*' \
		-not -path './var/*' -not -path './.git/*'
fi | while read -r file; do
	[ ! -f "$file" ] || echo "${file#./}"
done | sort -u
