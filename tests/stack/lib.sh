# shellcheck shell=bash
# shellcheck disable=SC2034 # for those who source it
# What the tests of the stack share: counting, folders, ports. Sourced.
PASSED=0 FAILED=0
PATH=$PATH:/usr/sbin:/sbin # servers lie there, and an ordinary user does not look there
REPO=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
STACK=$REPO/conf/stack
export KREIDE_BUILD=${KREIDE_BUILD:-$REPO/build}
ROOT=0
[[ $(id -u) -ne 0 ]] || ROOT=1

ok() { # NAME STATUS [what was seen]
	if [[ $2 -eq 0 ]]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAILED %s\n' "$1"
		[[ -z ${3-} ]] || printf '%s\n' "$3" | head -n 20 | sed 's/^/       /'
	fi
}

is() { # NAME WANTED SEEN
	local status=0
	[[ $2 == "$3" ]] || status=1
	ok "$1" "$status" "wanted: $2"$'\n'"seen:   $3"
}

has() { # NAME TEXT PART
	local status=0
	[[ $2 == *"$3"* ]] || status=1
	ok "$1" "$status" "not there: $3"$'\n'"in: $2"
}

hasnt() { # NAME TEXT PART
	local status=0
	[[ $2 != *"$3"* ]] || status=1
	ok "$1" "$status" "should not be there: $3"$'\n'"in: $2"
}

ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s' "${t%???}"; }

wait_until() { # SECONDS COMMAND...
	local limit=$(($(ms) + $1 * 1000))
	shift
	until "$@"; do
		(($(ms) < limit)) || return 1
		sleep 0.05
	done
}

# crowded MS: what so many milliseconds of an idle machine are on this one, just now: more
# in the measure in which a computation takes longer than it computes.
crowded() {
	local before after from took cpu i
	read -ra before <"/proc/$BASHPID/stat"
	from=$(ms)
	for ((i = 0; i < 250000; i++)); do :; done
	took=$(($(ms) - from))
	read -ra after <"/proc/$BASHPID/stat"
	cpu=$(((after[13] + after[14] - before[13] - before[14]) * 10))
	((cpu > 0 && took > cpu)) || took=$cpu
	printf '%s' $(($1 * (took > 0 ? took : 1) / (cpu > 0 ? cpu : 1)))
}

# free_port: one that nobody listens on; two runs at once start at different places.
free_port() {
	local port
	for _ in {1..200}; do
		port=$((20000 + (RANDOM + $$ * 7) % 12000))
		if ! grep -qiE ":$(printf '%04X' "$port") [0-9A-F]+:[0-9A-F]+ 0A " \
			/proc/net/tcp /proc/net/tcp6 2>/dev/null; then
			printf '%s' "$port"
			return 0
		fi
	done
	return 1
}

# people NAME...: numbers of living processes that have the text in their command line.
people() {
	local dir pid line
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		line=$({ tr '\0' ' ' <"$dir/cmdline"; } 2>/dev/null) || continue
		if [[ $pid -ne $$ && $pid -ne $BASHPID && $line == *"$1"* ]]; then
			printf '%s\n' "$pid"
		fi
	done
}
nobody() { [[ -z $(people "$1") ]]; }

summary() {
	printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
	[[ $FAILED -eq 0 ]]
}
