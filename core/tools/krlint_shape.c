/* Shapes: comments, heads of files, sizes, what is unfinished, what is of one machine.
 */
#include "krlint.h"

#include <stdlib.h>
#include <string.h>

/* The ceilings; core/tools/stats.sh prints what comes near. */
#define FILE_MOST 900u
#define FUNCTION_MOST 70u
#define HANDLER_MOST 40u
#define NEST_MOST 4u
#define PARAMS_MOST 5u

void
kr_lint_comments(const struct kr_lint_file *f)
{
	for (size_t i = 0; i < f->comments.n; i++)
		if (f->comments.p[i].type == KR_LINT_COMMENT_1)
			kr_lint_say(
			    f, f->comments.p[i].line, "KR-L08", "comments are /* */");
}

static bool
sentence(const char *p, size_t n)
{
	size_t letters = 0, blanks = 0;

	for (size_t i = 0; i < n; i++) {
		letters += (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z');
		blanks += p[i] == ' ' || p[i] == '\n';
	}
	return letters >= 12 && blanks >= 2;
}

static bool
c_head(const struct kr_lint_file *f)
{
	size_t code = f->toks.n > 0 ? f->toks.p[0].line : f->lines + 1;

	/* The line of the licence says nothing about the file. */
	for (size_t i = 0; i < f->comments.n && f->comments.p[i].line < code; i++) {
		const struct kr_lint_tok *t = &f->comments.p[i];

		if (!kr_lint_starts(t, "/* SPDX-") && sentence(t->p, t->n))
			return true;
	}
	return false;
}

/* After the line that names the shell, or at the very beginning. */
static bool
script_head(const struct kr_lint_file *f)
{
	const char *p = f->text;
	size_t n;

	if (strncmp(p, "#!", 2) == 0)
		p += strcspn(p, "\n");
	while (*p == '\n')
		p++;
	/* For shellcheck, not for people. */
	if (strncmp(p, "# shellcheck", 12) == 0) {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	n = strcspn(p, "\n");
	return (*p == '#' || strncmp(p, "//", 2) == 0 || strncmp(p, "/*", 2) == 0) &&
	       sentence(p, n);
}

void
kr_lint_head(const struct kr_lint_file *f)
{
	if ((f->c && !c_head(f)) || (f->script && !script_head(f)))
		kr_lint_say(f, 1, "KR-L11",
		    "the first line says in a sentence what the file is");
}

void
kr_lint_size(const struct kr_lint_file *f)
{
	/* Texts of all languages and tables of data are read by nobody from top to end.
	 */
	if (f->lines > FILE_MOST && !f->data)
		kr_lint_say(
		    f, f->lines, "KR-L12", "%u lines, at most %u", f->lines, FILE_MOST);
}

void
kr_lint_function_size(const struct kr_lint_file *f)
{
	bool plugin = strcmp(f->room, "plugins") == 0;

	for (size_t i = 0; i < f->nfuns; i++) {
		const struct kr_lint_fun *fun = &f->funs[i];
		int n = (int)fun->name->n;
		const char *name = fun->name->p;
		unsigned line = fun->name->line;

		if (fun->length > FUNCTION_MOST)
			kr_lint_say(f, line, "KR-L13", "%.*s has %u lines, at most %u",
			    n, name, fun->length, FUNCTION_MOST);
		else if (plugin && fun->handler && fun->length > HANDLER_MOST)
			kr_lint_say(f, line, "KR-L14",
			    "handler %.*s has %u lines, at most %u", n, name,
			    fun->length, HANDLER_MOST);
		if (fun->nest > NEST_MOST)
			kr_lint_say(f, line, "KR-L15", "%.*s nests %u deep, at most %u",
			    n, name, fun->nest, NEST_MOST);
		if (fun->params > PARAMS_MOST && strcmp(f->room, "tests") != 0)
			kr_lint_say(f, line, "KR-L16",
			    "%.*s has %u parameters, at most %u", n, name, fun->params,
			    PARAMS_MOST);
	}
}

/* ── words anywhere ── */

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static unsigned
line_of(const struct kr_lint_file *f, const char *p)
{
	unsigned line = 1;

	for (const char *s = f->text; s < p; s++)
		line += *s == '\n';
	return line;
}

void
kr_lint_unfinished(const struct kr_lint_file *f)
{
	/* Cut in two, so that this file does not find itself. */
	static const char *const words[] = { "TO"
					     "DO",
		"FIX"
		"ME",
		"X"
		"XX",
		"HA"
		"CK" };

	for (size_t i = 0; i < KR_LINT_LEN(words); i++) {
		size_t n = strlen(words[i]);

		for (const char *p = f->text; (p = strstr(p, words[i])) != NULL; p += n)
			if ((p == f->text || !word_char(p[-1])) && !word_char(p[n]))
				kr_lint_say(f, line_of(f, p), "KR-L17",
				    "%s: finish it, or leave it out", words[i]);
	}
}

/* ── of one machine, or of one day ── */

static const struct path {
	const char *text;
	bool code;     /* only in core and plugins */
	bool anywhere; /* not only at the beginning of a path */
	const char *why;
} paths[] = {
	{ "/wo"
	  "rk/",
	    false, false, "a path of one machine" },
	{ "/ro"
	  "ot/",
	    false, false, "a path of one machine" },
	{ "/ho"
	  "me/",
	    false, false, "a path of one machine" },
	{ "/tm"
	  "p/",
	    true, false, "a folder everybody may write to; the instance has tmp/" },
	{ "../sha"
	  "red",
	    false, true, "nothing outside of this repository" },
};

/* The scanner's child proves to itself that it cannot write there. */
static const char *const may_name_paths[] = { "core/scan/child.c" };

static void
find_path(const struct kr_lint_file *f, const struct path *what)
{
	size_t n = strlen(what->text);
	const char *p = f->text;

	for (; (p = strstr(p, what->text)) != NULL; p += n) {
		char before = p == f->text ? ' ' : p[-1];

		if (what->anywhere || !(word_char(before) || strchr("$}@*./-", before)))
			kr_lint_say(f, line_of(f, p), "KR-L18", "%s: %s", what->text,
			    what->why);
	}
}

/* "issue" and a number: a reader has the code, not the tracker of that day. */
static void
find_issue(const struct kr_lint_file *f)
{
	static const char word[] = "issue ";
	const char *p = f->text;

	for (; (p = strstr(p, word)) != NULL; p += sizeof word - 1) {
		const char *next = p + sizeof word - 1;

		next += *next == '#';
		if (*next >= '0' && *next <= '9')
			kr_lint_say(f, line_of(f, p), "KR-L18",
			    "a number of an issue: say what it is about");
	}
}

void
kr_lint_paths(const struct kr_lint_file *f)
{
	bool code = f->c && (strncmp(f->path, "core/", 5) == 0 ||
				strcmp(f->room, "plugins") == 0);

	for (size_t i = 0; i < KR_LINT_LEN(may_name_paths); i++)
		if (strcmp(f->path, may_name_paths[i]) == 0)
			return;
	for (size_t i = 0; i < KR_LINT_LEN(paths); i++)
		if (code || !paths[i].code)
			find_path(f, &paths[i]);
	find_issue(f);
}
