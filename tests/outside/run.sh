#!/bin/bash
# Plugins that live elsewhere. The register of lost property (lost/) and a copy of the skeleton
# are built in folders of their own against an installed Kreide and nothing else, added to a
# running school, used, replaced, broken, removed. Then refuse.sh and hooks.sh. Last line:
# N passed, N failed.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
begin

# built NAME: make in $DIR/src/NAME, with no path of this tree in what it used
built() {
	local out status
	out=$(make -C "$DIR/src/$1" 2>&1)
	status=$?
	ok "$1 is built" "$status" "$out"
	out=$(cat "$DIR/src/$1/build/obj/plugins/$1"/*.d 2>/dev/null)
	has "$1 uses what is installed" "$out" 'kr/plugin.h'
	hasnt "$1 uses nothing else" "$out" "$REPO/"
}

# checked NAME: kreide check says that it may be loaded
checked() {
	local out status
	out=$("$KREIDE" --home "$DIR/none" check "$DIR/src/$1/build/plugins/$1.so" 2>&1)
	status=$?
	ok "$1 passes the check" "$status" "$out"
}

mkdir -p "$DIR/src" "$DIR/plugins"
cp -r "$REPO/tests/outside/lost" "$DIR/src/lost"
built lost
checked lost
# The other usual way to name a folder of an installation.
make -C "$DIR/src/lost" clean >/dev/null
PKG_CONFIG_SYSROOT_DIR=$INST built lost
checked lost
ok 'make install' "$(make -C "$DIR/src/lost" install DIR="$DIR/plugins" >"$DIR/out" 2>&1
	echo $?)" "$(cat "$DIR/out")"

# The skeleton has templates: the compiler of templates is installed, too.
cp -r "$REPO/plugins/_skeleton" "$DIR/src/skeleton"
cp "$REPO/tests/outside/lost/Makefile" "$DIR/src/skeleton/"
built skeleton
checked skeleton

instance
ok 'the installed stack starts' $? "$(cat "$DIR/start.log")"
visits 'before it is there' <<'END'
["nobody", "GET", "/lost", {}, 302]
["lehrerin", "GET", "/lost", {}, 404]
END

printf 'plugin_dirs = %s\n' "$DIR/plugins" >>"$HOME_DIR/etc/kreide.conf"
out=$(kreide migrate 2>&1)
has 'its tables are made' "$out" 'lost/0001_thing.sql'
out=$(kreide check 2>&1)
ok 'all plugins pass the check, with the database' $? "$out"
reload
ok 'it is loaded without a restart' $? "$(cat "$DIR/reload.log")"
has 'it is listed' "$(kreide module list)" 'lost'
visits 'closed until the school decides' <<'END'
["lehrerin", "GET", "/lost", {}, 404]
["lehrerin", "GET", "/", {}, 200, "!href=\"/lost\""]
END
out=$(kreide module open lost --roles all --decision 'Schulkonferenz vom 12.11.2026, TOP 4' 2>&1)
ok 'the school opens it' $? "$out"
visits 'used' <<'END'
["lehrerin", "GET", "/", {}, 200, "href=\"/lost\"", "Fundsachen"]
["lehrerin", "GET", "/lost", {}, 200, "Nichts gefunden worden", "Fundsache eintragen", "!lost.e"]
["lehrerin", "GET", "/lost/new", {}, 200, "Gefunden am", "Sporthalle"]
["lehrerin", "POST", "/lost/new", {"title": "Blaue Jacke", "found": "2099-01-01", "place": "gym", "note": ""}, 422, "Das Datum liegt in der Zukunft"]
["lehrerin", "POST", "/lost/new", {"title": "", "found": "2026-01-07", "place": "gym", "note": ""}, 422]
["lehrerin", "POST", "/lost/new", {"title": "Jacke", "found": "2026-01-07", "place": "roof", "note": ""}, 422]
["lehrerin", "POST", "/lost/new", {"title": "Blaue Jacke <b>", "found": "2026-01-07", "place": "gym", "note": "am Haken"}, 303, "/lost/1"]
["lehrerin", "GET", "/lost", {}, 200, "Blaue Jacke <b>", "Sporthalle"]
["lehrerin", "GET", "/lost/1/edit", {}, 200, "am Haken"]
["lehrerin", "POST", "/lost/1/edit", {"title": "Blaue Jacke", "found": "2026-01-07", "place": "office", "note": "am Haken"}, 303, "/lost/1"]
["schueler", "GET", "/lost", {}, 200, "Blaue Jacke", "Sekretariat", "!Fundsache eintragen"]
["schueler", "GET", "/lost/1", {}, 200, "am Haken"]
["schueler", "GET", "/lost/new", {}, 403]
["schueler", "GET", "/lost/1/edit", {}, 403]
["schueler", "GET", "/lost/4711", {}, 404]
["nobody", "GET", "/lost/1", {}, 302, "/login"]
END

# A new version: another word on the page, the same data.
sed -i 's/Nichts gefunden worden/Alles abgeholt/;s/"Fundsachen"/"Fundbüro"/' \
	"$DIR/src/lost/locale/de.po"
sed -i 's/\.version = "1.0"/.version = "1.1"/' "$DIR/src/lost/plugin.c"
out=$(make -C "$DIR/src/lost" install DIR="$DIR/plugins" 2>&1)
ok 'a new version is installed' $? "$out"
visits 'until the reload the old one serves' <<'END'
["lehrerin", "GET", "/lost", {}, 200, "Fundsachen", "Blaue Jacke"]
END
reload
ok 'the new version is loaded' $?
visits 'the new version serves' <<'END'
["lehrerin", "GET", "/lost", {}, 200, "Fundbüro", "Blaue Jacke"]
["lehrerin", "GET", "/news", {}, 200]
END

# A version that breaks a rule: what serves now serves on, until the next start.
sed -i 's|"/lost/{id}", "lost.read", show, .entity = &thing|"/lost/{id}", "lost.read", show|' \
	"$DIR/src/lost/plugin.c"
out=$(make -C "$DIR/src/lost" install DIR="$DIR/plugins" 2>&1)
ok 'a broken version is installed' $? "$out"
"$LIB/conf/stack" reload --home "$HOME_DIR" >"$DIR/reload.log" 2>&1
wait_until 15 grep -q 'event=reload.refused' "$HOME_DIR/log/kreide/current"
ok 'the reload is refused' $? "$(tail -n 3 "$HOME_DIR/log/kreide/current")"
has 'and the log names the rule' "$(cat "$HOME_DIR/log/kreide/current")" \
	'lost: GET /lost/{id}: path parameter without guard [KR-R3]'
visits 'the version before serves on' <<'END'
["lehrerin", "GET", "/lost/1", {}, 200, "Blaue Jacke"]
["lehrerin", "GET", "/news", {}, 200]
END
cp "$REPO/tests/outside/lost/plugin.c" "$DIR/src/lost/"
out=$(make -C "$DIR/src/lost" install DIR="$DIR/plugins" 2>&1)
reload
ok 'and the repaired one comes' $? "$out"

# Removed: its routes are gone, its data stays.
mkdir "$DIR/away"
mv "$DIR/plugins/lost.so" "$DIR/plugins/lost" "$DIR/away/"
reload
ok 'it is removed' $?
visits 'removed' <<'END'
["lehrerin", "GET", "/lost", {}, 404]
["lehrerin", "GET", "/", {}, 200, "!href=\"/lost\""]
["lehrerin", "GET", "/news", {}, 200]
END
mv "$DIR/away/lost.so" "$DIR/away/lost" "$DIR/plugins/"
reload
ok 'it is back' $?
visits 'back, with its data' <<'END'
["lehrerin", "GET", "/lost", {}, 200, "Blaue Jacke"]
END
out=$(kreide module close lost 2>&1)
ok 'the school closes it' $? "$out"
visits 'closed' <<'END'
["lehrerin", "GET", "/lost", {}, 404]
["schueler", "GET", "/lost/1", {}, 404]
END
"$LIB/conf/stack" drop --home "$HOME_DIR" >/dev/null 2>&1
HOME_DIR=''

for more in refuse hooks; do
	out=$(KREIDE_INST=$INST "$REPO/tests/outside/$more.sh" 2>&1)
	echo "$out"
	if [[ $out =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		PASSED=$((PASSED + BASH_REMATCH[1])) FAILED=$((FAILED + BASH_REMATCH[2]))
	else
		ok "$more.sh" 1 'ended without a sum'
	fi
done
summary
