#!/bin/bash
# `kreide migrate` killed right behind its n-th statement, each time run again: the tables in
# the end are those of a straight run. First behind each statement of the accounts, on an empty
# database; then down a staircase: of each migration behind its mark, its statement and its
# end. migrate.sh DIR, with shim.so in DIR or made here. Last line: N passed, N failed.
set -uo pipefail
. "$(dirname "$0")/../stack/lib.sh"
dir=$1/migrate home=$1/migrate/home plan=$1/migrate/plan
K=$KREIDE_BUILD/kreide
export LC_ALL=C KR_HOME=$home
mkdir -p "$dir"
gcc -O1 -g -fPIC -shared "$REPO/tests/fault/shim.c" -o "$dir/shim.so" || exit 1
trap '"$REPO/tests/lib/db.sh" stop "$dir/db"' EXIT
"$REPO/tests/lib/db.sh" start "$dir/db" || { echo '0 passed, 1 failed'; exit 1; }
mkdir -p "$home/etc" "$home/run" "$home/secret" "$home/sig" "$home/log"
ln -s "$dir/db/mysql.sock" "$home/run/mysql.sock"
printf 'mode = demo\nname = Testschule\nscheme = http\nhost = localhost\nport = 9\n' \
	>"$home/etc/kreide.conf"
sql() { mariadb --no-defaults --socket="$dir/db/mysql.sock" -N -e "$1" 2>&1; }

# Tables, keys, views, triggers, rights of the accounts, and what is noted as done.
schema() {
	mariadb-dump --no-defaults --socket="$dir/db/mysql.sock" --no-data --skip-comments \
		--triggers --routines --databases kreide kreide_auth kreide_audit 2>&1 |
		sed 's/ AUTO_INCREMENT=[0-9]*//'
	sql "$(<"$REPO/tests/lib/rights.sql")"
	sql 'SELECT name FROM kreide.core_right ORDER BY 1'
}

# empty: as before the first run
empty() {
	local who
	sql 'DROP DATABASE IF EXISTS kreide; DROP DATABASE IF EXISTS kreide_auth;
		DROP DATABASE IF EXISTS kreide_audit' >/dev/null
	for who in $(sql "SELECT user FROM mysql.user WHERE user LIKE 'kreide%'"); do
		sql "DROP USER $who@localhost" >/dev/null
	done
	rm -rf "$home/secret"
	mkdir "$home/secret"
}

# le NUMBER: four bytes, as shim.c has them
le() {
	local i hex
	for i in 0 8 16 24; do
		printf -v hex '\\x%02x' $((($1 >> i) & 255))
		printf '%b' "$hex"
	done
}

# killed N FROM: migrate, killed behind the n-th statement counted from the first that begins
# with FROM. 0: it was killed, 1: it went through, 2: something else.
killed() {
	{
		printf 'kreide\0\0\0\0\0\0\0\0\0\0'
		le 16
		le 0
		le "$1"
		head -c 36 /dev/zero
		printf '%s' "$2"
		head -c $((4032 - ${#2})) /dev/zero
	} >"$plan"
	(LD_PRELOAD=$dir/shim.so KR_SHIM=$plan "$K" migrate >"$dir/out" 2>&1; exit $?) 2>/dev/null
	case $? in
	137) return 0 ;;
	0) return 1 ;;
	*) return 2 ;;
	esac
}

# straight NAME: and now without a fault, to the tables of a straight run
straight() {
	local out
	out=$("$K" migrate 2>&1)
	ok "$1: migrate goes through" $? "$out"
	is "$1: the same tables, rights and marks" "$WANTED" "$(schema)"
}

out=$("$K" migrate 2>&1)
ok 'a straight run' $? "$out"
WANTED=$(schema)
has 'it is seen by its tables' "$WANTED" 'CREATE TABLE `core_person`'

# Accounts and schemas: as many statements as come before the first migration.
n=1 total=0
step=1
[[ -n ${KR_FAULT_WHOLE-} ]] || step=7
n=$((1 + ${SEED:-0} % step))
while ((n < 500)); do
	empty
	killed "$n" ''
	case $? in
	0) ;;
	1) break ;;
	*) ok "killed behind statement $n" 1 "$(cat "$dir/out")" ;;
	esac
	total=$((total + 1))
	[[ -z $(sql "SELECT 1 FROM kreide.core_migration LIMIT 1" | grep -x 1) ]] || break
	straight "accounts, statement $n"
	n=$((n + step))
done
ok 'the accounts were reached' "$((total > 1 ? 0 : 1))"

# The staircase: each migration behind its mark, its statement, its end, and, if that was in
# vain, behind the COMMIT.
done_now() { sql 'SELECT COUNT(*) FROM kreide.core_migration WHERE done IS NOT NULL'; }
empty
phase=1 runs=0 before=0
while killed "$phase" 'REPLACE INTO kreide.core_migration'; do
	runs=$((runs + 1))
	case $phase in
	1) before=$(done_now) phase=2 ;;
	2) phase=3 ;;
	3) [[ $(done_now) != "$before" ]] && phase=1 || phase=4 ;;
	4) phase=1 ;;
	esac
	((runs < 2000)) || break
done
is 'the last one goes through' '' "$(tail -n 1 "$dir/out" | grep -i error)"
ok 'each migration was killed three times' \
	"$((runs >= 3 * $(done_now) - 3 ? 0 : 1))" "$runs runs"
straight "staircase of $runs kills"
# What comes behind the migrations: rights of tables, the list of rights, the school year.
for ((n = 1; n < 400; n += step)); do
	killed "$n" 'GRANT' || break
done
echo "  migrate: killed $total times at accounts, $runs times at migrations, $((n - 1)) times behind them"
straight 'killed behind the migrations'
summary
