# shellcheck shell=bash
# What every service folder needs; sourced by run and finish, whose folder is the working
# directory. The stack has written etc/stack.env.
umask 027
ulimit -c 0 # a core dump would hold everybody's data
# shellcheck disable=SC1091 # written when the stack starts
. "$(dirname "${BASH_SOURCE[0]}")/../etc/stack.env"
# shellcheck source=conf/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# begin NAME: ends what an earlier, killed supervisor left of this service, and notes this
# process, which is about to become the service.
begin() {
	exec </dev/null
	session_end "$KR_HOME/sv/.$1.proc" 3
	proc_record "$KR_HOME/sv/.$1.proc" $$
}

# as ACCOUNT GROUPS COMMAND...: becomes the command, in a session of its own (so that all
# it forks can be found); as root without any of root's rights.
as() {
	local account=$1 groups=$2
	shift 2
	if ((ROOT)); then
		exec chpst -P setpriv --reuid "$account" --regid "$account" --groups "$groups" \
			--no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
	fi
	exec chpst -P setpriv --no-new-privs -- "$@"
}

# as_log_writer: a log's run script goes on as the account of the logs, so that what it
# writes and renames in that account's folders is never done with root's rights.
as_log_writer() {
	if ((ROOT && EUID == 0)); then
		exec setpriv --reuid kreide-log --regid kreide-log --clear-groups --no-new-privs \
			--inh-caps=-all --bounding-set=-all -- ./run
	fi
}

# logger NAME: lines of a service into log/NAME. svlogd begins a new file every 23 hours;
# the sweep service deletes those last written more than 143 hours ago, and looks twice an
# hour: no line gets older than seven days, and none is lost before. svlogd counts its 23
# hours from its own start, so what is there from before is set aside first.
logger() {
	local dir=$KR_HOME/log/$1
	as_log_writer
	if [[ -s $dir/current ]]; then
		mv "$dir/current" "$dir/old-$(date +%s)-$$.log"
	fi
	printf 's20000000\nn0\nt82800\n' >"$dir/config"
	cd / || exit 1
	exec svlogd -tt "$dir"
}

# error_filter DIR: nginx's error lines without client addresses, query strings and what
# else a request said. Opens the file for each line: errors are rare, the sweeper can move
# it away, and a full disk costs the line instead of blocking nginx.
error_filter() {
	local line file=$KR_HOME/log/$1/error.log
	as_log_writer
	cd / || exit 1
	while IFS= read -r line; do
		line=${line%%, client: *}
		line=${line%%, request: *}
		line=${line//\?[^ ,\"]*/?}
		if [[ $line =~ ^(.*[^0-9.]|)([0-9]+\.[0-9]+\.[0-9]+)\.[0-9]+([^0-9.].*|)$ ]]; then
			line="${BASH_REMATCH[1]}${BASH_REMATCH[2]}.0${BASH_REMATCH[3]}"
		fi
		{ printf '%s\n' "$line" >>"$file"; } 2>/dev/null || :
	done
}
