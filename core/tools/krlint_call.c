/* What must not be called, or made by hand. */
#include "krlint.h"

#include <string.h>

struct ban {
	const char *name, *instead;
};

/* Whether the token at i is a call (or the use of a keyword), not a member or a field.
 */
static bool
called(const struct kr_lint_file *f, size_t i)
{
	const struct kr_lint_tok *before = i > 0 ? &f->toks.p[i - 1] : NULL;

	if (!kr_lint_is(kr_lint_at(f, i + 1), "("))
		return false;
	return before == NULL || !(kr_lint_is(before, ".") || kr_lint_is(before, ">"));
}

static void
ban(const struct kr_lint_file *f, const struct ban *bans, size_t n, const char *code)
{
	for (size_t i = 0; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (t->type != KR_LINT_WORD)
			continue;
		for (size_t k = 0; k < n; k++)
			if (kr_lint_is(t, bans[k].name) &&
			    (called(f, i) || kr_lint_is(t, "goto")))
				kr_lint_say(f, t->line, code, "%s: %s", bans[k].name,
				    bans[k].instead);
	}
}

static const struct ban banned[] = {
	{ "strcpy", "has no bound; snprintf, or a slice" },
	{ "stpcpy", "has no bound; snprintf, or a slice" },
	{ "strcat", "has no bound; kr_buf, or snprintf" },
	{ "strncpy", "leaves text without an end; snprintf" },
	{ "strncat", "its bound is not the buffer's; snprintf" },
	{ "sprintf", "has no bound; snprintf" },
	{ "vsprintf", "has no bound; vsnprintf" },
	{ "strtok", "keeps state; kr_split" },
	{ "atoi", "does not say what is no number; kr_to_i" },
	{ "atol", "does not say what is no number; kr_to_i" },
	{ "atoll", "does not say what is no number; kr_to_i" },
	{ "atof", "does not say what is no number; strtod" },
	{ "gets", "has no bound; fgets" },
	{ "alloca", "takes the stack by a size from outside; the arena" },
	{ "system", "hands a line to a shell; posix_spawn with a fixed list" },
	{ "popen", "hands a line to a shell; posix_spawn with a fixed list" },
	{ "rand", "can be foretold; kr_random" },
	{ "srand", "can be foretold; kr_random" },
	{ "random", "can be foretold; kr_random" },
	{ "drand48", "can be foretold; kr_random" },
	{ "longjmp", "skips what must be given back; the error on the context" },
	{ "siglongjmp", "skips what must be given back; the error on the context" },
	{ "setjmp", "skips what must be given back; the error on the context" },
	{ "sigsetjmp", "skips what must be given back; the error on the context" },
	{ "tmpnam", "somebody else may take the name first; mkstemp" },
	{ "mktemp", "somebody else may take the name first; mkstemp" },
};

void
kr_lint_banned(const struct kr_lint_file *f)
{
	ban(f, banned, KR_LINT_LEN(banned), "KR-L03");
	for (size_t i = 0; i < f->toks.n; i++)
		if (kr_lint_starts(&f->toks.p[i], "pthread_") && called(f, i))
			kr_lint_say(f, f->toks.p[i].line, "KR-L03",
			    "%.*s: there are no threads; a process of its own",
			    (int)f->toks.p[i].n, f->toks.p[i].p);
}

void
kr_lint_plugin_calls(const struct kr_lint_file *f)
{
	static const struct ban arena[] = {
		{ "malloc", "memory is the arena's; kr_alloc" },
		{ "calloc", "memory is the arena's; kr_alloc" },
		{ "realloc", "memory is the arena's; kr_alloc" },
		{ "reallocarray", "memory is the arena's; kr_alloc" },
		{ "free", "memory is the arena's, nobody frees" },
		{ "strdup", "memory is the arena's; kr_fmt" },
		{ "strndup", "memory is the arena's; kr_fmt" },
		{ "memcpy", "assignment, kr_fmt or kr_join" },
		{ "memmove", "assignment, kr_fmt or kr_join" },
		{ "memset", "= { 0 }; kr_alloc gives zeros" },
		{ "memcmp", "kr_eq" },
		{ "goto", "the first error sticks to the context: just return" },
	};

	if (strcmp(f->room, "plugins") == 0)
		ban(f, arena, KR_LINT_LEN(arena), "KR-L04");
}

/* Where statements are put together from constant parts of a manifest, before anybody
   has asked anything. */
static const char *const statement_makers[] = { "core/db/", "core/app/entity.c",
	"core/app/list.c", "core/app/declared.", "core/cli/cmd_demo.c",
	"core/include/kr/db.h" };

void
kr_lint_statement(const struct kr_lint_file *f)
{
	if (strcmp(f->room, "tests") == 0)
		return;
	for (size_t i = 0; i < KR_LINT_LEN(statement_makers); i++)
		if (strncmp(
			f->path, statement_makers[i], strlen(statement_makers[i])) == 0)
			return;
	for (size_t i = 0; i + 2 < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i], *after = &f->toks.p[i + 2];
		bool made = kr_lint_is(t, "struct") &&
			    kr_lint_is(&f->toks.p[i + 1], "kr_stmt") &&
			    (after->type == KR_LINT_WORD || *after->p == ')');

		if (made && !kr_lint_is(after, "const"))
			kr_lint_say(f, t->line, "KR-L05",
			    "a statement is a literal: KR_STMT, nothing else");
		if (kr_lint_is(t, "kr_stmt_make") && called(f, i))
			kr_lint_say(f, t->line, "KR-L05",
			    "kr_stmt_make is for the tables of entities: KR_STMT");
	}
}

/* The runtime of compiled templates: <kr/html.h>. */
static const char *const markup[] = { "kr_lit_", "kr_txt_", "kr_att_", "kr_f_",
	"kr_yes_", "kr_same_", "kr_tr_", "kr_trn_", "kr_as_text_", "kr_url_", "kr_v_",
	"kr_form_begin_", "kr_form_end_", "kr_field_", "kr_file_row_", "kr_page_begin_",
	"kr_page_title_", "kr_page_end_", "kr_out_ctx_", "KR_LIT_" };

static bool
is_markup(const struct kr_lint_tok *t)
{
	if (t->type != KR_LINT_WORD || t->n == 0 || t->p[t->n - 1] != '_')
		return false;
	for (size_t i = 0; i < KR_LINT_LEN(markup); i++)
		if (kr_lint_starts(t, markup[i]))
			return true;
	return false;
}

void
kr_lint_markup_calls(const struct kr_lint_file *f)
{
	if (strcmp(f->room, "html") == 0 || strcmp(f->room, "tools") == 0 ||
	    strcmp(f->room, "include") == 0 || strcmp(f->room, "tests") == 0)
		return;
	for (size_t i = 0; i < f->toks.n; i++)
		if (is_markup(&f->toks.p[i]))
			kr_lint_say(f, f->toks.p[i].line, "KR-L06",
			    "%.*s is for compiled templates: markup is in templates alone",
			    (int)f->toks.p[i].n, f->toks.p[i].p);
}

void
kr_lint_safe(const struct kr_lint_file *f)
{
	if (strcmp(f->room, "html") == 0 || strcmp(f->room, "include") == 0 ||
	    strcmp(f->room, "tools") == 0 || strcmp(f->room, "tests") == 0)
		return;
	for (size_t i = 0; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];
		/* Whether a part is empty may be asked: .safe_.n == 0 */
		bool empty = kr_lint_is(kr_lint_at(f, i + 1), ".") &&
			     kr_lint_is(kr_lint_at(f, i + 2), "n");

		if (kr_lint_is(t, "safe_") && !empty)
			kr_lint_say(f, t->line, "KR-L07",
			    "safe_: only core/html says what markup is safe");
	}
}
