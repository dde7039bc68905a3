#!/bin/sh
# krtpl: a good template becomes the C we know; each bad one is refused with line and
# reason. Usage: test_krtpl.sh [--accept] [KRTPL]   (--accept: rewrite the expected C)
set -u
accept=no
[ "${1:-}" = --accept ] && accept=yes && shift
krtpl=$(realpath "${1:-${KREIDE_BUILD:-build}/tools/krtpl}") || exit 2
here=$(cd "$(dirname "$0")" && pwd)/krtpl
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0 count=0
mkdir -p "$dir/demo/templates" "$dir/core/html/templates"
cd "$dir" || exit 2

fail() {
	failed=$((failed + 1))
	printf 'not ok: %s\n' "$1"
}

# good NAME: demo/templates of the fixture -> NAME.c
good() {
	count=$((count + 1))
	cp "$here/$1.html" demo/templates/
	if ! "$krtpl" -o out.c "demo/templates/$1.html" 2>err; then
		fail "$1: $(cat err)"
	elif [ $accept = yes ]; then
		cp out.c "$here/$1.c.expect"
	elif ! cmp -s out.c "$here/$1.c.expect"; then
		fail "$1: other C than expected"
		diff "$here/$1.c.expect" out.c | head -20
	fi
	rm -f demo/templates/*
}

# bad LINE 'PART OF THE MESSAGE': template on standard input, head line added
bad() {
	count=$((count + 1))
	{
		printf '{%% partial struct demo_x %%}\n'
		cat
	} >demo/templates/x.html
	if "$krtpl" -o out.c demo/templates/x.html 2>err; then
		fail "accepted: $(cat demo/templates/x.html)"
	elif ! grep -qF "demo/templates/x.html:$1: error: " err || ! grep -qF -- "$2" err; then
		fail "wanted line $1: $2
got $(cat err)"
	fi
}

# page LINE 'MESSAGE': the same, whole file
page() {
	count=$((count + 1))
	cat >demo/templates/x.html
	if "$krtpl" -o out.c demo/templates/x.html 2>err; then
		fail "accepted: $(cat demo/templates/x.html)"
	elif ! grep -qF "demo/templates/x.html:$1: error: " err || ! grep -qF -- "$2" err; then
		fail "wanted line $1: $2
got $(cat err)"
	fi
}

# frame LINE 'MESSAGE': as bad, for a template of core/html
frame() {
	count=$((count + 1))
	{
		printf '{%% partial struct html_x %%}\n'
		cat
	} >core/html/templates/x.html
	if "$krtpl" -o out.c core/html/templates/x.html 2>err; then
		fail "accepted: $(cat core/html/templates/x.html)"
	elif ! grep -qF "core/html/templates/x.html:$1: error: " err || ! grep -qF -- "$2" err; then
		fail "wanted line $1: $2
got $(cat err)"
	fi
}

# fine: accepted without a word
fine() {
	count=$((count + 1))
	{
		printf '{%% partial struct demo_x %%}\n'
		cat
	} >demo/templates/x.html
	if ! "$krtpl" -o out.c demo/templates/x.html 2>err || [ -s err ]; then
		fail "refused: $(cat err)"
	fi
}

good show
good row

# ── the language ──
page 1 'the first line must be {% view struct demo_x %}' <<'E'
<p>x</p>
E
page 1 'the first line must be {% view struct demo_x %}' <<'E'
{% view struct demo_other %}
E
page 1 'a page needs {% title "key" %}' <<'E'
{% view struct demo_x %}
<h1>{% t "demo.x" %}</h1>
E
page 1 'a page has one <h1>' <<'E'
{% view struct demo_x %}
{% title "demo.x" %}
E
bad 2 'there is no tag "raw"' <<'E'
{% raw v.x %}
E
bad 2 'there is no filter "safe"' <<'E'
<p>{{ v.x | safe }}</p>
E
bad 2 'at most one filter' <<'E'
<p>{{ v.x | day | size }}</p>
E
bad 2 '"name" is not known here' <<'E'
<p>{{ name }}</p>
E
bad 3 '"t" is not known here' <<'E'
{% each t in v.a %}{{ t.x }}{% end %}
{{ t.x }}
E
bad 2 '"(" has no place in a tag' <<'E'
{{ f(v.x) }}
E
bad 2 '"+" has no place in a tag' <<'E'
{{ v.x + v.y }}
E
bad 2 'is no path' <<'E'
{{ v..x }}
E
bad 2 'loop stands only inside {% each %}' <<'E'
{{ loop.n }}
E
bad 2 'loop has n, first and last' <<'E'
{% each t in v.a %}{{ loop.index }}{% end %}
E
bad 2 'already a loop variable' <<'E'
{% each t in v.a %}{% each t in v.b %}{% end %}{% end %}
E
bad 2 'it is {% each t in v.items %}' <<'E'
{% each v.items %}{% end %}
E
bad 2 'this block is never closed' <<'E'
{% if v.x %}
E
bad 2 '{% end %} without' <<'E'
{% end %}
E
bad 3 '{% else %} stands only once' <<'E'
{% if v.x %}{% else %}
{% else %}{% end %}
E
bad 2 'in {% each %} the word is {% none %}' <<'E'
{% each t in v.a %}{% else %}{% end %}
E
bad 3 '{{ is not closed' <<'E'
<p>
{{ v.x </p>
E
bad 2 '"title" is no text key' <<'E'
{% t "title" %}
E
bad 2 'has 1 {}, but 2 values follow' <<'E'
<a href="{% url "/x/{}" v.a v.b %}">{{ v.c }}</a>
E
bad 2 'a path begins with one /' <<'E'
<a href="{% url "//evil/{}" v.a %}">{{ v.c }}</a>
E
bad 2 'lines and breaks give markup' <<'E'
<p title="{{ v.x | lines }}">{{ v.x }}</p>
E
bad 2 'only a view or a wall has a title' <<'E'
{% title "demo.x" %}
E
bad 2 'there is no kind of field "textarea"' <<'E'
{% form "/x" %}{% field textarea "a" "demo.a" %}{% endform %}
E
page 4 '{% field %} stands in a {% form %}' <<'E'
{% view struct demo_x %}
{% title "demo.x" %}
<h1>{{ v.x }}</h1>
{% field text "a" "demo.a" %}
E
bad 2 'ends with {% endform %}' <<'E'
{% form "/x" %}{% end %}
E
bad 2 'a form inside the form' <<'E'
{% form "/x" %}{% form "/y" %}{% endform %}{% endform %}
E
bad 4 '<p> of line 3 is still open in the form' <<'E'
{% form "/x" %}
<p>
{% endform %}
E
bad 2 'is not the name of a field' <<'E'
{% form "/x" %}{% field text "a\" "demo.a" %}{% endform %}
E
bad 2 'is not the name of a partial' <<'E'
{% part "row(); x" v.r %}
E
bad 2 'is not the name of a drawing' <<'E'
{% empty "d\" "demo.a" "demo.b" %}
E
bad 2 'there is no style of button' <<'E'
{% form "/x" %}{% button huge "demo.x" %}{% endform %}
E

# ── where values may stand ──
frame 2 'no value may stand in <script>' <<'E'
<script src="/x.js">{{ v.x }}</script>
E
frame 2 'no script in a page' <<'E'
<script>alert(1)</script>
E
bad 2 '<style> has no place in a template' <<'E'
<style>p { color: {{ v.x }} }</style>
E
bad 2 'no value may stand in onclick=' <<'E'
<button onclick="{{ v.x }}">{{ v.y }}</button>
E
bad 2 'onclick= is script in a page' <<'E'
<button onclick="x()">{{ v.y }}</button>
E
bad 2 'no value may stand in style=' <<'E'
<p style="width: {{ v.x }}">{{ v.y }}</p>
E
bad 2 'style= is refused by the browser' <<'E'
<p style="width: 1px">{{ v.y }}</p>
E
bad 2 'no value may stand in an attribute without quotes' <<'E'
<p title={{ v.x }}>{{ v.y }}</p>
E
bad 2 'the value of title must stand in ""' <<'E'
<p title=x>{{ v.y }}</p>
E
bad 2 'no value may stand in the name of an element' <<'E'
<h{{ v.n }}>{{ v.x }}</h1>
E
bad 2 'no value may stand in the name of an attribute' <<'E'
<p {{ v.attr }}>{{ v.x }}</p>
E
bad 2 'no value may stand in the name of an attribute' <<'E'
<p data-{{ v.attr }}="x">{{ v.x }}</p>
E
bad 2 'no value may stand in a comment' <<'E'
<!-- {{ v.x }} -->
E
bad 2 'no tag or value may stand right behind <' <<'E'
<{{ v.x }}>
E
bad 2 'must be the whole address' <<'E'
<a href="/tasks/{{ v.id }}">{{ v.x }}</a>
E
bad 2 'must be the whole address' <<'E'
<a href="{{ v.base }}/tasks">{{ v.x }}</a>
E
bad 2 'must be the whole address' <<'E'
<a href="{% url "/x" %}?q={{ v.q }}">{{ v.x }}</a>
E
bad 2 'must be the whole address' <<'E'
<a href="{% if v.a %}javascript:{% end %}{{ v.q }}">{{ v.x }}</a>
E
bad 2 'only http, https, mailto, tel and local addresses' <<'E'
<a href="javascript:alert(1)">{{ v.x }}</a>
E
bad 2 'only http, https, mailto, tel and local addresses' <<'E'
<img src="data:image/png;base64,AA" alt="">
E
bad 2 'no value may stand in srcset=' <<'E'
<img src="/x" srcset="{{ v.x }}" alt="">
E
bad 2 'srcdoc= has no place' <<'E'
<iframe srcdoc="{{ v.x }}" title="{{ v.y }}"></iframe>
E
bad 2 '{% icon %} has no place in an attribute' <<'E'
<p title="{% icon "x" %}">{{ v.x }}</p>
E
bad 2 'is written {% form "/path" %}' <<'E'
<form method="post" action="/x"></form>
E
bad 2 'is written {% form "/path" %}' <<'E'
<form method="POST" action="/x"></form>
E
bad 2 'formmethod= goes round' <<'E'
<form><button formmethod="post">{{ v.x }}</button></form>
E
frame 2 '<base> has no place' <<'E'
<base href="/x">
E

# ── well-formed ──
bad 2 '<div> is never closed' <<'E'
<div>
E
bad 2 '</div> closes nothing' <<'E'
</div>
E
bad 3 '</b> stands where <i> of line 2 must be closed' <<'E'
<b><i>
</b></i>
E
bad 2 '<div> of line 2 is still open here' <<'E'
{% if v.x %}<div>{% end %}
E
bad 3 'closes an element that was opened before it' <<'E'
<div>
{% if v.x %}</div><div>{% end %}</div>
E
bad 2 'ends elsewhere in a tag than it begins' <<'E'
<p{% if v.x %} title="{% end %}">{{ v.x }}</p>
E
bad 2 'a blank is missing before this attribute' <<'E'
<p title="{{ v.x }}"class="y">{{ v.x }}</p>
E
bad 2 'a blank is missing before this attribute' <<'E'
<p{% if v.x %} title="{{ v.x }}"{% end %}class="y">{{ v.x }}</p>
E
bad 2 'is not closed by the slash' <<'E'
<div/>
E
bad 2 'the attribute class stands twice' <<'E'
<p class="a" class="b">{{ v.x }}</p>
E
bad 2 'element names are written small' <<'E'
<DIV></DIV>
E
bad 2 'is written &lt;' <<'E'
<p>{{ v.a }} < {{ v.b }}</p>
E
bad 2 '<a> inside <a>' <<'E'
<a href="/x">{{ v.x }}<a href="/y">{{ v.y }}</a></a>
E
bad 2 '<div> inside <p>' <<'E'
<p><div></div></p>
E
bad 2 '<li> inside <div>: it belongs in <ul>' <<'E'
<div><li></li></div>
E
bad 2 'the file ends in an attribute' <<'E'
<p title="
E
bad 2 'the file ends in a comment' <<'E'
<!-- x
E

# ── for everybody ──
bad 2 '<img> has no alt' <<'E'
<img src="/x">
E
bad 2 '<input> has no label' <<'E'
<input name="q">
E
bad 2 'no <label for="q"> for this control' <<'E'
<input id="q" name="q">
E
bad 2 '<script> belongs to the frame' <<'E'
<script src="/_s/x.js"></script>
E
frame 2 '<html> has no lang' <<'E'
<html><body></body></html>
E
bad 2 '<h4> may follow <h2> here' <<'E'
<h2>{{ v.x }}</h2><h4>{{ v.y }}</h4>
E
bad 4 '<h3> may follow <h1> here' <<'E'
<h1>{{ v.x }}</h1>
{% if v.x %}<h2>{{ v.y }}</h2>{% end %}
<h3>{{ v.y }}</h3>
E
page 3 'the first heading of a page is <h1>' <<'E'
{% view struct demo_x %}
{% title "demo.x" %}
<h2>{{ v.x }}</h2><h1>{{ v.y }}</h1>
E
bad 3 'id="a" stands on line 2 already' <<'E'
<p id="a">{{ v.x }}</p>
<p id="a">{{ v.x }}</p>
E
bad 2 'stands in {% each %}: give it a value' <<'E'
{% each t in v.a %}<p id="a">{{ t }}</p>{% end %}
E
bad 2 '<a> has no text' <<'E'
<a href="/x">{% icon "x" %}</a>
E
bad 2 '<button> has no text' <<'E'
<button type="button"><svg aria-hidden="true"><path d="M0 0"/></svg></button>
E
bad 2 'a positive tabindex' <<'E'
<p tabindex="3">{{ v.x }}</p>
E
bad 2 'words stand in the .po files: "Hallo"' <<'E'
<p>Hallo</p>
E
bad 2 'words stand in the .po files: "Öl"' <<'E'
<p>Öl</p>
E
bad 2 'words stand in the .po files: aria-label="Suchen"' <<'E'
<a href="/x" aria-label="Suchen">{{ v.x }}</a>
E
bad 2 '<iframe> has no title' <<'E'
<iframe src="{{ v.url }}"></iframe>
E

# ── and what must pass ──
fine <<'E'
<p>&nbsp;&middot; 7b – {{ v.x }}</p><span translate="no">Kreide</span><code>GET</code>
E
fine <<'E'
<label>{% t "demo.x" %} <input name="q"></label>
<label for="a{{ v.n }}">{{ v.x }}</label><input id="a{{ v.n }}" name="a">
E
fine <<'E'
{% if v.x %}<p id="a">{{ v.x }}</p>{% else %}<div id="a">{{ v.x }}</div>{% end %}
E
fine <<'E'
{% if v.x %}<h2>{{ v.x }}</h2>{% else %}<h2>{{ v.y }}</h2>{% end %}<h3>{{ v.z }}</h3>
E
fine <<'E'
<a href="#row-{{ v.id }}" aria-label="{% t "demo.x" v.x %}">{% icon "x" %}</a>
E
fine <<'E'
<option value="1"{% if v.on %} selected{% end %}>{{ v.x }}</option>
E
fine <<'E'
<a href="{% if v.on %}{% url "/a/{}" v.id %}{% else %}{{ v.url }}{% end %}">{{ v.x }}</a>
E
fine <<'E'
{% comment nothing %}<p{% comment %} a
b {% endcomment %}>{{ v.x }}</p>
E
fine <<'E'
<svg viewBox="0 0 9 9" aria-hidden="true"><text x="1">abc</text><path d="M0 0"/></svg>
E
fine <<'E'
<form action="{% url "/x" %}" role="search"><input type="search" name="q" aria-label="{% t "demo.q" %}"><input type="hidden" name="p" value="{{ v.p }}"></form>
E

# the same input gives the same bytes, in whatever order the files are named
cp "$here"/show.html "$here"/row.html demo/templates/
rm -f demo/templates/x.html
"$krtpl" -o 1.c demo/templates/show.html demo/templates/row.html &&
	"$krtpl" -o 2.c demo/templates/row.html demo/templates/show.html &&
	cmp -s 1.c 2.c || fail 'order of files changes the output'
"$krtpl" --header -o h demo/templates/*.html && grep -q '^kr_err demo_show(kr_ctx \*, const struct demo_show \*);$' h || fail 'header'
[ "$("$krtpl" --icons demo/templates/*.html | sort | tr '\n' ' ')" = 'clock x ' ] || fail 'icons'
"$krtpl" --keys demo/templates/*.html | grep -q '^n demo.n_things ' || fail 'keys'

# the C compiler finds a wrong member or type in the template's line
cp "$here/demo.h" demo/
"$krtpl" --header -o demo_templates.h demo/templates/*.html
syntax() {
	"${CC:-cc}" -std=gnu17 -Wall -Wextra -Werror -Wconversion -Wsign-conversion \
		-fsyntax-only -I"$here/../../../core/include" -Idemo -I. 1.c
}
syntax || fail 'the C of good templates compiles'
for wrong in '{{ v.titel }}' '{{ v.title | size }}' '{{ v.due }}{{ v.rows }}' \
	'<p title="{{ v.html }}">x</p>'; do
	printf '{%% partial struct demo_row %%}\n\n%s\n' "$wrong" >demo/templates/row.html
	"$krtpl" -o 1.c demo/templates/row.html || fail "$wrong: krtpl"
	if syntax 2>err || ! grep -q 'demo/templates/row.html:3:' err; then
		fail "$wrong: compiled, or the line is not named"
	fi
done

count=$((count + 9))
printf '%d passed, %d failed\n' "$((count - failed))" "$failed"
[ "$failed" = 0 ]
