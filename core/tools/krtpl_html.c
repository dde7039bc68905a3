/* krtpl: the HTML state machine. It sees every literal byte and knows, for each value,
   whether it stands in text, in an attribute, or where no value may stand. */
#include "krtpl.h"

#include <ctype.h>
#include <string.h>

static bool
in_svg(const struct kr_tpl_html *h)
{
	return h->depth > 0 && h->stack[h->depth - 1].svg;
}

static void
out(struct kr_tpl *t, const char *s, size_t n)
{
	if (t->lit.n == 0)
		t->lit_line = t->line;
	kr_tpl_add(&t->lit, s, n);
}

static void
mark_named(struct kr_tpl_html *h)
{
	for (size_t i = 0; i < h->depth; i++)
		h->stack[i].named = true;
}

/* Literal text ends here: it is looked at as a whole. */
static void
end_words(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	const char *s = kr_tpl_str(&h->words);

	if (h->words.n > 0 && (h->depth == 0 || !h->stack[h->depth - 1].verbatim))
		kr_tpl_check_words(t);
	for (; *s != '\0'; s++)
		if (isalnum((unsigned char)*s) || (unsigned char)*s >= 0xc3) {
			mark_named(h);
			break;
		}
	h->words.n = 0;
	if (h->words.p != NULL)
		h->words.p[0] = '\0';
}

/* ── elements ── */
void
kr_tpl_push(struct kr_tpl *t, const char *name, bool tpl_form)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_elem *e, *up = h->depth > 0 ? &h->stack[h->depth - 1] : NULL;
	const struct kr_tpl_attr *translate;

	if (h->depth == KR_TPL_DEPTH) {
		kr_tpl_error(t, t->line, "elements are nested too deeply");
		return;
	}
	e = &h->stack[h->depth++];
	*e = (struct kr_tpl_elem){ .name = kr_tpl_dup(name, strlen(name)),
		.line = tpl_form ? t->line : h->tag_line,
		.serial = ++h->serial,
		.tpl_form = tpl_form };
	e->svg = strcmp(name, "svg") == 0 || strcmp(name, "math") == 0 ||
		 (up != NULL && up->svg && strcmp(name, "foreignObject") != 0);
	e->pre = strcmp(name, "pre") == 0 || (up != NULL && up->pre);
	e->verbatim = e->svg || strcmp(name, "code") == 0 || strcmp(name, "kbd") == 0 ||
		      (up != NULL && up->verbatim);
	if (tpl_form)
		return;
	translate = kr_tpl_attr(h, "translate");
	if (translate != NULL && strcmp(translate->plain.p, "no") == 0)
		e->verbatim = true;
	e->named = kr_tpl_attr(h, "aria-label") != NULL ||
		   kr_tpl_attr(h, "aria-labelledby") != NULL ||
		   kr_tpl_attr(h, "title") != NULL;
}

void
kr_tpl_pop(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_elem *e = &h->stack[h->depth - 1];

	kr_tpl_check_close(t, e);
	if (e->named && h->depth > 1 && strcmp(e->name, "svg") != 0)
		h->stack[h->depth - 2].named = true;
	h->depth--;
}

/* `>` of an opening tag */
static void
finish_open(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	const char *name = kr_tpl_str(&h->name);
	bool svg = in_svg(h), empty = kr_tpl_void_element(name);

	h->state = KR_TS_TEXT;
	kr_tpl_check_open(t, name);
	if (t->failed)
		return;
	if (h->slash && !svg && !empty) {
		kr_tpl_error(t, h->tag_line,
		    "<%s/> is not closed by the slash: write </%s>", name, name);
		return;
	}
	out(t, h->slash && svg ? "/>" : ">", h->slash && svg ? 2 : 1);
	if (empty || (h->slash && svg)) {
		if (strcmp(name, "img") == 0)
			mark_named(h);
		return;
	}
	kr_tpl_push(t, name, false);
	if (svg)
		return;
	if (strcmp(name, "textarea") == 0 || strcmp(name, "title") == 0)
		h->state = KR_TS_RCDATA;
	if (strcmp(name, "script") == 0)
		h->state = KR_TS_RAW;
}

/* `>` of a closing tag */
static void
finish_close(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	const char *name = kr_tpl_str(&h->name);
	struct kr_tpl_elem *top = h->depth > 0 ? &h->stack[h->depth - 1] : NULL;

	h->state = KR_TS_TEXT;
	if (top == NULL)
		kr_tpl_error(t, t->line, "</%s> closes nothing", name);
	else if (top->tpl_form)
		kr_tpl_error(t, t->line,
		    "</%s> inside the {%% form %%} of line %d closes "
		    "nothing in it",
		    name, top->line);
	else if (strcmp(top->name, name) != 0)
		kr_tpl_error(t, t->line,
		    "</%s> stands where <%s> of line %d must be closed", name,
		    top->name, top->line);
	if (t->failed)
		return;
	kr_tpl_pop(t);
	out(t, "</", 2);
	out(t, name, strlen(name));
	out(t, ">", 1);
}

/* ── attributes ── */
static void
begin_attr(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;

	if (h->need_sep) {
		kr_tpl_error(t, t->line, "a blank is missing before this attribute");
		return;
	}
	if (h->nattrs == KR_TPL_ATTRS) {
		kr_tpl_error(t, t->line, "too many attributes");
		return;
	}
	h->attrs[h->nattrs++] =
	    (struct kr_tpl_attr){ .line = t->line, .nopen = t->nopen };
	h->state = KR_TS_ATTR_NAME;
}

static struct kr_tpl_attr *
last_attr(struct kr_tpl_html *h)
{
	return &h->attrs[h->nattrs - 1];
}

static void
end_attr_name(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_attr *a = last_attr(h);

	a->name = kr_tpl_dup(a->plain.p, a->plain.n);
	a->plain.n = 0;
	kr_tpl_str(&a->value);
	a->plain.p[0] = '\0';
	out(t, " ", 1);
	out(t, a->name, strlen(a->name));
	for (size_t i = 0; i + 1 < h->nattrs; i++)
		if (strcmp(h->attrs[i].name, a->name) == 0 &&
		    a->nopen == h->tag_nopen && h->attrs[i].nopen == h->tag_nopen)
			kr_tpl_error(
			    t, a->line, "the attribute %s stands twice", a->name);
}

static void
end_attr(struct kr_tpl *t)
{
	kr_tpl_check_attr(t, last_attr(&t->html));
}

/* A literal byte of a quoted value; `rest` is what follows it in this piece. */
static void
value_byte(struct kr_tpl *t, const char *s, const char *end)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_attr *a = last_attr(h);

	if (h->in_attr_url && h->url == KR_TU_WHOLE) {
		kr_tpl_error(t, t->line,
		    "a value in %s must be the whole address: use {%% url \"/path/{}\" ... "
		    "%%}",
		    a->name);
		return;
	}
	(void)end;
	if (h->in_attr_url && h->url == KR_TU_EMPTY)
		h->url = *s == '#' ? KR_TU_FRAG : KR_TU_TEXT;
	kr_tpl_add(&a->value, s, 1);
	kr_tpl_add(&a->plain, s, 1);
	out(t, s, 1);
}

/* ── states ── */
static const char *
text(struct kr_tpl *t, const char *p, const char *end)
{
	struct kr_tpl_html *h = &t->html;
	const char *s = p;
	bool newline = false;

	if (*p == '<') {
		end_words(t);
		h->name.n = 0;
		h->blank = false;
		h->slash = h->need_sep = false;
		h->tag_line = t->line;
		h->tag_nopen = t->nopen;
		if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
			h->state = KR_TS_COMMENT;
			return p + 4;
		}
		if (end - p >= 2 && p[1] == '!') {
			h->state = KR_TS_DECL;
			out(t, "<!", 2);
			return p + 2;
		}
		if (end - p >= 3 && p[1] == '/' && isalpha((unsigned char)p[2])) {
			h->state = KR_TS_END_NAME;
			return p + 2;
		}
		if (end - p >= 2 && isalpha((unsigned char)p[1])) {
			h->state = KR_TS_TAG_NAME;
			h->nattrs = 0;
			out(t, "<", 1);
			return p + 1;
		}
		kr_tpl_error(t, t->line,
		    p + 1 < t->src + t->size && p[1] == '{'
			? "no tag or value may stand right behind <"
			: "a < that opens no element is written &lt;");
		return p;
	}
	if (h->words.n == 0)
		h->words_line = t->line;
	if (!isspace((unsigned char)*p) ||
	    (h->depth > 0 && h->stack[h->depth - 1].pre)) {
		kr_tpl_add(&h->words, p, 1);
		out(t, p, 1);
		h->blank = false;
		t->line += *p == '\n';
		return p + 1;
	}
	for (; s < end && isspace((unsigned char)*s); s++) {
		newline = newline || *s == '\n';
		t->line += *s == '\n';
	}
	kr_tpl_add(&h->words, " ", 1);
	if (!h->blank)
		out(t, newline ? "\n" : " ", 1);
	h->blank = true;
	return s;
}

/* <textarea>, <title>, <script>: ends only at its own closing tag. */
static const char *
raw(struct kr_tpl *t, const char *p, const char *end)
{
	struct kr_tpl_html *h = &t->html;
	const char *name = h->stack[h->depth - 1].name;
	size_t n = strlen(name);

	if (*p == '<' && (size_t)(end - p) > n + 2 && p[1] == '/' &&
	    memcmp(p + 2, name, n) == 0) {
		end_words(t);
		h->name.n = 0;
		h->state = KR_TS_END_NAME;
		return p + 2;
	}
	if (h->state == KR_TS_RAW && !isspace((unsigned char)*p)) {
		kr_tpl_error(t, t->line,
		    "no script in a page: the browser refuses it; put it under web/js");
		return p;
	}
	if (h->words.n == 0)
		h->words_line = t->line;
	kr_tpl_add(&h->words, p, 1);
	out(t, p, 1);
	t->line += *p == '\n';
	return p + 1;
}

static const char *
tag_name(struct kr_tpl *t, const char *p)
{
	struct kr_tpl_html *h = &t->html;

	if (isalnum((unsigned char)*p) || *p == '-') {
		if (isupper((unsigned char)*p) && !in_svg(h)) {
			kr_tpl_error(t, t->line, "element names are written small");
			return p;
		}
		kr_tpl_add(&h->name, p, 1);
		if (h->state == KR_TS_TAG_NAME)
			out(t, p, 1);
		return p + 1;
	}
	if (h->state == KR_TS_END_NAME) {
		if (isspace((unsigned char)*p)) {
			t->line += *p == '\n';
			return p + 1;
		}
		if (*p != '>') {
			kr_tpl_error(
			    t, t->line, "a closing tag has a name and nothing else");
			return p;
		}
		finish_close(t);
		return p + 1;
	}
	if (!isspace((unsigned char)*p) && *p != '>' && *p != '/') {
		kr_tpl_error(
		    t, t->line, "\"%c\" has no place in an element's name", *p);
		return p;
	}
	h->state = KR_TS_IN_TAG;
	return p;
}

static const char *
in_tag(struct kr_tpl *t, const char *p)
{
	struct kr_tpl_html *h = &t->html;

	if (h->slash && *p != '>') {
		kr_tpl_error(t, t->line, "/ stands only right before >");
		return p;
	}
	if (isspace((unsigned char)*p)) {
		h->need_sep = false;
		t->line += *p == '\n';
		return p + 1;
	}
	if (*p == '>') {
		finish_open(t);
		return p + 1;
	}
	if (*p == '/') {
		h->slash = true;
		return p + 1;
	}
	begin_attr(t);
	return p;
}

static const char *
attr_name(struct kr_tpl *t, const char *p)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_attr *a = last_attr(h);
	unsigned char c = (unsigned char)*p;

	if (islower(c) || isdigit(c) || c == '-' || c == ':' || c == '_' ||
	    (isupper(c) && (in_svg(h) || strcmp(kr_tpl_str(&h->name), "svg") == 0))) {
		kr_tpl_add(&a->plain, p, 1);
		return p + 1;
	}
	if (a->plain.n == 0 || (!isspace(c) && c != '=' && c != '>' && c != '/')) {
		kr_tpl_error(t, t->line,
		    isupper(c) ? "attribute names are written small"
			       : "\"%c\" has no place in the name of an attribute",
		    c);
		return p;
	}
	end_attr_name(t);
	h->state = KR_TS_ATTR_AFTER;
	return p;
}

static const char *
attr_after(struct kr_tpl *t, const char *p)
{
	struct kr_tpl_html *h = &t->html;

	if (isspace((unsigned char)*p)) {
		t->line += *p == '\n';
		h->need_sep = false;
		return p + 1;
	}
	if (*p == '=') {
		h->state = KR_TS_VALUE_START;
		last_attr(h)->has_value = true;
		return p + 1;
	}
	end_attr(t);
	h->state = KR_TS_IN_TAG;
	return p;
}

static const char *
value_start(struct kr_tpl *t, const char *p)
{
	struct kr_tpl_html *h = &t->html;

	if (isspace((unsigned char)*p)) {
		t->line += *p == '\n';
		return p + 1;
	}
	if (*p != '"' && *p != '\'') {
		kr_tpl_error(t, t->line, "the value of %s must stand in \"\"",
		    last_attr(h)->name);
		return p;
	}
	out(t, "=", 1);
	out(t, p, 1);
	h->state = *p == '"' ? KR_TS_VALUE_DQ : KR_TS_VALUE_SQ;
	h->url = KR_TU_EMPTY;
	h->in_attr_url = kr_tpl_url_attr(last_attr(h)->name);
	return p + 1;
}

static const char *
value(struct kr_tpl *t, const char *p, const char *end)
{
	struct kr_tpl_html *h = &t->html;

	if (*p == (h->state == KR_TS_VALUE_DQ ? '"' : '\'')) {
		out(t, p, 1);
		h->state = KR_TS_VALUE_AFTER;
		end_attr(t);
		h->need_sep = true;
		h->state = KR_TS_IN_TAG;
		return p + 1;
	}
	value_byte(t, p, end);
	t->line += *p == '\n';
	return p + 1;
}

static const char *
comment(struct kr_tpl *t, const char *p, const char *end)
{
	t->line += *p == '\n';
	if (end - p >= 3 && memcmp(p, "-->", 3) == 0) {
		t->html.state = KR_TS_TEXT;
		return p + 3;
	}
	return p + 1;
}

static const char *
declaration(struct kr_tpl *t, const char *p)
{
	out(t, p, 1);
	t->line += *p == '\n';
	if (*p == '>')
		t->html.state = KR_TS_TEXT;
	return p + 1;
}

/* One step of the machine; returns where to go on. */
static const char *
step(struct kr_tpl *t, const char *p, const char *end)
{
	switch (t->html.state) {
	case KR_TS_TEXT:
		return text(t, p, end);
	case KR_TS_RCDATA:
	case KR_TS_RAW:
		return raw(t, p, end);
	case KR_TS_TAG_NAME:
	case KR_TS_END_NAME:
		return tag_name(t, p);
	case KR_TS_IN_TAG:
		return in_tag(t, p);
	case KR_TS_ATTR_NAME:
		return attr_name(t, p);
	case KR_TS_ATTR_AFTER:
		return attr_after(t, p);
	case KR_TS_VALUE_START:
		return value_start(t, p);
	case KR_TS_VALUE_DQ:
	case KR_TS_VALUE_SQ:
		return value(t, p, end);
	case KR_TS_COMMENT:
		return comment(t, p, end);
	case KR_TS_DECL:
		return declaration(t, p);
	case KR_TS_VALUE_AFTER:
	default:
		t->html.state = KR_TS_IN_TAG;
		return p;
	}
}

void
kr_tpl_feed(struct kr_tpl *t, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end && !t->failed)
		p = step(t, p, end);
}

/* ── tags of the template language ── */
static const char *
place(const struct kr_tpl_html *h)
{
	switch (h->state) {
	case KR_TS_RAW:
		return "in <script>";
	case KR_TS_TAG_NAME:
	case KR_TS_END_NAME:
		return "in the name of an element";
	case KR_TS_IN_TAG:
	case KR_TS_ATTR_NAME:
	case KR_TS_ATTR_AFTER:
		return "in the name of an attribute";
	case KR_TS_VALUE_START:
		return "in an attribute without quotes";
	case KR_TS_VALUE_DQ:
	case KR_TS_VALUE_SQ:
		return "in an attribute";
	case KR_TS_COMMENT:
		return "in a comment";
	case KR_TS_DECL:
		return "in a <! declaration";
	case KR_TS_RCDATA:
		return "in <title> or <textarea>";
	case KR_TS_TEXT:
	case KR_TS_VALUE_AFTER:
	default:
		return "here";
	}
}

bool
kr_tpl_settle(struct kr_tpl *t, const char *tag)
{
	struct kr_tpl_html *h = &t->html;

	switch (h->state) {
	case KR_TS_TEXT:
	case KR_TS_RCDATA:
		end_words(t);
		h->blank = false;
		return !t->failed;
	case KR_TS_VALUE_DQ:
	case KR_TS_VALUE_SQ:
		return true;
	case KR_TS_TAG_NAME:
		h->state = KR_TS_IN_TAG;
		h->need_sep = true;
		return true;
	case KR_TS_ATTR_NAME:
		end_attr_name(t);
		h->need_sep = true;
		end_attr(t);
		h->state = KR_TS_IN_TAG;
		return !t->failed;
	case KR_TS_ATTR_AFTER:
		end_attr(t);
		h->state = KR_TS_IN_TAG;
		return !t->failed;
	case KR_TS_IN_TAG:
		if (!h->slash)
			return true;
		break;
	case KR_TS_RAW:
	case KR_TS_END_NAME:
	case KR_TS_VALUE_START:
	case KR_TS_VALUE_AFTER:
	case KR_TS_COMMENT:
	case KR_TS_DECL:
	default:
		break;
	}
	kr_tpl_error(t, t->line, "{%% %s %%} has no place %s", tag, place(h));
	return false;
}

/* A value inside a quoted attribute. */
static char
hole_in_attr(struct kr_tpl *t, const char *source, size_t n, bool is_url)
{
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_attr *a = last_attr(h);

	a->hole = true;
	kr_tpl_add(&a->value, "{{", 2);
	kr_tpl_add(&a->value, source, n);
	kr_tpl_add(&a->value, "}}", 2);
	if (strncmp(a->name, "on", 2) == 0 || strcmp(a->name, "style") == 0) {
		kr_tpl_error(t, t->line, "no value may stand in %s=", a->name);
		return 0;
	}
	if (!h->in_attr_url)
		return 'a';
	if (h->url == KR_TU_FRAG && !is_url)
		return 'a';
	if (h->url != KR_TU_EMPTY) {
		kr_tpl_error(t, t->line,
		    "a value in %s must be the whole address: use {%% url \"/path/{}\" ... "
		    "%%}",
		    a->name);
		return 0;
	}
	h->url = is_url ? KR_TU_LOCAL : KR_TU_WHOLE;
	return is_url ? 'a' : 'u';
}

char
kr_tpl_hole(struct kr_tpl *t, const char *source, size_t n, bool is_url)
{
	struct kr_tpl_html *h = &t->html;

	if (h->state == KR_TS_VALUE_DQ || h->state == KR_TS_VALUE_SQ)
		return hole_in_attr(t, source, n, is_url);
	if (h->state != KR_TS_TEXT && h->state != KR_TS_RCDATA) {
		kr_tpl_error(t, t->line, "no value may stand %s", place(h));
		return 0;
	}
	end_words(t);
	mark_named(h);
	h->blank = false;
	return h->state == KR_TS_TEXT ? 't' : 'a';
}

bool
kr_tpl_helper(struct kr_tpl *t, const char *tag, bool has_text)
{
	struct kr_tpl_html *h = &t->html;

	if (h->state != KR_TS_TEXT) {
		kr_tpl_error(t, t->line, "{%% %s %%} has no place %s", tag, place(h));
		return false;
	}
	end_words(t);
	h->blank = false;
	if (has_text)
		mark_named(h);
	return true;
}

void
kr_tpl_end_of_file(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;

	if (h->state != KR_TS_TEXT) {
		kr_tpl_error(t, h->tag_line, "the file ends %s", place(h));
		return;
	}
	end_words(t);
	if (h->depth > 0) {
		kr_tpl_error(t, h->stack[h->depth - 1].line, "<%s> is never closed",
		    h->stack[h->depth - 1].name);
		return;
	}
	kr_tpl_check_end(t);
}
