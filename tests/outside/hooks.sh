#!/bin/bash
# What runs behind the scenes when a plugin does it wrong (drill/): hooks that refuse, fail,
# crash, hang; regular jobs that fail or loop; a tile that fails; a plugin that is away. All
# else goes on, nothing is lost, and the administrator is told. Last line: N passed, N failed.
set -uo pipefail
. "$(dirname "$0")/lib.sh"
begin
sql() { mariadb --no-defaults --socket="$(realpath "$HOME_DIR/run")/mysql.sock" -N -B kreide -e "$1"; }
says() { [[ $(sql "$2") == "$1" ]]; } # ANSWER STATEMENT
log() { cat "$HOME_DIR"/log/kreide/*; }
logged() { log | grep -q "$1"; }
jobs() { pgrep -P "$(cat "$HOME_DIR/run/kreide.pid")" -x kreide-jobs; }
doctor() { env LC_ALL=en "$KREIDE" --home "$HOME_DIR" doctor; }
health() { curl -s -m 10 -w ' %{http_code}' "http://localhost:$PORT/healthz" | tr '\n' ' '; }
healthy() { [[ $(health) == "$1" ]]; }

# new_jobs: regular jobs are looked at when the process starts, and then every 20 s
new_jobs() {
	local old
	old=$(jobs)
	kill -TERM "$old"
	wait_until 10 eval "[[ -n \$(jobs) && \$(jobs) != $old ]]"
}

# calls WHAT STATUS [WORDS]: somebody does what the hooks are about
calls() {
	visits "call: $1" <<-END
		["lehrerin", "GET", "/drill/new", {}, 200]
		["lehrerin", "POST", "/drill/new", {"what": "$1", "who_id": "${WHO-}"}, $2${3+, \"$3\"}]
	END
}

# left WHAT: "hook types" of what the hooks wrote about such calls
left() { sql "SELECT CONCAT(hook, ' ', types) FROM drill_note WHERE what = '$1' ORDER BY id"; }

# row WHAT COLUMNS: of the last event of such a call
row() {
	sql "SELECT $2 FROM core_outbox WHERE module = 'drill'
		AND JSON_VALUE(args, '\$[0]') = '$1' ORDER BY id DESC LIMIT 1"
}
row_is() { [[ $(row "$1" "$2") == "$3" ]]; } # WHAT COLUMNS WANTED

# at_last WHAT TRIES: as if it had been tried so often, and were due again
at_last() {
	sql "UPDATE core_outbox SET tries = $2, due = UTC_TIMESTAMP(6) WHERE done_at IS NULL
		AND JSON_VALUE(args, '\$[0]') = '$1'"
}

# goes_on NAME: a call does its work, whatever happened before
goes_on() {
	local before after status=0
	before=$(left fine | grep -c second)
	calls fine 303
	after=$((before + 1))
	wait_until 15 eval "[[ \$(left fine | grep -c second) == $after ]]" || status=1
	ok "$1: the next event is worked off" "$status" "$(left fine)"
}

mkdir -p "$DIR/src" "$DIR/plugins"
cp -r "$REPO/tests/outside/drill" "$DIR/src/drill"
out=$(make -C "$DIR/src/drill" install DIR="$DIR/plugins" 2>&1)
ok 'the plugin is built' $? "$out"
instance "$DIR/plugins"
ok 'the stack starts with it' $? "$(cat "$DIR/start.log")"
out=$(kreide module open drill --roles all --decision 'Probe' 2>&1)
ok 'it is opened' $? "$out"
((FAILED == 0)) || { summary; exit 1; }
wait_until 10 healthy 'ok  200'
is 'all is well' 'ok  200' "$(health)"

# ── a tile that fails is an empty tile ──
visits 'tiles' <<'END'
["lehrerin", "GET", "/", {}, 200, "Ganze Kachel", "!Halbe Kachel", "tile-news"]
END
ok 'and the log says whose' "$(logged 'event=tile_failed.*tile=drill'; echo $?)"

# ── every hook once, with what was emitted ──
WHO=$(sql "SELECT id FROM core_person WHERE account = 'schueler'")
calls fine 303
WHO=''
wait_until 10 eval '[[ $(left fine) == *second* ]]'
sleep 3
is 'each hook runs once, types and values as emitted' \
	'in_tx 11111111 first 11111111 second 11111111' "$(left fine | tr '\n' ' ' | sed 's/ $//')"
is 'one row per plugin' 1 "$(sql "SELECT COUNT(*) FROM core_outbox WHERE event = 'drill.called'")"
visits 'dates in a notice' <<'END'
["schueler", "GET", "/notices", {}, 200, "Probe am 21.11.2026, ", "11:00", "Uhr, -7, fine"]
END

# ── in the transaction: refused is refused ──
calls refuse 409
calls input 422 'Heute nicht.'
is 'nothing of it is there' 0 "$(sql "SELECT (SELECT COUNT(*) FROM drill_call WHERE what <> 'fine')
	+ (SELECT COUNT(*) FROM drill_note WHERE what IN ('refuse', 'input'))
	+ (SELECT COUNT(*) FROM core_outbox WHERE args LIKE '%refuse%' OR args LIKE '%input%')")"

# ── after it: fails twice, then works ──
calls twice 303
wait_until 30 row_is twice 'done_at IS NOT NULL' 1
is 'the third time it is done' '3 1' "$(row twice "CONCAT(tries, ' ', done_at IS NOT NULL)")"
is 'and written once' 'in_tx 11111111 first 11111111 second 11111111' \
	"$(left twice | tr '\n' ' ' | sed 's/ $//')"
is 'the failures are in the log' 2 "$(log | grep -c 'event=outbox.failed.*for=drill')"

# ── one that only returns an error ──
calls quiet 303
wait_until 10 row_is quiet tries 1
is 'nothing of it is written' 'in_tx 11111111' "$(left quiet)"
is 'it is not done' '1' "$(row quiet 'done_at IS NULL')"
at_last quiet 7
wait_until 10 row_is quiet tries 9
is 'after eight tries it is set aside' '9 1' "$(row quiet "CONCAT(tries, ' ', done_at IS NULL)")"
ok 'the log says so' "$(logged 'level=error .*event=outbox.set_aside.*for=drill'; echo $?)"
has 'doctor says so' "$(doctor 2>&1)" 'set aside because a module failed on them eight times: 1'
has 'status says so' "$(kreide status --json)" '"outbox_set_aside":1}'
goes_on 'set aside'

# ── one that crashes ──
calls crash 303
wait_until 10 logged 'event=process.died class=jobs signal=4.*plugin=drill'
ok 'a crash is in the log, with whose' $? "$(log | grep process.died)"
is 'it counted, and is not due at once' '1 1' \
	"$(row crash "CONCAT(tries, ' ', due > UTC_TIMESTAMP(6) + INTERVAL 20 SECOND)")"
wait_until 10 eval '[[ -n $(jobs) ]]'
before=$(jobs)
goes_on 'crash'
visits 'signing out' <<'END'
["schueler", "GET", "/profile", {}, 200]
["schueler", "POST", "/logout", {}, 303]
END
wait_until 10 says 0 "SELECT COUNT(*) FROM core_outbox WHERE module = 'core' AND done_at IS NULL"
ok 'crash: live channels are closed' $?
wait_until 10 says 0 'SELECT COUNT(*) FROM kreide_audit.entry WHERE seq IS NULL'
ok 'crash: the audit is sealed' $?
is 'crash: jobs lives on' "$before" "$(jobs)"
at_last crash 7
wait_until 45 row_is crash tries 9
is 'a crash at the last try is set aside too' 9 "$(row crash tries)"
goes_on 'set aside after a crash'

# ── one that hangs ──
calls hang 303
wait_until 45 logged 'event=worker.too_long class=jobs plugin=drill'
ok 'one that hangs is killed' $?
# It is due again in two seconds, and would hang amid what follows.
sql "UPDATE core_outbox SET due = due + INTERVAL 1 HOUR WHERE done_at IS NULL AND JSON_VALUE(args, '\$[0]') = 'hang'"
wait_until 10 eval '[[ -n $(jobs) ]]'
goes_on 'hang'
is 'it counted as a try' 1 "$(row hang 'tries > 0 AND done_at IS NULL')"
at_last hang 8
wait_until 10 row_is hang tries 9
is 'one that hangs is set aside at last' '9 1' "$(row hang "CONCAT(tries, ' ', done_at IS NULL)")"

# ── regular jobs ──
wait_until 30 says 3 "SELECT COUNT(*) FROM core_cron WHERE id LIKE 'drill.%'"
sql "UPDATE core_cron SET next_at = UTC_TIMESTAMP(6) WHERE id LIKE 'drill.%'"
new_jobs
wait_until 15 logged 'event=worker.too_long class=jobs plugin=drill.*' &&
	wait_until 15 eval '[[ $(log | grep -c "event=worker.too_long class=jobs") == 2 ]]'
ok 'one that loops is killed' $? "$(log | grep too_long)"
is 'one that returns an error has failed' failed \
	"$(sql "SELECT result FROM core_cron WHERE id = 'drill.quiet'")"
is 'and wrote nothing' 0 "$(sql "SELECT COUNT(*) FROM drill_note WHERE hook LIKE 'cron_%'")"
wait_until 20 says ok "SELECT result FROM core_cron WHERE id = 'drill.tick'"
ok 'the others run' $? "$(sql 'SELECT * FROM core_cron')"
is 'the loop does not come again soon' 1 "$(sql "SELECT next_at > UTC_TIMESTAMP(6)
	+ INTERVAL 10 SECOND FROM core_cron WHERE id = 'drill.loop'")"
wait_until 45 says failed "SELECT result FROM core_cron WHERE id = 'drill.loop'"
ok 'and has failed' $? "$(sql 'SELECT * FROM core_cron')"
has 'doctor names them' "$(doctor 2>&1)" 'drill.loop, drill.quiet'
goes_on 'loop'

# ── events for one that is away, and those set aside, come when it is back, repaired ──
mkdir "$DIR/away"
mv "$DIR/plugins/drill.so" "$DIR/plugins/drill" "$DIR/away/"
reload
ok 'it is taken out' $?
sql "INSERT INTO core_outbox (module, event, args, actor_id, created, due)
	VALUES ('drill', 'tasks.published', '[1,2]', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))"
wait_until 10 says 1 "SELECT due > UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE FROM core_outbox
	WHERE event = 'tasks.published' AND module = 'drill'"
ok 'its event is put off' $?
is 'not done, not counted' '0 1' "$(sql "SELECT CONCAT(tries, ' ', done_at IS NULL)
	FROM core_outbox WHERE event = 'tasks.published' AND module = 'drill'")"
sed -i 's/__builtin_trap();/return KR_OK;/;s/"quiet"))/"quieter"))/;s/"hang"))/"hanging"))/' \
	"$DIR/src/drill/plugin.c"
rm -rf "$DIR/away"
out=$(make -C "$DIR/src/drill" install DIR="$DIR/plugins" 2>&1)
ok 'the repaired one is built' $? "$out"
reload
ok 'and loaded' $? "$(tail -n 5 "$HOME_DIR/log/kreide/current")"
wait_until 20 says 0 "SELECT COUNT(*) FROM core_outbox WHERE done_at IS NULL"
ok 'everything that waited is done' $? "$(sql 'SELECT * FROM core_outbox WHERE done_at IS NULL')"
is 'the event from when it was away' 'elsewhere 2' "$(left '' | grep -v tick)"
is 'and those that were set aside, once' 3 "$(sql "SELECT COUNT(*) FROM drill_note
	WHERE hook = 'second' AND what IN ('quiet', 'crash', 'hang')")"

# ── what nobody could do for 90 days goes ──
sql "INSERT INTO core_outbox (module, event, args, actor_id, created, due) VALUES
	('gone', 'old', '[]', 0, UTC_TIMESTAMP(6) - INTERVAL 91 DAY, '2200-01-01'),
	('gone', 'new', '[]', 0, UTC_TIMESTAMP(6) - INTERVAL 89 DAY, '2200-01-01');
	UPDATE core_cron SET next_at = UTC_TIMESTAMP(6) WHERE id = 'core.sweep'"
new_jobs
wait_until 15 says 'new' "SELECT event FROM core_outbox WHERE module = 'gone'"
ok 'what waited for 91 days is dropped, 89 days are kept' $?

# ── health ──
wait_until 10 healthy 'ok  200'
mv "$HOME_DIR/sig" "$HOME_DIR/sig.away"
is 'no signatures' 'degraded: signatures  200' "$(health)"
mv "$HOME_DIR/sig.away" "$HOME_DIR/sig"
pid=$(jobs)
kill -STOP "$pid"
sql "INSERT INTO core_outbox (module, event, args, actor_id, created, due) VALUES
	('drill', 'tasks.published', '[]', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL 3 MINUTE)"
is 'jobs is late' 'degraded: jobs  200' "$(health)"
has 'doctor says the same' "$(doctor 2>&1)" 'waited for more than two minutes: 1'
kill -CONT "$pid"
wait_until 10 healthy 'ok  200'
is 'and well again' 'ok  200' "$(health)"
summary
