#!/bin/bash
# Makes plugins that do nothing, to see what it costs that they are there.
#
#   tests/bench/noop.sh N DIR      DIR/noop001.so ... and DIR/noop001/locale beside it
#
# Each has what a plugin usually has: rights, pages, a form, a row of the menu, a tile that
# draws nothing, settings, texts in two languages; no tables. DIR is for `plugin_dirs` of
# kreide.conf. KREIDE_BUILD: against which build (build).
set -euo pipefail
cd "$(dirname "$0")/../.."

n=${1:-} dir=${2:-}
[[ $n =~ ^[0-9]{1,3}$ && $n -ge 1 && $n -le 190 && -n $dir ]] || {
	echo "usage: tests/bench/noop.sh N DIR   (N: 1 to 190)" >&2
	exit 2
}
B=${KREIDE_BUILD:-build}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$(mktemp -d "$dir/.make.XXXXXX")
trap 'rm -rf "$work"' EXIT

code_of() {
	cat <<EOF
/* $1: a plugin that does nothing. */
#include <kr/kr.h>

static kr_err
show(kr_ctx *cx)
{
	return kr_redirect(cx, "/");
}
static kr_err
mine(kr_ctx *cx, kr_id id)
{
	(void)id;
	return kr_fail(cx, KR_ENOTFOUND, "there is nothing");
}
static kr_err
tile(kr_ctx *cx, kr_out *out)
{
	(void)cx;
	(void)out;
	return KR_OK;
}
static const struct kr_perm perms[] = {
	{ "$1.read", "$1.perm_read", KR_ROLE_ALL },
	{ "$1.write", "$1.perm_write", KR_ROLE_TEACHER | KR_ROLE_STAFF },
};
static const struct kr_field in[] = { { "title", 's', 3, 120, KR_F_REQ, NULL },
	{ "note", 'm', 0, 2000, 0, NULL } };
static const struct kr_route routes[] = {
	{ KR_GET, "/$1", "$1.read", show },
	{ KR_GET, "/$1/{id}", "$1.read", show, .guard = mine },
	{ KR_GET, "/$1/new", "$1.write", show },
	{ KR_POST, "/$1/new", "$1.write", show, show, KR_IN(in) },
	{ KR_POST, "/$1/{id}/edit", "$1.write", show, .guard = mine, KR_IN(in) },
};
static const struct kr_menu menu[] = {
	{ "$1.title", "/$1", "box", "$1.read", 600, 0 },
};
static const struct kr_widget widgets[] = {
	{ "$1.tile", "$1.title", "$1.read", tile, 600, 'c' },
};
static const struct kr_setting settings[] = {
	{ "$1.rows", 'i', "4", "$1.s_rows", 1, 8, NULL },
	{ "$1.loud", 'b', "0", "$1.s_loud", 0, 1, NULL },
};
KR_PLUGIN(.name = "$1", .title = "$1.title", .intro = "$1.intro", .version = "1.0",
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(menu, menu),
    KR_TAB(widgets, widgets), KR_TAB(settings, settings));
EOF
}

texts() {
	printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
	local key
	for key in title intro perm_read perm_write s_rows s_loud; do
		printf 'msgid "%s.%s"\nmsgstr "Modul %s"\n' "$1" "$key" "${1#noop}"
	done
}

one() {
	local mo=$dir/$1/locale/all/LC_MESSAGES
	mkdir -p "$mo"
	texts "$1" | msgfmt -o "$mo/$1_de.mo" -
	cp "$mo/$1_de.mo" "$mo/$1_en.mo"
	code_of "$1" >"$work/$1.c"
	# shellcheck disable=SC2086
	gcc $FLAGS -shared "$work/$1.c" -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed \
		-Wl,-z,defs -Wl,-z,nodelete -L"$B" -lkreide -o "$work/$1.so"
	mv "$work/$1.so" "$dir/$1.so" # a running Kreide has the old one mapped
}

# As the others are compiled, but for what only serves the reader of warnings.
FLAGS=$(make -s B="$B" print-test-flags | sed 's/ -W[a-z][^ ]*//g; s/ -M[MDP]*\b//g; s/ -g / /')
export -f one code_of texts
export FLAGS B dir work
# shellcheck disable=SC2016 # expanded by the shell that is started
seq -f 'noop%03g' "$n" | xargs -P "$(nproc)" -n 1 bash -c 'set -eu; one "$1"' one
