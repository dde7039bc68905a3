/* What must not drift: personal data into logs, state between people, texts and markup
   into C, names into each other. */
#include "krlint.h"

#include <string.h>

static bool
mark(const struct kr_lint_tok *t, char c)
{
	return t->type == KR_LINT_MARK && *t->p == c;
}

/* ── personal data in logs ── */

static bool
is_input(const struct kr_lint_tok *t)
{
	return (kr_lint_starts(t, "kr_in_") && !kr_lint_is(t, "kr_in_bad")) ||
	       kr_lint_is(t, "kr_my_name");
}

/* Members that hold what names or describes a person, here and in every room. */
static bool
is_personal(const struct kr_lint_tok *t)
{
	static const char *const words[] = { "given", "family", "account", "password",
		"surname", "email", "birthday" };

	for (size_t i = 0; i < KR_LINT_LEN(words); i++)
		if (kr_lint_is(t, words[i]))
			return true;
	return false;
}

/* Whether a variable of this function was set from input. */
static bool
from_input(const struct kr_lint_file *f, const struct kr_lint_fun *fun, size_t use)
{
	const struct kr_lint_tok *name = &f->toks.p[use];

	if (name->type != KR_LINT_WORD || mark(&f->toks.p[use - 1], '.') ||
	    mark(&f->toks.p[use - 1], '>'))
		return false;
	for (size_t i = fun->open; i + 2 < use; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (t->n == name->n && memcmp(t->p, name->p, t->n) == 0 &&
		    mark(&f->toks.p[i + 1], '=') && is_input(&f->toks.p[i + 2]))
			return true;
	}
	return false;
}

static void
check_log(const struct kr_lint_file *f, const struct kr_lint_fun *fun, size_t call)
{
	size_t end = kr_lint_close(f, call + 1);

	for (size_t i = call + 2; i < end; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];
		bool member =
		    mark(&f->toks.p[i - 1], '.') || mark(&f->toks.p[i - 1], '>');

		if (is_input(t) || (member && is_personal(t)) || from_input(f, fun, i))
			kr_lint_say(f, t->line, "KR-L09",
			    "%.*s: no input and no name of a person goes into a log",
			    (int)t->n, t->p);
	}
}

void
kr_lint_log(const struct kr_lint_file *f)
{
	static const char *const logs[] = { "kr_log", "kr_log_kv", "kr_log_line",
		"kr_fail", "kr_panic" };

	if (strcmp(f->room, "tests") == 0)
		return;
	for (size_t n = 0; n < f->nfuns; n++)
		for (size_t i = f->funs[n].open; i < f->funs[n].close; i++)
			for (size_t k = 0; k < KR_LINT_LEN(logs); k++)
				if (kr_lint_is(&f->toks.p[i], logs[k]) &&
				    mark(&f->toks.p[i + 1], '('))
					check_log(f, &f->funs[n], i);
}

/* ── state ── */

/* A declaration that begins with static at i: writable unless the last thing before the
   name is const, or there is no pointer and a const somewhere. */
static bool
writable(const struct kr_lint_file *f, size_t i)
{
	bool constant = false;

	for (i++; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (kr_lint_is(t, "const"))
			constant = true;
		else if (mark(t, '*'))
			constant = false;
		else if (mark(t,
			     '{')) /* struct x { ... } name: what is in it is not it */
			i = kr_lint_close(f, i);
		else if (mark(t, '('))
			return false; /* a function */
		else if (mark(t, '=') || mark(t, ';') || mark(t, '[') || mark(t, ','))
			return !constant;
	}
	return false;
}

void
kr_lint_statics(const struct kr_lint_file *f)
{
	if (strcmp(f->room, "plugins") != 0)
		return;
	for (size_t i = 0; i < f->toks.n; i++)
		if (kr_lint_is(&f->toks.p[i], "static") && writable(f, i))
			kr_lint_say(f, f->toks.p[i].line, "KR-L10",
			    "a variable that outlives the request carries one person's "
			    "state to the next: const, or on the stack");
}

/* ── markup and texts ── */

static bool
has_tag(const struct kr_lint_tok *t)
{
	for (size_t i = 1; i + 3 < t->n; i++) {
		char c = t->p[i + 1], d = t->p[i + 2];
		bool letter = c >= 'a' && c <= 'z';

		if (t->p[i] == '<' &&
		    (letter || c == '!' || (c == '/' && d >= 'a' && d <= 'z')))
			return memchr(t->p + i, '>', t->n - i) != NULL;
	}
	return false;
}

void
kr_lint_markup(const struct kr_lint_file *f)
{
	if (strcmp(f->room, "html") == 0 || strcmp(f->room, "tools") == 0 ||
	    strcmp(f->room, "tests") == 0)
		return;
	for (size_t i = 0; i < f->toks.n; i++)
		if (f->toks.p[i].type == KR_LINT_STRING && has_tag(&f->toks.p[i]))
			kr_lint_say(f, f->toks.p[i].line, "KR-L19",
			    "markup in a string: templates escape what they show");
}

/* "tasks.too_late" */
static bool
is_key(const struct kr_lint_tok *t)
{
	bool dot = false;

	for (size_t i = 1; i + 1 < t->n; i++) {
		char c = t->p[i];

		dot = dot || c == '.';
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
			c == '.' || c == '%'))
			return false;
	}
	return dot;
}

/* The string that is argument number n of the call whose "(" is at i. */
static const struct kr_lint_tok *
string_argument(const struct kr_lint_file *f, size_t i, unsigned n)
{
	size_t end = kr_lint_close(f, i);
	unsigned at = 1;

	for (i++; i < end; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (mark(t, '(') || mark(t, '{') || mark(t, '['))
			i = kr_lint_close(f, i);
		else if (mark(t, ','))
			at++;
		else if (at == n && t->type == KR_LINT_STRING)
			return t;
	}
	return NULL;
}

void
kr_lint_keys(const struct kr_lint_file *f)
{
	static const struct call {
		const char *name;
		unsigned key; /* which argument */
	} calls[] = { { "kr_flash", 2 }, { "kr_flash_undo", 2 }, { "kr_in_bad", 3 },
		{ "kr_notify", 3 } };

	if (strcmp(f->room, "tests") == 0)
		return;
	for (size_t i = 0; i < f->toks.n; i++)
		for (size_t k = 0; k < KR_LINT_LEN(calls); k++) {
			const struct kr_lint_tok *t;

			if (!kr_lint_is(&f->toks.p[i], calls[k].name) ||
			    !kr_lint_is(kr_lint_at(f, i + 1), "("))
				continue;
			t = string_argument(f, i + 1, calls[k].key);
			if (t != NULL && !is_key(t))
				kr_lint_say(f, t->line, "KR-L20",
				    "%.*s is no key of a text", (int)t->n, t->p);
		}
}

/* ── names ── */

/* What the files of one room share with each other only stands in its inside.h. */
static bool
shares_inside(const struct kr_lint_file *f)
{
	static const char header[] = "/inside.h\"";

	for (size_t i = 0; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (t->type == KR_LINT_INCLUDE &&
		    memmem(t->p, t->n, header, sizeof header - 1) != NULL)
			return true;
	}
	return false;
}

void
kr_lint_prefix(const struct kr_lint_file *f)
{
	/* Programs of their own: nothing is linked to them. */
	if (strncmp(f->path, "core/", 5) != 0 || strcmp(f->room, "scan") == 0 ||
	    strcmp(f->room, "main.c") == 0 || shares_inside(f))
		return;
	for (size_t i = 0; i < f->nfuns; i++) {
		const struct kr_lint_fun *fun = &f->funs[i];

		if (!fun->hidden && !kr_lint_starts(fun->name, "kr_") &&
		    !kr_lint_is(fun->name, "main"))
			kr_lint_say(f, fun->name->line, "KR-L21",
			    "%.*s: what other rooms see begins with kr_; else static",
			    (int)fun->name->n, fun->name->p);
	}
}
