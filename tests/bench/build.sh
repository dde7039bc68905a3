#!/bin/bash
# Builds the reference programs and the bench plugin into $KREIDE_BUILD/bench; the plugin lies
# there as `make install` of a plugin would put it, for plugin_dirs of kreide.conf.
set -euo pipefail
cd "$(dirname "$0")/../.."
B=${KREIDE_BUILD:-$PWD/build} OUT=$B/bench
P=$OUT/plugins GEN=$OUT/gen SRC=tests/bench/bench
mkdir -p "$P/bench/migrations" "$P/bench/locale/all/LC_MESSAGES" "$GEN"

gcc -O2 -g -Wall -Wextra -Werror -std=gnu17 -D_GNU_SOURCE tests/bench/ref/epoll.c -o "$OUT/epoll"
# shellcheck disable=SC2046 # flags are words
gcc -O2 -g -Wall -Wextra -Werror -std=gnu17 -D_GNU_SOURCE $(pkg-config --cflags libmariadb) \
	tests/bench/ref/bare.c -o "$OUT/bare" $(pkg-config --libs libmariadb) -lfcgi
gcc -O2 -g -Wall -Wextra -Werror -std=gnu17 -D_GNU_SOURCE tests/bench/ref/hash.c -o "$OUT/hash" -lsodium

"$B/tools/krtpl" --header -o "$GEN/bench_templates.h" $SRC/templates/*.html
FLAGS=$(make -s B="$B" print-test-flags)
objects=()
for page in frame list; do
	"$B/tools/krtpl" -o "$GEN/$page.c" "$SRC/templates/$page.html"
	# shellcheck disable=SC2086
	gcc $FLAGS -I$SRC -I"$GEN" -c "$GEN/$page.c" -o "$GEN/$page.o"
	objects+=("$GEN/$page.o")
done
# shellcheck disable=SC2086
gcc $FLAGS -I$SRC -I"$GEN" -c $SRC/plugin.c -o "$GEN/plugin.o"
gcc -shared -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,-z,defs -Wl,-z,nodelete \
	"${objects[@]}" "$GEN/plugin.o" -L"$B" -lkreide -o "$P/bench.so"
cp $SRC/migrations/*.sql "$P/bench/migrations/"
for po in $SRC/locale/*.po; do
	msgfmt --check-format -o "$P/bench/locale/all/LC_MESSAGES/bench_$(basename "$po" .po).mo" "$po"
done
