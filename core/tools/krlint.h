/* Parts of krlint: one source file, cut into tokens, and what its rules need to know.
 */
#ifndef KR_TOOLS_KRLINT_H
#define KR_TOOLS_KRLINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define KR_LINT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define KR_LINT_LEN(array) (sizeof(array) / sizeof((array)[0]))

enum kr_lint_type {
	KR_LINT_WORD, /* identifiers and keywords */
	KR_LINT_NUMBER,
	KR_LINT_STRING, /* quotes included */
	KR_LINT_CHAR,
	KR_LINT_MARK,     /* one character of punctuation */
	KR_LINT_INCLUDE,  /* the whole name, with <> or "" */
	KR_LINT_COMMENT,  /* slash star; on a list of their own */
	KR_LINT_COMMENT_1 /* slash slash */
};

struct kr_lint_tok {
	enum kr_lint_type type;
	const char *p;
	size_t n;
	unsigned line, column; /* from 1; a tab counts to the next multiple of 8 */
	bool first;            /* on its line */
	bool macro;            /* in a preprocessor line */
};

struct kr_lint_toks {
	struct kr_lint_tok *p;
	size_t n, cap;
};

/* A function: tokens open and close are its braces in column 0. */
struct kr_lint_fun {
	const struct kr_lint_tok *name;
	size_t open, close, args; /* args: token after "(" of its parameters */
	unsigned length, params, nest;
	bool hidden;  /* static */
	bool handler; /* kr_err NAME(kr_ctx *) */
};

struct kr_lint_file {
	const char *path; /* from the root of the tree, without ./ */
	char *text;
	size_t n;
	bool c, header, script, data;
	/* "base", "http" ... of core; "plugins", "tests", "scan", "tools"; "": others
	 */
	char room[24];
	char plugin[40]; /* its name, without the leading _ of the skeleton */
	unsigned lines;
	struct kr_lint_toks toks, comments;
	struct kr_lint_fun *funs;
	size_t nfuns;
};

/* ── krlint_read.c ── */
/* False when the file is none that the rules know. */
bool kr_lint_read(struct kr_lint_file *, const char *path);
void kr_lint_free(struct kr_lint_file *);
bool kr_lint_is(const struct kr_lint_tok *, const char *word);
bool kr_lint_starts(const struct kr_lint_tok *, const char *beginning);
/* The token at i, or an empty one beyond the end. */
const struct kr_lint_tok *kr_lint_at(const struct kr_lint_file *, size_t i);
/* The ")" or "}" that belongs to the "(" or "{" at i; the end when there is none. */
size_t kr_lint_close(const struct kr_lint_file *, size_t i);
bool kr_lint_ends(const char *text, const char *end);

/* ── krlint_fun.c ── */
void kr_lint_functions(struct kr_lint_file *);

/* ── krlint.c ── */
void kr_lint_say(const struct kr_lint_file *, unsigned line, const char *code,
    const char *fmt, ...) KR_LINT_PRINTF(4, 5);

/* ── the rules; what and why is in the table of krlint.c ── */
void kr_lint_layers(const struct kr_lint_file *); /* krlint_layer.c */
size_t kr_lint_layers_unused(FILE *); /* exceptions that nobody uses; how many */
void kr_lint_library(const struct kr_lint_file *);
void kr_lint_banned(const struct kr_lint_file *); /* krlint_call.c */
void kr_lint_plugin_calls(const struct kr_lint_file *);
void kr_lint_statement(const struct kr_lint_file *);
void kr_lint_markup_calls(const struct kr_lint_file *);
void kr_lint_safe(const struct kr_lint_file *);
void kr_lint_log(const struct kr_lint_file *); /* krlint_data.c */
void kr_lint_statics(const struct kr_lint_file *);
void kr_lint_markup(const struct kr_lint_file *);
void kr_lint_keys(const struct kr_lint_file *);
void kr_lint_prefix(const struct kr_lint_file *);
void kr_lint_comments(const struct kr_lint_file *); /* krlint_shape.c */
void kr_lint_head(const struct kr_lint_file *);
void kr_lint_size(const struct kr_lint_file *);
void kr_lint_function_size(const struct kr_lint_file *);
void kr_lint_unfinished(const struct kr_lint_file *);
void kr_lint_paths(const struct kr_lint_file *);

#endif
