# shellcheck shell=bash
# Words, processes and values: what every part of the stack's scripts needs. Sourced.

say() { # a line for the person in front of the terminal, who may have closed it
	printf 'Kreide: %s\n' "$*" 2>/dev/null || :
}

die() { # a sentence, exit 1
	printf 'Kreide: %s\n' "$*" >&2 2>/dev/null || :
	exit 1
}

now_ms() {
	local t=$EPOCHREALTIME # has a comma in some locales
	t=${t/[.,]/}
	printf '%s' "${t%???}"
}

# ── processes: a number alone may mean another program tomorrow, so every record is
# "PID START BOOT": field 22 of /proc/PID/stat (start, in ticks since boot), and the boot ──

boot_id() {
	local id=none
	read -r id </proc/sys/kernel/random/boot_id 2>/dev/null || :
	printf '%s' "$id"
}

# proc_fields PID: sets P_STATE P_PPID P_SESSION P_START; false when there is none.
proc_fields() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The name in parentheses may hold anything, so count from the last ")".
	local -a f
	read -r -a f <<<"${stat##*) }"
	P_STATE=${f[0]} P_PPID=${f[1]} P_SESSION=${f[3]} P_START=${f[19]}
}

# proc_record FILE PID: notes that process.
proc_record() {
	proc_fields "$2" || return 1
	printf '%s %s %s\n' "$2" "$P_START" "$(boot_id)" >"$1"
}

# proc_recorded FILE: sets R_PID R_START; false when there is no record of this boot.
proc_recorded() {
	local boot
	R_PID='' R_START=''
	[[ -s $1 ]] || return 1
	read -r R_PID R_START boot <"$1" || return 1
	[[ $R_PID =~ ^[1-9][0-9]*$ && $R_START =~ ^[0-9]+$ && $boot == "$(boot_id)" ]]
}

# proc_alive FILE: the recorded process itself is still there; R_PID is its number.
proc_alive() {
	proc_recorded "$1" && proc_fields "$R_PID" &&
		[[ $P_START == "$R_START" && $P_STATE != [ZX] ]]
}

# session_members PID START: numbers of all living processes of the session that PID
# began at START (a service and what it forked), also when PID itself is gone. A number
# is not given out again while a session of that name has members.
session_members() {
	local leader=$1 start=$2 dir pid
	if proc_fields "$leader" && [[ $P_START != "$start" ]]; then
		return 0 # another program has the number now
	fi
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		proc_fields "$pid" || continue
		if [[ $P_SESSION == "$leader" && $P_STATE != [ZX] ]] && ((P_START >= start)); then
			printf '%s\n' "$pid"
		fi
	done
}

# session_end FILE SECONDS: ends what is left of a recorded service, first politely.
session_end() {
	local file=$1 limit=$(($(now_ms) + $2 * 1000)) pids
	proc_recorded "$file" || { rm -f "$file" && return 0; }
	pids=$(session_members "$R_PID" "$R_START")
	# shellcheck disable=SC2086 # a list of numbers
	[[ -z $pids ]] || kill -TERM $pids 2>/dev/null || :
	while [[ -n $pids ]]; do
		if (($(now_ms) > limit)); then
			# shellcheck disable=SC2086
			kill -KILL $pids 2>/dev/null || :
			limit=$(($(now_ms) + 2000))
		fi
		sleep 0.05
		pids=$(session_members "$R_PID" "$R_START")
	done
	rm -f "$file"
}

# ── values ───────────────────────────────────────────────────────────────────────────

# conf_get FILE KEY DEFAULT: one value of a kreide.conf.
conf_get() {
	local line key value=$3
	if [[ -r $1 ]]; then
		while IFS= read -r line || [[ -n $line ]]; do
			line=${line%%#*}
			[[ $line == *=* ]] || continue
			key=${line%%=*} key=${key//[[:space:]]/}
			[[ $key == "$2" ]] || continue
			value=${line#*=}
			value=${value#"${value%%[![:space:]]*}"}
			value=${value%"${value##*[![:space:]]}"}
		done <"$1"
	fi
	printf '%s' "$value"
}

# conf_set FILE KEY VALUE: changes or adds one line, the rest stays as it is.
conf_set() {
	local line found='' out=''
	while IFS= read -r line || [[ -n $line ]]; do
		if [[ $line =~ ^[[:space:]]*$2[[:space:]]*= ]]; then
			line="$2 = $3" found=1
		fi
		out+=$line$'\n'
	done <"$1"
	[[ -n $found ]] || out+="$2 = $3"$'\n'
	write_file "$1" "$out"
}

# write_file FILE TEXT: whole or not at all.
write_file() {
	printf '%s' "$2" >"$1.new"
	mv -f "$1.new" "$1"
}

# port_taken PORT: somebody listens there already (any address of this machine).
port_taken() {
	local hex file
	hex=$(printf '%04X' "$1")
	for file in /proc/net/tcp /proc/net/tcp6; do
		[[ -r $file ]] || continue
		if grep -Eq "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]+ 0A " "$file"; then
			return 0
		fi
	done
	return 1
}

has_ipv6() { [[ -r /proc/net/if_inet6 ]] && grep -q '^0\{31\}1 ' /proc/net/if_inet6; }
