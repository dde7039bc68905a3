# shellcheck shell=bash
# What the tests of plugins from elsewhere share: an installed Kreide, an instance of it, the
# script that makes broken plugins. Sourced; leaves everything in $DIR, which goes at exit.
. "$(dirname "${BASH_SOURCE[0]}")/../stack/lib.sh"
FIXTURES=$REPO/tests/fixtures/plugins
HOME_DIR='' PORT=''

begin() {
	DIR=$(mktemp -d)
	chmod 755 "$DIR"
	trap finish EXIT
	INST=${KREIDE_INST-}
	if [[ -z $INST ]]; then
		INST=$DIR/inst
		make -s -C "$REPO" B="$KREIDE_BUILD" PREFIX=/usr DESTDIR="$INST" install \
			>"$DIR/install.log" 2>&1 || {
			tail -n 20 "$DIR/install.log"
			echo "0 passed, 1 failed"
			exit 1
		}
	fi
	LIB=$INST/usr/lib/kreide
	KREIDE=$INST/usr/bin/kreide
	export KREIDE_BUILD=$LIB
	# Only what is installed may be found.
	export PKG_CONFIG_PATH=$INST/usr/lib/pkgconfig
	unset PKG_CONFIG_SYSROOT_DIR
}

finish() {
	if [[ -n ${KEEP-} ]]; then
		echo "kept: $DIR, port $PORT" >&2
		return
	fi
	[[ -z $HOME_DIR ]] || "$LIB/conf/stack" drop --home "$HOME_DIR" >/dev/null 2>&1
	rm -rf "$DIR"
}

# instance [FOLDER]: starts a demo school, with the plugins of that folder and the lines of
# KR_TEST_CONF in its kreide.conf too.
instance() {
	HOME_DIR=$DIR/home
	PORT=$(free_port)
	if [[ -n ${1-} ]]; then
		mkdir -p "$HOME_DIR"
		"$LIB/conf/stack" render --home "$HOME_DIR" --port "$PORT" >"$DIR/start.log" 2>&1
		printf 'plugin_dirs = %s\n%s\n' "$1" "${KR_TEST_CONF-}" >>"$HOME_DIR/etc/kreide.conf"
	fi
	"$LIB/conf/stack" start --home "$HOME_DIR" --port "$PORT" >"$DIR/start.log" 2>&1
}

kreide() { "$KREIDE" --home "$HOME_DIR" "$@"; }

# ready COUNT: the master has said so that many times
ready() {
	[[ $(cat "$HOME_DIR"/log/kreide/* 2>/dev/null | grep -c 'event=master.ready') -ge $1 ]]
}

# reload: as an administrator does after a change of plugins; waits until it serves anew
reload() {
	local before
	before=$(cat "$HOME_DIR"/log/kreide/* | grep -c 'event=master.ready')
	"$LIB/conf/stack" reload --home "$HOME_DIR" >"$DIR/reload.log" 2>&1 || return 1
	wait_until 15 ready $((before + 1))
}

# visits NAME: lines for visit.mjs on standard input, counted one by one
visits() {
	local out
	cat >"$DIR/visits"
	out=$(node "$REPO/tests/outside/visit.mjs" "$PORT" "$DIR/visits" 2>&1)
	if [[ $out =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1])) FAILED=$((FAILED + BASH_REMATCH[2]))
		[[ ${BASH_REMATCH[2]} -eq 0 ]] || printf '── %s\n%s\n' "$1" "$out"
	else
		ok "$1" 1 "$out"
	fi
}
