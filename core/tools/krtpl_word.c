/* krtpl: the words of a tag, and how a path becomes an expression in C. */
#include "krtpl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── words of a tag ── */
static bool
is_path_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* One word of a tag from *p on; false after an error. */
static bool
read_word(
    struct kr_tpl_tag *g, const char **p, const char *end, struct kr_tpl_word *w_r)
{
	const char *s = *p;

	w_r->p = s;
	if (*s == '"') {
		for (s++; s < end && *s != '"'; s++)
			;
		if (s == end) {
			kr_tpl_error(g->t, g->line, "a \" is not closed in this tag");
			return false;
		}
		*w_r =
		    (struct kr_tpl_word){ 's', w_r->p + 1, (size_t)(s - w_r->p - 1) };
		s++;
	} else if (*s == '=' && s + 1 < end && s[1] == '=') {
		w_r->kind = '=';
		s += 2;
	} else if (*s == '|') {
		w_r->kind = '|';
		s++;
	} else if (isdigit((unsigned char)*s) || *s == '-') {
		for (s++; s < end && isdigit((unsigned char)*s); s++)
			;
		w_r->kind = 'i';
	} else if (isalpha((unsigned char)*s) || *s == '_') {
		bool capitals = isupper((unsigned char)*s) != 0;

		for (; s < end && is_path_char(*s); s++)
			capitals = capitals && !islower((unsigned char)*s) && *s != '.';
		w_r->kind = capitals ? 'C' : 'p';
	} else {
		kr_tpl_error(g->t, g->line,
		    "\"%c\" has no place in a tag: only paths, filters and == exist",
		    *s);
		return false;
	}
	if (w_r->kind != 's')
		w_r->n = (size_t)(s - w_r->p);
	*p = s;
	return true;
}

bool
kr_tpl_words(struct kr_tpl_tag *g, const char *p, const char *end)
{
	while (p < end) {
		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (g->n + 1 >= KR_TPL_ARGS) {
			kr_tpl_error(g->t, g->line, "too many words in one tag");
			return false;
		}
		if (!read_word(g, &p, end, &g->w[g->n]))
			return false;
		g->n++;
	}
	return true;
}

const struct kr_tpl_word *
kr_tpl_peek(const struct kr_tpl_tag *g)
{
	static const struct kr_tpl_word none = { 0, "", 0 };

	return g->at < g->n ? &g->w[g->at] : &none;
}

bool
kr_tpl_is(const struct kr_tpl_word *w, const char *s)
{
	return w->n == strlen(s) && memcmp(w->p, s, w->n) == 0;
}

bool
kr_tpl_take_string(struct kr_tpl_tag *g, const char *what, struct kr_tpl_word *w_r)
{
	if (kr_tpl_peek(g)->kind != 's') {
		kr_tpl_error(
		    g->t, g->line, "{%% %s %%} wants %s in \"\" here", g->name, what);
		return false;
	}
	*w_r = g->w[g->at++];
	return true;
}

bool
kr_tpl_take_name(
    struct kr_tpl_tag *g, const char *what, const char *also, struct kr_tpl_word *w_r)
{
	if (!kr_tpl_take_string(g, what, w_r))
		return false;
	for (size_t i = 0; i < w_r->n; i++) {
		char c = w_r->p[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' &&
		    (c == '\0' || strchr(also, c) == NULL)) {
			kr_tpl_error(g->t, g->line, "\"%.*s\" is not %s", (int)w_r->n,
			    w_r->p, what);
			return false;
		}
	}
	return true;
}

bool
kr_tpl_at_end(struct kr_tpl_tag *g)
{
	const struct kr_tpl_word *w = kr_tpl_peek(g);

	if (w->kind == 0)
		return true;
	kr_tpl_error(g->t, g->line, "\"%.*s\" is one word too many in {%% %s %%}",
	    (int)w->n, w->p, g->name);
	return false;
}

/* ── expressions ── */
const struct kr_tpl_open *
kr_tpl_loop(const struct kr_tpl *t, const char *name, size_t n)
{
	for (size_t i = t->nopen; i-- > 0;) {
		const struct kr_tpl_open *o = &t->open[i];

		if (o->kind == KR_TB_EACH &&
		    (name == NULL ||
			(strlen(o->var) == n && memcmp(o->var, name, n) == 0)))
			return o;
	}
	return NULL;
}

static bool
loop_member(struct kr_tpl_tag *g, const struct kr_tpl_word *w, struct kr_tpl_buf *c)
{
	const struct kr_tpl_open *o = kr_tpl_loop(g->t, NULL, 0);

	if (o == NULL) {
		kr_tpl_error(g->t, g->line, "loop stands only inside {%% each %%}");
		return false;
	}
	if (kr_tpl_is(w, "loop.n"))
		kr_tpl_put(c, "(int64_t)(i%u + 1)", o->loop);
	else if (kr_tpl_is(w, "loop.first"))
		kr_tpl_put(c, "(int64_t)(i%u == 0)", o->loop);
	else if (kr_tpl_is(w, "loop.last"))
		kr_tpl_put(c, "(int64_t)(i%u + 1 == %s.n)", o->loop, o->list);
	else {
		kr_tpl_error(g->t, g->line, "loop has n, first and last, not \"%.*s\"",
		    (int)w->n, w->p);
		return false;
	}
	return true;
}

/* Writes a path as C. as_pointer: of the struct it names, for part and file. */
bool
kr_tpl_path(struct kr_tpl_tag *g, const struct kr_tpl_word *w, bool as_pointer,
    struct kr_tpl_buf *c)
{
	const char *dot = memchr(w->p, '.', w->n);
	size_t head = dot == NULL ? w->n : (size_t)(dot - w->p);
	const char *rest = dot == NULL ? "" : dot + 1;
	size_t nrest = dot == NULL ? 0 : w->n - head - 1;
	bool is_v = head == 1 && w->p[0] == 'v';

	if (w->p[w->n - 1] == '.' || memmem(w->p, w->n, "..", 2) != NULL) {
		kr_tpl_error(g->t, g->line, "\"%.*s\" is no path", (int)w->n, w->p);
		return false;
	}
	if (head == 4 && memcmp(w->p, "loop", 4) == 0)
		return loop_member(g, w, c);
	if (!is_v && kr_tpl_loop(g->t, w->p, head) == NULL) {
		kr_tpl_error(g->t, g->line,
		    "\"%.*s\" is not known here: values come from v or a loop variable",
		    (int)head, w->p);
		return false;
	}
	if (nrest > 0)
		kr_tpl_put(c, "%s%s%.*s->%.*s", as_pointer ? "&" : "", is_v ? "" : "e_",
		    (int)head, w->p, (int)nrest, rest);
	else
		kr_tpl_put(c, "%s%s%.*s", as_pointer ? "" : "*", is_v ? "" : "e_",
		    (int)head, w->p);
	return true;
}

bool
kr_tpl_take_path(struct kr_tpl_tag *g, bool as_pointer, struct kr_tpl_buf *c)
{
	if (kr_tpl_peek(g)->kind != 'p') {
		kr_tpl_error(g->t, g->line, "%s%s%s wants a value here, like v.title",
		    g->name[0] == '{' ? "" : "{% ", g->name,
		    g->name[0] == '{' ? "" : " %}");
		return false;
	}
	return kr_tpl_path(g, &g->w[g->at++], as_pointer, c);
}

static const char *const filters[] = { "date", "day", "when", "clock", "left", "stamp",
	"iso", "size", "initials", "hue", "ext", "lines", "breaks", NULL };

/* EXPR or EXPR|FILTER; *markup_r: the filter gives markup. */
bool
kr_tpl_take_value(struct kr_tpl_tag *g, struct kr_tpl_buf *c, bool *markup_r)
{
	struct kr_tpl_buf inner = { 0 };
	struct kr_tpl_word *f;

	if (!kr_tpl_take_path(g, false, &inner))
		return false;
	*markup_r = false;
	if (kr_tpl_peek(g)->kind != '|') {
		kr_tpl_add(c, inner.p, inner.n);
		return true;
	}
	g->at++;
	f = &g->w[g->at];
	if (kr_tpl_peek(g)->kind != 'p') {
		kr_tpl_error(g->t, g->line, "after | stands the name of a filter");
		return false;
	}
	for (size_t i = 0; filters[i] != NULL; i++)
		if (kr_tpl_is(f, filters[i])) {
			kr_tpl_put(c, "kr_f_%s_(o, %s)", filters[i], inner.p);
			*markup_r = kr_tpl_is(f, "lines") || kr_tpl_is(f, "breaks");
			g->at++;
			return true;
		}
	kr_tpl_error(g->t, g->line,
	    "there is no filter \"%.*s\": date day when clock left stamp iso size initials "
	    "hue ext lines breaks",
	    (int)f->n, f->p);
	return false;
}

/* All that is left, as elements of an array of kr_val or kr_str. */
static bool
take_args(struct kr_tpl_tag *g, bool as_val, struct kr_tpl_buf *c, size_t *n_r)
{
	size_t n = 0;

	while (kr_tpl_peek(g)->kind != 0) {
		struct kr_tpl_buf one = { 0 };
		bool markup;

		if (!kr_tpl_take_value(g, &one, &markup))
			return false;
		if (markup) {
			kr_tpl_error(g->t, g->line,
			    "lines and breaks give markup and stand only in {{ }}");
			return false;
		}
		kr_tpl_put(c, "%s%s(%s%s)", n > 0 ? ", " : "",
		    as_val ? "kr_v_" : "kr_as_text_", as_val ? "" : "o, ", one.p);
		n++;
	}
	*n_r = n;
	return true;
}

/* "(const kr_val[]){ ... }, n" or "NULL, 0" */
static void
array_c(struct kr_tpl_buf *c, const char *type, const struct kr_tpl_buf *args, size_t n)
{
	if (n == 0)
		kr_tpl_put(c, "NULL, 0");
	else
		kr_tpl_put(c, "(const %s[]){ %s }, %zu", type, args->p, n);
}

/* ── texts ── */
static bool
key_ok(struct kr_tpl_tag *g, const struct kr_tpl_word *w)
{
	bool dot = false, ok = w->n > 0 && islower((unsigned char)w->p[0]);

	for (size_t i = 0; i < w->n; i++) {
		unsigned char c = (unsigned char)w->p[i];

		dot = dot || c == '.';
		ok = ok && (islower(c) || isdigit(c) || c == '_' || c == '.');
	}
	if (!ok || !dot)
		kr_tpl_error(g->t, g->line,
		    "\"%.*s\" is no text key: it looks like %s.some_words", (int)w->n,
		    w->p, g->t->prefix);
	return ok && dot;
}

/* kind: t text, n with plural, f label of a field (KEY_hint, KEY_choice may follow) */
static void
note_key(struct kr_tpl_tag *g, char kind, const struct kr_tpl_word *w)
{
	kr_tpl_put(
	    &g->t->keys, "%c %.*s %s:%d\n", kind, (int)w->n, w->p, g->t->path, g->line);
}

bool
kr_tpl_take_key(struct kr_tpl_tag *g, char kind, struct kr_tpl_word *w_r)
{
	if (!kr_tpl_take_string(g, "a text key", w_r) || !key_ok(g, w_r))
		return false;
	note_key(g, kind, w_r);
	return true;
}

bool
kr_tpl_take_text(struct kr_tpl_tag *g, struct kr_tpl_buf *c)
{
	struct kr_tpl_buf args = { 0 };
	struct kr_tpl_word key;
	size_t n;

	if (!kr_tpl_take_key(g, 't', &key) || !take_args(g, false, &args, &n))
		return false;
	kr_tpl_put(c, "kr_tr_(o, \"%.*s\", ", (int)key.n, key.p);
	array_c(c, "kr_str", &args, n);
	kr_tpl_put(c, ")");
	return true;
}

bool
kr_tpl_take_plural(struct kr_tpl_tag *g, struct kr_tpl_buf *c)
{
	struct kr_tpl_buf args = { 0 }, count = { 0 };
	struct kr_tpl_word key;
	size_t n;

	if (!kr_tpl_take_key(g, 'n', &key) || !kr_tpl_take_path(g, false, &count) ||
	    !take_args(g, false, &args, &n))
		return false;
	kr_tpl_put(
	    c, "kr_trn_(o, \"%.*s\", (int64_t)(%s), ", (int)key.n, key.p, count.p);
	array_c(c, "kr_str", &args, n);
	kr_tpl_put(c, ")");
	return true;
}

/* "/tasks/{}" with its values: "pattern", (const kr_val[]){...}, n */
bool
kr_tpl_take_pattern(struct kr_tpl_tag *g, struct kr_tpl_buf *c)
{
	struct kr_tpl_buf args = { 0 };
	struct kr_tpl_word w;
	size_t n, holes = 0;

	if (!kr_tpl_take_string(g, "a local path", &w))
		return false;
	if (w.n == 0 || w.p[0] != '/' ||
	    (w.n > 1 && (w.p[1] == '/' || w.p[1] == '\\'))) {
		kr_tpl_error(
		    g->t, g->line, "a path begins with one /: \"%.*s\"", (int)w.n, w.p);
		return false;
	}
	for (size_t i = 0; i + 1 < w.n; i++)
		holes += w.p[i] == '{' && w.p[i + 1] == '}';
	if (!take_args(g, true, &args, &n))
		return false;
	if (n != holes) {
		kr_tpl_error(g->t, g->line,
		    "\"%.*s\" has %zu {}, but %zu value%s follow%s", (int)w.n, w.p,
		    holes, n, n == 1 ? "" : "s", n == 1 ? "s" : "");
		return false;
	}
	kr_tpl_put(c, "\"");
	kr_tpl_c_string(c, w.p, w.n);
	kr_tpl_put(c, "\", ");
	array_c(c, "kr_val", &args, n);
	return true;
}

/* ── conditions ── */
static bool
compare_c(struct kr_tpl_tag *g, const char *left, struct kr_tpl_buf *c)
{
	const struct kr_tpl_word *w = &g->w[++g->at]; /* after == */

	if (kr_tpl_peek(g)->kind == 'i')
		kr_tpl_put(c, "(int64_t)(%s) == INT64_C(%.*s)", left, (int)w->n, w->p);
	else if (kr_tpl_peek(g)->kind == 'C')
		kr_tpl_put(c, "(int64_t)(%s) == (int64_t)%.*s", left, (int)w->n, w->p);
	else if (kr_tpl_peek(g)->kind == 's') {
		kr_tpl_put(c, "kr_is(%s, \"", left);
		kr_tpl_c_string(c, w->p, w->n);
		kr_tpl_put(c, "\")");
	} else if (kr_tpl_peek(g)->kind == 'p') {
		struct kr_tpl_buf right = { 0 };

		if (!kr_tpl_path(g, w, false, &right))
			return false;
		kr_tpl_put(c, "kr_same_(%s, %s)", left, right.p);
	} else {
		kr_tpl_error(g->t, g->line,
		    "after == stands a value, an integer, a C constant or a \"string\"");
		return false;
	}
	g->at++;
	return true;
}

bool
kr_tpl_take_condition(struct kr_tpl_tag *g, struct kr_tpl_buf *c)
{
	struct kr_tpl_buf left = { 0 };
	bool negate = kr_tpl_is(kr_tpl_peek(g), "not");

	if (negate)
		g->at++;
	if (!kr_tpl_take_path(g, false, &left))
		return false;
	kr_tpl_put(c, negate ? "(!(" : "((");
	if (kr_tpl_peek(g)->kind == '=') {
		if (!compare_c(g, left.p, c))
			return false;
	} else
		kr_tpl_put(c, "kr_yes_(%s)", left.p);
	kr_tpl_put(c, "))");
	return kr_tpl_at_end(g);
}
