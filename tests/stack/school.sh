#!/bin/bash
# A real school, as the README founds one: own certificate, first administrator, https, and
# what `kreide doctor` says about it. Its host names are known in a mount namespace of this
# test only, so it needs root.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if ((!ROOT)); then
	echo 'skipped: only root can give names to a school'
	summary
	exit
fi
if [[ -z ${KR_SCHOOL_HOSTS-} ]]; then
	KR_SCHOOL_HOSTS=$(mktemp) exec unshare -m "$BASH" "${BASH_SOURCE[0]}"
fi
mount --bind "$KR_SCHOOL_HOSTS" /etc/hosts || exit 1

DIR=$(mktemp -d)
chmod 755 "$DIR"
H=$DIR/home
PORT=$(free_port)
U=https://schule.example:$PORT
finish() {
	"$STACK" stop --home "$H" >/dev/null 2>&1
	rm -rf "$DIR" "$KR_SCHOOL_HOSTS"
}
trap finish EXIT
trap 'exit 1' INT TERM

kreide() { LC_ALL=C "$KREIDE_BUILD/kreide" --home "$H" "$@" 2>&1; }
found() { # CERTIFICATE
	kreide init --host schule.example --name 'Gesamtschule Beispiel' --port "$PORT" \
		--cert "$DIR/$1.pem" --key "$DIR/$1.key"
}
get() { curl -s -m 20 --cacert "$DIR/ca.pem" -b "$DIR/jar" -c "$DIR/jar" "$@"; }
code() { get -o /dev/null -w '%{http_code}' "$@"; }

authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -keyout "$DIR/ca.key" \
		-out "$DIR/ca.pem" -subj /CN=Test 2>/dev/null
}
certificate() { # NAME DAYS HOST...
	local to=$DIR/$1 days=$2 names
	shift 2
	names=$(printf ',DNS:%s' "$@")
	printf 'subjectAltName=%s\n' "${names#,}" >"$to.ext"
	openssl req -newkey rsa:2048 -nodes -keyout "$to.key" -out "$to.csr" -subj "/CN=$1" \
		2>/dev/null
	openssl x509 -req -in "$to.csr" -CA "$DIR/ca.pem" -CAkey "$DIR/ca.key" \
		-CAcreateserial -days "$days" -extfile "$to.ext" -out "$to.pem" 2>/dev/null
}

test_refused() {
	local out
	echo '127.0.0.1 localhost schule.example' >"$KR_SCHOOL_HOSTS"
	out=$(found both)
	is 'a name that nobody knows' 1 $?
	has 'says which name' "$out" 'content.schule.example is not known'
	echo '127.0.0.1 content.schule.example' >>"$KR_SCHOOL_HOSTS"
	out=$(found one)
	is 'a name that is not covered' 1 $?
	has 'says which name is not covered' "$out" 'does not cover content.schule.example'
	out=$(kreide init --host schule.example --name X --cert "$DIR/both.pem" --key "$DIR/one.key")
	has 'another key' "$out" 'does not fit the certificate'
	out=$(kreide init --host schule.example --name X --cert "$DIR/both.pem")
	is 'a certificate without a key' 2 $?
	ok 'nothing has been made' "$([[ ! -e $H ]]; echo $?)"
}

test_founded() {
	local out
	out=$(found both)
	ok 'founded' $? "$out"
	CODE=$(sed -n 's/.*activation code \([0-9A-Z-]*\).*/\1/p' <<<"$out")
	has 'says where the code is entered' "$out" "$U/activate"
	out=$(found both)
	is 'not a second time' 3 $?
	out=$("$STACK" start --home "$H" 2>&1)
	ok 'it starts' $? "$out"
	has 'it is ready' "$out" "Kreide is ready: $U"
	is 'one administrator, nobody of the demo' 'erste.verwaltung' \
		"$(kreide user list | sed 1d | cut -d ' ' -f 1)"
	out=$(kreide demo)
	is 'no demo accounts' 3 $?
	is 'its name' 200 "$(code "$U/login")"
	is 'another name' 421 "$(code -k --connect-to "::127.0.0.1:$PORT" "https://localhost:$PORT/login")"
	is 'files of people have a name of their own' 404 \
		"$(code "https://content.schule.example:$PORT/login")"
}

# What only https gives: the certificate counts, and cookies are for this host alone.
test_door() {
	local seen
	is 'the key is closed' 600 "$(stat -c %a "$H/etc/key.pem")"
	seen=$(curl -s -m 20 --cacert "$DIR/ca.pem" -D - -o /dev/null "$U/login")
	has 'HTTP/2' "$seen" 'HTTP/2 200'
	has 'HSTS' "$seen" 'strict-transport-security: max-age=31536000; includeSubDomains'
	has 'cookies: for this host alone' "$seen" 'set-cookie: __Host-krp='
	ok 'cookies: never over http, never to scripts' \
		"$(grep -i '^set-cookie' <<<"$seen" | grep -qvi 'httponly.*secure\|secure.*httponly' && echo 1 || echo 0)" "$seen"
	curl -s -m 20 -o /dev/null "$U/login"
	is 'a browser that does not know the authority refuses' 60 $?
	is 'names of demos are not served' 421 \
		"$(code -k --connect-to "::127.0.0.1:$PORT" "https://kreide.localhost:$PORT/login")"
	is 'plain HTTP: sent to https' 308 "$(code "http://schule.example:$PORT/")"
}

# hidden FILE NAME: the value of a hidden field
hidden() { sed -n "s/.*name=\"$2\" value=\"\([^\"]*\)\".*/\1/p" "$1" | head -n 1; }
send() { # FIELD=VALUE...: the form in $DIR/page, with these
	local name
	local -a fields=()
	for name in _csrf _nonce step code; do
		fields+=(--data-urlencode "$name=$(hidden "$DIR/page" "$name")")
	done
	for name; do fields+=(--data-urlencode "$name"); done
	get -o "$DIR/page" -w '%{http_code}' -H 'Sec-Fetch-Site: same-origin' -H "Origin: $U" \
		"${fields[@]}" "$U/activate"
}

test_activation() {
	is 'the page for codes' 200 "$(get -o "$DIR/page" -w '%{http_code}' "$U/activate")"
	sed -i 's/name="code"[^>]*//' "$DIR/page" # that one is not hidden
	is 'the code is accepted' 200 "$(send "code=$CODE" | tail -c 3)"
	has 'it asks for a password' "$(<"$DIR/page")" 'erste.verwaltung'
	is 'signed in' 303 "$(send 'password=Drei Birken am Deich 7' 'password2=Drei Birken am Deich 7')"
	is 'the administrator is in' 200 "$(code "$U/modules")"
	has 'signed in for this host alone' "$(<"$DIR/jar")" $'\t__Host-kr\t'
	rm "$DIR/jar"
	get -o "$DIR/page" "$U/activate"
	sed -i 's/name="code"[^>]*//' "$DIR/page"
	is 'the code is used up' 422 "$(send "code=$CODE" | tail -c 3)"
}

# says NAME WORDS: one line of the doctor, and that it counts as wrong
says() {
	local out
	out=$(kreide doctor)
	is "doctor, $1: something is wrong" 1 $?
	has "doctor, $1" "$(grep '^WRONG' <<<"$out")" "$2"
}

test_doctor() {
	local out
	says signatures "no virus signatures: files stay in quarantine. Remedy: freshclam --datadir=$H/sig"
	says backup 'no backup yet'
	"$KREIDE_BUILD/kreide-scan" --write-test-signatures "$H/sig" >/dev/null
	touch "$H/etc/backup.stamp"
	out=$(kreide doctor)
	is 'doctor: all is well' 0 $?
	has 'doctor: says so' "$out" 'Nothing is wrong.'
	touch -d '-9 days' "$H"/sig/*
	says 'old signatures' 'signatures in days: 9'
	touch "$H"/sig/*
	touch -d '-3 days' "$H/etc/backup.stamp"
	says 'old backup' 'backup in days: 3'
	touch "$H/etc/backup.stamp"
	cp "$H/etc/cert.pem" "$DIR/keep.pem"
	cp "$DIR/soon.pem" "$H/etc/cert.pem"
	cp "$H/etc/key.pem" "$DIR/keep.key"
	says 'another key' 'does not fit the certificate'
	cat "$DIR/soon.key" >"$H/etc/key.pem"
	says 'end of the certificate' 'days left: 4'
	cat "$DIR/one.pem" >"$H/etc/cert.pem"
	says 'name not covered' 'does not cover content.schule.example'
	cat "$DIR/keep.pem" >"$H/etc/cert.pem"
	cat "$DIR/keep.key" >"$H/etc/key.pem"
	mariadb --no-defaults --socket="$H/run/mysql.sock" \
		-e 'SET GLOBAL innodb_flush_log_at_trx_commit = 0'
	says 'settings of the database' 'innodb_flush_log_at_trx_commit must be 1'
	echo '127.0.0.1 localhost' >"$KR_SCHOOL_HOSTS"
	says names 'schule.example is not known'
}

authority
certificate both 90 schule.example content.schule.example
certificate soon 5 schule.example content.schule.example
certificate one 90 schule.example
test_refused
test_founded
test_door
test_activation
test_doctor
summary
