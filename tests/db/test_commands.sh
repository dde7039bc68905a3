#!/bin/bash
# The commands, as somebody at a terminal uses them: test_commands.sh DIR REPOSITORY, with a
# database that db.sh has started in DIR. KREIDE_BUILD names the build.
set -uo pipefail
dir=$1 repo=$2
K=${KREIDE_BUILD:-$repo/build}/kreide
files=$repo/tests/fixtures/import
home=$dir/home
export LC_ALL=C KR_HOME=$home
passed=0 failed=0
. "$repo/tests/lib/expect.sh"

# Whatever is done to the tables shows in this.
state() {
	mariadb --no-defaults --socket="$dir/mysql.sock" -N -e "CHECKSUM TABLE
		kreide.core_person, kreide.core_group, kreide.core_membership,
		kreide.core_my_group, kreide.core_import, kreide_auth.code" | md5sum
}

unchanged() { # NAME BEFORE
	if [ "$2" = "$(state)" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $1: the tables have changed"
	fi
}

plan() { printf '^\\{"new":%s,"changed":%s,"moved":%s,"leavers":%s,"errors":\\[\\]\\}$' "$@"; }

mkdir -p "$home/etc" "$home/run" "$home/secret" "$home/sig" "$home/log"
ln -s "$dir/mysql.sock" "$home/run/mysql.sock"

# ── nothing there yet ──
expect "help" 0 '^usage: kreide' "$K" --help
expect "no command" 2 '^usage: kreide' "$K"
expect "no command: says so" 2 'which command' "$K"
expect "unknown command" 2 'no such command' "$K" frobnicate
expect "unknown option before the command" 2 '--frob: there is no such option' "$K" --frob
expect "--home without a folder" 2 '--home: the value is missing' "$K" --home
expect "half a command" 2 'something is missing' "$K" module open
expect "a program is told, too" 2 '^\{"code":"core.cli.words_missing","message":"[^"]+"\}$' \
	"$K" --json module open
for command in serve check migrate import module user demo init certificate status doctor \
	audit backup restore routes docs; do
	expect "$command --help" 0 "^usage: kreide .*$command" "$K" "$command" --help
	expect "$command --nonsense" 2 'no such option' "$K" "$command" --nonsense
	expect "$command has a man page" 0 "kreide $command" \
		sed -n '/^\.Sh NAME/,/^\.Sh SYN/p' core/cli/man/"kreide-$command.1"
done
expect "German" 0 '^Aufruf: kreide' env LC_ALL=de_DE.UTF-8 "$K" --help
expect "no instance" 4 'no usable instance' "$K" --home "$dir/nowhere" status
expect "docs without an instance" 0 '^## Routes' "$K" --home "$dir/nowhere" docs

cat >"$home/etc/kreide.conf" <<CONF
mode = demo
name = Testschule
scheme = http
host = localhost
port = 9
CONF
expect "no passwords yet" 4 'First: kreide migrate' "$K" user list
expect "migrate" 0 'up to date' "$K" migrate
expect "migrate again" 0 '^The database is up to date' "$K" migrate
expect "migrate --json" 0 '^\{"migrated":true\}$' "$K" migrate --json

# ── import ──
expect "import: usage" 2 'usage: kreide import' "$K" import "$files/pupils-1200.csv"
expect "import: profile" 2 'no such profile' "$K" import x.csv --profile nobody
expect "import: no file" 1 'cannot be read' "$K" import "$dir/none.csv" --profile pupils
expect "import: dry run" 0 "$(plan 1200 0 0 0)" \
	"$K" import "$files/pupils-1200.csv" --profile pupils --dry-run --json
before=$(state)
expect "import: dry run again" 0 'nothing was changed' \
	"$K" import "$files/pupils-1200.csv" --profile pupils --dry-run
unchanged "dry run" "$before"
expect "import: 1,200 pupils" 0 "$(plan 1200 0 0 0)" \
	"$K" import "$files/pupils-1200.csv" --profile pupils --json --codes "$dir/codes.csv"
expect "codes: one each" 0 '^1201$' sh -c "wc -l <'$dir/codes.csv'"
expect "codes: private" 0 '^600$' stat -c %a "$dir/codes.csv"
expect "codes: form" 0 '"anna-lena.mueller-luedenscheidt";"([0-9A-Z]{4}-){3}[0-9A-Z]{4}"$' \
	cat "$dir/codes.csv"
expect "import: 95 teachers" 0 '95 activation codes are in .*/codes/teachers-' \
	"$K" import "$files/teachers-95.csv" --profile teachers
expect "accounts are numbered" 0 '^max\.schmidt2 ' "$K" user list --role pupil
expect "48 classes" 4 '"classes":48' "$K" status --json
before=$(state)
expect "import: again" 0 "$(plan 0 0 0 0)" \
	"$K" import "$files/pupils-1200.csv" --profile pupils --json
unchanged "the same file" "$before"
# A file of the same people in another form is the same file.
iconv -f WINDOWS-1252 -t UTF-8 "$files/pupils-1200.csv" | tr -d '\r' >"$dir/utf8.csv"
iconv -f WINDOWS-1252 -t UTF-16LE "$files/pupils-1200.csv" |
	{ printf '\377\376'; cat; } >"$dir/utf16.csv"
for form in utf8 utf16; do
	expect "import: $form" 0 "$(plan 0 0 0 0)" \
		"$K" import "$dir/$form.csv" --profile pupils --json
done
for bad in "$files"/bad-*.csv; do
	expect "import: $(basename "$bad")" 1 '"errors":\[\{"row":[0-9]+,"column":".*","message":"..' \
		"$K" import "$bad" --profile pupils --json
	expect "import: forced $(basename "$bad")" 1 'Nothing was changed' \
		"$K" import "$bad" --profile pupils --force
done
expect "import: nobody" 3 'The file holds no people' \
	"$K" import "$files/stop-header-only.csv" --profile pupils
head -n 900 "$dir/utf8.csv" >"$dir/few.csv"
expect "import: too many leave" 3 '301 people would leave' \
	"$K" import "$dir/few.csv" --profile pupils
truncate -s 1G "$dir/huge.csv"
expect "import: 1 GiB" 1 '"row":0,.*too large' \
	bash -c "ulimit -v 400000; exec '$K' import '$dir/huge.csv' --profile pupils --json"
expect "import: 1 GiB from a pipe" 1 '"row":0,.*too large' \
	bash -c "'$K' import /dev/stdin --profile pupils --json <'$dir/huge.csv'"
rm -f "$dir/huge.csv"
expect "import: one line of 5 MB" 1 '"row":2,.*too long' bash -c \
	"{ echo 'ID;Nachname;Vorname;Klasse'; head -c 5000000 /dev/zero | tr '\\0' x; } |
	'$K' import /dev/stdin --profile pupils --json"
unchanged "refused files" "$before"
expect "import: codes are not overwritten" 1 'File exists' bash -c \
	"printf 'ID;Nachname;Vorname\\nN1;Neu;Nele\\n' |
	'$K' import /dev/stdin --profile teachers --force --codes '$dir/codes.csv'"
unchanged "no place for codes" "$before"

# ── people ──
expect "user add" 0 '^\{"account":"joerg.vonoertz","code":"([0-9A-Z]{4}-){3}[0-9A-Z]{4}"\}$' \
	"$K" user add --given Jörg --family "von Örtz" --role teacher --group 7b --json
expect "user add: no role" 2 'roles are pupil' "$K" user add --given A --family B --role boss
expect "user add: no group" 1 'no such group' \
	"$K" user add --given A --family B --role pupil --group Nirgends
expect "user list" 0 'joerg.vonoertz +von Örtz, Jörg +teacher +7b +active' \
	"$K" user list --role teacher --group 7b
expect "user code" 0 '^account joerg.vonoertz, activation code ([0-9A-Z]{4}-){3}' \
	"$K" user code joerg.vonoertz
expect "user code: nobody" 1 'no such account' "$K" user code nobody
expect "user lock" 0 'is locked' "$K" user lock joerg.vonoertz
expect "user list: locked" 0 '"state":"locked"' "$K" user list --group 7b --json
expect "user unlock" 0 'is unlocked' "$K" user unlock joerg.vonoertz
expect "admin" 0 'activation code' "$K" user add --given E --family V --role admin
expect "the last administrator" 1 'last administrator' "$K" user lock e.v
expect "erase: shown first" 3 'core_membership +person_id +1 +row deleted' \
	"$K" user erase joerg.vonoertz
expect "erase: still here" 3 'still at the school' "$K" user erase joerg.vonoertz --yes
expect "erase: the last administrator" 1 'last administrator' "$K" user erase e.v --yes --now
expect "erase: nobody" 1 'no such account' "$K" user erase nobody --yes --now
expect "export" 0 'data.json and 0 files' \
	"$K" user export joerg.vonoertz --out "$dir/joerg.zip"
expect "export: private" 0 '^600$' stat -c %a "$dir/joerg.zip"
expect "export: not written over" 1 'File exists' \
	"$K" user export joerg.vonoertz --out "$dir/joerg.zip"
expect "export: no folder" 1 'No such file' \
	"$K" user export joerg.vonoertz --out "$dir/none/joerg.zip"
expect "erase" 0 '"erased":true,"rows":[1-9]' "$K" user erase joerg.vonoertz --yes --now --json
expect "erase: gone" 1 'no such account' "$K" user code joerg.vonoertz
expect "erase: an unused code is gone" 0 '^0$' mariadb --no-defaults \
	--socket="$dir/mysql.sock" -N -e "SELECT COUNT(*) FROM kreide_auth.code c
	LEFT JOIN kreide.core_person p ON p.id = c.person_id WHERE p.id IS NULL"
expect "audit verify" 0 '^The audit log is complete' "$K" audit verify
expect "audit: verify alone" 2 '^usage: kreide audit' "$K" audit seal

# ── modules ──
expect "module list" 0 '^tasks +closed' "$K" module list
expect "module open: for whom" 2 'For whom' "$K" module open tasks --decision x
expect "module open: decision" 2 'On which decision' "$K" module open tasks --roles pupil
expect "module open: day" 2 'not a day' \
	"$K" module open tasks --roles pupil --decision x --from morgen
expect "module open: group" 1 'no such group' \
	"$K" module open tasks --groups 7b,7z --decision x
expect "module open: unknown" 1 'no such module' \
	"$K" module open nothing --roles pupil --decision x
expect "module open: system" 1 'always open' \
	"$K" module open people --roles pupil --decision x
expect "module open" 0 'tasks is open' "$K" module open tasks --roles pupil,teacher \
	--groups 7b,7c --decision "Schulkonferenz vom 12.11.2026" --decided 12.11.2026
expect "module list: open" 0 \
	'"name":"tasks",.*"state":"open","roles":\["pupil","teacher"\],"groups":\["7b","7c"\]' \
	"$K" module list --json
expect "module close" 0 'Its data stays' "$K" module close tasks
expect "module close again" 1 'is not open' "$K" module close tasks

# ── the rest ──
expect "demo: not empty" 3 'needs an empty one' "$K" demo
expect "routes" 0 '^tasks +POST +/tasks/\{id\}/submit +tasks.submit +must' "$K" routes
expect "routes --nginx" 0 '"~\^POST /tasks/\[0-9\]\+/submit\$"  must-[0-9]+m;$' \
	"$K" routes --nginx
expect "docs" 0 '^\| `tasks_submission' "$K" docs
expect "docs --json" 0 '\{"right":"tasks.submit","what":"[^"]*","roles":"pupil"\}' "$K" docs --json
expect "status" 4 '^mariadb +answers' "$K" status
expect "doctor" 1 '^WRONG  Nobody answers on port 9' "$K" doctor
expect "doctor --json" 1 '"check":"database","level":"ok"' "$K" doctor --json
expect "certificate: not here" 3 'not get its certificate by ACME' "$K" certificate
sed -i 's/^mode = demo/mode = school/; s/^scheme = http/scheme = https/' "$home/etc/kreide.conf"
expect "demo: a real school" 3 'no demo accounts here' "$K" demo
expect "init: not empty" 3 'begins in an empty folder' bash -c "mkdir -p '$home/db/mysql' &&
	exec '$K' init --host schule.example --name Schule"
expect "init: host" 2 'not the host name' "$K" init --host Localhost --name Schule

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
