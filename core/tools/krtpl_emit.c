/* krtpl: writes C. Every statement carries the template's line, so that the C compiler
   complains about a wrong member where the template's author can mend it. */
#include "krtpl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The inside of a C string literal; ? is escaped because of trigraphs. */
void
kr_tpl_c_string(struct kr_tpl_buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\' || c == '?')
			kr_tpl_put(b, "\\%c", c);
		else if (c == '\n')
			kr_tpl_add(b, "\\n", 2);
		else if (c == '\t')
			kr_tpl_add(b, "\\t", 2);
		else if (c < 0x20 || c == 0x7f)
			kr_tpl_put(b, "\\%03o", c);
		else
			kr_tpl_add(b, s + i, 1);
	}
}

static void
line_mark(struct kr_tpl *t, int line)
{
	kr_tpl_put(&t->code, "#line %d \"", line);
	kr_tpl_c_string(&t->code, t->path, strlen(t->path));
	kr_tpl_add(&t->code, "\"\n", 2);
}

/* Writes the literal markup collected so far. */
void
kr_tpl_flush(struct kr_tpl *t)
{
	const char *p = t->lit.p, *end, *nl;

	if (t->lit.n == 0)
		return;
	end = p + t->lit.n;
	line_mark(t, t->lit_line);
	kr_tpl_put(&t->code, "\tKR_LIT_(o,");
	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl == NULL ? end : nl + 1;
		kr_tpl_put(&t->code, "\n\t    \"");
		kr_tpl_c_string(&t->code, p, (size_t)(nl - p));
		kr_tpl_put(&t->code, "\"");
		p = nl;
	}
	kr_tpl_put(&t->code, ");\n");
	t->lit.n = 0;
}

void
kr_tpl_stmt(struct kr_tpl *t, int line, const char *fmt, ...)
{
	struct kr_tpl_buf b = { 0 };
	char text[2048];
	va_list ap;
	int n;

	kr_tpl_flush(t);
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		kr_tpl_error(t, line, "this tag is too long");
		return;
	}
	kr_tpl_add(&b, text, (size_t)n);
	line_mark(t, line);
	kr_tpl_put(&t->code, "\t%s\n", kr_tpl_str(&b));
}

void
kr_tpl_signature(struct kr_tpl *t, struct kr_tpl_buf *b, bool definition)
{
	bool page = t->kind == 'v' || t->kind == 'w';

	if (!definition) {
		kr_tpl_put(b, "kr_err %s(kr_ctx *, %sconst struct %s *);\n", t->name,
		    page ? "" : "kr_out *, ", t->name);
		return;
	}
	kr_tpl_put(b, "kr_err\n%s(kr_ctx *cx, %sconst struct %s *v)\n{\n", t->name,
	    page ? "" : "kr_out *o, ", t->name);
	if (page)
		kr_tpl_put(b, "\tkr_out *o = kr_page_begin_(cx, '%c');\n\n",
		    t->kind == 'v' ? 'p' : 'w');
	kr_tpl_put(b, "\t(void)v;\n");
}
