#!/bin/bash
# seeds.sh FOLDER: inputs to begin with that the tree holds already: templates, import
# files, and a plugin as small as can be (its note carries the hash of today's headers).
set -euo pipefail
cd "$(dirname "$0")/../.."
OUT=$1
rm -rf "$OUT"
mkdir -p "$OUT/template" "$OUT/csv" "$OUT/elf"

# The first byte names the room and the kind: 6 + 2 is a partial of a plugin, 1 a view of
# core's pages.
n=0
for f in core/*/templates/*.html plugins/*/templates/*.html; do
	n=$((n + 1))
	kind=$(head -c 40 "$f" | sed -n '1s/^{% \([a-z]*\) .*/\1/p')
	case $kind in
	view) printf '\002' ;;
	wall) printf '\004' ;;
	*) printf '\010' ;;
	esac >"$OUT/template/$n"
	tail -n +2 "$f" >>"$OUT/template/$n"
done

for f in tests/fixtures/import/*.csv; do
	name=$(basename "$f")
	[ "$(wc -c <"$f")" -lt 4000 ] || continue
	case $name in *teacher*) printf 1 ;; *) printf 0 ;; esac >"$OUT/csv/$name"
	cat "$f" >>"$OUT/csv/$name"
done

cat >"$OUT/elf.c" <<'C'
#include <kr/plugin.h>

KR_STMT(q_x, "", "i", "SELECT id FROM x_row");
static kr_err
show(kr_ctx *cx)
{
	return kr_fail(cx, KR_ENOTFOUND, "x");
}
static const struct kr_perm perms[] = { { "x.read", "x.perm_read", KR_ROLE_ALL } };
static const struct kr_route routes[] = { { KR_GET, "/x", "x.read", show } };
KR_PLUGIN(.name = "x", .version = "1", KR_TAB(perms, perms), KR_TAB(routes, routes));
C
HASH=$(make -s FUZZING=1 B=build-fuzz print-test-flags | grep -o 'KR_HEADERS_HASH="[^"]*"')
gcc -std=gnu17 -Icore/include "-D$HASH" -Os -fPIC -fvisibility=hidden -shared \
	-nostdlib -s -Wl,-z,noseparate-code,-z,norelro,--hash-style=gnu,--build-id=none \
	-o "$OUT/elf/plugin" "$OUT/elf.c"
