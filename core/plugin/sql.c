/* Which tables a statement reads and writes: a small tokenizer, enough for the literals
   that stand in our code. What it does not understand it does not let pass. */
#include "plugin/check.h"

#include <string.h>
#include <strings.h>

#define MOST_TOKENS 4000u
#define MOST_DEPTH 32u
#define MOST_NAMES 40u

enum kind { END, WORD, PUNCT, OTHER }; /* OTHER: numbers, strings */

struct token {
	enum kind kind;
	kr_str text;
};

struct level {       /* one pair of parentheses */
	bool select; /* it holds a SELECT of its own */
	bool tables; /* now between FROM and WHERE: a comma names another table */
};

struct name { /* a table with its alias */
	kr_str table, alias;
};

struct scan {
	kr_str rest;
	struct token now, next;
	struct level level[MOST_DEPTH];
	size_t depth;
	kr_str with[MOST_NAMES]; /* names of common table expressions */
	size_t nwith;
	struct name names[MOST_NAMES]; /* tables of the outermost level */
	size_t nnames;
	kr_table_fn *fn;
	void *arg;
	bool call; /* the parenthesis that follows belongs to a name before it */
	const char *wrong;
};

static bool
is_word(kr_str s, const char *word)
{
	size_t n = strlen(word);

	return s.n == n && strncasecmp(s.p, word, n) == 0;
}

static bool
is_one_of(kr_str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_word(s, words[i]))
			return true;
	return false;
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9') || c == '$' || (unsigned char)c >= 0x80;
}

static size_t
quoted(kr_str s, char mark)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\' && mark != '`')
			i++;
		else if (s.p[i] == mark && i + 1 < s.n && s.p[i + 1] == mark)
			i++;
		else if (s.p[i] == mark)
			return i + 1;
	}
	return 0;
}

static struct token
read_token(struct scan *s)
{
	s->rest = kr_trim(s->rest);
	if (s->rest.n == 0)
		return (struct token){ END, { NULL, 0 } };

	char c = s->rest.p[0];
	enum kind kind = PUNCT;
	size_t n = 1;

	if ((c == '-' && s->rest.n > 1 && s->rest.p[1] == '-') || c == '#' ||
	    (c == '/' && s->rest.n > 1 && s->rest.p[1] == '*') || c == ';' || c == '@')
		s->wrong = "comments, variables and ';' do not belong in a statement";
	if (c == '\'' || c == '"' || c == '`') {
		n = quoted(s->rest, c);
		kind = c == '`' ? WORD : OTHER;
		if (n == 0) {
			s->wrong = "a quotation mark is missing";
			n = s->rest.n;
		}
	} else if (letter(c)) {
		while (n < s->rest.n && letter(s->rest.p[n]))
			n++;
		kind = c >= '0' && c <= '9' ? OTHER : WORD;
	}

	kr_str text = kr_sub(s->rest, 0, n);

	s->rest = kr_sub(s->rest, n, s->rest.n);
	if (c == '`' && text.n > 2)
		text = kr_sub(text, 1, text.n - 2);
	return (struct token){ kind, text };
}

static void
step(struct scan *s)
{
	s->now = s->next;
	s->next = read_token(s);
}

static bool
now_word(const struct scan *s, const char *word)
{
	return s->now.kind == WORD && is_word(s->now.text, word);
}

static bool
next_word(const struct scan *s, const char *word)
{
	return s->next.kind == WORD && is_word(s->next.text, word);
}

static bool
now_punct(const struct scan *s, char c)
{
	return s->now.kind == PUNCT && s->now.text.p[0] == c;
}

static bool
next_punct(const struct scan *s, char c)
{
	return s->next.kind == PUNCT && s->next.text.p[0] == c;
}

/* Words that end a table reference and so cannot be an alias. */
static const char *const no_alias[] = { "where", "join", "inner", "left", "right",
	"cross", "natural", "on", "using", "group", "order", "having", "limit", "union",
	"for", "set", "straight_join", "values", "select", "as", "force", "use",
	"ignore", "window", "lock", "partition", "intersect", "except", "procedure",
	"into", "value", "offset", "fetch", "returning" };
/* Words after which a comma does not name a table any more. */
static const char *const ends_tables[] = { "where", "group", "order", "having", "limit",
	"union", "for", "set", "on", "using", "values", "select", "window", "intersect",
	"except", "value", "returning", "duplicate" };
static const char *const forbidden[] = { "outfile", "dumpfile", "load_file", "get_lock",
	"release_lock", "sleep", "benchmark", "master_pos_wait", "into_outfile" };

static bool
is_with(const struct scan *s, kr_str table)
{
	for (size_t i = 0; i < s->nwith; i++)
		if (kr_eq(s->with[i], table))
			return true;
	return false;
}

/* Stands on the first word of a table reference; leaves behind its last. */
static void
table_reference(struct scan *s, bool written)
{
	kr_str table = s->now.text, alias;

	if (next_punct(s, '(') && !written) { /* a table function: JSON_TABLE(...) */
		s->call = true;
		return;
	}
	if (next_punct(s, '.')) {
		const char *from = table.p;

		step(s);
		step(s);
		if (s->now.kind != WORD) {
			s->wrong = "a table name is incomplete";
			return;
		}
		table =
		    (kr_str){ from, (size_t)(s->now.text.p - from) + s->now.text.n };
	}
	alias = table;
	if (next_word(s, "as"))
		step(s);
	if (s->next.kind == WORD &&
	    !is_one_of(s->next.text, no_alias, KR_LEN(no_alias))) {
		alias = s->next.text;
		step(s);
	}
	if (s->depth == 0 && s->nnames < MOST_NAMES)
		s->names[s->nnames++] = (struct name){ table, alias };
	if (is_with(s, table) || is_word(table, "dual"))
		return;
	s->fn(s->arg, table, written);
}

/* After FROM, JOIN or a comma between tables. */
static void
expect_table(struct scan *s)
{
	if (next_word(s, "lateral"))
		step(s);
	if (s->next.kind == WORD) {
		step(s);
		table_reference(s, false);
	} else if (!next_punct(s, '(')) {
		s->wrong = "no table where one is expected";
	}
}

static void
open_level(struct scan *s)
{
	if (s->depth + 1 == MOST_DEPTH) {
		s->wrong = "too many parentheses";
		return;
	}

	bool tables = s->level[s->depth].tables && !s->call;

	s->call = false;
	s->depth++;
	s->level[s->depth] = (struct level){
		.select = next_word(s, "select") || next_word(s, "with"),
	};
	/* FROM (a JOIN b): a parenthesis that begins with a table */
	if (tables && !s->level[s->depth].select && s->next.kind == WORD) {
		step(s);
		table_reference(s, false);
	}
}

static void
scan_token(struct scan *s)
{
	struct level *l = &s->level[s->depth];

	if (now_punct(s, '(')) {
		open_level(s);
	} else if (now_punct(s, ')')) {
		if (s->depth == 0)
			s->wrong = "a parenthesis too many";
		else
			s->depth--;
	} else if (now_punct(s, ',') && l->tables) {
		expect_table(s);
	} else if (s->now.kind != WORD) {
		return;
	} else if (is_one_of(s->now.text, forbidden, KR_LEN(forbidden))) {
		s->wrong = "a function that has no business here";
	} else if ((now_word(s, "index") || now_word(s, "key")) && next_punct(s, '(')) {
		s->call = true; /* FORCE INDEX (name) */
	} else if (now_word(s, "from") && l->select) {
		l->tables = true;
		expect_table(s);
	} else if (now_word(s, "join") || now_word(s, "straight_join")) {
		l->tables = true;
		expect_table(s);
	} else if (is_one_of(s->now.text, ends_tables, KR_LEN(ends_tables))) {
		l->tables = false;
	}
}

/* WITH a AS (...), b AS (...): names that are no tables. Nothing else in SQL is written
   as a word, AS and a parenthesis, but the windows of a WINDOW clause. */
static void
common_tables(struct scan *s, kr_str sql)
{
	struct scan look = { .rest = sql };

	step(&look);
	step(&look);
	for (; look.now.kind != END && look.wrong == NULL; step(&look)) {
		kr_str name = look.now.text;

		if (look.now.kind != WORD || !next_word(&look, "as"))
			continue;
		step(&look);
		if (next_punct(&look, '(') && s->nwith < MOST_NAMES)
			s->with[s->nwith++] = name;
	}
}

static kr_str
of_alias(const struct scan *s, kr_str alias)
{
	for (size_t i = 0; i < s->nnames; i++)
		if (kr_eq(s->names[i].alias, alias))
			return s->names[i].table;
	return alias;
}

static void
insert(struct scan *s)
{
	while (s->now.kind == WORD && !now_word(s, "into"))
		step(s);
	if (!now_word(s, "into")) {
		s->wrong = "INSERT without INTO";
		return;
	}
	step(s);

	kr_str table = s->now.text;

	if (s->now.kind != WORD) {
		s->wrong = "INSERT without a table";
		return;
	}
	if (next_punct(s, '.')) {
		const char *from = table.p;

		step(s);
		step(s);
		table =
		    (kr_str){ from, (size_t)(s->now.text.p - from) + s->now.text.n };
	}
	s->fn(s->arg, table, true);
	step(s);
	s->level[0].select = true; /* INSERT ... SELECT ... FROM */
}

/* UPDATE a JOIN b ... SET a.x = ...: which of them is written is said by SET. */
static void
update(struct scan *s)
{
	size_t depth = 0;

	step(s);
	while (now_word(s, "low_priority") || now_word(s, "ignore"))
		step(s);
	if (s->now.kind != WORD) {
		s->wrong = "UPDATE without a table";
		return;
	}
	s->level[0] = (struct level){ .select = true, .tables = true };
	table_reference(s, false);
	step(s);
	while (s->now.kind != END && s->wrong == NULL &&
	       !(s->depth == depth && now_word(s, "set"))) {
		scan_token(s);
		step(s);
	}
	s->level[0].tables = false;
	/* the targets: a name before '=' after SET or a comma */
	while (s->now.kind != END && s->wrong == NULL) {
		bool begins =
		    s->depth == 0 && (now_word(s, "set") || now_punct(s, ','));

		if (s->depth == 0 && now_word(s, "where"))
			break;
		scan_token(s);
		step(s);
		if (!begins || s->now.kind != WORD)
			continue;

		kr_str target = s->now.text;

		if (next_punct(s, '.'))
			s->fn(s->arg, of_alias(s, target), true);
		else if (s->nnames == 1)
			s->fn(s->arg, s->names[0].table, true);
		else
			s->wrong =
			    "SET of several tables: name the table of each column";
	}
}

static void delete (struct scan *s)
{
	kr_str target[MOST_NAMES];
	size_t n = 0;

	step(s);
	while (s->now.kind == WORD && !now_word(s, "from")) {
		if (n < MOST_NAMES)
			target[n++] = s->now.text;
		step(s);
		if (now_punct(s, ','))
			step(s);
	}
	if (!now_word(s, "from")) {
		s->wrong = "DELETE without FROM";
		return;
	}
	s->level[0].select = true;
	if (n == 0) {
		step(s);
		if (s->now.kind == WORD)
			table_reference(s, true);
		step(s);
		if (now_word(s, "using"))
			s->wrong = "DELETE ... USING: write DELETE t FROM t JOIN ...";
		return;
	}
	while (s->now.kind != END && s->wrong == NULL) {
		scan_token(s);
		step(s);
	}
	for (size_t i = 0; i < n; i++)
		s->fn(s->arg, of_alias(s, target[i]), true);
}

const char *
kr_sql_tables(kr_str sql, kr_table_fn *fn, void *arg)
{
	struct scan s = { .rest = sql, .fn = fn, .arg = arg };

	step(&s);
	step(&s);
	if (now_word(&s, "with"))
		common_tables(&s, sql);
	if (now_word(&s, "select") || now_word(&s, "with") || now_punct(&s, '('))
		s.level[0].select = true;
	else if (now_word(&s, "insert") || now_word(&s, "replace"))
		insert(&s);
	else if (now_word(&s, "update"))
		update(&s);
	else if (now_word(&s, "delete"))
		delete (&s);
	else
		return "only SELECT, INSERT, REPLACE, UPDATE and DELETE";
	for (size_t i = 0; s.now.kind != END && s.wrong == NULL; i++) {
		if (i > MOST_TOKENS)
			return "too long";
		scan_token(&s);
		step(&s);
	}
	if (s.wrong == NULL && s.depth != 0)
		return "a parenthesis is missing";
	return s.wrong;
}

const char *
kr_sql_scope_ok(const char *scope)
{
	struct scan s = { .rest = kr_z(scope) };
	int depth = 0;

	step(&s);
	step(&s);
	for (; s.now.kind != END && s.wrong == NULL; step(&s)) {
		depth += now_punct(&s, '(') ? 1 : now_punct(&s, ')') ? -1 : 0;
		if (depth < 0) /* TRUE) OR (TRUE would leave the AND around it */
			return "a parenthesis too many";
		if (now_punct(&s, '?'))
			return "a '?' in a scope; there are :me, :today and :now";
		if (now_punct(&s, ':') && !next_word(&s, "me") &&
		    !next_word(&s, "today") && !next_word(&s, "now"))
			return "an unknown placeholder; there are :me, :today and :now";
	}
	if (s.wrong == NULL && depth != 0)
		return "a parenthesis is missing";
	return s.wrong;
}

bool
kr_table_of(const char *plugin, kr_str table)
{
	kr_str own = kr_z(plugin);

	if (kr_starts(table, KR_S("kreide.")))
		table = kr_sub(table, 7, table.n);
	return kr_starts(table, own) && table.n > own.n + 1 && table.p[own.n] == '_' &&
	       memchr(table.p, '.', table.n) == NULL;
}
