/* krtpl: blocks. Whatever branch runs, the markup behind a block must be the same. */
#include "krtpl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ── blocks ── */
static struct kr_tpl_open *
open_block(struct kr_tpl_tag *g, enum kr_tpl_block kind)
{
	struct kr_tpl *t = g->t;
	struct kr_tpl_html *h = &t->html;
	struct kr_tpl_open *o;

	if (t->nopen == KR_TPL_DEPTH) {
		kr_tpl_error(t, g->line, "blocks are nested too deeply");
		return NULL;
	}
	o = &t->open[t->nopen++];
	*o = (struct kr_tpl_open){ .kind = kind,
		.line = g->line,
		.state = h->state,
		.url = h->url,
		.depth = h->depth,
		.top = h->depth > 0 ? h->stack[h->depth - 1].serial : 0,
		.headings = h->headings,
		.no = ++t->block_no };
	o->url_join = h->url;
	return o;
}

static struct kr_tpl_open *
innermost(struct kr_tpl_tag *g, const char *what)
{
	if (g->t->nopen == 0) {
		kr_tpl_error(
		    g->t, g->line, "{%% %s %%} without %s before it", g->name, what);
		return NULL;
	}
	return &g->t->open[g->t->nopen - 1];
}

/* The end of a branch: the markup must be where it was when the block began. */
static bool
branch_ends(struct kr_tpl_tag *g, struct kr_tpl_open *o)
{
	struct kr_tpl_html *h = &g->t->html;
	unsigned top = h->depth > 0 ? h->stack[h->depth - 1].serial : 0;

	if (!kr_tpl_settle(g->t, g->name))
		return false;
	if (h->depth > o->depth) {
		kr_tpl_error(g->t, g->line,
		    "<%s> of line %d is still open here; a block must close what it opens",
		    h->stack[h->depth - 1].name, h->stack[h->depth - 1].line);
		return false;
	}
	if (h->depth < o->depth || top != o->top) {
		kr_tpl_error(g->t, g->line,
		    "the block of line %d closes an element that was opened before it",
		    o->line);
		return false;
	}
	if (h->state != o->state) {
		kr_tpl_error(g->t, g->line,
		    "the block of line %d ends elsewhere in a tag than it begins",
		    o->line);
		return false;
	}
	if (o->url_join != h->url)
		o->url_join = o->url_join == KR_TU_WHOLE || h->url == KR_TU_WHOLE
				  ? KR_TU_WHOLE
				  : KR_TU_TEXT;
	o->headings_join |= h->headings;
	o->sep_join = o->sep_join || h->need_sep;
	return true;
}

static void
branch_begins(struct kr_tpl *t, struct kr_tpl_open *o)
{
	t->html.url = o->url;
	t->html.headings = o->headings;
	o->branch++;
}

void
kr_tpl_if(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };

	if (!kr_tpl_settle(g->t, g->name) || !kr_tpl_take_condition(g, &c))
		return;
	if (open_block(g, KR_TB_IF) != NULL)
		kr_tpl_stmt(g->t, g->line, "if %s {", c.p);
}

void
kr_tpl_elif(struct kr_tpl_tag *g)
{
	struct kr_tpl_open *o = innermost(g, "{% if %}");
	struct kr_tpl_buf c = { 0 };

	if (o == NULL || !branch_ends(g, o) || !kr_tpl_take_condition(g, &c))
		return;
	if (o->kind != KR_TB_IF) {
		kr_tpl_error(
		    g->t, g->line, "{%% elif %%} stands only in an {%% if %%}");
		return;
	}
	kr_tpl_stmt(g->t, g->line, "} else if %s {", c.p);
	branch_begins(g->t, o);
}

void
kr_tpl_else(struct kr_tpl_tag *g)
{
	struct kr_tpl_open *o = innermost(g, "{% if %}");

	if (o == NULL || !branch_ends(g, o) || !kr_tpl_at_end(g))
		return;
	if (o->kind == KR_TB_EACH) {
		kr_tpl_error(g->t, g->line, "in {%% each %%} the word is {%% none %%}");
		return;
	}
	if (o->kind != KR_TB_IF) {
		kr_tpl_error(g->t, g->line,
		    "{%% else %%} stands only once, in an "
		    "{%% if %%}");
		return;
	}
	o->kind = KR_TB_ELSE;
	kr_tpl_stmt(g->t, g->line, "} else {");
	branch_begins(g->t, o);
}

void
kr_tpl_each(struct kr_tpl_tag *g)
{
	struct kr_tpl *t = g->t;
	struct kr_tpl_word var = *kr_tpl_peek(g);
	struct kr_tpl_buf list = { 0 };
	struct kr_tpl_open *o;

	if (!kr_tpl_settle(t, g->name))
		return;
	if (var.kind != 'p' || memchr(var.p, '.', var.n) != NULL ||
	    kr_tpl_is(&var, "v") || kr_tpl_is(&var, "loop") || kr_tpl_is(&var, "in") ||
	    kr_tpl_is(&var, "not")) {
		kr_tpl_error(t, g->line, "it is {%% each t in v.items %%}");
		return;
	}
	if (kr_tpl_loop(t, var.p, var.n) != NULL) {
		kr_tpl_error(t, g->line, "\"%.*s\" is already a loop variable here",
		    (int)var.n, var.p);
		return;
	}
	g->at++;
	if (!kr_tpl_is(kr_tpl_peek(g), "in")) {
		kr_tpl_error(t, g->line, "it is {%% each t in v.items %%}");
		return;
	}
	g->at++;
	if (!kr_tpl_take_path(g, false, &list) || !kr_tpl_at_end(g) ||
	    (o = open_block(g, KR_TB_EACH)) == NULL)
		return;
	o->var = kr_tpl_dup(var.p, var.n);
	o->list = list.p;
	o->loop = ++t->loop_no;
	kr_tpl_stmt(t, g->line, "for (size_t i%u = 0; i%u < %s.n; i%u++) {", o->loop,
	    o->loop, o->list, o->loop);
	kr_tpl_stmt(t, g->line, "const __typeof__(*%s.p) *const e_%s = &%s.p[i%u];",
	    o->list, o->var, o->list, o->loop);
	kr_tpl_stmt(t, g->line, "(void)e_%s;", o->var);
}

void
kr_tpl_none(struct kr_tpl_tag *g)
{
	struct kr_tpl_open *o = innermost(g, "{% each %}");

	if (o == NULL || !branch_ends(g, o) || !kr_tpl_at_end(g))
		return;
	if (o->kind != KR_TB_EACH) {
		kr_tpl_error(g->t, g->line,
		    "{%% none %%} stands only once, in an "
		    "{%% each %%}");
		return;
	}
	o->kind = KR_TB_NONE;
	kr_tpl_stmt(g->t, g->line, "}");
	kr_tpl_stmt(g->t, g->line, "if (%s.n == 0) {", o->list);
	branch_begins(g->t, o);
}

void
kr_tpl_end(struct kr_tpl_tag *g)
{
	struct kr_tpl_open *o = innermost(g, "{% if %} or {% each %}");

	if (o == NULL || !kr_tpl_at_end(g))
		return;
	if (o->kind == KR_TB_FORM) {
		kr_tpl_error(g->t, g->line,
		    "the {%% form %%} of line %d ends with {%% endform %%}", o->line);
		return;
	}
	if (!branch_ends(g, o))
		return;
	kr_tpl_stmt(g->t, g->line, "}");
	g->t->html.url = o->url_join;
	g->t->html.need_sep = o->sep_join;
	g->t->html.headings = o->headings_join;
	if (o->kind == KR_TB_IF || o->kind == KR_TB_EACH)
		g->t->html.headings |= o->headings;
	g->t->nopen--;
}

void
kr_tpl_form(struct kr_tpl_tag *g)
{
	struct kr_tpl_buf c = { 0 };

	if (!kr_tpl_helper(g->t, g->name, false) || !kr_tpl_take_pattern(g, &c))
		return;
	for (size_t i = 0; i < g->t->html.depth; i++)
		if (strcmp(g->t->html.stack[i].name, "form") == 0) {
			kr_tpl_error(g->t, g->line, "a form inside the form of line %d",
			    g->t->html.stack[i].line);
			return;
		}
	kr_tpl_stmt(g->t, g->line, "kr_form_begin_(o, %s);", c.p);
	kr_tpl_push(g->t, "form", true);
	open_block(g, KR_TB_FORM);
}

void
kr_tpl_endform(struct kr_tpl_tag *g)
{
	struct kr_tpl_open *o = innermost(g, "{% form %}");
	struct kr_tpl_html *h = &g->t->html;

	if (o == NULL || !kr_tpl_at_end(g))
		return;
	if (o->kind != KR_TB_FORM) {
		kr_tpl_error(g->t, g->line,
		    "the block of line %d is still open in the form", o->line);
		return;
	}
	if (h->depth == 0 || !h->stack[h->depth - 1].tpl_form) {
		kr_tpl_error(g->t, g->line, "<%s> of line %d is still open in the form",
		    h->depth > 0 ? h->stack[h->depth - 1].name : "?",
		    h->depth > 0 ? h->stack[h->depth - 1].line : 0);
		return;
	}
	kr_tpl_pop(g->t);
	kr_tpl_stmt(g->t, g->line, "kr_form_end_(o);");
	g->t->nopen--;
}
