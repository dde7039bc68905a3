#!/bin/bash
# Tries kreide-scan from outside: every kind of file, every kind of client, and every way
# to lose a process; once as root with dropped privileges, once as an ordinary user.
# KREIDE_SCAN names a program that is already built; without it one is built here, with
# CC and CFLAGS.
# shellcheck disable=SC2016,SC2086
set -u
export ASAN_OPTIONS=detect_leaks=0 # the leak checker needs what the sandbox refuses
cd "$(dirname "$0")/../.." || exit 1

passed=0 failed=0 pid='' mode=''
T=$(mktemp -d) || exit 1
chmod 755 "$T"

end() {
	[ -n "$pid" ] && kill -9 "$pid" 2>/dev/null
	rm -rf "$T"
}
[ -n "${KEEP:-}" ] || trap end EXIT

check() { # name, expected (a pattern), actual
	# shellcheck disable=SC2053
	if [[ $3 == $2 ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $mode $1: expected '$2', got '$3'"
	fi
}

flags="-std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -fstack-protector-strong ${CFLAGS:-}"
libs="-lclamav -lmagic -larchive -lz -lseccomp"
compile() { # output, then what
	local out=$1
	shift
	"${CC:-gcc}" $flags -o "$T/$out" "$@" $libs || exit 1
}
compile scan-test -DKR_TEST core/scan/*.c
compile mkfiles tests/scan/mkfiles.c core/scan/signatures.c core/scan/util.c
compile ask tests/scan/ask.c core/scan/client.c
if [ -n "${KREIDE_SCAN:-}" ]; then
	cp "$KREIDE_SCAN" "$T/scan"
else
	compile scan core/scan/*.c
fi
scan=$T/scan

mkdir "$T/files"
"$T/mkfiles" "$T/files" || exit 1
(cd "$T/files" && zip -q -P geheim locked.zip text.txt && zip -q -P geheim locked2.zip \
	eicar.com && head -c 3000000 /dev/urandom >random && zip -q plain.zip random text.txt \
	dot.png && truncate -s 100M big)

# ── starting and asking ──

kids() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
engine() { kids "$pid" | cut -d' ' -f1; }
scans() { kids "$(engine)" | wc -w; }
fds() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }

start() { # options
	rm -f "$D/ready"
	mkfifo -m 666 "$D/ready"
	$as "$scan" --socket "$D/s" --signatures "$D/sig" --ready-fd 9 $opts "$@" \
		9>"$D/ready" 2>>"$D/log" &
	pid=$!
	read -r -t 20 _ <"$D/ready" || [ "${quiet:-}" = 1 ] || echo "FAIL $mode: no start"
}
stop() {
	local from to
	from=$(date +%s%N)
	kill -TERM "$pid"
	wait "$pid"
	stopped=$?
	to=$(date +%s%N)
	took=$(((to - from) / 1000000))
	pid=''
}
ask() { "$T/ask" ask "$D/s" "${ms:-20000}" "${@/#/$T/files/}"; }
bad() { "$T/ask" bad "$1" "$D/s" "$T/files/${2:-text.txt}"; }
verdict() { # file, expected "verdict what type"
	local line
	line=$(ask "$1")
	check "$1" "$1 $2" "$line"
}
wait_for() { # seconds, then a command that must come true
	local tries=$((${1} * 20))
	shift
	until "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}
logged() { grep -q "$1" "$D/log"; }
signatures() {
	$as "$scan" --write-test-signatures "$D/sig"
	chmod 755 "$D/sig"
}

# ── what it says about files ──

test_files() {
	local f office=application/vnd.openxmlformats-officedocument
	signatures
	start
	verdict text.txt "clean - text/plain"
	verdict empty.txt "clean - *x-empty"
	verdict number.txt "clean - *"
	verdict dot.png "clean - image/png"
	for f in plain.pdf quiet.pdf quiet2.pdf; do
		verdict $f "clean - application/pdf"
	done
	for f in script.pdf script2.pdf script3.pdf script4.pdf script5.pdf \
		script6.pdf script7.pdf script8.pdf; do
		verdict $f "clean - application/x-pdf-script"
	done
	verdict letter.docx "clean - $office.wordprocessingml.document"
	verdict letter.odt "clean - application/vnd.oasis.opendocument.text"
	for f in text.zip plain.zip windows.zip cp850.zip none.zip ten.zip one.zip depth1.zip \
		depth4.zip; do
		verdict $f "clean - application/zip"
	done
	verdict text.7z "clean - application/x-7z-compressed"
	for f in eicar.com eicar.zip eicar2.zip eicar3.zip eicar.tar.gz eicar.tar.xz \
		eicar.tar.zst eicar.gz eicar.7z eicar.iso eicar.rar eicar-behind.zip \
		eicar-cut.zip eicar-more.txt; do
		verdict $f "infected Kreide.Test.Eicar*"
	done
	for f in locked.zip locked2.zip locked-aes.zip locked.rar; do
		verdict $f "encrypted encrypted-archive *"
	done
	for f in locked.docx locked.odt locked.pdf; do
		verdict $f "encrypted encrypted-document *"
	done
	verdict ratio.zip "bomb ratio *"
	verdict ratio.gz "bomb ratio *"
	verdict nested.zip "bomb ratio *"
	verdict overlap.zip "bomb overlap *"
	verdict sparse.tar "bomb total *"
	verdict entries.zip "bomb entries *"
	verdict depth5.zip "bomb depth *"
	verdict link.zip "bomb link *"
	verdict hardlink.tar "bomb link *"
	verdict device.tar "bomb special *"
	for f in slip.zip slip-win.zip absolute.zip drive.zip longname.zip; do
		verdict $f "bomb name *"
	done
	verdict damaged.docx "not-scanned damaged-archive *"
	check "nothing left in tmp" 0 "$(find "$D/s.tmp" -mindepth 1 | wc -l)"
	check "no file names in the log" "" "$(grep -E 'eicar\.|letter|slip' "$D/log")"
	check "log lines" 0 "$(grep -cvE '^time=[0-9TZ:-]+ level=[a-z]+ event=[a-z_]+ ' "$D/log")"
	stop
	start --max-file 1
	verdict plain.zip "not-scanned too-big application/zip"
	stop
	start --memory 64
	verdict text.txt "clean *"
	verdict big "not-scanned memory *"
	stop
}

# ── what it is allowed to do ──

test_rights() {
	local p status
	start
	for p in "$pid" "$(engine)"; do
		status=$(cat "/proc/$p/status")
		check "no new privileges" "*NoNewPrivs:	1*" "$status"
		check "seccomp" "*Seccomp:	2*" "$status"
		check "no capabilities" "*CapEff:	0000000000000000*" "$status"
		check "not root" 0 "$(grep -cE '^[UG]id:.*[[:space:]]0([[:space:]]|$)' "/proc/$p/status")"
	done
	check "socket" "660 socket" "$(stat -c '%a %F' "$D/s")"
	check "tmp is private" 700 "$(stat -c %a "$D/s.tmp")"
	check "second scanner refused" "*another scanner*" \
		"$($as "$scan" --socket "$D/s" --signatures "$D/sig" $opts 2>&1)"
	verdict text.txt "clean *"
	stop
}

# ── signatures come and go ──

test_signatures() {
	rm -rf "$D/sig"
	$as mkdir "$D/sig"
	start --check 1
	verdict text.txt "not-scanned no-database text/plain"
	verdict eicar.com "not-scanned no-database *"
	verdict ratio.zip "bomb ratio *"
	verdict locked.zip "encrypted *"
	: >"$D/log"
	signatures
	check "new signatures noticed" 0 "$(wait_for 5 logged 'signatures=2' && echo 0)"
	verdict eicar.com "infected *"
	echo 'this is no signature' | $as tee "$D/sig/broken.ndb" >/dev/null
	check "broken ones noticed" 0 "$(wait_for 5 logged 'reload_failed' && echo 0)"
	verdict eicar.com "infected *"
	verdict text.txt "clean *"
	: >"$D/log"
	rm -f "$D"/sig/*
	check "vanished ones noticed" 0 \
		"$(wait_for 5 logged no-database && echo 0)"
	verdict eicar.com "infected *"
	stop
	echo 'this is no signature' | $as tee "$D/sig/broken.ndb" >/dev/null
	start
	verdict text.txt "not-scanned bad-database text/plain"
	rm -f "$D/sig/broken.ndb"
	signatures
	: >"$D/log"
	kill -HUP "$pid"
	check "HUP loads" 0 "$(wait_for 5 logged 'signatures=2' && echo 0)"
	verdict eicar.com "infected *"
	local old
	old=$(engine)
	for _ in 1 2 3 4 5 6; do
		kill -HUP "$pid"
		ask eicar.com >>"$D/during"
	done
	check "no gap while loading" 6 "$(grep -c infected "$D/during")"
	wait_for 5 eval '[ "$(kids "$pid" | wc -w)" = 1 ]'
	check "one engine in the end" 1 "$(kids "$pid" | wc -w)"
	check "and a new one" 1 "$([ "$(engine)" != "$old" ] && echo 1)"
	stop
	rm -rf "$D/sig"
	start
	verdict text.txt "not-scanned no-database *"
	stop
	signatures
}

# ── processes die ──

test_deaths() {
	local old line
	scan=$T/scan-test
	export KR_SCAN_TEST_DELAY_MS=3000
	start --timeout 30
	line=$(ask text.txt) & # answered later
	ask text.txt >"$D/answer" &
	wait_for 5 eval '[ "$(scans)" -ge 2 ]'
	for p in $(kids "$(engine)"); do kill -9 "$p"; done
	wait_for 2 test -s "$D/answer"
	check "scan killed" "text.txt not-scanned crash -" "$(cat "$D/answer")"
	check "broker lives" "$pid" "$([ -d "/proc/$pid" ] && echo "$pid")"
	ask text.txt >"$D/answer" &
	wait_for 5 eval '[ "$(scans)" -ge 1 ]'
	old=$(engine)
	kill -9 "$old"
	wait_for 2 test -s "$D/answer"
	check "engine killed" "text.txt not-scanned crash -" "$(cat "$D/answer")"
	wait_for 5 eval '[ -n "$(engine)" ]'
	wait_for 5 eval '[ "$(scans)" = 0 ]'
	ask text.txt >"$D/answer"
	check "another engine" "text.txt clean - text/plain" "$(cat "$D/answer")"
	# leaving cancels
	bad quit
	wait_for 2 eval '[ "$(scans)" = 0 ]' # by itself after 3 s
	check "scan cancelled" 0 "$(scans)"
	# stopping does not wait for a scan, and says so
	ask text.txt >"$D/answer" &
	wait_for 5 eval '[ "$(scans)" -ge 1 ]'
	old=$(kids "$(engine)")
	stop
	check "ends at once" 1 "$((took < 2500))"
	check "with status" 0 "$stopped"
	wait_for 1 test -s "$D/answer"
	check "and says so" "text.txt not-scanned stopping -" "$(cat "$D/answer")"
	gone() { local p; for p in $old; do [ ! -d "/proc/$p" ] || return 1; done; }
	wait_for 2 gone # one that has ended waits for somebody to look
	check "nothing stays" "" "$(for p in $old; do [ -d "/proc/$p" ] && echo "$p"; done)"
	start --timeout 1
	check "too slow" "text.txt not-scanned timeout -" "$(ask text.txt)"
	stop
	unset KR_SCAN_TEST_DELAY_MS
	for probe in fork socket exec kill read write abort; do
		KR_SCAN_TEST_PROBE=$probe start
		check "a scan may not $probe" "text.txt not-scanned crash -" "$(ask text.txt)"
		check "after $probe" "$pid" "$([ -d "/proc/$pid" ] && echo "$pid")"
		stop
	done
	KR_SCAN_TEST_PROBE=spin start --timeout 1
	check "a scan may not spin" "text.txt not-scanned timeout -" "$(ask text.txt)"
	stop
	KR_SCAN_TEST_PROBE=eat start --memory 200
	check "a scan may not eat" "text.txt not-scanned crash -" "$(ask text.txt)"
	stop
	scan=$T/scan
}

# ── bad clients ──

test_clients() {
	local m before after from idle
	start
	for m in short long junk nofd three version flags ext endless; do
		check "request: $m" "not-scanned bad-request" "$(bad $m)"
	done
	for m in pipe dir path wronly; do
		check "request: $m" "not-scanned not-a-file" "$(bad $m)"
	done
	check "request: size" "not-scanned size-mismatch" "$(bad size)"
	bad hang >"$D/hang" &
	"$T/ask" idle "$D/s" 100 &
	idle=$!
	verdict text.txt "clean *"
	wait "$idle"
	check "and a hundred who say nothing were there" 0 $?
	before=$(fds "$pid")
	check "fifty at once" 50 "$("$T/ask" many "$D/s" 50 "$T/files/eicar.zip")"
	wait_for 7 test -s "$D/hang"
	check "silent client dropped" "not-scanned bad-request" "$(cat "$D/hang")"
	before=$(fds "$pid")
	fds "$(engine)" >"$D/fds"
	for m in junk nofd three pipe dir version quit; do bad $m >/dev/null; done
	ask eicar3.zip ratio.zip locked.pdf damaged.docx >/dev/null
	"$T/ask" many "$D/s" 20 "$T/files/text.txt" >/dev/null
	wait_for 2 eval '[ "$(fds "$pid")" = "'"$before"'" ]'
	after=$(fds "$pid")
	check "no descriptor leaks" "$before $(cat "$D/fds")" "$after $(fds "$(engine)")"
	# a scanner that does not answer at all
	kill -STOP "$pid"
	from=$(date +%s%N)
	check "deadline" "text.txt error 110" "$(ms=300 ask text.txt)"
	check "deadline kept" 1 "$((($(date +%s%N) - from) / 1000000 < 3000))"
	kill -CONT "$pid"
	verdict text.txt "clean *"
	stop
	check "no scanner" "text.txt error 111" "$(ask text.txt)"
}

# ── many at once ──

test_fairness() {
	local most=0 n
	scan=$T/scan-test
	KR_SCAN_TEST_DELAY_MS=200 start
	"$T/ask" many "$D/s" 24 "$T/files/eicar.com" >"$D/many" &
	local many=$!
	wait_for 5 eval '[ "$(scans)" -ge 3 ]'
	for _ in 1 2 3 4 5 6 7 8; do
		n=$(scans)
		((n > most)) && most=$n
		sleep 0.02
	done
	check "three at a time" 3 "$most"
	if [ "$(id -u)" = 0 ]; then
		# the other one must not wait for all twenty-four
		setpriv --reuid=1234 --regid="$(stat -c %g "$D/s")" --clear-groups \
			"$T/ask" ask "$D/s" 5000 "$T/files/text.txt" >"$D/other"
		check "another uid is served" "text.txt clean *" "$(cat "$D/other")"
		check "before the many" "" "$(cat "$D/many")"
	fi
	wait "$many"
	check "all are served" 24 "$(cat "$D/many")"
	stop
	scan=$T/scan
}

suite() { # mode, how to start
	mode=$1
	D=$T/$1
	mkdir -p "$D"
	[ "$2" = "$T/none" ] || chown "$2" "$D"
	test_files
	test_rights
	test_signatures
	test_deaths
	test_clients
	test_fairness
}

mode=source
check "EICAR is nowhere in the source" 0 "$(cat core/scan/* tests/scan/*.c | grep -c "$(tr -d ' \n' <<<'EICAR-STAND ARD-ANTI')")"
check "nor in the program" 0 "$(grep -c "$(tr -d ' ' <<<'EICAR-STAND ARD')" "$T/scan")"
check "nor the test hooks" 0 "$(grep -c KR_SCAN_TEST "$T/scan")"

if [ "$(id -u)" = 0 ]; then
	as='' user=nobody
	id kreide-scan >/dev/null 2>&1 && user=kreide-scan
	opts="--user $user --group $(id -gn "$user")"
	check "root without --user is refused" "*no_user*" \
		"$("$scan" --socket "$T/x" --signatures "$T/sig" 2>&1)"
	suite root "$user"
	as="setpriv --reuid=nobody --regid=nogroup --clear-groups" opts=''
	suite user nobody
else
	as='' opts=''
	suite user "$T/none"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
