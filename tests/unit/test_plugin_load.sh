#!/bin/bash
# Builds small plugins, one good and many that break one rule each, and lets the real loader
# judge them: `kreide check FILE.so`.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
B=${KREIDE_BUILD:-$PWD/build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
FLAGS="-std=gnu17 -D_GNU_SOURCE -fno-common -fvisibility=hidden -fPIC -O1 -Icore/include"
LINK="-shared -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete -L$B -lkreide"

# build NAME HASH FLAGS...: NAME.c of the work folder
build() {
	local name=$1 hash=$2
	shift 2
	# shellcheck disable=SC2086
	gcc $FLAGS "-DKR_HEADERS_HASH=\"$hash\"" "$work/$name.c" $LINK "$@" -o "$work/$name.so" \
		>"$work/gcc.log" 2>&1 || { cat "$work/gcc.log"; return 1; }
}
check() {
	"$B/kreide" --home "$work/none" check "$1"
}
ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	echo "FAILED $1: expected $2, got:"
	sed 's/^/  /' "$work/out"
}

# source NAME [CODE BEFORE] [MANIFEST] [HANDLER]
source_of() {
	cat >"$work/$1.c" <<END
#include <kr/kr.h>
${2:-}
static const struct kr_perm perms[] = { { "$1.read", "$1.p_read", KR_ROLE_ALL } };
KR_STMT(q_all, "", "i", "SELECT id FROM $1_thing");
static kr_err page(kr_ctx *cx) { kr_query(cx, &q_all); ${4:-} return kr_status(cx); }
static const struct kr_route routes[] = { { KR_GET, "/$1", "$1.read", page } };
KR_PLUGIN(.name = "$1", .title = "$1.title", .version = "1.0", ${3:-}
    KR_TAB(perms, perms), KR_TAB(routes, routes));
END
}

# The headers' hash of this Kreide, as it tells somebody who has another.
source_of probe
build probe nonsense || exit 1
hash=$(check "$work/probe.so" | sed -n 's/.*ours \([0-9a-f]*\)).*/\1/p')
check "$work/probe.so" >"$work/out" 2>&1
if grep -q '^probe: built with other headers .* \[KR-R14\]$' "$work/out" && [ -n "$hash" ]; then
	ok
else
	bad probe "built with other headers [KR-R14]"
	exit 1
fi

# refused NAME TEXT BEFORE MANIFEST HANDLER FLAGS...
refused() {
	local name=$1 text=$2
	source_of "$name" "$3" "$4" "$5"
	shift 5
	build "$name" "$hash" "$@" || { failed=$((failed + 1)); return; }
	check "$work/$name.so" >"$work/out" 2>&1
	if [ $? -eq 1 ] && grep -qF "$name: $text" "$work/out"; then ok; else bad "$name" "$text"; fi
}

source_of good
build good "$hash"
if check "$work/good.so" >"$work/out" 2>&1; then ok; else bad good "no finding"; fi

EXT='#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
#include <dlfcn.h>'
refused heap "imports malloc, which is not on the list [KR-R13]" "$EXT" "" \
	'if (malloc(1) == NULL) return KR_EFAIL;'
refused file "imports fopen, which is not on the list [KR-R13]" "$EXT" "" \
	'if (fopen("/etc/passwd", "r")) return KR_EFAIL;'
refused shell "imports system, which is not on the list [KR-R13]" "$EXT" "" \
	'if (system("id")) return KR_EFAIL;'
refused loader "imports dlsym, which is not on the list [KR-R13]" "$EXT" "" \
	'if (dlsym(RTLD_DEFAULT, "system")) return KR_EFAIL;'
refused kernel "imports kr_kernel_person_lock without KR_RIGHT_KERNEL [KR-R13]" \
	'#include <kr/kernel.h>' "" 'kr_kernel_person_lock(cx, 1, true);'
refused files "imports kr_attach without KR_RIGHT_FILES [KR-R13]" "" "" \
	'kr_attach(cx, NULL, 1, "x", 2);'
refused notify "imports kr_notify_ without KR_RIGHT_NOTIFY [KR-R13]" "" "" \
	'struct kr_audience a = { .person = 1 }; kr_notify(cx, &a, "x.y", KR_S("/x"));'
refused state "256 bytes of writable data: state would leak between people [KR-R13]" \
	'static char last_person[200];' "" 'if (last_person[kr_me(cx) % 200]++ > 3) return KR_EFAIL;'
refused start "code that runs when it is loaded [KR-R13]" \
	'__attribute__((constructor)) static void early(void) { kr_z("x"); }' "" ''
refused leak "exports helper; only kr_plugin_v1 may be seen [KR-R13]" \
	'KR_PUBLIC int helper(void); int helper(void) { return 1; }' "" ''
refused library "needs the library libm.so.6 [KR-R13]" "$EXT" "" '' -Wl,--no-as-needed -lm
refused stack "code that can be written [KR-R13]" "" "" '' -Wl,-z,execstack
refused thread "a relocation that runs code or keeps thread data [KR-R13]" \
	'static __thread int n; __thread int *p_;' "" 'p_ = &n;'
refused right "unknown right [KR-R13]" "" '.rights = 64,' ''
refused title "manifest title: no key of a text [KR-R15]" "" '.intro = "x", .title = NULL,' '' \
	-Wno-override-init
refused circle 'needs "circle": no name of another plugin [KR-R9]' \
	'static const char *const needs[] = { "circle", NULL };' '.needs = needs,' ''

# Named otherwise than it says; no plugin at all; not even a shared object.
cp "$work/good.so" "$work/better.so"
check "$work/better.so" >"$work/out" 2>&1
if grep -qF "named otherwise than its manifest (good) [KR-R15]" "$work/out"; then ok; else
	bad better "named otherwise"; fi
echo 'int x;' >"$work/plain.c"
gcc -shared -fPIC "$work/plain.c" -o "$work/plain.so"
check "$work/plain.so" >"$work/out" 2>&1
if grep -qF "no note of a Kreide plugin in this file [KR-R14]" "$work/out"; then ok; else
	bad plain "no note"; fi
echo 'not a library' >"$work/text.so"
check "$work/text.so" >"$work/out" 2>&1
if grep -qF "text: no shared object [KR-R13]" "$work/out"; then ok; else bad text "no shared object"; fi
check "$work/gone.so" >"$work/out" 2>&1
if grep -qF "gone: No such file or directory [KR-R13]" "$work/out"; then ok; else bad gone "no file"; fi
chmod o+w "$work/good.so"
check "$work/good.so" >"$work/out" 2>&1
if grep -qF "good: the file may be changed by anybody [KR-R13]" "$work/out"; then ok; else
	bad good "may be changed"; fi

# A refused plugin never stops the others: an instance with one of each.
mkdir -p "$work/home/etc" "$work/home/secret" "$work/more"
chmod o-w "$work/good.so"
cp "$work/good.so" "$work/heap.so" "$work/more/"
source_of needy 'static const char *const needs[] = { "heap", NULL };' '.needs = needs,'
build needy "$hash" && cp "$work/needy.so" "$work/more/"
printf 'mode = demo\nport = 8080\nplugin_dirs = %s\n' "$work/more" >"$work/home/etc/kreide.conf"
"$B/kreide" --home "$work/home" --json check >"$work/out" 2>/dev/null
if grep -q '"plugin": *"heap"' "$work/out" && ! grep -q '"plugin": *"good"' "$work/out"; then ok; else
	bad instance "heap refused, good loaded"; fi
"$B/kreide" --home "$work/home" routes >"$work/out" 2>&1
if grep -q '/good' "$work/out" && ! grep -q '/heap' "$work/out" && ! grep -q '/needy' "$work/out"
then ok; else bad routes "/good, but neither /heap nor /needy"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
