/* krlint: the house rules as a program. `krlint FILE...` prints what breaks them, one
   line a finding; `--rules` prints the rules, `--measure` the sizes that stats.sh adds
   up. */
#include "krlint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef void rule_fn(const struct kr_lint_file *);

/* Rules of one function stand one after another; only the first names it. */
static const struct rule {
	const char *code, *what, *why;
	rule_fn *run;
	bool c;    /* only for C */
	bool mild; /* a warning: printed, but no failure */
} rules[] = {
	{ "KR-L01", "rooms include downwards only; plugins include <kr/...> only",
	    "a room that calls up cannot be understood, tested or replaced alone",
	    kr_lint_layers, true, false },
	{ "KR-L02", "a library belongs to one room",
	    "what only one room can reach, only one room can get wrong",
	    kr_lint_library, true, false },
	{ "KR-L03", "no strcpy, sprintf, atoi, system, rand, setjmp, threads ...",
	    "each has a successor that cannot overflow, guess or race", kr_lint_banned,
	    true, false },
	{ "KR-L04", "no malloc, free, mem*, goto in plugins",
	    "the arena frees and the sticky error cleans up", kr_lint_plugin_calls,
	    true, false },
	{ "KR-L05", "statements are KR_STMT",
	    "SQL that is a literal cannot be injected", kr_lint_statement, true,
	    false },
	{ "KR-L06", "the runtime of templates is called by compiled templates only",
	    "the compiler escapes by context; a hand forgets", kr_lint_markup_calls,
	    true, false },
	{ "KR-L07", "safe_ is core/html's", "whoever can say safe can be wrong",
	    kr_lint_safe, true, false },
	{ "KR-L08", "comments are /* */", "one style", kr_lint_comments, true, false },
	{ "KR-L09", "no input and no names in logs",
	    "logs are kept, copied and read by others than the data is", kr_lint_log,
	    true, false },
	{ "KR-L10", "no writable statics in plugins",
	    "a worker serves one person after another", kr_lint_statics, true, false },
	{ "KR-L11", "a file begins with a sentence",
	    "a new colleague knows within a line where he is", kr_lint_head, false,
	    false },
	{ "KR-L12", "at most 900 lines a file", "more is two things", kr_lint_size,
	    false, false },
	{ "KR-L13", "at most 70 lines a function", "more is two things",
	    kr_lint_function_size, true, false },
	{ "KR-L14", "at most 40 lines a handler", "core lacks a helper then", NULL,
	    true, true },
	{ "KR-L15", "at most 4 levels deep", "nobody keeps five conditions in mind",
	    NULL, true, true },
	{ "KR-L16", "at most 5 parameters", "more is a struct without a name", NULL,
	    true, false },
	{ "KR-L17", "nothing unfinished", "what is not done is not in the tree",
	    kr_lint_unfinished, false, false },
	{ "KR-L18", "no paths of one machine, no numbers of issues",
	    "the repository speaks for itself, anywhere", kr_lint_paths, false, false },
	{ "KR-L19", "no markup in strings", "templates escape what they show",
	    kr_lint_markup, true, false },
	{ "KR-L20", "what people read is a key", "every text exists in every language",
	    kr_lint_keys, true, false },
	{ "KR-L21", "names that other rooms see begin with kr_",
	    "core and plugins and libraries share one space of names", kr_lint_prefix,
	    true, false },
};

static size_t failures, warnings;

void
kr_lint_say(
    const struct kr_lint_file *f, unsigned line, const char *code, const char *fmt, ...)
{
	bool mild = false;
	va_list args;

	for (size_t i = 0; i < KR_LINT_LEN(rules); i++)
		if (strcmp(rules[i].code, code) == 0)
			mild = rules[i].mild;
	printf("%s:%u: %s", f->path, line, mild ? "warning: " : "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf(" [%s]\n", code);
	if (mild)
		warnings++;
	else
		failures++;
}

static void
check(const struct kr_lint_file *f)
{
	for (size_t i = 0; i < KR_LINT_LEN(rules); i++)
		if (rules[i].run != NULL && (f->c || !rules[i].c))
			rules[i].run(f);
}

/* file PATH LINES, then fun PATH LINE NAME LENGTH PARAMETERS NESTING HANDLER */
static void
measure(const struct kr_lint_file *f)
{
	printf("file\t%s\t%u\n", f->path, f->lines);
	for (size_t i = 0; i < f->nfuns; i++) {
		const struct kr_lint_fun *u = &f->funs[i];

		printf("fun\t%s\t%u\t%.*s\t%u\t%u\t%u\t%s\n", f->path, u->name->line,
		    (int)u->name->n, u->name->p, u->length, u->params, u->nest,
		    u->handler && strcmp(f->room, "plugins") == 0 ? "handler" : "-");
	}
}

static int
print_rules(void)
{
	for (size_t i = 0; i < KR_LINT_LEN(rules); i++)
		printf("%s %s%s\n       %s\n", rules[i].code, rules[i].what,
		    rules[i].mild ? " (warning)" : "", rules[i].why);
	return 0;
}

static int
usage(void)
{
	fputs(
	    "usage: krlint [--unused] FILE...   what breaks the rules; exit 1 when any\n"
	    "       krlint --measure FILE...    sizes of files and functions\n"
	    "       krlint --rules              the rules and why\n"
	    "  --unused   the whole tree is given: exceptions without use are findings\n",
	    stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	bool unused = false, measured = false;
	size_t files = 0;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--rules") == 0)
			return print_rules();
		if (strcmp(argv[i], "--unused") == 0)
			unused = true;
		else if (strcmp(argv[i], "--measure") == 0)
			measured = true;
		else
			return usage();
	}
	if (i == argc)
		return usage();
	for (; i < argc; i++) {
		struct kr_lint_file f;

		if (!kr_lint_read(&f, argv[i]))
			continue;
		files++;
		if (measured)
			measure(&f);
		else
			check(&f);
		kr_lint_free(&f);
	}
	if (measured)
		return 0;
	if (unused)
		failures += kr_lint_layers_unused(stdout);
	fflush(stdout);
	fprintf(stderr, "krlint: %zu files, %zu findings, %zu warnings\n", files,
	    failures, warnings);
	return failures == 0 ? 0 : 1;
}
