#!/bin/bash
# Tries, from inside every process of a running school, what it must not be able to do, and
# compares with expected-root.tsv and expected-user.tsv. Then the hardening of every ELF.
# The last line is "N passed, N failed".
#
#   tests/probe/run.sh [--write]    --write: writes down what is so now, to be read by you
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
export KREIDE_BUILD=${KREIDE_BUILD:-$PWD/build}
B=$KREIDE_BUILD
PATH=$PATH:/usr/sbin:/sbin
HERE=tests/probe
D=$(mktemp -d /tmp/kr-probe.XXXXXX) && chmod 755 "$D"
passed=0 failed=0

# as HOW COMMAND...: as who we are, or as an ordinary user.
as() {
	local how=$1
	shift
	if [[ $how == user && $(id -u) -eq 0 ]]; then
		setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
	else
		"$@"
	fi
}

finish() {
	local how
	for how in root user; do
		[[ ! -d $D/$how/home ]] ||
			KREIDE_BUILD=$D/$how/tree as "$how" conf/stack drop --home "$D/$how/home" >/dev/null
	done
	# Of one that could make a file and not remove it.
	rm -rf "$D" /tmp/kr-probe-file /dev/shm/kr-probe-file
}
trap finish EXIT
trap 'exit 1' INT TERM

count() { # LINE: "N passed, N failed"
	if [[ $1 =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
		printf 'FAILED a part did not come to its end: %s\n' "$1"
	fi
}

# The same objects as the release, and the probes beside them. A scan asks for its probes
# by a name that the linker leads to us; the others are asked by a signal.
link_probes() {
	local flags libs
	make -s "B=$B" "$B/libkreide.a" >&2 || return 1
	flags=$(make -s "B=$B" print-test-flags) libs=$(make -s "B=$B" print-libs)
	# shellcheck disable=SC2086
	for name in probe files calls sql; do
		gcc $flags -Wno-conversion -Wno-nonnull -c "$HERE/$name.c" -o "$D/$name.o" &&
			gcc $flags -Wno-conversion -Wno-nonnull -DPROBE_SCAN -c "$HERE/$name.c" \
				-o "$D/scan-$name.o" || return 1
	done
	# shellcheck disable=SC2086
	gcc -shared -Wl,-soname,libkreide.so -Wl,-z,relro,-z,now -Wl,--whole-archive \
		"$B/libkreide.a" -Wl,--no-whole-archive "$D"/{probe,files,calls,sql}.o $libs \
		-o "$D/libkreide.so" || return 1
	gcc -pie "$B"/obj/core/scan/*.o "$D"/scan-*.o -Wl,-z,relro,-z,now \
		-Wl,--wrap=kr_scan_failures_forget -lclamav -lmagic -larchive -lz -lseccomp \
		-o "$D/kreide-scan" || return 1
	gcc -shared "$D"/{probe,files,calls,scan-sql}.o -o "$D/alone.so" || return 1
	gcc -std=gnu17 -D_GNU_SOURCE -O1 -o "$D/ask" tests/scan/ask.c core/scan/client.c || return 1
}

make_tree() { # FOLDER
	mkdir -p "$1/plugins"
	cp "$B/kreide" "$D/libkreide.so" "$D/kreide-scan" "$1/"
	cp "$B"/plugins/*.so "$1/plugins/"
	cp -r "$B/locale" "$B/web" "$B/migrations" "$1/"
	: >"$1/probe-code"
	head -c 262144 /dev/zero >"$1/results"
	chmod 666 "$1/results"
}

# The push nginx is Debian's: it is started once more with the probes loaded before it.
preload_push() { # FOLDER
	local home=$1/home file
	file=$home/sv/push/run
	sed -i "s|^as www-data|export LD_PRELOAD=$D/alone.so KR_PROBE_RESULTS=$1/tree/results\n&|" \
		"$file"
	printf t 1<>"$home/sv/push/supervise/control"
	for _ in {1..100}; do
		sleep 0.1
		! grep -qs "$D/alone.so" /proc/"$(pgrep -n -f "$home/etc/push.conf")"/maps || return 0
	done
	printf 'FAILED the push nginx does not start with the probes\n'
	return 1
}

probe_instance() { # root or user
	local how=$1 dir=$D/$1 port
	mkdir -m 755 "$dir"
	make_tree "$dir/tree"
	[[ $how != user || $(id -u) -ne 0 ]] || chown -R nobody:nogroup "$dir"
	port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
	export KREIDE_BUILD=$dir/tree
	as "$how" conf/stack start --home "$dir/home" --port "$port" --no-demo >"$dir/out" 2>&1 || {
		cat "$dir/out"
		failed=$((failed + 1))
		return
	}
	preload_push "$dir" || failed=$((failed + 1))
	node "$HERE/main.mjs" "$how" "$dir/home" "$dir/tree" "$D/ask" "$HERE" $write >"$dir/said"
	sed '$d' "$dir/said"
	count "$(tail -n 1 "$dir/said")"
	as "$how" conf/stack stop --home "$dir/home" >/dev/null
}

write=''
[[ ${1-} != --write ]] || write=yes
"$HERE/elf.sh" "$B" >"$D/elf"
sed '$d' "$D/elf"
count "$(tail -n 1 "$D/elf")"
if link_probes; then
	if [[ $(id -u) -eq 0 ]]; then
		probe_instance root
	else
		printf 'not root: accounts of their own are not tried\n'
	fi
	probe_instance user
else
	failed=$((failed + 1))
fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
