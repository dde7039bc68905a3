#!/bin/bash
# The stack's life: starting, stopping in every way, being killed, side by side, logs.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$(mktemp -d)
chmod 755 "$DIR" # ours, so that the accounts of the services can pass
H=$DIR/home
PORT=$(free_port)
U=http://localhost:$PORT
HOMES=("$H")
TEST_USER=nobody

finish() {
	local home
	for home in "${HOMES[@]}"; do
		[[ ! -d $home/etc ]] || "$STACK" drop --home "$home" >/dev/null 2>&1
	done
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM

code() { curl -s -o /dev/null -m 10 -w '%{http_code}' "$@"; }
sql() {
	mariadb --no-defaults --socket="$(realpath "$H/run")/mysql.sock" -N -B -e "$1" 2>&1
}
record() { cut -d ' ' -f 1 "$H/sv/.$1.proc" 2>/dev/null; } # process of a service

# begin OUT COMMAND...: in the background with a session of its own, like a terminal's;
# returns when ready or ended. BEGUN is its process (and process group), TOOK the time.
begin() {
	local out=$1 from
	shift
	from=$(ms)
	: >"$out"
	setsid "$@" >"$out" 2>&1 </dev/null &
	BEGUN=$!
	wait_until 90 eval "grep -q 'is ready' '$out' || ! kill -0 $BEGUN 2>/dev/null"
	TOOK=$(($(ms) - from))
	grep -q 'is ready' "$out"
}
run_it() { begin "$DIR/out" "$STACK" run --home "$H" --port "$PORT" --no-demo; }

# within NAME MS TOOK: no longer than that, on a machine of its own.
within() {
	local status=0 limit=$2
	(($3 <= limit)) || limit=$(crowded "$2")
	(($3 <= limit)) || status=1
	ok "$1" "$status" "$3 ms of $limit"
	return "$status"
}

# nothing_left NAME HOME: no process of it two seconds from now.
nothing_left() {
	local from
	from=$(ms)
	wait_until 20 nobody "$2"
	within "$1: nothing is left" 2000 $(($(ms) - from)) ||
		people "$2" | xargs -r ps -f -p | sed 's/^/       /'
}

# ended NAME: the stack has ended within 10 s of now, and nothing is left of it.
ended() {
	local from
	from=$(ms)
	wait_until 60 eval "! kill -0 $BEGUN 2>/dev/null"
	within "$1: within 10 s" 10000 $(($(ms) - from))
	wait "$BEGUN" 2>/dev/null
	ENDED=$?
	nothing_left "$1" "$(realpath "$H")"
	is "$1: the port is free" 000 "$(code "$U/healthz")"
}

test_first_start() {
	run_it
	ok 'first start' $? "$(<"$DIR/out")"
	is 'the last line' "Kreide is ready: $U" "$(tail -n 1 "$DIR/out")"
	is 'health' 200 "$(code "$U/healthz")"
	is 'unknown host' 421 "$(code "$U/" -H 'Host: x.example')"
	"$STACK" status --home "$H" >/dev/null
	ok 'status' $?
	sql 'CREATE DATABASE stack_test; CREATE TABLE stack_test.t (i INT PRIMARY KEY);
		INSERT INTO stack_test.t VALUES (42)' >/dev/null
	is 'database: what core insists on' '1 1 ON 0' "$(sql 'SELECT
		@@innodb_flush_log_at_trx_commit, @@sync_binlog,
		IF(@@innodb_snapshot_isolation, "ON", "OFF"), @@local_infile' | tr '\t' ' ')"
	is 'database: no network' 1 "$(sql 'SELECT @@skip_networking')"
	is 'sockets of core are nginx'\''s alone' 660 \
		"$(stat -c %a "$(realpath "$H/run")/web-page.sock")"
}

test_one_at_a_time() {
	local out
	out=$("$STACK" run --home "$H" --port "$PORT" 2>&1 </dev/null)
	is 'started twice: refused' 1 $?
	has 'started twice: a sentence' "$out" 'already running'
	out=$("$STACK" run --home "$DIR/other" --port "$PORT" 2>&1 </dev/null)
	is 'port taken: refused' 1 $?
	has 'port taken: a sentence' "$out" "port $PORT is taken"
	rm -rf "$DIR/other"
	out=$("$STACK" run --home "$DIR/other" --port 99999 2>&1)
	is 'no such port' 1 $?
	out=$("$STACK" run --home "$DIR/a;b" --port "$PORT" 2>&1)
	has 'a folder that nginx cannot take' "$out" 'character'
}

# core_is_confined ACCOUNT: each child of core's master runs as that account (%s: its own
# kind: web, auth, jobs), can gain no rights, and is bound to its list of system calls.
core_is_confined() {
	local master pid name kind seen kinds=' '
	master=$(cat "$(realpath "$H/run")/kreide.pid")
	seen=$(<"/proc/$master/status")
	has 'master: no rights to gain' "$seen" $'NoNewPrivs:\t1'
	has 'master: bound to its system calls' "$seen" $'Seccomp:\t2'
	for pid in $(pgrep -P "$master"); do
		name=$(<"/proc/$pid/comm") kind=web
		case $name in
		kreide-auth | kreide-jobs) kind=${name#kreide-} ;;
		kreide-keys) kind=auth ;; # the same door, for what is known without a password
		esac
		kinds+="$name "
		seen=$(<"/proc/$pid/status")
		# shellcheck disable=SC2059 # the account is the format
		is "$name: whose it is" "$(printf "$1" "$kind")" "$(stat -c %U "/proc/$pid")"
		has "$name: no rights of root" "$seen" $'CapEff:\t0000000000000000'
		has "$name: none to be had" "$seen" $'CapPrm:\t0000000000000000'
		has "$name: none to gain" "$seen" $'NoNewPrivs:\t1'
		has "$name: bound to its system calls" "$seen" $'Seccomp:\t2'
	done
	for name in page save slow must auth jobs; do
		has "processes: $name is there" "$kinds" " kreide-$name "
	done
}

test_uids() {
	if ((!ROOT)); then
		core_is_confined "$(id -un)"
		return
	fi
	local name pid
	for name in mariadb:mysql scan:kreide-scan; do
		pid=$(record "${name%:*}")
		is "$name" "${name#*:}" "$(stat -c %U "/proc/$pid")"
		has "$name: no rights of root" "$(<"/proc/$pid/status")" \
			$'CapEff:\t0000000000000000'
		has "$name: none to gain" "$(<"/proc/$pid/status")" $'NoNewPrivs:\t1'
	done
	for name in nginx push; do
		pid=$(pgrep -P "$(record "$name")" | head -n 1)
		is "$name: worker" www-data "$(stat -c %U "/proc/$pid")"
	done
	core_is_confined 'kreide-%s'
	name=$(stat -c %U "/proc/$(record kreide)")
	is 'master: root, to give others their accounts' root "$name"
	has 'no core dumps' "$(grep 'Max core' "/proc/$(record kreide)/limits")" ' 0  '
}

# Beside its streams a process of core has sockets open, of which it listens on one, and
# nothing that its master or who started that has. Who is not root cannot look: the
# processes keep themselves from being traced.
test_descriptors() {
	((ROOT)) || return 0
	local pid fd what odd='' heard=() listening own
	listening=" $(awk '$4 == "00010000" {print $7}' /proc/net/unix | tr '\n' ' ') "
	for pid in $(pgrep -P "$(record kreide)"); do
		own=0
		for fd in "/proc/$pid/fd"/*; do
			what=$(readlink "$fd") || continue
			[[ ${fd##*/} -gt 2 && $what != /dev/null ]] || continue
			[[ $what == socket:* || $what == anon_inode:\[eventpoll\] ]] || odd+=" $(<"/proc/$pid/comm"):$what"
			what=${what#socket:[} what=${what%]}
			[[ $listening != *" $what "* ]] || own=$((own + 1))
		done
		heard+=("$(<"/proc/$pid/comm"):$own")
	done
	is 'no descriptor of somebody else' '' "$odd"
	is 'each listens on one socket, jobs on none' \
		'kreide-auth:1 kreide-jobs:0 kreide-keys:1 kreide-must:1 kreide-page:1 kreide-save:1 kreide-sign:1 kreide-slow:1' \
		"$(printf '%s\n' "${heard[@]}" | sort -u | tr '\n' ' ' | sed 's/ $//')"
}

test_order() {
	local name seen='' left until pass pids=()
	# From the last to the first: who ended before another is looked at after it.
	for name in mariadb scan kreide push nginx; do
		pids+=("$name:$(record "$name")")
	done
	kill -INT -- "-$BEGUN" # Ctrl-C: to the whole group
	left=${pids[*]} until=$(($(ms) + 12000))
	while [[ -n ${left// /} ]] && (($(ms) < until)); do
		pass=''
		for name in $left; do
			kill -0 "${name#*:}" 2>/dev/null || { pass=" ${name%:*}$pass" && left=${left/$name/}; }
		done
		seen+=$pass
	done
	is 'Ctrl-C stops in order' ' nginx push kreide scan mariadb' "$seen"
	ended 'Ctrl-C'
	is 'Ctrl-C: no error' 0 "$ENDED"
}

test_second_start() {
	run_it
	ok 'second start' $? "$(<"$DIR/out")"
	within 'second start in a few seconds' 5000 "$TOOK" # about 3 s
	is 'the data is there' 42 "$(sql 'SELECT i FROM stack_test.t')"
	kill -TERM "$BEGUN"
	ended 'TERM'
}

# As `make run` does it, with TERM to make, to its group, and make killed outright.
test_make() {
	printf 'run:\n\t@exec "%s" run --home "%s" --port %s --no-demo\n' \
		"$STACK" "$H" "$PORT" >"$DIR/Makefile"
	begin "$DIR/out" make -C "$DIR" run
	ok 'under make' $? "$(<"$DIR/out")"
	kill -TERM "$BEGUN"
	ended 'TERM to make'
	begin "$DIR/out" make -C "$DIR" run
	kill -TERM -- "-$BEGUN"
	ended 'TERM to the group of make'
	begin "$DIR/out" make -C "$DIR" run
	kill -KILL "$BEGUN"
	wait_until 10 nobody "$(realpath "$H")"
	ended 'make killed'
}

test_closed_terminal() {
	local terminal
	: >"$DIR/out"
	setsid env --default-signal=HUP script -qfec "'$STACK' run --home '$H' --port $PORT --no-demo" "$DIR/out" \
		>/dev/null 2>&1 </dev/null &
	terminal=$!
	wait_until 60 grep -q 'is ready' "$DIR/out"
	ok 'in a terminal' $? "$(<"$DIR/out")"
	BEGUN=$(cut -d ' ' -f 1 "$H/sv/.script")
	kill -KILL "$terminal" # the window is closed
	wait "$terminal" 2>/dev/null
	ended 'closed terminal'

	# make as the first program of a terminal, as in `ssh -t school make run`: the kernel
	# tells make alone.
	: >"$DIR/out"
	setsid env --default-signal=HUP script -qfec "exec make -C '$DIR' run" "$DIR/out" >/dev/null 2>&1 </dev/null &
	terminal=$!
	wait_until 60 grep -q 'is ready' "$DIR/out"
	ok 'make in a terminal' $? "$(<"$DIR/out")"
	BEGUN=$(cut -d ' ' -f 1 "$H/sv/.script")
	kill -KILL "$terminal"
	wait "$terminal" 2>/dev/null
	ended 'closed terminal of make'
}

test_killed() {
	local name pid status=0
	begin "$DIR/out" bash -c "exec 0<&-; exec '$STACK' run --home '$H' --port $PORT --no-demo"
	ok 'with standard input closed' $? "$(<"$DIR/out")"
	kill -KILL "$BEGUN"
	wait "$BEGUN" 2>/dev/null
	is 'script killed: the rest goes on' 200 "$(code "$U/healthz")"
	"$STACK" status --home "$H" >/dev/null
	is 'script killed: status says no' 3 $?
	run_it
	ok 'script killed: next start' $? "$(<"$DIR/out")"
	has 'script killed: says what it does' "$(<"$DIR/out")" 'killed start'
	is 'script killed: the data is there' 42 "$(sql 'SELECT i FROM stack_test.t')"

	# Everything that supervises, and the masters: what they forked stays behind.
	kill -KILL "$BEGUN" "$(record runsvdir)"
	pgrep -f "^runsv (mariadb|scan|kreide|push|nginx|sweep)$" | while read -r pid; do
		[[ $(realpath "/proc/$pid/cwd" 2>/dev/null) != "$(realpath "$H")"/* ]] || kill -KILL "$pid"
	done
	for name in nginx push kreide; do kill -KILL "$(record "$name")"; done
	wait "$BEGUN" 2>/dev/null
	run_it || status=1
	ok 'all supervisors and masters killed: next start' "$status" "$(<"$DIR/out")"
	is 'and it answers' 200 "$(code "$U/healthz")"
}

# Whatever hangs: ten seconds, and nothing is left.
test_hanging() {
	local name
	for name in nginx push kreide scan mariadb; do
		pkill -STOP -s "$(record "$name")"
	done
	kill -TERM "$BEGUN"
	ended 'everything hangs'
	run_it
	ok 'everything hung: next start' $? "$(<"$DIR/out")"
	is 'everything hung: the data is there' 42 "$(sql 'SELECT i FROM stack_test.t')"
}

test_restarts() {
	local name pid status
	for name in nginx push kreide scan mariadb; do
		pid=$(record "$name")
		kill -KILL "$pid"
		status=0
		wait_until 10 eval "p=\$(record $name); [[ -n \$p && \$p != $pid ]] &&
			kill -0 \$p 2>/dev/null" || status=1
		ok "$name killed: started again" "$status"
	done
	wait_until 15 eval "[[ \$(code '$U/healthz') == 200 ]]"
	ok 'after all that: health' $?
	# shellcheck disable=SC2016 # expanded by eval
	wait_until 15 eval '[[ $(sql "SELECT 1") == 1 ]]'
	is 'after all that: the data' 42 "$(sql 'SELECT i FROM stack_test.t')"
}

test_logs() {
	local log status=0 sweep
	log=$(realpath "$H/log")
	curl -s "$U/x?token=geheim" >/dev/null
	wait_until 3 grep -q 'GET /x' "$log/nginx/access.log"
	ok 'the request is in the log' $?
	hasnt 'no query string in any log' "$(cat "$log"/*/*)" 'geheim'
	# An error of nginx, with what it says of the client.
	curl -s -m 5 -X POST "$U/_live?token=geheim2" >/dev/null
	wait_until 3 test -s "$log/nginx-error/error.log"
	ok 'errors of nginx are logged' $?
	hasnt 'without the address of the client' "$(<"$log/nginx-error/error.log")" '127.0.0.1'
	hasnt 'without the request' "$(<"$log/nginx-error/error.log")" 'geheim'

	# Seven days, with clocks set back. What is old goes, what is younger stays.
	touch -d '-6 days' "$log/mariadb/@400000000000000000000000.s"
	touch -d '-143 hours -10 minutes' "$log/mariadb/@400000000000000000000001.s"
	touch -d '-6 days' "$log/nginx/access-1.log" "$log/nginx-error/error-1.log"
	touch -d '-23 hours' "$log/.since-nginx-access.log"
	if ((ROOT)); then chown kreide-log "$log"/mariadb/@*; fi
	sweep=$(record sweep)
	kill -TERM "$sweep" # its pause of half an hour is over
	wait_until 5 eval "! test -e '$log/nginx/access-1.log'"
	ok 'log of more than 143 hours: deleted' $?
	[[ ! -e $log/mariadb/@400000000000000000000000.s &&
		! -e $log/nginx-error/error-1.log ]] || status=1
	ok 'in every folder' "$status" "$(ls "$log"/*)"
	wait_until 5 eval "ls '$log'/nginx/access-*.log >/dev/null 2>&1"
	ok 'access log of 23 hours: begun anew' $?
	wait_until 5 eval "curl -s '$U/nachher' >/dev/null; grep -q /nachher '$log/nginx/access.log'"
	has 'and the new one is written' "$(cat "$log/nginx/access.log")" /nachher
	has 'and the old one is kept' "$(cat "$log"/nginx/access-*.log)" /healthz
	is 'svlogd: every 23 hours, no limit of number' $'s20000000\nn0\nt82800' \
		"$(<"$log/kreide/config")"
	touch -d '-143 hours -10 minutes' "$log/scan/current" # a stack that stood still
}

test_supervisor_killed() {
	wait_until 15 eval "[[ \$(code '$U/healthz') == 200 ]]"
	kill -KILL "$(record runsvdir)"
	ended 'runsvdir killed'
	is 'runsvdir killed: an error' 1 "$ENDED"
}

test_side_by_side() {
	local other=$DIR/second port
	port=$(free_port)
	HOMES+=("$other")
	"$STACK" start --home "$H" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'start: in the background' $? "$(<"$DIR/out")"
	kill -TERM "$(record sweep)"
	wait_until 5 eval "[[ -z \$(find '$H/log/' -type f -mmin +8580) ]]"
	ok 'an old current log is set aside and deleted' $? "$(ls -l "$H/log/scan")"
	"$STACK" start --home "$other" --port "$port" --no-demo >"$DIR/out" 2>&1
	ok 'a second one beside it' $? "$(<"$DIR/out")"
	is 'first answers' 200 "$(code "$U/healthz")"
	is 'second answers' 200 "$(code "http://localhost:$port/healthz")"
	"$STACK" stop --home "$H"
	ok 'stop' $?
	is 'first is gone' 000 "$(code "$U/healthz")"
	is 'second is not' 200 "$(code "http://localhost:$port/healthz")"
	"$STACK" drop --home "$other" >/dev/null
	is 'dropped' 000 "$(code "http://localhost:$port/healthz")"
	ok 'and its folder' "$([[ ! -e $other ]] && echo 0 || echo 1)"
}

test_long_path() {
	local long
	long=$DIR/$(printf 'lang%.0s' {1..30})/home
	HOMES+=("$long")
	"$STACK" start --home "$long" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'a folder with a long path' $? "$(<"$DIR/out")"
	is 'answers' 200 "$(code "$U/healthz")"
	kill -KILL "$(cut -d ' ' -f 1 "$long/sv/.script")"
	rm -rf "$(readlink "$long/run")" # somebody tidies up /tmp
	"$STACK" start --home "$long" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'its short folder deleted' $? "$(<"$DIR/out")"
	is 'answers again' 200 "$(code "$U/healthz")"
	"$STACK" drop --home "$long" >/dev/null
}

# Ctrl-C while the first start is busy: nothing is left, and the next start works.
test_interrupted() {
	local home=$DIR/third delay saved=$H
	HOMES+=("$home")
	H=$home
	for delay in 0.3 0.8 1.4; do
		setsid "$STACK" run --home "$H" --port "$PORT" --no-demo >"$DIR/out" 2>&1 </dev/null &
		BEGUN=$!
		sleep "$delay"
		# Again and again, as a person would: a job in the background of a script starts
		# with SIGINT ignored, so one that comes before the traps are set is lost.
		wait_until 10 eval \
			"kill -INT -- -$BEGUN 2>/dev/null; ! kill -0 $BEGUN 2>/dev/null"
		ok "interrupted after $delay s: ends" $? "$(<"$DIR/out")"
		nothing_left "interrupted after $delay s" "$home"
	done
	run_it
	ok 'and then a whole start' $? "$(<"$DIR/out")"
	rm -rf "$home" # under its feet
	rm -rf "$home" # what was written meanwhile
	mkdir "$home"
	kill -TERM "$BEGUN"
	ended 'folder deleted while running'
	H=$saved
}

# As root in a folder that is closed to others, as mktemp -d makes it.
test_closed_folder() {
	((ROOT)) || return 0
	local closed real
	closed=$(mktemp -d)
	HOMES+=("$closed/home")
	"$STACK" start --home "$closed/home" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'closed folder' $? "$(<"$DIR/out")"
	has 'closed folder: says where the data is' "$(<"$DIR/out")" '/var/lib/kreide-run/'
	is 'closed folder: answers' 200 "$(code "$U/healthz")"
	is 'closed folder: still closed' 700 "$(stat -c %a "$closed")"
	real=$(realpath "$closed/home/etc/..")
	"$STACK" stop --home "$closed/home"
	rm -rf "${closed:?}/home"
	"$STACK" start --home "$closed/home" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'folder deleted: begins anew' $? "$(<"$DIR/out")"
	has 'folder deleted: the old data is kept' "$(<"$DIR/out")" "is kept in $real."
	"$STACK" drop --home "$closed/home" >/dev/null
	ok 'drop takes it all' "$([[ ! -e $real ]] && echo 0 || echo 1)"
	rm -rf "$closed"
}

test_closed_build() {
	((ROOT)) || return 0
	local closed=$DIR/closed saved=$KREIDE_BUILD
	mkdir -m 700 "$closed"
	cp -R "$REPO/conf" "$closed/conf"
	cp -R "$KREIDE_BUILD" "$closed/build"
	HOMES+=("$closed/home")
	KREIDE_BUILD='' "$closed/conf/stack" start --home "$closed/home" --port "$PORT" \
		--no-demo >"$DIR/out" 2>&1
	ok 'closed clone' $? "$(<"$DIR/out")"
	has 'closed clone: runs from a copy' "$(<"$DIR/out")" 'runs from a copy'
	is 'closed clone: answers' 200 "$(code "$U/healthz")"
	KREIDE_BUILD=$saved
	"$STACK" drop --home "$closed/home" >/dev/null
}

# The same as an ordinary user: one account for all.
test_ordinary_user() {
	((ROOT)) || return 0
	local home=$DIR/user/home as=(setpriv --reuid "$TEST_USER" --regid nogroup --clear-groups)
	local out name
	mkdir -m 755 "$DIR/user"
	chown "$TEST_USER" "$DIR/user"
	"${as[@]}" "$STACK" start --home "$home" --port "$PORT" --no-demo >"$DIR/out" 2>&1
	ok 'ordinary user' $? "$(<"$DIR/out")"
	is 'ordinary user: answers' 200 "$(code "$U/healthz")"
	is 'ordinary user: one account' "$TEST_USER" \
		"$(people "$home" | sed 's|^|/proc/|' | xargs stat -c %U 2>/dev/null | sort -u)"
	H=$home core_is_confined "$TEST_USER"
	for name in db files secret run; do
		is "ordinary user: $name is closed" 700 "$(stat -c %a "$home/$name")"
	done
	"${as[@]}" "$STACK" stop --home "$home"
	ok 'ordinary user: stop' $?
	nothing_left "ordinary user: stop" "$home"
	out=$("$STACK" run --home "$home" --port "$PORT" 2>&1 </dev/null)
	has 'somebody else'\''s instance' "$out" "belongs to $TEST_USER"
	out=$("${as[@]}" "$STACK" run --home "$home" --port 80 2>&1 </dev/null)
	has 'port of root' "$out" 'only root'
}

test_first_start
test_one_at_a_time
test_uids
test_descriptors
test_order
test_second_start
test_make
test_closed_terminal
test_killed
test_hanging
test_restarts
test_logs
test_supervisor_killed
test_side_by_side
test_long_path
test_interrupted
test_closed_folder
test_closed_build
test_ordinary_user
summary
