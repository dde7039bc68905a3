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

test_units() {
	local unit out
	for unit in kreide kreide-scan kreide-push; do
		# The programs are not installed where the tests run.
		sed 's|=\([-+!]*\)/usr/lib/kreide/[^ ]*|=\1/bin/true|' \
			"$REPO/conf/systemd/$unit.service" >"$DIR/$unit.service"
	done
	for unit in kreide kreide-scan kreide-push; do
		out=$(systemd-analyze verify --man=no "$DIR/$unit.service" 2>&1 |
			grep "$unit.service" | grep -v 'mariadb.service')
		is "$unit.service: nothing to complain" '' "$out"
	done
	exposure kreide-scan 6
	exposure kreide-push 15
	exposure kreide 26 # root to change accounts, and the network of jobs
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

if command -v systemd-analyze >/dev/null; then
	test_units
	test_accounts
else
	printf 'systemd is not here: its files are not tested\n'
fi
summary
