/* krtpl: the tags that are no blocks, and the walk through a file, which hands all
   literal text to the HTML state machine. */
#include "krtpl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── values ── */
/* Writes a value where it stands, escaped for that place. */
static void
emit_value(struct kr_tpl_tag *g, const char *c, bool markup, bool is_url,
    const struct kr_tpl_word *source)
{
	char place = kr_tpl_hole(g->t, source->p, source->n, is_url);

	if (place == 0)
		return;
	if (markup && place != 't')
		kr_tpl_error(g->t, g->line,
		    "lines and breaks give markup, which has no place in an attribute");
	else
		kr_tpl_stmt(g->t, g->line, "%s(o, %s);",
		    place == 't'   ? "kr_txt_"
		    : place == 'u' ? "kr_txt_url_"
				   : "kr_att_",
		    c);
}

/* ── helpers ── */
static bool
one_of(struct kr_tpl_tag *g, const struct kr_tpl_word *w, const char *const *list,
    const char *what)
{
	struct kr_tpl_buf all = { 0 };

	for (size_t i = 0; list[i] != NULL; i++) {
		if (w->kind == 'p' && kr_tpl_is(w, list[i]))
			return true;
		kr_tpl_put(&all, " %s", list[i]);
	}
	kr_tpl_error(
	    g->t, g->line, "there is no %s \"%.*s\":%s", what, (int)w->n, w->p, all.p);
	return false;
}

static void
do_field(struct kr_tpl_tag *g)
{
	static const char *const kinds[] = { "text", "area", "date", "datetime",
		"number", "check", "select", "password", "file", "hidden", "group",
		"audience", "person", NULL };
	struct kr_tpl_buf value = { 0 };
	struct kr_tpl_word kind = *kr_tpl_peek(g), name, label;

	if (!kr_tpl_helper(g->t, g->name, true) ||
	    !one_of(g, &kind, kinds, "kind of field"))
		return;
	g->at++;
	if (g->t->kind == 'v' || g->t->kind == 'w') {
		bool in_form = false;

		for (size_t i = 0; i < g->t->nopen; i++)
			in_form = in_form || g->t->open[i].kind == KR_TB_FORM;
		if (!in_form) {
			kr_tpl_error(
			    g->t, g->line, "{%% field %%} stands in a {%% form %%}");
			return;
		}
	}
	if (!kr_tpl_take_name(g, "the name of a field", ".", &name) ||
	    !kr_tpl_take_key(g, 'f', &label))
		return;
	if (kr_tpl_peek(g)->kind == 0)
		kr_tpl_put(&value, "kr_null()");
	else if (kr_tpl_peek(g)->kind == 'i') {
		kr_tpl_put(
		    &value, "kr_i(%.*s)", (int)kr_tpl_peek(g)->n, kr_tpl_peek(g)->p);
		g->at++;
	} else if (kr_tpl_peek(g)->kind == 's') {
		kr_tpl_put(&value, "kr_s(KR_S(\"");
		kr_tpl_c_string(&value, kr_tpl_peek(g)->p, kr_tpl_peek(g)->n);
		kr_tpl_put(&value, "\"))");
		g->at++;
	} else {
		struct kr_tpl_buf c = { 0 };

		if (!kr_tpl_take_path(g, false, &c))
			return;
		kr_tpl_put(&value, "kr_v_(%s)", c.p);
	}
	if (kr_tpl_at_end(g))
		kr_tpl_stmt(g->t, g->line,
		    "kr_field_(o, \"%.*s\", \"%.*s\", \"%.*s\", %s);", (int)kind.n,
		    kind.p, (int)name.n, name.p, (int)label.n, label.p, value.p);
}

static bool
icon_name(struct kr_tpl_tag *g, struct kr_tpl_word *w_r)
{
	if (!kr_tpl_take_string(g, "the name of an icon", w_r))
		return false;
	for (size_t i = 0; i < w_r->n; i++) {
		unsigned char c = (unsigned char)w_r->p[i];

		if (!islower(c) && !isdigit(c) && c != '-') {
			kr_tpl_error(g->t, g->line, "\"%.*s\" is no icon name",
			    (int)w_r->n, w_r->p);
			return false;
		}
	}
	kr_tpl_put(&g->t->icons, "%.*s\n", (int)w_r->n, w_r->p);
	return true;
}

static void
do_button(struct kr_tpl_tag *g)
{
	static const char *const styles[] = { "primary", "plain", "quiet", "danger",
		NULL };
	struct kr_tpl_word style = { 'p', "primary", 7 }, key, icon = { 0, NULL, 0 };

	if (!kr_tpl_helper(g->t, g->name, true))
		return;
	if (kr_tpl_peek(g)->kind != 's') {
		style = *kr_tpl_peek(g);
		if (!one_of(g, &style, styles, "style of button"))
			return;
		g->at++;
	}
	if (!kr_tpl_take_key(g, 't', &key))
		return;
	if (kr_tpl_peek(g)->kind != 0 && !icon_name(g, &icon))
		return;
	if (!kr_tpl_at_end(g))
		return;
	kr_tpl_stmt(g->t, g->line, "kr_button_(o, \"%.*s\", \"%.*s\", %s%.*s%s);",
	    (int)style.n, style.p, (int)key.n, key.p, icon.n > 0 ? "\"" : "",
	    icon.n > 0 ? (int)icon.n : 4, icon.n > 0 ? icon.p : "NULL",
	    icon.n > 0 ? "\"" : "");
}

static void
do_icon(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };
	struct kr_tpl_word name;

	if (!kr_tpl_helper(g->t, g->name, false))
		return;
	if (kr_tpl_peek(g)->kind == 'p') {
		if (kr_tpl_take_path(g, false, &c) && kr_tpl_at_end(g))
			kr_tpl_stmt(g->t, g->line, "kr_icon_s_(o, %s);", c.p);
	} else if (icon_name(g, &name) && kr_tpl_at_end(g))
		kr_tpl_stmt(
		    g->t, g->line, "kr_icon_(o, \"%.*s\");", (int)name.n, name.p);
}

static void
do_empty(struct kr_tpl_tag *g)
{
	struct kr_tpl_word doodle, title, text;

	if (!kr_tpl_helper(g->t, g->name, true) ||
	    !kr_tpl_take_name(g, "the name of a drawing", "-", &doodle) ||
	    !kr_tpl_take_key(g, 't', &title) || !kr_tpl_take_key(g, 't', &text) ||
	    !kr_tpl_at_end(g))
		return;
	kr_tpl_heading(g->t, 2, g->line);
	kr_tpl_stmt(g->t, g->line, "kr_empty_(o, \"%.*s\", \"%.*s\", \"%.*s\");",
	    (int)doodle.n, doodle.p, (int)title.n, title.p, (int)text.n, text.p);
}

static void
do_file(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };

	if (kr_tpl_helper(g->t, g->name, true) && kr_tpl_take_path(g, true, &c) &&
	    kr_tpl_at_end(g))
		kr_tpl_stmt(g->t, g->line, "kr_file_row_(o, %s);", c.p);
}

static void
do_part(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };
	struct kr_tpl_word name;

	if (!kr_tpl_helper(g->t, g->name, true) ||
	    !kr_tpl_take_name(g, "the name of a partial", "", &name) ||
	    !kr_tpl_take_path(g, true, &c) || !kr_tpl_at_end(g))
		return;
	g->t->html.headings = ~0u;
	g->t->html.any_part = true;
	kr_tpl_stmt(g->t, g->line, "%s_%.*s(cx, o, %s);", g->t->prefix, (int)name.n,
	    name.p, c.p);
}

static void
do_title(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };
	bool markup;

	if (!kr_tpl_helper(g->t, g->name, false))
		return;
	if (g->t->kind != 'v' && g->t->kind != 'w')
		kr_tpl_error(g->t, g->line, "only a view or a wall has a title");
	else if (g->t->titled)
		kr_tpl_error(g->t, g->line, "a second {%% title %%}");
	else if (kr_tpl_peek(g)->kind == 's'
		     ? !kr_tpl_take_text(g, &c)
		     : !kr_tpl_take_value(g, &c, &markup) || !kr_tpl_at_end(g))
		return;
	g->t->titled = true;
	kr_tpl_stmt(g->t, g->line, "kr_page_title_(o, %s);", c.p);
}

static void
do_text(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };

	if (kr_tpl_take_text(g, &c))
		emit_value(g, c.p, false, false, &g->w[0]);
}

static void
do_plural(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };

	if (kr_tpl_take_plural(g, &c))
		emit_value(g, c.p, false, false, &g->w[0]);
}

static void
do_url(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 }, all = { 0 };

	if (!kr_tpl_take_pattern(g, &c))
		return;
	kr_tpl_put(&all, "kr_url_(o, %s)", c.p);
	emit_value(g, all.p, false, true, &g->w[0]);
}

static void
do_nothing(struct kr_tpl_tag *g)
{
	(void)g;
}

/* `alone`: when nothing else stands on its line, the line leaves no trace. */
static const struct {
	const char *name;
	void (*run)(struct kr_tpl_tag *);
	bool alone;
} tags[] = {
	{ "if", kr_tpl_if, true },
	{ "elif", kr_tpl_elif, true },
	{ "else", kr_tpl_else, true },
	{ "each", kr_tpl_each, true },
	{ "none", kr_tpl_none, true },
	{ "end", kr_tpl_end, true },
	{ "form", kr_tpl_form, true },
	{ "endform", kr_tpl_endform, true },
	{ "title", do_title, true },
	{ "comment", do_nothing, true },
	{ "part", do_part, true },
	{ "field", do_field, true },
	{ "empty", do_empty, true },
	{ "file", do_file, true },
	{ "button", do_button, false },
	{ "icon", do_icon, false },
	{ "t", do_text, false },
	{ "tn", do_plural, false },
	{ "url", do_url, false },
};

/* ── the file ── */
static int
count_lines(const char *p, const char *end)
{
	int n = 0;

	for (; p < end; p++)
		n += *p == '\n';
	return n;
}

/* The first line: kind and struct. */
static bool
read_head(struct kr_tpl *t)
{
	static const struct {
		const char *word;
		char kind;
	} kinds[] = { { "view", 'v' }, { "wall", 'w' }, { "partial", 'p' },
		{ "widget", 'g' } };
	const char *end = memmem(t->src, t->size, "%}", 2);
	struct kr_tpl_tag g = { .t = t, .line = 1, .name = "view" };
	struct kr_tpl_buf want = { 0 };

	if (t->size < 2 || memcmp(t->src, "{%", 2) != 0 || end == NULL) {
		kr_tpl_error(t, 1,
		    "the first line must be {%% view struct %s_%s %%} (or "
		    "wall, partial, widget)",
		    t->prefix, t->base);
		return false;
	}
	if (!kr_tpl_words(&g, t->src + 2, end))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (g.n == 3 && kr_tpl_is(&g.w[0], kinds[i].word) &&
		    kr_tpl_is(&g.w[1], "struct"))
			t->kind = kinds[i].kind;
	kr_tpl_put(&want, "%s_%s", t->prefix, t->base);
	if (t->kind == 0 || !kr_tpl_is(&g.w[2], want.p)) {
		kr_tpl_error(t, 1,
		    "the first line must be {%% view struct %s %%} (or wall, "
		    "partial, widget)",
		    want.p);
		return false;
	}
	t->name = want.p;
	t->pos = (size_t)(end + 2 - t->src);
	t->line = 1 + count_lines(t->src, end);
	if (t->pos < t->size && t->src[t->pos] == '\n') {
		t->pos++;
		t->line++;
	}
	return true;
}

/* `{{ EXPR | FILTER }}` between p and end */
static void
run_value(struct kr_tpl *t, const char *p, const char *end)
{
	struct kr_tpl_tag g = { .t = t, .line = t->line, .name = "{{ }}" };
	struct kr_tpl_buf c = { 0 };
	bool markup;

	if (!kr_tpl_words(&g, p, end) || !kr_tpl_take_value(&g, &c, &markup))
		return;
	if (kr_tpl_peek(&g)->kind != 0) {
		kr_tpl_error(
		    t, t->line, "in {{ }} stands one value with at most one filter");
		return;
	}
	emit_value(
	    &g, c.p, markup, false, &(struct kr_tpl_word){ 'p', p, (size_t)(end - p) });
}

static void
run_tag(struct kr_tpl *t, const char *p, const char *end)
{
	struct kr_tpl_tag g = { .t = t, .line = t->line };

	if (!kr_tpl_words(&g, p, end))
		return;
	if (g.n == 0) {
		kr_tpl_error(t, t->line, "an empty tag");
		return;
	}
	g.at = 1;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (kr_tpl_is(&g.w[0], tags[i].name)) {
			g.name = tags[i].name;
			/* the whole tag is its source text, for ids with values */
			g.w[0].p = p;
			g.w[0].n = (size_t)(end - p);
			tags[i].run(&g);
			return;
		}
	kr_tpl_error(t, t->line, "there is no tag \"%.*s\"", (int)g.w[0].n, g.w[0].p);
}

static bool
stands_alone(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i].alone && strlen(tags[i].name) == n &&
		    memcmp(tags[i].name, name, n) == 0)
			return true;
	return false;
}

/* Skips `{% comment %} ... {% endcomment %}`; false when it is not that. */
static bool
skip_comment(struct kr_tpl *t, const char **p, const char *end)
{
	static const char close[] = "{% endcomment %}";
	const char *e;

	if (end - *p < 2)
		return false;
	e = memmem(*p, (size_t)(t->src + t->size - *p), close, sizeof(close) - 1);
	if (e == NULL) {
		kr_tpl_error(t, t->line, "{%% comment %%} without {%% endcomment %%}");
		return true;
	}
	t->line += count_lines(*p, e);
	*p = e + sizeof(close) - 1;
	return true;
}

/* One {{ }} or {% %} at p; returns where the text goes on. `lit` is the literal text
   before it, from which the blanks of a line of its own are taken away. */
static const char *
one_tag(struct kr_tpl *t, const char *lit, const char *p)
{
	const char *stop = t->src + t->size, *end, *inner = p + 2, *word, *bol = p;
	bool value = p[1] == '{', alone, bare_comment;
	size_t n = 0;

	end = memmem(inner, (size_t)(stop - inner), value ? "}}" : "%}", 2);
	if (end == NULL) {
		kr_tpl_error(t, t->line + count_lines(lit, p), "%s is not closed",
		    value ? "{{" : "{%");
		return stop;
	}
	for (word = inner; word < end && isspace((unsigned char)*word); word++)
		;
	while (word + n < end && !isspace((unsigned char)word[n]))
		n++;
	while (bol > lit && (bol[-1] == ' ' || bol[-1] == '\t'))
		bol--;
	kr_tpl_feed(t, lit, (size_t)(bol - lit));
	alone = !value && stands_alone(word, n) && (bol == t->src || bol[-1] == '\n') &&
		end + 2 < stop && end[2] == '\n' && t->html.state == KR_TS_TEXT;
	if (!alone)
		kr_tpl_feed(t, bol, (size_t)(p - bol));
	if (t->failed)
		return stop;
	bare_comment = !value && n == 7 && memcmp(word, "comment", 7) == 0;
	if (bare_comment) {
		const char *after = end + 2, *rest = word + n;

		while (rest < end && isspace((unsigned char)*rest))
			rest++;
		t->line += count_lines(p, after);
		if (rest == end)
			skip_comment(t, &after, stop);
		end = after - 2;
	} else {
		if (value)
			run_value(t, inner, end);
		else
			run_tag(t, inner, end);
		t->line += count_lines(p, end + 2);
	}
	end += 2;
	if (alone && end < stop && *end == '\n') {
		end++;
		t->line++;
	}
	return end;
}

static void
body(struct kr_tpl *t)
{
	const char *p = t->src + t->pos, *stop = t->src + t->size, *lit = p;

	while (p < stop && !t->failed) {
		if (p + 1 < stop && p[0] == '{' && (p[1] == '{' || p[1] == '%')) {
			lit = p = one_tag(t, lit, p);
			continue;
		}
		p++;
	}
	if (!t->failed)
		kr_tpl_feed(t, lit, (size_t)(stop - lit));
}

void
kr_tpl_compile(struct kr_tpl *t)
{
	t->line = 1;
	t->html.headings = 1;
	if (!read_head(t) || t->head_only)
		return;
	if (t->kind == 'p' || t->kind == 'g')
		t->html.headings = ~0u;
	kr_tpl_put(&t->code, "\n");
	kr_tpl_signature(t, &t->code, true);
	body(t);
	if (t->failed)
		return;
	if (t->nopen > 0) {
		kr_tpl_error(
		    t, t->open[t->nopen - 1].line, "this block is never closed");
		return;
	}
	kr_tpl_end_of_file(t);
	if (!t->titled && (t->kind == 'v' || t->kind == 'w'))
		kr_tpl_warn(t, 1, "title", "a page needs {%% title \"key\" %%}");
	kr_tpl_flush(t);
	kr_tpl_put(&t->code, "\treturn %s;\n}\n",
	    t->kind == 'v' || t->kind == 'w' ? "kr_page_end_(o)" : "kr_status(cx)");
}
