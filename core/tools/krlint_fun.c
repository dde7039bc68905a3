/* Finds the functions of a file, by their braces in column 0, and measures them. */
#include "krlint.h"

#include <stdlib.h>
#include <string.h>

static bool
mark(const struct kr_lint_tok *t, char c)
{
	return t->type == KR_LINT_MARK && t->n == 1 && *t->p == c;
}

/* The "(" that belongs to the ")" at i; 0 when there is none. */
static size_t
opening(const struct kr_lint_file *f, size_t i)
{
	size_t depth = 0;

	for (;; i--) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (mark(t, ')'))
			depth++;
		else if (mark(t, '(') && --depth == 0)
			return i;
		if (i == 0)
			return 0;
	}
}

static unsigned
count_params(const struct kr_lint_file *f, size_t open, size_t close)
{
	unsigned n = 1;
	size_t depth = 0;

	if (close == open + 1 ||
	    (close == open + 2 && kr_lint_is(&f->toks.p[open + 1], "void")))
		return 0;
	for (size_t i = open + 1; i < close; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (mark(t, '('))
			depth++;
		else if (mark(t, ')'))
			depth--;
		else if (mark(t, ',') && depth == 0)
			n++;
	}
	return n;
}

static bool
is_control(const struct kr_lint_tok *t)
{
	static const char *const words[] = { "if", "for", "while", "switch" };

	for (size_t i = 0; i < KR_LINT_LEN(words); i++)
		if (kr_lint_is(t, words[i]))
			return true;
	return false;
}

/* Whether a statement may begin after token i: then its indentation says how deep it
   is, braces or not. */
static bool
statement_follows(const struct kr_lint_file *f, size_t i)
{
	const struct kr_lint_tok *t = &f->toks.p[i];

	if (mark(t, ';') || mark(t, '}') || kr_lint_is(t, "else") ||
	    kr_lint_is(t, "do"))
		return true;
	if (mark(t, ')')) {
		size_t open = opening(f, i);

		return open > 0 && is_control(&f->toks.p[open - 1]);
	}
	if (!mark(t, '{') || i == 0)
		return false;
	/* Not the brace of an initializer. */
	return t->column == 1 || statement_follows(f, i - 1);
}

static unsigned
count_nest(const struct kr_lint_file *f, size_t open, size_t close)
{
	unsigned most = 0;

	for (size_t i = open + 1; i < close; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];
		unsigned depth = (t->column - 1) / 8;

		/* Labels and cases stand one to the left of what they lead to. */
		if (t->first && !t->macro && (t->column - 1) % 8 == 0 &&
		    statement_follows(f, i - 1) && depth > most + 1)
			most = depth - 1;
	}
	return most;
}

static void
add(struct kr_lint_file *f, size_t open, size_t close)
{
	size_t end = open - 1, begin = opening(f, end), head;
	struct kr_lint_fun fun = { .open = open, .close = close, .args = begin + 1 };

	if (begin == 0 || f->toks.p[begin - 1].type != KR_LINT_WORD)
		return;
	fun.name = &f->toks.p[begin - 1];
	fun.length = f->toks.p[close].line - f->toks.p[open].line + 1;
	fun.params = count_params(f, begin, end);
	fun.nest = count_nest(f, open, close);
	for (head = begin - 1; head > 0; head--) {
		const struct kr_lint_tok *t = &f->toks.p[head - 1];

		if (mark(t, ';') || mark(t, '}') || t->macro)
			break;
		fun.hidden = fun.hidden || kr_lint_is(t, "static");
	}
	fun.handler = fun.params == 1 && kr_lint_is(&f->toks.p[begin - 2], "kr_err") &&
		      kr_lint_is(&f->toks.p[begin + 1], "kr_ctx");

	struct kr_lint_fun *more = realloc(f->funs, (f->nfuns + 1) * sizeof *more);

	if (more == NULL) {
		fputs("krlint: no memory\n", stderr);
		exit(2);
	}
	f->funs = more;
	f->funs[f->nfuns++] = fun;
}

void
kr_lint_functions(struct kr_lint_file *f)
{
	for (size_t i = 2; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];
		size_t close;

		if (!mark(t, '{') || t->column != 1 || t->macro ||
		    !mark(&f->toks.p[i - 1], ')'))
			continue;
		for (close = i + 1; close < f->toks.n; close++)
			if (mark(&f->toks.p[close], '}') &&
			    f->toks.p[close].column == 1)
				break;
		if (close == f->toks.n)
			return;
		add(f, i, close);
		i = close;
	}
}
