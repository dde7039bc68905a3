#!/bin/bash
# The front nginx and the push nginx against a responder that repeats what it was told:
# host names, methods, sizes, pools, headers, files, live channel, log.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$(mktemp -d)
chmod 755 "$DIR" # ours, so that nginx's own account can look into it
H=$DIR/home
PORT=$(free_port)
U=http://localhost:$PORT
PIDS=()

finish() {
	local pid
	for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$DIR"
}
trap finish EXIT

start_nginx() { # NAME [AS...]
	local -a as=("${@:2}")
	"${as[@]}" nginx -p "$H" -e stderr -c "$H/etc/$1.conf" -g 'daemon off;' 2>"$DIR/$1.err" &
	PIDS+=($!)
}
responder() { # [WORKERS BACKLOG]
	setsid "$DIR/echo" "$RUN" "$@" &
	RESPONDER=$!
	PIDS+=("$RESPONDER")
	wait_until 5 test -S "$RUN/web-sign.sock"
}
end_responder() {
	kill "$RESPONDER"
	wait "$RESPONDER" 2>/dev/null
}

code() { curl -s -o /dev/null -m 20 -w '%{http_code}' "$@"; }
get() { curl -s -m 20 "$@"; }
head_of() { curl -s -m 20 -o /dev/null -D - "$@"; }
# raw TEXT: bytes as they are, to the port; the status line comes back.
raw() {
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%b' "$1" >"$DIR/raw"
	cat "$DIR/raw" >&5 # in one piece
	timeout 5 head -n 1 <&5 | tr -d '\r'
	exec 5>&-
}

setup() {
	PATH=$PATH:/usr/sbin
	cc -O1 -o "$DIR/echo" "$(dirname "$0")/echo.c" -lfcgi || exit 1
	"$STACK" render --home "$H" --port "$PORT" || exit 1
	RUN=$(realpath "$H/run")
	cat >"$H/etc/routes.conf" <<'CONF'
map "$request_method $uri" $kr_class {
	default $kr_usual;
	"~^POST /up/[^/]+$" must-1m;
	"~^POST /slow$" slow-256k;
	"~^POST /in$" sign-64k;
}
CONF
	responder
	if ((ROOT)); then
		start_nginx push setpriv --reuid www-data --regid www-data --clear-groups
	else
		start_nginx push
	fi
	start_nginx nginx
	wait_until 5 curl -s -o /dev/null "$U/healthz" || { cat "$DIR"/*.err; exit 1; }
}

test_params() {
	local seen
	seen=$(get --path-as-is "$U/a%20b/./x?q=%00" -H 'X-Secret: 1' -H 'Cookie: kr=7' \
		-H 'Proxy: evil' -H 'Authorization: Bearer t')
	has 'address as it was sent' "$seen" 'REQUEST_URI=/a%20b/./x?q=%00'
	has 'query' "$seen" 'QUERY_STRING=q=%00'
	has 'cookie' "$seen" 'HTTP_COOKIE=kr=7'
	has 'authorization' "$seen" 'HTTP_AUTHORIZATION=Bearer t'
	has 'client address' "$seen" 'REMOTE_ADDR=127.0.0.1'
	has 'request id' "$seen" 'KR_REQUEST_ID='
	hasnt 'unlisted headers stay outside' "$seen" 'SECRET'
	hasnt 'no HTTP_PROXY' "$seen" 'HTTP_PROXY'
	hasnt 'no content flag on the main host' "$seen" 'KR_CONTENT'
	hasnt 'no path info' "$seen" 'PATH_INFO'
	has 'the cookie of core goes out' "$(head_of "$U/")" 'Set-Cookie: kr=1'
}

test_hosts() {
	local n='\r\nConnection: close\r\n\r\n'
	is 'localhost' 200 "$(code "$U/")"
	has 'upper case and a dot' "$(raw "GET / HTTP/1.1\r\nHost: LocalHost.:1$n")" 200
	has 'kreide.localhost' "$(get "$U/" -H 'Host: kreide.localhost:1')" \
		'HTTP_HOST=kreide.localhost'
	is 'unknown host' 421 "$(code "$U/" -H 'Host: schule.example')"
	is 'an address is no host' 421 "$(code "http://127.0.0.1:$PORT/")"
	has 'no host in HTTP/1.0' "$(raw 'GET / HTTP/1.0\r\n\r\n')" 421
	has 'HTTP/1.0 with host' "$(raw 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n')" 200
	has 'HTTP/1.1 without host' "$(raw "GET / HTTP/1.1$n")" 400
	has 'two hosts' "$(raw "GET / HTTP/1.1\r\nHost: localhost\r\nHost: x$n")" 400
	has 'absolute form' \
		"$(raw "GET http://localhost/ HTTP/1.1\r\nHost: localhost$n")" 200
	has 'absolute form rules over Host' \
		"$(raw "GET http://evil.example/ HTTP/1.1\r\nHost: localhost$n")" 421
	has 'absolute form keeps the path' \
		"$(get "$U/" --request-target "http://localhost/p?x=1")" 'REQUEST_URI=/p?x=1'
}

test_paths_and_methods() {
	local n=' HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
	is 'double slash' 404 "$(code --path-as-is "$U//x")"
	is 'double slash inside' 404 "$(code --path-as-is "$U/x//y")"
	is 'double slash in static files' 404 "$(code --path-as-is "$U/_s//x")"
	is 'internal: files' 404 "$(code "$U/_files/x")"
	is 'internal: classes' 404 "$(code "$U/_to/page-64k")"
	is 'internal: error pages' 404 "$(code "$U/_e/503.html")"
	has 'above the root' "$(raw "GET /../../etc/passwd$n")" 400
	has 'static files: up and away' "$(raw "GET /_s/../kreide$n")" 200 # core's to answer
	has 'TRACE' "$(raw "TRACE /$n")" 405
	has 'TRACE says what goes' "$(head_of -X TRACE "$U/")" 'Allow: GET, HEAD'
	has 'CONNECT' "$(raw "CONNECT /$n")" 405
	has 'CONNECT of a proxy' "$(raw "CONNECT localhost:80$n")" 400
	has 'unknown method' "$(raw "BREW /$n")" 501
	has 'lower case method' "$(raw "get /$n")" 400
	has 'OPTIONS *' "$(raw "OPTIONS *$n")" 400
	has 'PROPFIND is core'\''s to refuse' "$(get -X PROPFIND "$U/x")" REQUEST_METHOD=PROPFIND
	has 'OPTIONS too' "$(get -X OPTIONS "$U/x")" REQUEST_METHOD=OPTIONS
	is 'HEAD' 200 "$(code -I "$U/")"
	has 'not HTTP at all' "$(raw '\x16\x03\x01\x02')" 400
}

test_sizes() {
	local x9 x100 x200
	x9=$(printf 'x%.0s' {1..9000})
	head -c 100000 /dev/zero >"$DIR/100k"
	head -c 200000 /dev/zero >"$DIR/200k"
	head -c 1200000 /dev/zero >"$DIR/1200k"
	x100=@$DIR/100k x200=@$DIR/200k
	is 'long address' 414 "$(code "$U/?$x9")"
	is 'long header' 431 "$(code "$U/" -H "Cookie: $x9")"
	is 'many headers' 431 "$(code "$U/" -H "A: ${x9:0:7000}" -H "B: ${x9:0:7000}" \
		-H "C: ${x9:0:7000}")"
	is 'a large cookie that is allowed' 200 "$(code "$U/" -H "Cookie: ${x9:0:7000}")"
	is 'page: body of 100 kB' 413 "$(code "$U/x" --data-binary "$x100")"
	is 'page: the same in chunks' 413 "$(code "$U/x" --data-binary "$x100" \
		-H 'Transfer-Encoding: chunked')"
	has 'must: body of 200 kB' "$(get "$U/up/3" --data-binary "$x200")" \
		$'socket=must\nbody=200000'
	has 'must: in chunks' "$(get "$U/up/3" --data-binary "$x200" \
		-H 'Transfer-Encoding: chunked')" $'body=200000'
	has 'pool is told' "$(get "$U/up/3" -d x)" KR_POOL=must
	has 'save: what is posted' "$(get "$U/" -d x)" 'socket=save'
	has 'sign: a pool of its own' "$(get "$U/in" -d x)" 'socket=sign'
	is 'must: too large' 413 "$(code "$U/up/3" --data-binary "@$DIR/1200k")"
	has 'slow' "$(get "$U/slow?x" --data-binary "$x200")" socket=slow
	has 'another method, another class' "$(get "$U/slow")" socket=page
}

# once NAME HEADERS HEADER: it is there, and once.
once() { is "$1" 1 "$(grep -ic "^$3:" <<<"$2")"; }

test_headers() {
	local seen name
	for path in '//' '/_s/none' '/robots.txt'; do
		seen=$(head_of --path-as-is "$U$path")
		for name in Content-Security-Policy X-Content-Type-Options Referrer-Policy \
			Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy Permissions-Policy; do
			once "nginx's own answer $path: $name" "$seen" "$name"
		done
		hasnt "$path: no version" "$seen" 'nginx/'
	done
	once "core's answer is left alone" "$(head_of "$U/")" X-Content-Type-Options
	hasnt "nothing added to core's answer" "$(head_of "$U/")" Content-Security-Policy
	has 'error pages are not kept' "$(head_of --path-as-is "$U//")" 'Cache-Control: no-store'
}

test_static() {
	local file seen
	file=$(cd "$KREIDE_BUILD/web" && find . -name '*.css' | head -n 1)
	if [[ -z $file ]]; then
		ok 'a stylesheet in the web build' 1
		return
	fi
	file=$(basename "$file")
	seen=$(head_of "$U/_s/$file" -H 'Accept-Encoding: gzip')
	has 'static file' "$seen" ' 200 '
	has 'for ever' "$seen" 'immutable'
	has 'compressed at build time' "$seen" 'Content-Encoding: gzip'
	has 'with brotli' "$(head_of "$U/_s/$file" -H 'Accept-Encoding: br')" \
		'Content-Encoding: br'
	has 'type' "$seen" 'Content-Type: text/css'
	is 'only read' 405 "$(code -X POST "$U/_s/$file")"
	is 'folder is not listed' 404 "$(code "$U/_s/")"
	has 'also on the content host' "$(head_of "$U/_s/$file" \
		-H 'Host: content.localhost')" ' 200 '
}

test_content_host() {
	local -a to=(-H 'Host: content.kreide.localhost')
	local seen
	seen=$(get "$U/f/abc" "${to[@]}" -H 'Cookie: kr=7' -H 'Authorization: x')
	has 'content host is told' "$seen" 'KR_CONTENT=1'
	hasnt 'no cookie in' "$seen" 'kr=7'
	hasnt 'no authorization in' "$seen" 'HTTP_AUTHORIZATION=x'
	seen=$(head_of "$U/f/abc" "${to[@]}")
	hasnt 'no cookie out' "$seen" 'Set-Cookie'
	once 'nosniff' "$seen" X-Content-Type-Options
	has 'sandbox' "$seen" "Content-Security-Policy: sandbox; default-src 'none'"
	has 'frames only in our pages' "$seen" \
		"frame-ancestors http://localhost:$PORT http://kreide.localhost:$PORT"
	is 'POST' 405 "$(code "$U/f/abc" "${to[@]}" -d x)"
	is 'PUT' 405 "$(code "$U/f/abc" "${to[@]}" -X PUT)"
	is 'OPTIONS' 405 "$(code "$U/f/abc" "${to[@]}" -X OPTIONS)"
	is 'HEAD' 200 "$(code -I "$U/f/abc" "${to[@]}")"
	is 'body of a GET' 413 "$(code -X GET "$U/f/abc" "${to[@]}" -d xxxxx)"
}

test_files() {
	local seen
	mkdir -p "$H/files/ab"
	printf '0123456789' >"$H/files/ab/key"
	if ((ROOT)); then chown -R kreide-web:www-data "$H/files/ab"; fi
	for host in localhost content.localhost; do
		seen=$(curl -s -D - "$U/file/ab/key" -H "Host: $host")
		has "$host: the bytes" "$seen" 0123456789
		has "$host: type is core's" "$seen" 'Content-Type: image/png'
		has "$host: name is core's" "$seen" 'filename="x.png"'
		has "$host: cache is core's" "$seen" 'Cache-Control: private'
		hasnt "$host: other headers are not" "$seen" 'X-Evil'
		once "$host: policy" "$seen" Content-Security-Policy
		has "$host: sandbox" "$seen" 'sandbox'
		once "$host: nosniff" "$seen" X-Content-Type-Options
	done
	is 'range' 345 "$(get "$U/file/ab/key" -H 'Range: bytes=3-5')"
	is 'range beyond the end' 416 "$(code "$U/file/ab/key" -H 'Range: bytes=30-')"
	is 'missing file' 404 "$(code "$U/file/ab/none")"
}

test_live() {
	local reader status
	is 'live: who is nobody' 403 "$(code "$U/_live" -H 'Accept: text/event-stream')"
	is 'live: only GET' 403 "$(code -X POST "$U/_live")"
	: >"$DIR/live.head"
	curl -sN -D "$DIR/live.head" -m 20 "$U/_live" -H 'Accept: text/event-stream' \
		-H 'Cookie: who=abc123' -H 'Origin: http://content.localhost' >"$DIR/live" &
	reader=$!
	wait_until 5 grep -q '200' "$DIR/live.head"
	ok 'live: opens' $?
	get --unix-socket "$RUN/push-pub.sock" http://x/pub/abc123 \
		-H 'X-EventSource-Event: notice' -d 'three' >/dev/null
	wait_until 1 grep -q 'data: three' "$DIR/live"
	ok 'live: an event within a second' $? "$(<"$DIR/live")"
	has 'live: with its name' "$(<"$DIR/live")" 'event: notice'
	hasnt 'live: no other origin is invited' "$(<"$DIR/live.head")" 'Access-Control'
	has 'live: not kept' "$(<"$DIR/live.head")" 'Cache-Control: no-store'
	once 'live: nosniff' "$(<"$DIR/live.head")" X-Content-Type-Options
	has 'live: not from outside' "$(get -m 3 "$U/_sub/abc123")" 'socket=page'
	is 'live: no publishing from outside' 404 \
		"$(code --unix-socket "$RUN/push-sub.sock" http://x/pub/abc123 -d x)"
	get --unix-socket "$RUN/push-pub.sock" -X DELETE http://x/pub/abc123 >/dev/null
	status=1
	wait_until 2 eval "! kill -0 $reader 2>/dev/null" && status=0
	ok 'live: the channel closed, the reader is gone' "$status"
	kill "$reader" 2>/dev/null
	if ((ROOT)); then
		status=0
		setpriv --reuid nobody --clear-groups curl -s -m 2 --unix-socket \
			"$RUN/push-pub.sock" http://x/pub/abc123 -d x >/dev/null 2>&1 && status=1
		ok 'live: publishing is for core only' "$status"
	fi
}

# at_once NAME ADDRESS: a refusal takes less than 300 ms, once in three at least: the
# machine may stand still for a moment.
at_once() {
	local i took='' status=1
	for i in 1 2 3; do
		took+=" $(curl -s -o "$DIR/none" -w '%{http_code} %{time_total}' "$2")"
		[[ ! $took =~ 503\ 0[.,][012][0-9]*$ ]] || status=0
	done
	ok "$1" "$status" "$took"
}

test_faults() {
	local seen
	is 'a worker that dies' 502 "$(code "$U/crash")"
	is 'the next request' 200 "$(code "$U/")"
	end_responder
	seen=$(head_of "$U/")
	has 'core is away: 503' "$seen" ' 503 '
	has 'core is away: come back' "$seen" 'Retry-After: 5'
	once 'core is away: policy' "$seen" Content-Security-Policy
	at_once 'core is away: within 300 ms' "$U/"
	is 'content host: 503' 503 "$(code "$U/" -H 'Host: content.localhost')"
	has 'errors are logged' "$(<"$DIR/nginx.err")" 'forbidden by rule'
	hasnt 'but no line for each that core refuses' "$(<"$DIR/nginx.err")" 'connect() to unix:'

	responder 1 1 # one worker, and a queue for two
	for _ in {1..5}; do
		code "$U/sleep/15000" >>"$DIR/burst" & # until the responder ends
	done
	wait_until 10 grep -qs 503 "$DIR/burst"
	is 'queue is full: 503' 503 "$(code "$U/sleep/1")"
	at_once 'queue is full: at once' "$U/sleep/1"
	is 'another pool goes on' 200 "$(code "$U/slow" -d x)"
	is 'static files go on' 200 "$(code "$U/robots.txt")"
	end_responder
	responder
	is 'back again' 200 "$(code "$U/")"
}

# Begun early, looked at late: silence is ended by nginx, core never hears of it.
slow_clients() {
	exec 6<>"/dev/tcp/127.0.0.1/$PORT" 7<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx' >&6
	printf 'GET / HTTP/1.1\r\nHost: local' >&7
	SLOW_BEGAN=$(ms)
	{
		cat <&6 >/dev/null 2>&1
		ms >"$DIR/closed6"
	} &
	{
		cat <&7 >/dev/null 2>&1
		ms >"$DIR/closed7"
	} &
}
test_slow_clients() {
	local status=0 one took seen=''
	wait_until 5 eval "((\$(ms) - $SLOW_BEGAN > 9000))" || sleep 5
	is 'others are served meanwhile' 200 "$(code "$U/")"
	wait_until 20 test -s "$DIR/closed7" || status=1
	ok 'silent header: closed' "$status"
	status=0
	wait_until 20 test -s "$DIR/closed6" || status=1
	ok 'silent body: closed' "$status"
	status=0
	for one in 6 7; do
		took=$(($(<"$DIR/closed$one") - SLOW_BEGAN))
		((took > 5000 && took < 20000)) || status=1
		seen+=" $took ms"
	done
	ok 'both within 20 s' "$status" "$seen"
	exec 6>&- 7>&-
}

test_log() {
	local log
	get "$U/geheim/pfad?token=geheim3" >/dev/null
	# nginx writes the line after it has answered.
	wait_until 3 grep -q 'GET /geheim/' "$H/log/nginx/access.log"
	log=$(<"$H/log/nginx/access.log")
	hasnt 'no query in the log' "$log" 'geheim3'
	hasnt 'no path beyond its first part' "$log" 'pfad'
	has 'but the first part' "$log" 'GET /geheim/*'
	hasnt 'no whole address' "$log" '127.0.0.1'
	has 'a shortened one' "$log" '127.0.0.0'
	has 'status and time' "$log" 'us=200'
}

test_rate() {
	sed -i '/^rate_per_address/d;/^burst_per_address/d' "$H/etc/kreide.conf"
	printf 'rate_per_address = 1\nburst_per_address = 3\n' >>"$H/etc/kreide.conf"
	"$STACK" render --home "$H" || return
	kill -HUP "${PIDS[2]}"
	wait_until 10 eval 'head_of "$U/" >"$DIR/rate"; grep -q " 429 " "$DIR/rate"'
	has 'too many' "$(<"$DIR/rate")" ' 429 '
	has 'too many: come back' "$(<"$DIR/rate")" 'Retry-After: 10'
	is 'static files are not counted' 200 "$(code "$U/robots.txt")"
}

test_tls() {
	local tls
	tls=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout "$H/etc/key.pem" -out "$H/etc/cert.pem" 2>/dev/null
	printf 'mode = school\nscheme = https\nhost = schule.example\nport = %s\n' "$tls" \
		>"$H/etc/kreide.conf"
	"$STACK" render --home "$H" || return
	kill -HUP "${PIDS[2]}"
	local -a to=(-k --resolve "*:$tls:127.0.0.1")
	local url=https://schule.example:$tls
	wait_until 5 curl -s -o /dev/null "${to[@]}" "$url/"
	has 'TLS with HTTP/2' "$(head_of "${to[@]}" "$url/")" 'HTTP/2 200'
	has 'core is told' "$(get "${to[@]}" "$url/")" 'REQUEST_SCHEME=https'
	has 'HSTS on own answers' "$(head_of "${to[@]}" "$url/robots.txt")" \
		'strict-transport-security: max-age=31536000'
	is 'unknown host' 421 "$(code "${to[@]}" "https://x.example:$tls/")"
	is 'demo names are not served' 421 "$(code "${to[@]}" "https://localhost:$tls/")"
	is 'content host' 405 "$(code "${to[@]}" "https://content.schule.example:$tls/" -d x)"
	is 'plain HTTP there' 308 "$(code "http://127.0.0.1:$tls/")"
	is 'old TLS' 000 "$(code "${to[@]}" --tlsv1.0 --tls-max 1.1 "$url/")"
}

setup
slow_clients
test_params
test_hosts
test_paths_and_methods
test_sizes
test_headers
test_static
test_content_host
test_files
test_live
test_log
test_faults
test_slow_clients
test_rate
test_tls
summary
