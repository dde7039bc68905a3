# For tests: an instance of their own, on a port and in a folder of their own.
# Source it; stack_begin [--no-demo] sets KR_TEST_HOME, KR_TEST_PORT; it is dropped at exit.
# KR_TEST_CONF: further lines of its kreide.conf.

free_port() {
	node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

stack_begin() {
	KR_TEST_HOME=$(mktemp -d /tmp/kr-test.XXXXXX)/home
	KR_TEST_PORT=$(free_port)
	export KR_TEST_HOME KR_TEST_PORT
	trap 'stack_end' EXIT
	conf/stack render --home "$KR_TEST_HOME" --port "$KR_TEST_PORT" >/dev/null || return 1
	echo "load_skeleton = yes" >>"$KR_TEST_HOME/etc/kreide.conf"
	[ -z "${KR_TEST_CONF-}" ] || echo "$KR_TEST_CONF" >>"$KR_TEST_HOME/etc/kreide.conf"
	conf/stack start --home "$KR_TEST_HOME" --port "$KR_TEST_PORT" "$@" || return 1
	# As root the instance may live elsewhere (a closed parent folder): a link leads there.
	KR_TEST_HOME=$(readlink -f "$KR_TEST_HOME")
	export KR_TEST_HOME
}

stack_end() {
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $KR_TEST_HOME on port $KR_TEST_PORT" >&2
		return
	fi
	conf/stack drop --home "$KR_TEST_HOME" >/dev/null 2>&1
	rm -rf "$(dirname "$KR_TEST_HOME")"
}
