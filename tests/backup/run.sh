#!/bin/bash
# Backup and restore of a running school: what was acknowledged is in it, what is in it is
# whole, what is damaged or does not fit is refused with the target untouched, and a kill at
# any moment leaves nothing half that passes for whole. Last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build} LC_ALL=C.UTF-8
. tests/lib/stack.sh
. tests/lib/expect.sh
K=$KREIDE_BUILD/kreide
passed=0 failed=0

ok() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s\n' "$name"
	fi
}

sql() { mariadb --no-defaults --socket="$1/run/mysql.sock" -N kreide -e "$2"; }

# sums HOME: the server's own checksums of what does not change by itself.
sums() {
	sql "$1" "CHECKSUM TABLE core_person, core_group, core_membership, core_file,
		core_attachment, core_migration, tasks_task, tasks_submission, news_item,
		kreide_auth.credential EXTENDED"
}

number() { sed -n "s/.*\"$1\":\\([0-9]*\\).*/\\1/p" <<<"$out"; }
word() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p" <<<"$out"; }

# shellcheck disable=SC2119
stack_begin || {
	echo "0 passed, 1 failed"
	exit 1
}
H=$KR_TEST_HOME
T=$(mktemp -d)
chmod 755 "$T"
vault=$T/vault new=$T/new key=$T/key
finish() {
	local dir
	for dir in "$T"/new "$T"/first; do
		[ ! -d "$dir" ] || conf/stack drop --home "$dir" >/dev/null 2>&1
	done
	rm -rf "$T"
	stack_end
}
trap finish EXIT

"$K" --home "$H" module open tasks --roles pupil,teacher --decision "Probe" >/dev/null
sql "$H" "INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)
	SELECT 1, CONCAT('Probe ', s.seq), 'Text', (SELECT group_id FROM core_membership m
		JOIN core_group g ON g.id = m.group_id WHERE g.name = '7b' LIMIT 1),
	NOW(6) + INTERVAL 9 DAY, (SELECT id FROM core_person WHERE account = 'lehrerin'),
	NOW(6), NOW(6) FROM seq_1_to_3000 s"
TASKS=$(sql "$H" "SELECT id FROM tasks_task WHERE title LIKE 'Probe %' ORDER BY id" | tr '\n' ' ')
export TASKS=${TASKS% }

# ── while somebody hands in ──
expect "no backup yet" 1 'no backup in' "$K" --home "$new" restore "$T" --key "$0"
node tests/backup/school.mjs write "$KR_TEST_PORT" "$T/ledger" >"$T/writer.log" 2>&1 &
writer=$!
for _ in $(seq 200); do
	[ "$(wc -l 2>/dev/null <"$T/ledger")" -ge 30 ] 2>/dev/null && break
	sleep 0.1
done
before=$(date +%s%3N)
expect "backup while serving" 0 '"new_key":true' "$K" --home "$H" backup "$vault" --json
cp -a "$vault" "$T/vault-first" # of one day only the last state stays
bytes=$(number bytes_added)
after=$(date +%s%3N)
ok "somebody handed in meanwhile" [ "$(awk -v a="$before" -v b="$after" \
	'$1 > a && $1 < b { n++ } END { print n + 0 }' "$T/ledger")" -ge 5 ]
sleep 0.5
kill "$writer" 2>/dev/null
wait "$writer" 2>/dev/null
# What it had asked for last is done, and the scanner has seen everything.
quiet=''
for _ in $(seq 60); do
	was=$quiet quiet=$(sums "$H")
	[ "$was" != "$quiet" ] || [ "$(sql "$H" "SELECT COUNT(*) FROM core_file WHERE scan = 0")" != 0 ] ||
		break
	sleep 0.5
done
ok "the writer was never refused" [ ! -s "$T/writer.log" ]
expect "a second, of what has come since" 0 '"new_key":false' \
	"$K" --home "$H" backup "$vault" --json
expect "a third, of nothing new" 0 '"new_key":false' "$K" --home "$H" backup "$vault" --json
last=$(word snapshot)
ok "a quarter of the first at most ($(number bytes_added) of $bytes bytes)" \
	[ "$(number bytes_added)" -lt $((bytes / 4)) ]
ok "the key is the administrator's alone" [ "$(stat -c %a "$H/secret/backup.key")" = 400 ]
cp "$H/secret/backup.key" "$key"
ok "nothing of the school can be read without it" \
	sh -c "grep -rqa -e 'Antwort auf' -e 'lehrerin' '$vault'; [ \$? = 1 ]"
expect "doctor knows" 0 'last backup is of today' "$K" --home "$H" doctor
ok "noted in the log of who did what" [ "$(sql "$H" "SELECT COUNT(*) FROM kreide_audit.entry
	WHERE action = 'core.backup_made'")" = 3 ]
# ── health ──
token=$(node tests/backup/school.mjs token "$KR_TEST_PORT" admin)
metrics() {
	curl -s -D "$T/head" -H "Authorization: Bearer $token" -H "Host: localhost:$KR_TEST_PORT" \
		"http://127.0.0.1:$KR_TEST_PORT/health/metrics"
}
metrics >"$T/metrics.txt"
ok "machines are told the type" grep -qi '^content-type: application/openmetrics-text; version=1.0.0; charset=utf-8' "$T/head"
ok "a parser reads it" sh -c "/usr/bin/python3 tests/backup/metrics.py <'$T/metrics.txt' >'$T/metrics'"
age=$(($(date +%s) - $(awk '$1 ~ /^kreide_backup_last/ { t = int($3) } END { print t + 0 }' "$T/metrics")))
ok "the backup's age is in it ($age s)" [ "$age" -ge 0 ] && [ "$age" -lt 600 ]
ok "workers of five pools" [ "$(grep -c '^kreide_pool_workers .*=[a-z]* [1-9]' "$T/metrics")" = 5 ]
# Nobody takes hand-ins for a moment: they are seen to wait.
mapfile -t must < <(pgrep -x kreide-must -P "$(cat "$H/run/kreide.pid")")
kill -STOP "${must[@]}"
for i in 1 2 3; do
	curl -s -m 20 -o /dev/null -H "Host: localhost:$KR_TEST_PORT" -d x=1 \
		"http://127.0.0.1:$KR_TEST_PORT/tasks/$i/submit" &
done
for _ in $(seq 20); do
	metrics | grep -q 'kreide_pool_waiting{pool="must"} [1-9]' && break
	sleep 0.2
done
ok "requests in front of a pool are counted" \
	sh -c "printf '%s' '$(metrics | grep 'waiting{pool="must"')' | grep -q ' [1-9]'"
kill -CONT "${must[@]}"
sql "$H" "SELECT account FROM core_person WHERE account NOT IN ('admin') UNION
	SELECT family FROM core_person UNION SELECT given FROM core_person" |
	awk 'length($0) > 3' | sort -u >"$T/names"
ok "no name of anybody ($(wc -l <"$T/names") asked for)" \
	sh -c "[ \$(wc -l <'$T/names') -gt 100 ] && grep -qiwFf '$T/names' '$T/metrics.txt'; [ \$? = 1 ]"
ok "nothing is left in tmp" [ ! -e "$H/tmp/backup" ]

# ── the first one: taken while rows and files came in ──
expect "restored as of a moment" 0 'Compared and equal' \
	"$K" --home "$T/first" restore "$T/vault-first" --key "$key"
ok "started" conf/stack start --home "$T/first" --port "$(free_port)" >"$T/start.log"
sql "$T/first" "SELECT LOWER(HEX(f.sha256)), f.store_key FROM core_file f" >"$T/files"
cut -f1 "$T/files" | sort >"$T/there"
awk -v a="$before" '$1 < a { print $3 }' "$T/ledger" | sort >"$T/acked"
ok "acknowledged before it began: in it ($(wc -l <"$T/acked"))" \
	[ -z "$(comm -23 "$T/acked" "$T/there")" ]
ok "every file of every row, byte by byte" sh -c "cd '$T/first/files' && awk '{ printf \"%s  %s/%s\n\",
	\$1, substr(\$2, 1, 2), \$2 }' '$T/files' | sha256sum --quiet -c"
ok "no hand-in without its file" [ "$(sql "$T/first" "SELECT COUNT(*) FROM tasks_submission s
	WHERE NOT EXISTS (SELECT 1 FROM core_attachment a WHERE a.object_id = s.id
	AND a.entity = 'submission') AND s.body LIKE 'Antwort auf %'")" = 0 ]
conf/stack drop --home "$T/first" >/dev/null

# ── the last one: the school as it is ──
expect "restored" 0 'Compared and equal' "$K" --home "$new" restore "$vault" --key "$key"
port=$(free_port)
ok "started" conf/stack start --home "$new" --port "$port" >"$T/start.log"
ok "tables are equal" [ "$quiet" = "$(sums "$new")" ]
ok "files are equal" diff -r "$H/files" "$new/files"
read -r _ task sum <<<"$(head -n 1 "$T/ledger")"
ok "a pupil signs in and downloads what was handed in" \
	[ "$(node tests/backup/school.mjs fetch "$port" "$task")" = "200 $sum" ]
expect "its log of who did what is whole" 0 'complete' "$K" --home "$new" audit verify
expect "it can be backed up with the same key" 0 '"new_key":false' \
	"$K" --home "$new" backup "$vault" --json
expect "not into a school that is there" 3 'not empty' \
	"$K" --home "$new" restore "$vault" --key "$key"
conf/stack drop --home "$new" >/dev/null

# ── refused, and the target untouched ──
# refused NAME PATTERN FOLDER [OPTION...]
refused() {
	local name=$1 pattern=$2 dir=$3
	shift 3
	expect "$name" 1 "$pattern" "$K" --home "$new" restore "$dir" "$@"
	ok "$name: no target" sh -c "! ls -d '$new'* 2>/dev/null"
}
flip() { # FILE: one bit in the middle
	local at=$(($(stat -c %s "$1") / 2)) byte
	chmod u+w "$1"
	byte=$(od -An -tu1 -j $at -N1 "$1")
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek=$at conv=notrunc status=none
}
largest() { find "$1" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2; }

refused "no key" 'key of the backup cannot be read' "$vault"
echo 1234-5678 >"$T/wrong"
refused "another key" 'does not open' "$vault" --key "$T/wrong"
for part in data index snapshots; do
	cp -a "$vault" "$T/bad"
	flip "$(largest "$T/bad/$part")"
	refused "a bit in $part" 'damaged|incomplete' "$T/bad" --key "$key"
	rm -rf "$T/bad"
	cp -a "$vault" "$T/bad"
	rm -f "$(largest "$T/bad/$part")"
	refused "a file of $part missing" 'incomplete' "$T/bad" --key "$key"
	rm -rf "$T/bad"
done
cp -a "$vault" "$T/bad"
rm -f "$T/bad/config"
refused "no config" 'incomplete' "$T/bad" --key "$key"
rm -rf "$T/bad"
mkdir "$new" && touch "$new/mine"
expect "not empty" 3 'not empty' "$K" --home "$new" restore "$vault" --key "$key"
ok "not empty: untouched" [ "$(ls -A "$new")" = mine ]
rm -r "$new"

# ── sealed by whoever has the key, but not what was noted ──
sealed=$T/sealed
cp -a "$vault" "$sealed"
restic() { command restic --no-cache --repo "$sealed" --password-file "$key" "$@"; }
restic --quiet restore latest --target "$T/out"
files=$(find "$T/out" -type d -name files)
school=$(find "$T/out" -path '*/backup/school' -type d)
# resealed NAME PATTERN: what lies in $T/out now, as one more backup
resealed() {
	refused "$1" "$2" "$sealed" --key "$key" --snapshot "$(
		restic backup --json --host kreide "$school" "$files" |
			sed -n 's/.*"snapshot_id":"\([0-9a-f]*\)".*/\1/p'
	)"
}
one=$(find "$files" -type f | sort | head -n 1)
cp -a "$one" "$T/kept"
echo >>"$one"
resealed "a file that is longer" 'not as it was uploaded'
rm "$one"
resealed "a file that is not there" 'is missing'
mv "$T/kept" "$one"
cp "$school/manifest.json" "$T/manifest"
sed -i 's/\(core_person":[0-9]*\)/\11/' "$school/manifest.json"
ok "another checksum is noted" sh -c "! cmp -s '$T/manifest' '$school/manifest.json'"
resealed "a table that is not as it was" 'core_person'
rm -rf "$T/out" "$T/manifest" "$sealed"

# ── another schema ──
saved=$(sql "$H" "SELECT CONCAT('INSERT INTO core_migration VALUES (''', owner, ''',', number,
	',''', name, ''',x''', HEX(digest), ''',''', begun, ''',''', done, ''')')
	FROM core_migration WHERE owner = 'core' ORDER BY number DESC LIMIT 1")
sql "$H" "DELETE FROM core_migration WHERE owner = 'core' ORDER BY number DESC LIMIT 1"
expect "an older one" 0 'Backed up' "$K" --home "$H" backup "$T/vault-older" --key "$H/secret/backup.key"
sql "$H" "$saved; INSERT INTO core_migration SELECT owner, 9999, name, digest, begun, done
	FROM core_migration WHERE owner = 'core' LIMIT 1"
expect "a newer one" 0 'Backed up' "$K" --home "$H" backup "$T/vault-newer" --key "$H/secret/backup.key"
sql "$H" "DELETE FROM core_migration WHERE number = 9999"
refused "older schema" 'older version \(Kreide [0-9.]+\)' "$T/vault-older" --key "$key"
refused "newer schema" 'newer or another version' "$T/vault-newer" --key "$key"

# ── kill -9 ──
# alone NAME: nothing of a killed command runs on
alone() {
	local i
	for ((i = 0; i < 200; i++)); do
		pgrep -f "restic --repo $T" >/dev/null || pgrep -f "tmp/backup/school" >/dev/null ||
			pgrep -f "$T/.*restoring" >/dev/null || return 0
		sleep 0.05
	done
	return 1
}
snapshots() { find "$vault/snapshots" -type f | wc -l; }
for wait in 0.6 1.6 2.8; do
	"$K" --home "$H" backup "$vault" >/dev/null 2>&1 &
	sleep "$wait"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	ok "backup killed after $wait s: nothing runs on" alone
	"$K" --home "$new" restore "$vault" --key "$key" >/dev/null 2>&1 &
	sleep "$wait"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	ok "restore killed after $wait s: nothing runs on" alone
	ok "restore killed after $wait s: no target, or a whole one" \
		sh -c "[ ! -e '$new' ] || { [ -d '$new/db/kreide' ] && [ -s '$new/secret/backup.key' ]; }"
	rm -rf "$new"
done
expect "backed up after all that" 0 'Backed up' "$K" --home "$H" backup "$vault"
expect "restored after all that" 0 'Compared and equal' \
	"$K" --home "$new" restore "$vault" --key "$key"
ok "nothing lies beside it" [ ! -e "$new.restoring" ]

# ── what has been erased, what is too old ──
n=$(find "$H/files" -type f | wc -l)
exec 7<"$H/files"
flock -x 7
expect "not two at a time" 4 'another backup is running' "$K" --home "$H" backup "$vault"
expect "erased while a backup holds the files" 0 '' \
	"$K" --home "$H" user erase schueler --yes --now
ok "rows go at once" [ "$(sql "$H" "SELECT COUNT(*) FROM tasks_submission
	WHERE body LIKE 'Antwort auf %'")" = 0 ]
ok "bytes wait" [ "$(find "$H/files" -type f | wc -l)" = "$n" ]
exec 7<&-
expect "older states go" 0 'Backed up' "$K" --home "$H" backup "$vault" \
	--keep-daily 1 --keep-weekly 0 --keep-monthly 0
ok "one is left of $last and the others" [ "$(snapshots)" = 1 ]
expect "not into itself" 1 'inside the instance' "$K" --home "$H" backup "$H/backup"
expect "keep what" 1 'numbers from 0' "$K" --home "$H" backup "$vault" --keep-daily many

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
