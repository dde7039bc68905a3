# shellcheck shell=bash
# Templates to configuration: kreide.conf decides, HOME/etc gets the result. Sourced.

# first_conf: kreide.conf of a demo instance. A real school's is written by `kreide init`.
first_conf() {
	local file=$KR_HOME/etc/kreide.conf
	if [[ ! -s $file ]]; then
		write_file "$file" "# This instance, made by conf/stack; every key is explained
# in conf/kreide.conf.example.
mode = demo
name = Gesamtschule Lindenhof
scheme = http
host = localhost
content_host = content.localhost
port = ${PORT:-8080}
"
		chmod 644 "$file"
	elif [[ -n $PORT && $(conf_get "$file" mode demo) == demo ]]; then
		[[ $(conf_get "$file" port '') == "$PORT" ]] || conf_set "$file" port "$PORT"
	elif [[ -n $PORT && $(conf_get "$file" port '') != "$PORT" ]]; then
		die "this instance belongs to a real school; change its port in $file"
	fi
}

# read_conf: what the templates need, checked.
read_conf() {
	local file=$KR_HOME/etc/kreide.conf
	MODE=$(conf_get "$file" mode demo)
	SCHEME=$(conf_get "$file" scheme http)
	HOST=$(conf_get "$file" host localhost)
	CONTENT_HOST=$(conf_get "$file" content_host "content.$HOST")
	RATE=$(conf_get "$file" rate_per_address 400)
	RATE_BURST=$(conf_get "$file" burst_per_address 1200)
	BUFFER_POOL=$(conf_get "$file" db_memory 64M)
	if [[ $SCHEME == https ]]; then
		PORT=$(conf_get "$file" port 443)
	else
		PORT=$(conf_get "$file" port 8080)
	fi
	[[ $MODE == demo || $MODE == school ]] || die "$file: mode is demo or school"
	[[ $SCHEME == http || $SCHEME == https ]] || die "$file: scheme is http or https"
	[[ $HOST =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || die "$file: host is not a host name"
	[[ $CONTENT_HOST =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] ||
		die "$file: content_host is not a host name"
	if [[ ! $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
		die "the port must be a number from 1 to 65535, not $PORT"
	fi
	[[ $RATE =~ ^[0-9]{1,6}$ && $RATE_BURST =~ ^[0-9]{1,6}$ ]] ||
		die "$file: rate_per_address and burst_per_address are numbers"
	[[ $BUFFER_POOL =~ ^[0-9]+[MG]$ ]] || die "$file: db_memory is a size such as 512M"
	((ROOT || PORT >= 1024)) ||
		die "only root can listen on port $PORT; choose one from 1024 on"
}

# site_values: everything that follows from kreide.conf for nginx.
site_values() {
	local name hosts contents open
	hosts=$HOST contents=$CONTENT_HOST
	if [[ $MODE == demo ]]; then # these and no others, whatever kreide.conf says
		hosts='localhost kreide.localhost'
		contents='content.localhost content.kreide.localhost'
	fi
	V[HOSTS]=$hosts V[CONTENT_HOSTS]=$contents V[ORIGINS]=''
	for name in $hosts; do
		V[ORIGINS]+=" $SCHEME://$name"
		[[ $SCHEME$PORT == http80 || $SCHEME$PORT == https443 ]] || V[ORIGINS]+=:$PORT
	done
	V[ORIGINS]=${V[ORIGINS]# }
	V[LISTEN]='' V[LISTEN_DEFAULT]='' V[TLS]='' V[HSTS]='' V[REDIRECT]=''
	local -a where=("127.0.0.1:$PORT")
	! has_ipv6 || where+=("[::1]:$PORT")
	open=''
	if [[ $SCHEME == https ]]; then
		where=("$PORT")
		! has_ipv6 || where+=("[::]:$PORT")
		open=' ssl http2'
		V[TLS]="include \"$KR_HOME/etc/tls.conf\";"
		V[HSTS]='add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;'
		[[ $PORT != 443 ]] || V[REDIRECT]=$(<"$HERE/nginx/redirect.conf.in")
		has_ipv6 || V[REDIRECT]=${V[REDIRECT]//$'\tlisten [::]'/$'\t# listen [::]'}
	fi
	for name in "${where[@]}"; do
		V[LISTEN]+=$'\t'"listen $name$open;"$'\n'
		V[LISTEN_DEFAULT]+=$'\t'"listen $name$open default_server;"$'\n'
	done
	V[LISTEN]=${V[LISTEN]%$'\n'} V[LISTEN_DEFAULT]=${V[LISTEN_DEFAULT]%$'\n'}
	V[RATE_ZONE]='# Switched off: rate_per_address = 0 in kreide.conf.' V[RATE_LINE]=''
	if ((RATE > 0)); then
		V[RATE_ZONE]="limit_req_zone \$binary_remote_addr zone=kr_rate:4m rate=${RATE}r/s;"
		V[RATE_LINE]="limit_req zone=kr_rate burst=$RATE_BURST nodelay;"
	fi
}

# class_locations: one location per pool and size of body.
class_locations() {
	local pool size time
	V[CLASSES]=''
	for pool in page save slow must sign; do
		case $pool in
		page | save) time=15s ;; # core's own limits are 10 s, 300 s, 60 s and 20 s
		slow) time=310s ;;
		must | sign) time=25s ;;
		esac
		for size in 64k 256k 1m 4m 17m 65m 257m 1025m; do
			V[CLASSES]+="	location = /_to/$pool-$size {
		internal;
		client_max_body_size $size;
		${V[RATE_LINE]}
		include \"$KR_HOME/etc/fastcgi.conf\";
		include \"$KR_HOME/etc/fastcgi-who.conf\";
		fastcgi_param KR_POOL $pool;
		fastcgi_read_timeout $time;
		fastcgi_pass kr_$pool;
	}
"
		done
	done
	V[CLASSES]=${V[CLASSES]%$'\n'}
}

# fill TEMPLATE TARGET: every @NAME@ from V; a name without a value is an error.
fill() {
	local text key
	text=$(<"$HERE/$1")
	for key in REDIRECT CLASSES "${!V[@]}"; do # what brings names of its own goes first
		text=${text//"@$key@"/"${V[$key]}"}
	done
	[[ ! $text =~ @[A-Z_]+@ ]] || die "$1: nothing known for ${BASH_REMATCH[0]}"
	write_file "$KR_HOME/etc/$2" "$text"$'\n'
}

# render: all of HOME/etc but kreide.conf and routes.conf.
render() {
	local hard name
	declare -gA V=()
	hard=$(ulimit -Hn)
	[[ $hard =~ ^[0-9]+$ ]] && ((hard < 32768)) || hard=32768
	V[HOME]=$KR_HOME V[RUN]=$KR_RUN V[WEB]=$TREE/web V[USER_LINE]=''
	V[STATIC]=$TREE/web
	[[ ! -d $TREE/web/_s ]] || V[STATIC]=$TREE/web/_s
	((ROOT)) && V[USER_LINE]='user www-data www-data;'
	V[NGINX_WORKERS]=$(($(nproc) < 4 ? $(nproc) : 4))
	V[NGINX_CONNECTIONS]=$((hard / 2))
	V[CONNECTIONS_PER_ADDRESS]=4000
	V[BUFFER_POOL]=$BUFFER_POOL
	site_values
	class_locations
	for name in nginx site fastcgi fastcgi-who headers headers-file errors static push; do
		fill "nginx/$name.conf.in" "$name.conf"
	done
	[[ $SCHEME != https ]] || fill nginx/tls.conf.in tls.conf
	fill mariadb/my.cnf.in my.cnf
	[[ -s $KR_HOME/etc/routes.conf ]] || no_routes
	stack_env
}

# no_routes: everything on the ordinary path, until core has told otherwise.
no_routes() {
	write_file "$KR_HOME/etc/routes.conf" "map \"\$request_method \$uri\" \$kr_class {
	default \$kr_usual;
}
"
}

# stack_env: what the service folders need to know; they stand two levels below.
stack_env() {
	local name out=''
	for name in KR_HOME KR_ALIAS KR_RUN TREE ROOT; do
		out+="$name=$(printf '%q' "${!name}")"$'\n'
	done
	write_file "$KR_HOME/etc/stack.env" "$out"
}

# make_services: the runit folders, copied, so that a running stack does not change with
# the clone. All are down until their turn has come.
make_services() {
	local name dir
	cp "$HERE/lib/common.sh" "$KR_HOME/sv/common.sh"
	cp "$HERE/runit/lib.sh" "$KR_HOME/sv/lib.sh"
	for name in "${SERVICES[@]}"; do
		dir=$KR_HOME/sv/$name
		rm -rf "$dir"
		mkdir -p "$dir"
		cp -R "$HERE/runit/$name/." "$dir/"
		cp "$HERE/runit/finish" "$dir/finish"
		chmod 755 "$dir" "$dir"/run "$dir"/finish
		[[ ! -e $dir/check ]] || chmod 755 "$dir/check"
		if [[ -d $dir/log ]]; then
			chmod 755 "$dir/log" "$dir/log/run"
		fi
		: >"$dir/down"
	done
}
