/* Reads a source file and cuts it into tokens: enough C to judge calls and shapes. */
#include "krlint.h"

#include <stdlib.h>
#include <string.h>

static void *
need(void *p)
{
	if (p == NULL) {
		fputs("krlint: no memory\n", stderr);
		exit(2);
	}
	return p;
}

bool
kr_lint_ends(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n >= k && strcmp(text + n - k, end) == 0;
}

bool
kr_lint_is(const struct kr_lint_tok *t, const char *word)
{
	return t->n == strlen(word) && memcmp(t->p, word, t->n) == 0;
}

bool
kr_lint_starts(const struct kr_lint_tok *t, const char *beginning)
{
	size_t n = strlen(beginning);

	return t->n >= n && memcmp(t->p, beginning, n) == 0;
}

const struct kr_lint_tok *
kr_lint_at(const struct kr_lint_file *f, size_t i)
{
	static const struct kr_lint_tok none = {
		.type = KR_LINT_MARK, .p = "", .n = 0
	};

	return i < f->toks.n ? &f->toks.p[i] : &none;
}

size_t
kr_lint_close(const struct kr_lint_file *f, size_t i)
{
	size_t depth = 0;

	for (; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (t->type != KR_LINT_MARK)
			continue;
		if (strchr("([{", *t->p) != NULL)
			depth++;
		else if (strchr(")]}", *t->p) != NULL && --depth == 0)
			return i;
	}
	return f->toks.n;
}

/* ── what kind of file, and where ── */

static bool
one_of(const char *path, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kr_lint_ends(path, ends[i]))
			return true;
	return false;
}

static void
copy_part(char *to, size_t size, const char *from)
{
	size_t n = strcspn(from, "/");

	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = 0;
}

static void
find_room(struct kr_lint_file *f)
{
	static const char outside[] = "tests/outside/";
	const char *plugin = NULL;

	if (strncmp(f->path, "core/", 5) == 0)
		copy_part(f->room, sizeof f->room, f->path + 5);
	else if (strncmp(f->path, "plugins/", 8) == 0)
		plugin = f->path + 8;
	else if (strncmp(f->path, outside, sizeof outside - 1) == 0)
		plugin = f->path + sizeof outside - 1;
	else
		copy_part(f->room, sizeof f->room, f->path);
	/* A plugin's own tests are tests. */
	if (plugin != NULL && strstr(plugin, "/tests/") != NULL)
		copy_part(f->room, sizeof f->room, "tests");
	else if (plugin != NULL && strchr(plugin, '/') != NULL) {
		copy_part(f->room, sizeof f->room, "plugins");
		copy_part(f->plugin, sizeof f->plugin,
		    plugin[0] == '_' ? plugin + 1 : plugin);
	}
}

static bool
find_kind(struct kr_lint_file *f)
{
	static const char *const scripts[] = { ".sh", ".mjs", ".js", "/run", "/stack",
		"/deps", "/krnew" };
	static const char *const texts[] = { ".html", ".css", ".scss", ".sql", ".md",
		".mk", ".in", ".conf", ".example", ".service", ".txt", ".po", ".1",
		"Makefile" };

	f->header = kr_lint_ends(f->path, ".h");
	f->c = f->header || kr_lint_ends(f->path, ".c");
	f->script = one_of(f->path, scripts, KR_LINT_LEN(scripts));
	f->data = kr_lint_ends(f->path, ".po") || kr_lint_ends(f->path, ".txt");
	find_room(f);
	return f->c || f->script || one_of(f->path, texts, KR_LINT_LEN(texts));
}

static bool
read_text(struct kr_lint_file *f, const char *path)
{
	FILE *in = fopen(path, "rb");
	size_t cap = 1 << 16, got;

	if (in == NULL)
		return false;
	f->text = need(malloc(cap + 1));
	while ((got = fread(f->text + f->n, 1, cap - f->n, in)) > 0) {
		f->n += got;
		if (f->n == cap)
			f->text = need(realloc(f->text, (cap *= 2) + 1));
	}
	f->text[f->n] = 0;

	bool good = ferror(in) == 0;

	fclose(in);
	for (size_t i = 0; i < f->n; i++)
		f->lines += f->text[i] == '\n';
	return good;
}

/* ── tokens ── */

struct reader {
	struct kr_lint_file *f;
	size_t at;
	unsigned line;
	size_t line_at; /* where the line begins */
	bool macro, fresh;
};

static unsigned
column(const struct reader *r, size_t at)
{
	unsigned c = 0;

	for (size_t i = r->line_at; i < at; i++)
		c = r->f->text[i] == '\t' ? (c / 8 + 1) * 8 : c + 1;
	return c + 1;
}

static void
put(struct reader *r, enum kr_lint_type type, size_t from, unsigned line)
{
	bool comment = type == KR_LINT_COMMENT || type == KR_LINT_COMMENT_1;
	struct kr_lint_toks *t = comment ? &r->f->comments : &r->f->toks;

	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 512 : t->cap * 2;
		t->p = need(realloc(t->p, t->cap * sizeof *t->p));
	}
	t->p[t->n++] = (struct kr_lint_tok){ .type = type,
		.p = r->f->text + from,
		.n = r->at - from,
		.line = line,
		.column = column(r, from),
		.first = r->fresh && !comment,
		.macro = r->macro };
	if (!comment)
		r->fresh = false;
}

static void
next_line(struct reader *r)
{
	r->line++;
	r->line_at = r->at;
	r->fresh = true;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

static void
read_comment(struct reader *r)
{
	const char *s = r->f->text;
	size_t from = r->at, line_at = r->line_at;
	unsigned line = r->line, lines = 0;
	bool one = s[r->at + 1] == '/';

	r->at += 2;
	for (; r->at < r->f->n; r->at++) {
		if (one && s[r->at] == '\n')
			break;
		if (!one && s[r->at] == '*' && s[r->at + 1] == '/') {
			r->at += 2;
			break;
		}
		if (s[r->at] == '\n') {
			lines++;
			line_at = r->at + 1;
		}
	}
	put(r, one ? KR_LINT_COMMENT_1 : KR_LINT_COMMENT, from, line);
	r->line += lines;
	r->line_at = line_at;
}

static void
read_quoted(struct reader *r)
{
	const char *s = r->f->text;
	size_t from = r->at;
	char quote = s[r->at++];

	while (r->at < r->f->n && s[r->at] != quote && s[r->at] != '\n')
		r->at += s[r->at] == '\\' && r->at + 1 < r->f->n ? 2 : 1;
	if (r->at < r->f->n && s[r->at] == quote)
		r->at++;
	put(r, quote == '"' ? KR_LINT_STRING : KR_LINT_CHAR, from, r->line);
}

/* The name of an #include is one token; of all other lines only the sign is dropped. */
static void
read_hash(struct reader *r)
{
	const char *s = r->f->text;

	r->macro = true;
	r->at++;
	r->at += strspn(s + r->at, " \t");
	if (strncmp(s + r->at, "include", 7) != 0)
		return;
	r->at += 7;
	r->at += strspn(s + r->at, " \t");

	size_t from = r->at;

	r->at += strcspn(s + r->at, " \t\r\n");
	put(r, KR_LINT_INCLUDE, from, r->line);
}

static void
read_token(struct reader *r)
{
	const char *s = r->f->text;
	char c = s[r->at];
	size_t from = r->at;

	if (c == '"' || c == '\'') {
		read_quoted(r);
	} else if (is_word(c)) {
		bool number = c >= '0' && c <= '9';

		while (is_word(s[r->at]) || (number && s[r->at] == '.'))
			r->at++;
		put(r, number ? KR_LINT_NUMBER : KR_LINT_WORD, from, r->line);
	} else {
		r->at++;
		put(r, KR_LINT_MARK, from, r->line);
	}
}

static void
read_tokens(struct kr_lint_file *f)
{
	struct reader r = { .f = f, .line = 1, .fresh = true };
	const char *s = f->text;

	while (r.at < f->n) {
		char c = s[r.at];

		if (c == '\\' && s[r.at + 1] == '\n') {
			r.at += 2;
			next_line(&r);
		} else if (c == '\n') {
			r.at++;
			r.macro = false;
			next_line(&r);
		} else if (strchr(" \t\r\f", c) != NULL && c != 0) {
			r.at++;
		} else if (c == '/' && (s[r.at + 1] == '*' || s[r.at + 1] == '/')) {
			read_comment(&r);
		} else if (c == '#' && r.fresh) {
			read_hash(&r);
		} else {
			read_token(&r);
		}
	}
}

bool
kr_lint_read(struct kr_lint_file *f, const char *path)
{
	*f = (struct kr_lint_file){ .path = path };
	while (strncmp(f->path, "./", 2) == 0)
		f->path += 2;
	if (!find_kind(f))
		return false;
	if (!read_text(f, path)) {
		fprintf(stderr, "krlint: %s cannot be read\n", path);
		exit(2);
	}
	if (f->c) {
		read_tokens(f);
		kr_lint_functions(f);
	}
	return true;
}

void
kr_lint_free(struct kr_lint_file *f)
{
	free(f->text);
	free(f->toks.p);
	free(f->comments.p);
	free(f->funs);
	*f = (struct kr_lint_file){ 0 };
}
