#!/bin/bash
# Broken plugins, one for each rule (tests/fixtures/plugins/broken): `kreide check` names the
# rule, and a school that has all of them in its folder starts, says why each is refused, and
# serves everything else. Last line: N passed, N failed.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
begin
OUT=$DIR/plugins
mkdir -p "$OUT" "$DIR/src"
# As conf/plugin.mk builds them, only faster: in one go.
FLAGS=(-std=gnu17 -O1 -fPIC -fno-common -fvisibility=hidden -fstack-protector-strong -shared
	"-Wl,-z,relro,-z,now,-z,noexecstack,-z,defs,-z,nodelete")
# pkg-config writes for a shell: quotes stand behind backslashes.
mapfile -t CPP < <(pkg-config --cflags kreide | xargs -n 1)
mapfile -t LIBS < <(pkg-config --libs kreide | xargs -n 1)

# split: of every broken plugin NAME.sed, NAME.sqlsed, NAME.flags; prints "NAME RULE WHEN WORDS"
split() {
	awk -v dir="$DIR/src" '
		/^=== / {
			name = $2; line = $0; sub(/^=== /, "", line); print line
			print "s/^//" >(dir "/" name ".sed"); print "s/^//" >(dir "/" name ".sqlsed")
			printf "" >(dir "/" name ".flags")
			next
		}
		!name || /^$/ { next }
		/^sql:/ { sub(/^sql:/, ""); print >(dir "/" name ".sqlsed"); next }
		/^flags:/ { sub(/^flags:/, ""); print >(dir "/" name ".flags"); next }
		{ print >(dir "/" name ".sed") }' "$FIXTURES/broken"
}

# make_one NAME: NAME.so and NAME/migrations in $OUT
make_one() {
	local name=$1 src=$DIR/src/$1 data=$OUT/$1/migrations file
	local -a flags
	sed -f "$src.sed" "$FIXTURES/keys.c.in" | sed "s/keys/$name/g" >"$src.c"
	mkdir -p "$data"
	sed -f "$src.sqlsed" "$FIXTURES/keys.sql" | sed "s/keys_/${name}_/g" >"$data/0001_thing.sql"
	sed "s/keys_/${name}_/g" "$FIXTURES/keys_seen.sql" >"$data/0002_seen.sql"
	read -ra flags <"$src.flags"
	file=$(gcc "${CPP[@]}" "${FLAGS[@]}" "$src.c" "${LIBS[@]}" "${flags[@]}" -o "$OUT/$name.so" 2>&1) ||
		{ ok "$name is compiled" 1 "$file"; return 1; }
}

split >"$DIR/list"
: >"$DIR/src/keys.flags"
echo 's/^//' | tee "$DIR/src/keys.sed" >"$DIR/src/keys.sqlsed"
make_one keys
out=$("$KREIDE" --home "$DIR/none" check "$OUT/keys.so" 2>&1)
ok 'what all are made from is good' $? "$out"

# Every change changes something, every rule has its plugin.
while read -r name rule when words; do
	make_one "$name" || continue
	if [[ $(sed "s/$name/keys/g" "$DIR/src/$name.c" | cmp -s - "$FIXTURES/keys.c.in"; echo $?) -eq 0 &&
		$name != login && ! -s $DIR/src/$name.flags ]] &&
		[[ $(wc -l <"$DIR/src/$name.sqlsed") -le 1 ]]; then
		ok "$name differs from what is good" 1 "its script changes nothing"
	fi
	[[ $when == file ]] || continue
	out=$("$KREIDE" --home "$DIR/none" check "$OUT/$name.so" 2>&1)
	is "$name: check fails" 1 $?
	has "$name: check says why" "$(grep -F "[$rule]" <<<"$out")" "$words"
done <"$DIR/list"
for rule in $("$KREIDE" check --rules | grep -oE '^KR-R[0-9]+'); do
	grep -q " $rule " "$DIR/list"
	ok "there is a plugin that breaks $rule" $?
done

# One school with all of them.
instance "$OUT"
ok 'the school starts' $? "$(tail -n 30 "$DIR/start.log")"
out=$(kreide check 2>&1)
is 'check of everything fails' 1 $?
log=$(cat "$HOME_DIR"/log/kreide/*)
while read -r name rule when words; do
	has "$name: refused at the start, $rule" \
		"$(grep -F "event=plugin.refused" <<<"$log" | grep -F "$name: " | grep -F "[$rule]")" "$words"
	has "$name: check of everything says why" "$(grep "^$name: " <<<"$out" | grep -F "[$rule]")" "$words"
	{
		printf '["lehrerin", "GET", "/%s", {}, %s]\n' "$name" \
			"$([[ $name == login ]] && echo 303 || echo 404)"
		[[ $name == login ]] || printf '["nobody", "GET", "/%s", {}, 302]\n' "$name"
	} >>"$DIR/gone"
done <"$DIR/list"
visits 'no route of a refused plugin' <"$DIR/gone"
visits 'the rest serves' <<'END'
["lehrerin", "GET", "/news", {}, 200]
["lehrerin", "GET", "/", {}, 200]
["schueler", "GET", "/news", {}, 200]
END
ok 'the good one can be opened' "$(kreide module open keys --roles all --decision x >"$DIR/out" 2>&1
	echo $?)" "$(cat "$DIR/out")"
out=$(kreide module open noguard --roles all --decision x 2>&1)
ok 'a refused one cannot' $((!$?)) "$out"
visits 'the good one among them' <<'END'
["lehrerin", "GET", "/keys", {}, 200]
["admin", "GET", "/modules", {}, 200, "noguard"]
END
reload
ok 'a reload goes through' $? "$(tail -n 3 "$HOME_DIR"/log/kreide/current)"
visits 'the rest serves on after a reload' <<'END'
["lehrerin", "GET", "/keys", {}, 200]
["lehrerin", "GET", "/noguard", {}, 404]
["lehrerin", "GET", "/news", {}, 200]
END
summary
