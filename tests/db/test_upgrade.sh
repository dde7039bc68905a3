#!/bin/bash
# A school of earlier days under the migrations of today: test_upgrade.sh DIR REPOSITORY, with
# a database that db.sh has started in DIR. KREIDE_BUILD names the build. Afterwards its tables
# are those of a school founded today, and its rows are there.
set -uo pipefail
dir=$1 repo=$2
K=${KREIDE_BUILD:-$repo/build}/kreide
home=$dir/home
export LC_ALL=C KR_HOME=$home
passed=0 failed=0

ok() { # NAME STATUS [what was seen]
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s\n%s\n' "$1" "$(head -n 40 <<<"${3-}")"
	fi
}
same() { # NAME WANTED SEEN
	ok "$1" "$([ "$2" = "$3" ]; echo $?)" "$(diff <(echo "$2") <(echo "$3"))"
}
sql() { mariadb --no-defaults --socket="$dir/mysql.sock" --default-character-set=utf8mb4 -N "$@"; }

mkdir -p "$home/etc" "$home/run" "$home/secret" "$home/sig" "$home/log"
ln -s "$dir/mysql.sock" "$home/run/mysql.sock"
cat >"$home/etc/kreide.conf" <<CONF
mode = demo
name = Testschule
scheme = http
host = localhost
port = 9
CONF

# Tables, columns, keys, constraints, views, triggers, and what core's accounts may do. Not the
# order of columns: what is added later stands at the end, or where a migration puts it.
schema() {
	local ours="LIKE 'kreide%'"
	sql -e "
	SELECT table_schema, table_name, table_type, engine, table_collation
		FROM information_schema.tables WHERE table_schema $ours ORDER BY 1, 2;
	SELECT table_schema, table_name, column_name, column_default, is_nullable, column_type,
		collation_name, extra, generation_expression
		FROM information_schema.columns WHERE table_schema $ours ORDER BY 1, 2, 3;
	SELECT table_schema, table_name, index_name, seq_in_index, column_name, non_unique, sub_part
		FROM information_schema.statistics WHERE table_schema $ours ORDER BY 1, 2, 3, 4;
	SELECT constraint_schema, table_name, constraint_name, referenced_table_name, update_rule,
		delete_rule FROM information_schema.referential_constraints
		WHERE constraint_schema $ours ORDER BY 1, 2, 3;
	SELECT constraint_schema, table_name, constraint_name, check_clause
		FROM information_schema.check_constraints WHERE constraint_schema $ours ORDER BY 1, 2, 3;
	SELECT table_schema, table_name, view_definition FROM information_schema.views
		WHERE table_schema $ours ORDER BY 1, 2;
	SELECT trigger_schema, trigger_name, event_object_table, action_timing,
		event_manipulation, action_statement FROM information_schema.triggers
		WHERE trigger_schema $ours ORDER BY 1, 2" 2>&1
	sql <"$repo/tests/lib/rights.sql" 2>&1
}

# Of the tables that a school fills, how many rows; epochs, rights and runs come and go.
rows() {
	local t
	for t in kreide.core_{person,group,group_in,membership,my_group,guardian,my_child,policy} \
		kreide.core_{audience,audience_part,session,notice,feed,file,attachment,import} \
		kreide.tasks_{task,submission} kreide.news_item \
		kreide_auth.{credential,code,token,device,attempt} kreide_audit.entry; do
		printf '%s %s\n' "$t" "$(sql -e "SELECT COUNT(*) FROM $t")"
	done
}
# Everything, byte by byte.
sums() {
	sql -e "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables
		WHERE table_schema LIKE 'kreide%' AND table_type = 'BASE TABLE' ORDER BY 1" |
		paste -sd, | { read -r all && sql -e "CHECKSUM TABLE $all"; }
}

number=0
for old in "$repo"/tests/fixtures/schema/*.sql; do
	number=$((number + 1))
	name=$(basename "$old" .sql)
	sql <"$old"
	ok "$name: loaded" $?
	before=$(rows)
	ok "$name: with rows in each" "$(grep -q ' 0$' <<<"$before"; echo $((! $?)))" "$before"
	said=$("$K" migrate 2>&1)
	ok "$name: migrate" $? "$said"
	same "$name: the rows are there" "$before" "$(rows)"
	same "$name: an answer that was handed in" $'Lerntagebuch\tMeine Antwort\taufsatz.pdf' "$(
		sql kreide -e "SELECT t.title, s.body, f.name FROM tasks_submission s JOIN tasks_task t
			ON t.id = s.task_id JOIN core_attachment a ON a.object_id = s.id JOIN core_file f
			ON f.id = a.file_id JOIN core_person p ON p.id = s.person_id
			WHERE p.account = 'mia.oeztuerk'")"
	said=$("$K" user list 2>&1)
	ok "$name: people" "$(grep -q '^mia.oeztuerk  *Öztürk, Mia  *pupil  *7b  *active' <<<"$said"; echo $?)" \
		"$said"
	said=$("$K" check 2>&1)
	ok "$name: every statement and declaration fits" $? "$said"
	upgraded=$(schema)
	before=$(sums)
	said=$("$K" migrate 2>&1)
	ok "$name: migrate again" "$([[ $said == 'The database is up to date.' ]]; echo $?)" "$said"
	same "$name: again changes nothing" "$before" "$(sums)"
	for db in kreide kreide_auth kreide_audit; do sql -e "DROP DATABASE $db"; done
	"$K" migrate >"$dir/fresh" 2>&1
	ok "founded today" $? "$(<"$dir/fresh")"
	same "$name: the schema is that of a school founded today" "$(schema)" "$upgraded"
	for db in kreide kreide_auth kreide_audit; do sql -e "DROP DATABASE $db"; done
done
ok 'there is an earlier state' "$((number == 0))"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
