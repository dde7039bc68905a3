# shellcheck shell=bash
# Starting and stopping in order, and cleaning up after a killed run. Sourced by conf/stack.

SERVICES=(mariadb scan kreide push nginx sweep)
# Name and milliseconds to end by itself before it is killed; all together have seven
# seconds, so that a stop takes less than ten even if everything hangs.
STOP_ORDER=(nginx:700 push:700 kreide:4500 scan:700 mariadb:5000 sweep:300)
STOP_TOTAL=7000

# control NAME LETTER: to its supervisor (runsv), if there is one.
control() {
	local pipe=$KR_HOME/sv/$1/supervise/control
	# Opened for both directions: opening for writing alone waits for a reader.
	if [[ -p $pipe ]]; then
		{ printf '%s' "$2" 1<>"$pipe"; } 2>/dev/null || :
	fi
}

service_gone() {
	proc_recorded "$KR_HOME/sv/.$1.proc" || return 0
	[[ -z $(session_members "$R_PID" "$R_START") ]]
}

stop_service() {
	local name=$1 limit=$(($(now_ms) + $2)) least=$(($(now_ms) + 300))
	((limit < STOP_LIMIT)) || limit=$STOP_LIMIT
	((limit > least)) || limit=$least
	: >"$KR_HOME/sv/$name/down" # a supervisor that restarts leaves it alone
	control "$name" d
	while ! service_gone "$name" && (($(now_ms) < limit)); do
		sleep 0.05
	done
	if ! service_gone "$name"; then
		control "$name" k
		session_end "$KR_HOME/sv/.$name.proc" 0
	fi
	rm -f "$KR_HOME/sv/.$name.proc"
}

# stop_all: nginx first, so that nobody is let in to a house that closes; MariaDB last.
stop_all() {
	local part file=$KR_HOME/sv/.runsvdir.proc
	[[ -d $KR_HOME/sv ]] || return 0
	rm -f "$KR_HOME/sv/.ready"
	for part in "${STOP_ORDER[@]}"; do
		[[ ! -d $KR_HOME/sv/${part%:*} ]] || stop_service "${part%:*}" "${part#*:}"
	done
	stop_supervisors
}

# stop_supervisors: first each runsv, which waits for its log writer, then their parent.
stop_supervisors() {
	local name file=$KR_HOME/sv/.runsvdir.proc limit=$(($(now_ms) + 1000))
	for name in "${SERVICES[@]}"; do
		control "$name" x
	done
	if proc_alive "$file"; then
		while (($(session_members "$R_PID" "$R_START" | wc -l) > 1)) &&
			(($(now_ms) < limit)); do
			sleep 0.02
		done
		kill -HUP "$R_PID" 2>/dev/null || : # ends what it may have started again
	fi
	session_end "$file" 1
}

# descendants PID: "PID START" of it and all that it has started, directly or not.
descendants() {
	local -A parent=() start=()
	local dir pid up
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		proc_fields "$pid" || continue
		parent[$pid]=$P_PPID start[$pid]=$P_START
	done
	for pid in "${!parent[@]}"; do
		up=$pid
		while [[ -n ${parent[$up]-} && $up != "$1" ]]; do up=${parent[$up]}; done
		[[ $up != "$1" ]] || printf '%s %s\n' "$pid" "${start[$pid]}"
	done
}

# end_those LIST: kills what is left of a list that descendants has made. All are halted
# first, so that none replaces another in between.
end_those() {
	local pid start signal
	for signal in STOP KILL; do
		while read -r pid start; do
			if [[ -n $pid ]] && proc_fields "$pid" && [[ $P_START == "$start" ]]; then
				kill -"$signal" "$pid" 2>/dev/null
			fi
		done <<<"$1"
	done
}

# leftovers: of a run whose script or supervisor was killed.
leftovers() {
	local part file found=''
	for file in "$KR_HOME"/sv/.*.proc; do
		[[ -e $file ]] || continue
		if proc_recorded "$file" && [[ -n $(session_members "$R_PID" "$R_START") ]]; then
			found=1
		else
			rm -f "$file"
		fi
	done
	[[ -n $found ]] || return 0
	say "stopping what an earlier, killed start has left"
	STOP_LIMIT=$(($(now_ms) + STOP_TOTAL))
	stop_all
}

# step COMMAND...: a command that may take long, and ends at once when we are told to.
# In a session of its own: Ctrl-C goes to this script alone, which decides the order.
step() {
	setsid env -i "${CLEAN_ENV[@]}" "$@" </dev/null 9>&- &
	STEP=$!
	local status=0
	wait "$STEP" || status=$?
	STEP=''
	return "$status"
}

# watch_terminal: a closed terminal tells the leader of its session only, and make, if it is
# the leader, waits for us instead of telling us. So look: one that is closed is none.
# With nohup we are to go on without it.
watch_terminal() {
	local fd ignored
	ignored=$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/$$/status")
	((0x$ignored & 1)) && return 0
	for fd in 1 2; do
		[[ -t $fd ]] || continue
		{
			while [[ -t $fd ]] && kill -0 $$ 2>/dev/null; do sleep 1; done
			kill -HUP $$ 2>/dev/null
		} 9>&- &
		WATCHER=$!
		break
	done
}

clean_env() {
	local name
	CLEAN_ENV=(--default-signal
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		LANG=C.UTF-8 HOME=/nonexistent)
	# Of a test build: fault points and sanitizers.
	for name in KR_FAULT ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
		[[ -z ${!name-} ]] || CLEAN_ENV+=("$name=${!name}")
	done
}

up() { # NAME: start it, and let its supervisor restart it from now on
	rm -f "$KR_HOME/sv/$1/down"
	control "$1" u
}

start_supervisor() {
	local name limit
	# The dots make room for the last errors, in the process's name.
	setsid env -i "${CLEAN_ENV[@]}" runsvdir "$KR_HOME/sv" \
		"log: $(printf '.%.0s' {1..395})" </dev/null >/dev/null 2>&1 9>&- &
	SUPERVISOR=$!
	proc_record "$KR_HOME/sv/.runsvdir.proc" "$SUPERVISOR" || die "runsvdir does not start"
	limit=$(($(now_ms) + 10000))
	for name in "${SERVICES[@]}"; do
		until [[ -p $KR_HOME/sv/$name/supervise/ok ]]; do
			(($(now_ms) < limit)) || die "runsvdir does not start its services"
			sleep 0.02
		done
	done
}

# failed "NAME..." SENTENCE: the ends of those logs, then the sentence.
failed() {
	local name file
	for name in $1; do
		for file in "$KR_HOME/log/$name/current" "$KR_HOME/log/$name-error/error.log"; do
			[[ ! -s $file ]] || tail -n 6 "$file" | sed "s/^/    $name: /" >&2 || :
		done
	done
	die "$2"
}

# wait_for "NAME..." SECONDS SENTENCE COMMAND...: until the command succeeds.
wait_for() {
	local names=$1 limit=$(($(now_ms) + $2 * 1000)) sentence=$3
	shift 3
	until "$@"; do
		(($(now_ms) < limit)) || failed "$names" "$sentence"
		kill -0 "$SUPERVISOR" 2>/dev/null || die "the supervisor (runsvdir) is gone"
		sleep 0.05
	done
}

database_answers() {
	mariadb-admin --no-defaults --socket="$KR_RUN/mysql.sock" --connect-timeout=2 ping \
		>/dev/null 2>&1 9>&-
}

# first_database: a fresh data folder; its administrator is who starts the stack (root,
# or the ordinary user), known to MariaDB by his account, without a password.
first_database() {
	local -a as_root=()
	[[ ! -d $KR_HOME/db/mysql ]] || return 0
	say "preparing the database (once)"
	rm -rf "$KR_HOME/db.new"
	own "$KR_HOME/db.new" 700 mysql:mysql
	((ROOT)) && as_root=(--user=mysql)
	if ! step mariadb-install-db --defaults-file="$KR_HOME/etc/my.cnf" \
		--datadir="$KR_HOME/db.new" "${as_root[@]}" --skip-test-db --skip-name-resolve \
		--auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
		>"$KR_HOME/log/stack/install-db.log" 2>&1; then
		tail -n 8 "$KR_HOME/log/stack/install-db.log" | sed 's/^/    /' >&2
		die "MariaDB could not prepare its folder"
	fi
	rm -rf "$KR_HOME/db"
	mv "$KR_HOME/db.new" "$KR_HOME/db"
}

start_database() {
	first_database
	up mariadb
	wait_for mariadb 60 "MariaDB does not answer within a minute" database_answers
}

# kreide COMMAND...: of the instance. What migrate and demo say goes to a log.
kreide() { step "$TREE/kreide" --home "$KR_ALIAS" "$@"; }

# read_routes: which routes need another pool or size, asked of the manifests.
read_routes() {
	local out=$KR_HOME/etc/routes.conf
	if kreide routes --nginx >"$out.new"; then
		mv -f "$out.new" "$out"
	else
		rm -f "$out.new"
		die "kreide routes --nginx failed"
	fi
}

prepare_school() {
	local log=$KR_HOME/log/stack/prepare.log status=0
	if ! kreide migrate >"$log" 2>&1; then
		tail -n 8 "$log" | sed 's/^/    /' >&2
		die "the database could not be brought up to date (kreide migrate)"
	fi
	if [[ -z $NO_DEMO && $MODE == demo ]]; then
		kreide demo >"$log" 2>&1 || status=$?
		case $status in
		0) ;;
		3) NO_DEMO=1 && say "this instance holds another school, so there are no demo accounts" ;;
		*)
			tail -n 8 "$log" | sed 's/^/    /' >&2
			die "the demo school could not be made (kreide demo)"
			;;
		esac
	fi
	read_routes
}

# check_nginx: site.conf and routes.conf say what differs from school to school.
check_nginx() {
	local out
	if ! out=$(nginx -t -q -p "$KR_HOME" -e stderr -c "$KR_HOME/etc/nginx.conf" 2>&1); then
		printf '%s\n' "$out" | sed 's/^/    /' >&2
		die "nginx refuses its configuration ($KR_HOME/etc/nginx.conf)"
	fi
}

# healthy: the whole way from the door to core.
healthy() {
	local answer='' request=$'GET /healthz HTTP/1.1\r\nHost: '$HOST$'\r\nConnection: close\r\n\r\n'
	if [[ $SCHEME == https ]]; then
		answer=$(printf '%s' "$request" | timeout 3 openssl s_client -quiet -connect \
			"127.0.0.1:$PORT" -servername "$HOST" 2>/dev/null | head -n 1) || :
	else
		{ exec 8<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return 1
		printf '%s' "$request" >&8
		IFS= read -r -t 3 answer <&8 || :
		exec 8>&-
	fi
	[[ $answer == 'HTTP/1.1 200'* ]]
}

# demo_signatures: Debian brings no virus signatures, and a demo has no updater; it gets
# the EICAR test signature. A school's come from freshclam.
demo_signatures() {
	local -a there
	shopt -s nullglob
	there=("$KR_HOME"/sig/*)
	shopt -u nullglob
	if [[ $MODE == demo && ${#there[@]} -eq 0 ]]; then
		step "$TREE/kreide-scan" --write-test-signatures "$KR_HOME/sig" >/dev/null ||
			die "the test signatures could not be written"
	fi
}

start_all() {
	start_supervisor
	up sweep
	demo_signatures
	up scan
	start_database
	prepare_school
	up kreide
	check_nginx
	up push
	wait_for push 10 "the push nginx does not start" test -S "$KR_RUN/pub/push.sock"
	up nginx
	wait_for "kreide nginx" 30 "Kreide does not answer on port $PORT; its logs are in $KR_HOME/log" \
		healthy
}

sign_ins() {
	[[ -z $NO_DEMO && $MODE == demo ]] || return 0
	say "a demo school. Sign in with the password Kreide-demo-1 as"
	say "    admin       administration"
	say "    lehrerin    a teacher"
	say "    schueler    a pupil"
	say "    elternteil  a parent"
}

address() {
	local port=:$PORT
	[[ $SCHEME$PORT != http80 && $SCHEME$PORT != https443 ]] || port=''
	printf '%s' "$SCHEME://$HOST$port"
}
