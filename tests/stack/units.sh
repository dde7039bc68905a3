#!/bin/bash
# The files for production: systemd reads them, and lets no service do more than it needs.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT

# exposure UNIT TENTHS: what systemd thinks a broken-in service could still do.
exposure() {
	local seen status=0
	seen=$(systemd-analyze security --offline=true --no-pager "$REPO/conf/systemd/$1.service" \
		2>&1 | sed -n 's/^.*exposure level.*: \([0-9]*\)\.\([0-9]\).*$/\1\2/p')
	[[ -n $seen ]] && ((10#$seen <= $2)) || status=1
	ok "$1: exposure at most $2 tenths" "$status" "$seen"
}

# members NAME: of a group of system calls, with those of the groups in it.
members() {
	local line
	while read -r line; do
		case $line in
		"$1" | '#'* | '') ;;
		@*) members "$line" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <(systemd-analyze syscall-filter "$1")
}

# What a unit lets through, word after word: the later one decides.
let_through() { # UNIT
	local line word name not
	local -A calls=()
	while read -r line; do
		not=''
		[[ $line != '~'* ]] || not=1
		for word in ${line#\~}; do
			if [[ $word != @* ]]; then
				printf '%s %s\n' "${not:-0}" "$word"
			else
				members "$word" | sed "s/^/${not:-0} /"
			fi
		done
	done < <(sed -n 's/^SystemCallFilter=//p' "$REPO/conf/systemd/$1.service") >"$DIR/calls"
	while read -r not name; do
		if ((not)); then unset "calls[$name]"; else calls[$name]=1; fi
	done <"$DIR/calls"
	printf '%s\n' "${!calls[@]}" | sort
}

# The house's own lists lie within systemd's, or a service would not even start.
test_calls() {
	local -a own=(seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
		prctl setrlimit clone)
	is 'kreide.service: lets through what core needs' '' "$({
		printf '%s\n' "${own[@]}" execve setgroups setresuid setresgid capset setpriority
		sed -n '/^static const int common/,/^static const int not_there/p' \
			"$REPO/core/proc/sandbox.c" | grep -o 'SCMP_SYS([a-z0-9_]*)' |
			sed 's/SCMP_SYS(//;s/)//'
	} | sort -u | comm -23 - <(let_through kreide))"
	is 'kreide-scan.service: lets through what the scanner needs' '' "$({
		printf '%s\n' "${own[@]}" memfd_create setrlimit
		grep -oE '\{ "[a-z0-9_]+", OK' "$REPO/core/scan/syscalls.c" | cut -d '"' -f 2
	} | sort -u | comm -23 - <(let_through kreide-scan))"
}

test_units() {
	local unit out
	for unit in kreide kreide-scan kreide-push kreide-backup; do
		# The programs are not installed where the tests run.
		sed 's|=\([-+!]*\)/usr/lib/kreide/[^ ]*|=\1/bin/true|' \
			"$REPO/conf/systemd/$unit.service" >"$DIR/$unit.service"
	done
	for unit in kreide kreide-scan kreide-push kreide-backup; do
		out=$(systemd-analyze verify --man=no "$DIR/$unit.service" 2>&1 |
			grep "$unit.service" | grep -v 'mariadb.service')
		is "$unit.service: nothing to complain" '' "$out"
	done
	exposure kreide-scan 6
	exposure kreide-push 15
	exposure kreide-backup 15
	exposure kreide 15
}

test_accounts() {
	local out
	mkdir -p "$DIR/root/etc"
	out=$(systemd-sysusers --root="$DIR/root" "$REPO/conf/sysusers/kreide.conf" 2>&1)
	ok 'sysusers' $? "$out"
	is 'accounts' 5 "$(grep -c '^kreide-' "$DIR/root/etc/passwd")"
	out=$(systemd-tmpfiles --dry-run --create "$REPO/conf/tmpfiles/kreide.conf" 2>&1) ||
		out=$(systemd-tmpfiles --root="$DIR/root" --create \
			"$REPO/conf/tmpfiles/kreide.conf" 2>&1)
	hasnt 'tmpfiles' "$out" 'Unknown'
}

# The frame for production takes what an instance is rendered to, and its routes.
test_nginx() {
	local out home=$DIR/home
	"$STACK" render --home "$home" --port 8443 >/dev/null
	out=$("$STACK" routes --home "$home" 2>&1)
	ok 'the routes are written without a server' $? "$out"
	has 'the routes: hand-ins' "$(cat "$home/etc/routes.conf")" '"~^POST /tasks/[0-9]+/submit$"  must-'
	has 'the routes: a whole address is looked up' "$(cat "$home/etc/routes.conf")" '"POST /login"  sign-256k;'
	sed "s|/var/lib/kreide/|$home/|; s|/var/log/kreide/|$DIR/|; s|/run/nginx.pid|$DIR/nginx.pid|
		s|^http {|&\nclient_body_temp_path $DIR/b; proxy_temp_path $DIR/p; fastcgi_temp_path $DIR/f; uwsgi_temp_path $DIR/u; scgi_temp_path $DIR/s;|" \
		"$REPO/conf/systemd/nginx.conf" >"$DIR/nginx.conf"
	out=$(PATH=$PATH:/usr/sbin nginx -t -q -e "$DIR/nginx.err" -c "$DIR/nginx.conf" 2>&1)
	ok 'systemd/nginx.conf: nginx takes it' $? "$out"
	is 'systemd/nginx.conf: one log' 1 "$(PATH=$PATH:/usr/sbin nginx -T -q -e "$DIR/nginx.err" -c "$DIR/nginx.conf" 2>/dev/null | grep -c '^[[:space:]]*access_log /')"
}

test_nginx
if command -v systemd-analyze >/dev/null; then
	test_units
	test_calls
	test_accounts
else
	printf 'systemd is not here: its files are not tested\n'
fi
summary
