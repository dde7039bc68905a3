# shellcheck shell=bash
# The folder of one instance: where it is, who owns what in it. Sourced by conf/stack.
#
#   etc/ configuration   secret/ passwords, keys   db/ MariaDB   files/ incoming/ uploads
#   run/ sockets         log/                      sv/ runit     sig/ virus signatures   tmp/

FOLDERS=(etc secret run db files incoming log sv sig tmp acme)
RELOCATED=/var/lib/kreide-run

# as_user NAME COMMAND...: whether COMMAND (a test) succeeds for that account.
as_user() {
	local name=$1
	shift
	setpriv --reuid "$name" --regid "$(id -g "$name")" --clear-groups -- "$@" 2>/dev/null
}

# make_users: the accounts of conf/sysusers, when started as root.
make_users() {
	local file=$HERE/sysusers/kreide.conf type name missing='' user
	while read -r type name _; do
		[[ $type != u ]] || getent passwd "$name" >/dev/null || missing=1
	done <"$file"
	if [[ -n $missing ]]; then
		say "creating the system accounts of Kreide (kreide-web and others)"
		if command -v systemd-sysusers >/dev/null; then
			systemd-sysusers "$file" >/dev/null 2>&1 || : # each is checked below
		else
			while read -r type name _; do
				[[ $type != u ]] || getent passwd "$name" >/dev/null ||
					useradd --system --user-group --no-create-home \
						--home-dir /nonexistent --shell /usr/sbin/nologin "$name"
			done <"$file"
		fi
	fi
	for user in kreide-web kreide-auth kreide-jobs kreide-scan kreide-log www-data mysql; do
		id "$user" >/dev/null 2>&1 || die "the system account $user is missing;" \
			"install the packages first (make deps)"
	done
}

# check_path PATH: it will stand in nginx's and MariaDB's configuration.
check_path() {
	[[ $1 != *[$'\001'-$'\037'$'\177''"'\''\$;{}<>|&*?!~#%`']* ]] ||
		die "the folder $1 has a character in its name that nginx or MariaDB cannot" \
			"take; choose another with KR_HOME="
}

# closed_to NAME PATH: prints the first folder above PATH that NAME cannot pass.
closed_to() {
	local name=$1 dir=$2 first=''
	while :; do
		[[ ! -d $dir ]] || as_user "$name" test -x "$dir" || first=$dir
		[[ $dir != / ]] || break
		dir=$(dirname "$dir")
	done
	[[ -z $first ]] || printf '%s' "$first"
}

# find_home WANTED: sets HOME_WANTED (as named) and KR_HOME (where the state really is).
find_home() {
	local id closed='' name
	HOME_WANTED=$(realpath -m -- "$1")
	check_path "$HOME_WANTED"
	[[ ! -e $HOME_WANTED || -d $HOME_WANTED ]] || die "$HOME_WANTED is not a folder"
	KR_HOME=$HOME_WANTED
	id=$(printf '%s' "$HOME_WANTED" | sha256sum)
	ELSEWHERE=$RELOCATED/${id:0:10}
	CLOSED=''
	((ROOT)) || return 0
	if [[ -L $HOME_WANTED/etc ]]; then # moved by an earlier start
		KR_HOME=$(dirname "$(realpath -m -- "$HOME_WANTED/etc")")
		return 0
	fi
	for name in mysql www-data kreide-web kreide-scan; do
		id "$name" >/dev/null 2>&1 || return 0 # then nothing was ever started here
		[[ -n $closed ]] || closed=$(closed_to "$name" "$HOME_WANTED")
	done
	if [[ -n $closed && -d $HOME_WANTED/db ]]; then
		die "the processes of Kreide cannot reach their data in $HOME_WANTED any" \
			"more, because $closed is closed to them; open it or move the data"
	fi
	[[ -z $closed ]] || KR_HOME=$ELSEWHERE/home
	CLOSED=$closed
}

# link_home: leaves links in the folder that was asked for, so that commands find it.
link_home() {
	local name old
	[[ $KR_HOME != "$HOME_WANTED" ]] || return 0
	mkdir -p "$RELOCATED" "$ELSEWHERE"
	chmod 755 "$RELOCATED" "$ELSEWHERE"
	if [[ ! -L $HOME_WANTED/etc && -d $KR_HOME ]]; then
		# Somebody deleted the folder: a new start begins anew, the old data stays.
		! proc_alive "$KR_HOME/sv/.script" ||
			die "the instance of $HOME_WANTED, since deleted, still runs (process $R_PID)"
		leftovers
		old=$KR_HOME.$(date +%Y%m%d-%H%M%S)
		mv "$KR_HOME" "$old"
		say "$HOME_WANTED is new; what was there before is kept in $old"
	fi
	mkdir -p "$HOME_WANTED" "$KR_HOME"
	for name in "${FOLDERS[@]}"; do
		[[ -e $HOME_WANTED/$name || -L $HOME_WANTED/$name ]] ||
			ln -s "$KR_HOME/$name" "$HOME_WANTED/$name"
	done
	[[ -z $CLOSED ]] ||
		say "$CLOSED is closed to the accounts of Kreide, so the data lies in $KR_HOME"
}

# own DIR MODE OWNER: makes a folder of the instance; owner and mode only as root. A link
# that an administrator has put in its place is left alone.
own() {
	[[ ! -L $1 ]] || return 0
	mkdir -p "$1"
	if ((ROOT)); then
		chown "$3" "$1"
		chmod "$2" "$1"
	else
		chmod "${4-700}" "$1"
	fi
}

# check_owner: an instance belongs to root or to one user, for good.
check_owner() {
	local file=$KR_HOME/etc/owner who
	who=$(id -un)
	mkdir -p "$KR_HOME/etc"
	if [[ -s $file && $(<"$file") != "$who" ]]; then
		die "$HOME_WANTED belongs to $(<"$file"), you are $who;" \
			"start it as $(<"$file"), or choose another folder with KR_HOME="
	fi
	[[ -s $file ]] || write_file "$file" "$who"
}

# make_run_folder: sets KR_RUN. A unix socket's path has at most 107 characters, so under
# a long path run/ is a link to a short folder of our own, with a link home/ back; what we
# start knows the instance by that short name, KR_ALIAS.
make_run_folder() {
	local run=$KR_HOME/run target base=/tmp
	if [[ -L $run ]]; then
		target=$(readlink "$run")
		if [[ -d $target && ! -L $target && -O $target ]]; then
			KR_RUN=$target
		else
			rm -f "$run"
		fi
	fi
	if [[ ! -L $run && $((${#run} + 20)) -gt 107 ]]; then
		[[ ! -d $run ]] || rm -rf "$run"
		((ROOT)) && [[ -d /run ]] && base=/run
		KR_RUN=$(mktemp -d "$base/kreide-XXXXXXXX")
		ln -s "$KR_RUN" "$run"
	fi
	KR_ALIAS=$KR_HOME
	if [[ -L $run ]]; then
		ln -sfn "$KR_HOME" "$KR_RUN/home"
		KR_ALIAS=$KR_RUN/home
	else
		KR_RUN=$run
	fi
	own "$KR_RUN" 1771 root:mysql # MariaDB makes its socket itself
	own "$KR_RUN/sub" 700 www-data:www-data # who may wait for events: nginx
	own "$KR_RUN/pub" 2710 www-data:kreide-web # who may publish: pages and jobs
	ln -sfn sub/push.sock "$KR_RUN/push-sub.sock"
	ln -sfn pub/push.sock "$KR_RUN/push-pub.sock"
}

# make_home: all folders with their owners. Files in them belong to their processes.
make_home() {
	local name
	umask 022
	mkdir -p "$KR_HOME"
	check_owner
	((ROOT)) && chmod 755 "$KR_HOME"
	own "$KR_HOME/etc" 755 root:root 755
	own "$KR_HOME/secret" 711 root:root
	own "$KR_HOME/files" 2750 kreide-web:www-data
	own "$KR_HOME/incoming" 770 kreide-web:kreide-web # jobs sweeps it
	own "$KR_HOME/sig" 755 root:root
	own "$KR_HOME/acme" 755 root:root
	own "$KR_HOME/sv" 755 root:root
	own "$KR_HOME/tmp" 755 root:root
	own "$KR_HOME/tmp/mariadb" 700 mysql:mysql
	own "$KR_HOME/tmp/scan" 700 kreide-scan:kreide-scan
	for name in nginx push; do
		own "$KR_HOME/tmp/$name" 700 www-data:www-data
	done
	own "$KR_HOME/log" 755 root:root
	for name in mariadb scan kreide; do
		own "$KR_HOME/log/$name" 750 kreide-log:kreide-log
	done
	own "$KR_HOME/log/nginx" 750 root:www-data
	own "$KR_HOME/log/stack" 750 root:root
	for name in nginx-error push-error; do
		own "$KR_HOME/log/$name" 750 kreide-log:kreide-log
	done
	make_run_folder
}

# can_read NAME FILE...: that account can read every one of them.
can_read() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	as_user "$name" sh -c 'for f; do test -r "$f" || exit 1; done' sh "$@"
}

# readable_tree: whether every account can read the build it will run.
readable_tree() {
	local name
	local -a code web
	shopt -s nullglob globstar
	code=("$TREE/kreide" "$TREE"/*.so "$TREE"/plugins/*.so "$TREE"/locale/**)
	web=("$TREE"/web/**)
	shopt -u nullglob globstar
	for name in kreide-web kreide-auth kreide-jobs; do
		can_read "$name" "${code[@]}" || return 1
	done
	can_read kreide-scan "$TREE/kreide-scan" && can_read www-data "$TREE/web" "${web[@]}"
}

# install_tree: as root with a closed clone, runs from an installed copy. Sets TREE.
install_tree() {
	local app=$ELSEWHERE/app item
	((ROOT)) && ! readable_tree || return 0
	say "the accounts of Kreide cannot read $TREE, so it runs from a copy in $app"
	mkdir -p "$RELOCATED" "$ELSEWHERE"
	chmod 755 "$RELOCATED" "$ELSEWHERE"
	rm -rf "$app.new"
	if [[ -f $HERE/../Makefile ]]; then
		(umask 022 && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$HERE/.." \
			B="$TREE" PREFIX=/usr DESTDIR="$app.new" install >/dev/null) ||
			die "could not install a copy into $app.new"
	else
		mkdir -p "$app.new/usr/lib/kreide"
		for item in kreide kreide-scan libkreide.so plugins locale web migrations conf; do
			[[ ! -e $TREE/$item ]] || cp -R "$TREE/$item" "$app.new/usr/lib/kreide/"
		done
	fi
	# The copy is ours: whatever the modes in the clone were, everybody may read it.
	chmod -R u+rwX,go+rX,go-w "$app.new"
	rm -rf "$app"
	mv "$app.new" "$app"
	TREE=$app/usr/lib/kreide
}
