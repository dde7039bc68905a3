/* krtpl: what a template must not contain, and what a page must have so that everybody
   can use it: labels, alternatives, order of headings, words that are translated. */
#include "krtpl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
in_list(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

bool
kr_tpl_void_element(const char *name)
{
	static const char *const list[] = { "area", "br", "col", "embed", "hr", "img",
		"input", "link", "meta", "source", "track", "wbr", NULL };

	return in_list(list, name);
}

bool
kr_tpl_url_attr(const char *name)
{
	static const char *const list[] = { "href", "src", "action", "formaction",
		"poster", "cite", "data", "ping", "manifest", "xlink:href", NULL };

	return in_list(list, name);
}

const struct kr_tpl_attr *
kr_tpl_attr(const struct kr_tpl_html *h, const char *name)
{
	for (size_t i = 0; i < h->nattrs; i++)
		if (h->attrs[i].name != NULL && strcmp(h->attrs[i].name, name) == 0)
			return &h->attrs[i];
	return NULL;
}

/* ── words: two letters in a row, entities left out ── */
bool
kr_tpl_has_words(const char *s, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '&') {
			const char *semi = memchr(s + i, ';', n - i);

			if (semi != NULL && semi - (s + i) < 12)
				i = (size_t)(semi - s);
			run = 0;
			continue;
		}
		/* Latin letters with accents begin with 0xc3 to 0xca */
		run = isalpha(c) || (c >= 0xc3 && c <= 0xca) ? run + 1
		      : (c & 0xc0) == 0x80                   ? run
							     : 0;
		if (run >= 2)
			return true;
	}
	return false;
}

void
kr_tpl_check_words(struct kr_tpl *t)
{
	struct kr_tpl_html *h = &t->html;
	const char *s = kr_tpl_str(&h->words);

	while (isspace((unsigned char)*s))
		s++;
	if (kr_tpl_has_words(s, strlen(s)))
		kr_tpl_warn(t, h->words_line, "words",
		    "words stand in the .po files: \"%.40s\" becomes {%% t \"%s.key\" %%}",
		    s, t->prefix);
}

/* ── ids ── */
static struct kr_tpl_use *
note(struct kr_tpl *t, char kind, const char *value, int line)
{
	struct kr_tpl_use *u;

	if (t->nuses == t->uses_cap) {
		struct kr_tpl_use *old = t->uses;

		t->uses_cap = t->uses_cap * 2 + 32;
		t->uses = kr_tpl_alloc(t->uses_cap * sizeof(*t->uses));
		if (old != NULL)
			memcpy(t->uses, old, t->nuses * sizeof(*t->uses));
	}
	u = &t->uses[t->nuses++];
	*u = (struct kr_tpl_use){
		.kind = kind, .value = kr_tpl_dup(value, strlen(value)), .line = line
	};
	for (size_t i = 0; i < t->nopen; i++) {
		u->no[i] = t->open[i].no;
		u->branch[i] = t->open[i].branch;
	}
	u->nblocks = t->nopen;
	return u;
}

/* Two places in different branches of one {% if %} never meet on a page. */
static bool
exclusive(const struct kr_tpl_use *a, const struct kr_tpl_use *b)
{
	for (size_t i = 0; i < a->nblocks; i++)
		for (size_t k = 0; k < b->nblocks; k++)
			if (a->no[i] == b->no[k] && a->branch[i] != b->branch[k])
				return true;
	return false;
}

static void
check_id(struct kr_tpl *t, const struct kr_tpl_attr *a)
{
	const char *value = kr_tpl_str(&a->value);
	struct kr_tpl_use *u;

	if (!a->hole)
		for (size_t i = 0; i < t->nopen; i++)
			if (t->open[i].kind == KR_TB_EACH)
				kr_tpl_warn(t, a->line, "id",
				    "id=\"%s\" stands in {%% each %%}: give it a value that "
				    "differs, id=\"%s{{ loop.n }}\"",
				    value, value);
	u = note(t, 'i', value, a->line);
	for (size_t i = 0; i + 1 < t->nuses; i++)
		if (t->uses[i].kind == 'i' && strcmp(t->uses[i].value, value) == 0 &&
		    !exclusive(&t->uses[i], u)) {
			kr_tpl_warn(t, a->line, "id",
			    "id=\"%s\" stands on line %d already", value,
			    t->uses[i].line);
			return;
		}
}

/* ── attributes ── */
static bool
scheme_ok(const char *url)
{
	static const char *const good[] = { "http", "https", "mailto", "tel", NULL };
	size_t n = strcspn(url, ":/?#");
	char *scheme;

	if (url[n] != ':')
		return true;
	scheme = kr_tpl_dup(url, n);
	return in_list(good, scheme);
}

static bool
ui_text(const struct kr_tpl *t, const char *attr)
{
	static const char *const list[] = { "alt", "title", "placeholder", "aria-label",
		"aria-description", "aria-valuetext", "aria-roledescription", NULL };
	const char *elem = t->html.name.p;

	return in_list(list, attr) ||
	       (strcmp(attr, "label") == 0 &&
		   (strcmp(elem, "option") == 0 || strcmp(elem, "optgroup") == 0));
}

void
kr_tpl_check_attr(struct kr_tpl *t, const struct kr_tpl_attr *a)
{
	static const char *const no_value[] = { "srcset", "imagesrcset", "method",
		"formmethod", "enctype", "sandbox", "allow", "rel", "http-equiv",
		"type", NULL };
	const char *plain = kr_tpl_str(&a->plain);
	const struct kr_tpl_html *h = &t->html;

	if (strncmp(a->name, "on", 2) == 0)
		kr_tpl_error(t, a->line,
		    "%s= is script in a page: the browser refuses it; "
		    "put it under web/js",
		    a->name);
	else if (strcmp(a->name, "style") == 0)
		kr_tpl_error(
		    t, a->line, "style= is refused by the browser: use a class");
	else if (strcmp(a->name, "srcdoc") == 0 || strcmp(a->name, "http-equiv") == 0)
		kr_tpl_error(t, a->line, "%s= has no place in a template", a->name);
	else if (a->hole && in_list(no_value, a->name))
		kr_tpl_error(t, a->line, "no value may stand in %s=", a->name);
	else if (kr_tpl_url_attr(a->name) && !scheme_ok(plain))
		kr_tpl_error(t, a->line,
		    "%s=\"%s\": only http, https, mailto, tel and local "
		    "addresses",
		    a->name, plain);
	else if (strcmp(a->name, "formmethod") == 0)
		kr_tpl_error(t, a->line, "formmethod= goes round {%% form %%}");
	else if (strcmp(a->name, "id") == 0)
		check_id(t, a);
	else if (strcmp(a->name, "for") == 0)
		note(t, 'l', kr_tpl_str(&a->value), a->line);
	else if (strcmp(a->name, "tabindex") == 0 && strtol(plain, NULL, 10) > 0)
		kr_tpl_warn(t, a->line, "tabindex",
		    "a positive tabindex breaks the order "
		    "of the keyboard");
	else if (ui_text(t, a->name) &&
		 (h->depth == 0 || !h->stack[h->depth - 1].verbatim) &&
		 kr_tpl_has_words(plain, strlen(plain)))
		kr_tpl_warn(t, a->line, "words",
		    "words stand in the .po files: %s=\"%s\" becomes {%% t \"%s.key\" %%}",
		    a->name, plain, t->prefix);
}

/* ── elements ── */
static const struct kr_tpl_elem *
ancestor(const struct kr_tpl_html *h, const char *name)
{
	for (size_t i = h->depth; i-- > 0;)
		if (strcmp(h->stack[i].name, name) == 0)
			return &h->stack[i];
	return NULL;
}

static void
check_nesting(struct kr_tpl *t, const char *name)
{
	static const char *const in_p[] = { "address", "article", "aside", "blockquote",
		"details", "dialog", "div", "dl", "fieldset", "figure", "footer",
		"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main",
		"nav", "ol", "p", "pre", "section", "table", "ul", NULL };
	static const struct {
		const char *child, *parents[5];
	} must[] = {
		{ "li", { "ul", "ol", "menu", NULL } },
		{ "dt", { "dl", "div", NULL } },
		{ "dd", { "dl", "div", NULL } },
		{ "tr", { "thead", "tbody", "tfoot", "table", NULL } },
		{ "td", { "tr", NULL } },
		{ "th", { "tr", NULL } },
		{ "option", { "select", "optgroup", "datalist", NULL } },
		{ "legend", { "fieldset", NULL } },
		{ "summary", { "details", NULL } },
		{ "figcaption", { "figure", NULL } },
	};
	static const char *const alone[] = { "a", "button", "form", "label", "p",
		NULL };
	struct kr_tpl_html *h = &t->html;
	const struct kr_tpl_elem *e;

	if (in_list(alone, name) && (e = ancestor(h, name)) != NULL)
		kr_tpl_error(
		    t, h->tag_line, "<%s> inside <%s> of line %d", name, name, e->line);
	else if (in_list(in_p, name) && (e = ancestor(h, "p")) != NULL)
		kr_tpl_error(t, h->tag_line,
		    "<%s> inside <p> of line %d: the browser closes "
		    "the <p> before it",
		    name, e->line);
	else if ((strcmp(name, "button") == 0 || strcmp(name, "input") == 0) &&
		 (e = ancestor(h, "a")) != NULL)
		kr_tpl_error(
		    t, h->tag_line, "<%s> inside <a> of line %d", name, e->line);
	for (size_t i = 0; h->depth > 0 && i < sizeof(must) / sizeof(must[0]); i++)
		if (strcmp(must[i].child, name) == 0 &&
		    !in_list(must[i].parents, h->stack[h->depth - 1].name))
			kr_tpl_error(t, h->tag_line,
			    "<%s> inside <%s>: it belongs in <%s>", name,
			    h->stack[h->depth - 1].name, must[i].parents[0]);
}

static void
check_control(struct kr_tpl *t, const char *name)
{
	static const char *const free_types[] = { "hidden", "submit", "button", "reset",
		"image", NULL };
	const struct kr_tpl_html *h = &t->html;
	const struct kr_tpl_attr *type = kr_tpl_attr(h, "type"),
				 *id = kr_tpl_attr(h, "id");

	if (type != NULL && type->plain.n > 0 && in_list(free_types, type->plain.p))
		return;
	if (ancestor(h, "label") != NULL || kr_tpl_attr(h, "aria-label") != NULL ||
	    kr_tpl_attr(h, "aria-labelledby") != NULL)
		return;
	if (id == NULL)
		kr_tpl_warn(t, h->tag_line, "label",
		    "<%s> has no label: <label for=ID>, a <label> around it, or aria-label",
		    name);
	else
		note(t, 'k', kr_tpl_str(&id->value), h->tag_line);
}

static void
check_form(struct kr_tpl *t)
{
	const struct kr_tpl_attr *method = kr_tpl_attr(&t->html, "method");

	if (method != NULL && method->plain.p != NULL &&
	    strcasecmp(method->plain.p, "get") != 0 &&
	    strcasecmp(method->plain.p, "dialog") != 0)
		kr_tpl_error(t, method->line,
		    "<form method=\"%s\"> is written {%% form "
		    "\"/path\" %%}, which adds the token",
		    method->plain.p);
}

static bool
heading_level(const char *name, int *level_r)
{
	if (name[0] != 'h' || name[1] < '1' || name[1] > '6' || name[2] != '\0')
		return false;
	*level_r = name[1] - '0';
	return true;
}

/* `headings` holds the levels the last heading may have had, whichever branch ran. */
void
kr_tpl_heading(struct kr_tpl *t, int level, int line)
{
	struct kr_tpl_html *h = &t->html;

	if (level == 1) {
		h->h1 = true;
		if (t->kind == 'g')
			kr_tpl_warn(
			    t, line, "heading", "a tile has no <h1>: the page has one");
	}
	for (int last = 0; last < level - 1 && h->headings != ~0u; last++)
		if ((h->headings & (1u << last)) != 0) {
			if (last == 0)
				kr_tpl_warn(t, line, "heading",
				    "the first heading of a page is "
				    "<h1>, not <h%d>",
				    level);
			else
				kr_tpl_warn(t, line, "heading",
				    "<h%d> may follow <h%d> here: a "
				    "level is skipped",
				    level, last);
			break;
		}
	h->headings = 1u << level;
}

void
kr_tpl_check_open(struct kr_tpl *t, const char *name)
{
	static const char *const refused[] = { "style", "base", "object", "embed",
		"applet", "frame", "frameset", "plaintext", "xmp", "noscript",
		"template", NULL };
	static const char *const frame[] = { "html", "head", "body", "title", "meta",
		"link", "script", NULL };
	struct kr_tpl_html *h = &t->html;
	int level;

	if (h->depth > 0 && h->stack[h->depth - 1].svg) {
		if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0 ||
		    strcmp(name, "foreignObject") == 0)
			kr_tpl_error(
			    t, h->tag_line, "<%s> has no place in a drawing", name);
		return;
	}
	if (in_list(frame, name) && strcmp(t->prefix, "html") != 0)
		kr_tpl_error(t, h->tag_line,
		    "<%s> belongs to the frame, which core draws around every page",
		    name);
	else if (in_list(refused, name))
		kr_tpl_error(t, h->tag_line, "<%s> has no place in a template", name);
	else if (strcmp(name, "script") == 0 && kr_tpl_attr(h, "src") == NULL)
		kr_tpl_error(t, h->tag_line,
		    "no script in a page: the browser refuses it; put "
		    "it under web/js");
	check_nesting(t, name);
	if (strcmp(name, "form") == 0)
		check_form(t);
	if (strcmp(name, "img") == 0 && kr_tpl_attr(h, "alt") == NULL)
		kr_tpl_warn(t, h->tag_line, "alt",
		    "<img> has no alt: say what it shows, or "
		    "alt=\"\" when it only decorates");
	if (strcmp(name, "iframe") == 0 && kr_tpl_attr(h, "title") == NULL)
		kr_tpl_warn(t, h->tag_line, "title", "<iframe> has no title");
	if (strcmp(name, "html") == 0 && kr_tpl_attr(h, "lang") == NULL)
		kr_tpl_warn(t, h->tag_line, "lang", "<html> has no lang");
	if (strcmp(name, "input") == 0 || strcmp(name, "select") == 0 ||
	    strcmp(name, "textarea") == 0)
		check_control(t, name);
	if (heading_level(name, &level))
		kr_tpl_heading(t, level, h->tag_line);
}

void
kr_tpl_check_close(struct kr_tpl *t, const struct kr_tpl_elem *e)
{
	static const char *const need[] = { "a", "button", "summary", "label", "h1",
		"h2", "h3", "h4", "h5", "h6", NULL };

	if (!e->named && !e->svg && in_list(need, e->name))
		kr_tpl_warn(t, e->line, "name",
		    "<%s> has no text: nobody hears what it is%s", e->name,
		    strcmp(e->name, "a") == 0 || strcmp(e->name, "button") == 0
			? " (give it words or an aria-label)"
			: "");
}

void
kr_tpl_check_end(struct kr_tpl *t)
{
	for (size_t i = 0; i < t->nuses; i++) {
		bool found = t->uses[i].kind != 'k';

		for (size_t k = 0; k < t->nuses && !found; k++)
			found = t->uses[k].kind == 'l' &&
				strcmp(t->uses[k].value, t->uses[i].value) == 0;
		if (!found)
			kr_tpl_warn(t, t->uses[i].line, "label",
			    "no <label for=\"%s\"> for this control", t->uses[i].value);
	}
	if (t->kind == 'v' && !t->html.h1 && !t->html.any_part)
		kr_tpl_warn(t, 1, "heading", "a page has one <h1>");
}
