#!/bin/bash
# A throw-away database server on a socket: `db.sh start DIR`, `db.sh up DIR`,
# `db.sh kill DIR`, `db.sh stop DIR`. `start` makes DIR, whose DIR/mysql.sock then answers to
# the caller by socket authentication; `stop` takes all of it away again.
set -eu
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "$0")" && pwd)
what=${1:?start, up, kill or stop} dir=${2:?folder}
me=$(id -un)
as=()
[[ $(id -u) != 0 ]] || as=(--user=root)

render() {
	sed -e "s|@HOME@|$dir|g;s|@RUN@|$dir|g;s|@BUFFER_POOL@|16M|g" \
	    -e 's|^innodb_log_file_size.*|innodb_log_file_size = 8M|' \
	    "$here/../../conf/mariadb/my.cnf.in" >"$dir/my.cnf"
	# A test's server is not worth an fsync; KR_DB_DURABLE=1 keeps the real thing.
	[[ -n ${KR_DB_DURABLE:-} ]] || echo "innodb_flush_method = nosync" >>"$dir/my.cnf"
}

up() {
	mariadbd --defaults-file="$dir/my.cnf" "${as[@]}" >>"$dir/mariadbd.log" 2>&1 &
	local server=$! i
	disown
	for ((i = 0; i < 400; i++)); do
		if mariadb-admin --no-defaults --socket="$dir/mysql.sock" ping \
		    >"$dir/ping" 2>&1; then
			return 0
		fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	tail -n 20 "$dir/mariadbd.log" >&2
	echo "db.sh: the server did not start" >&2
	return 1
}

# gone PID: it has ended, whether or not anybody has asked for its exit code
gone() {
	local state
	state=$(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 0
	[[ $state == Z ]]
}

down() {
	local pid i
	pid=$(cat "$dir/mariadb.pid" 2>/dev/null) || return 0
	kill "-$1" "$pid" 2>/dev/null || return 0
	kill -CONT "$pid" 2>/dev/null || true
	for ((i = 0; i < 400; i++)); do
		! gone "$pid" || return 0
		sleep 0.05
	done
	kill -KILL "$pid"
}

case $what in
start)
	mkdir -p "$dir/tmp/mariadb"
	dir=$(cd "$dir" && pwd)
	render
	mariadb-install-db --no-defaults --datadir="$dir/db" "${as[@]}" \
		--auth-root-authentication-method=socket --auth-root-socket-user="$me" \
		--skip-test-db --skip-name-resolve --skip-log-bin \
		--innodb-log-file-size=8M --innodb-flush-method=nosync \
		>"$dir/install.log" 2>&1 || { cat "$dir/install.log" >&2; exit 1; }
	up
	;;
up) up ;;
kill) down KILL ;;
stop)
	down TERM
	[[ ! -f $dir/my.cnf ]] || rm -rf "$dir"
	;;
*)
	echo "db.sh: start, up, kill or stop" >&2
	exit 2
	;;
esac
