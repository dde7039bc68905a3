/* Which tables the migration of a plugin names: its own, and nobody else's. Not a
   parser of SQL: where a name of a table can stand, an own one must stand, or the file
   is refused. */
#include "db/migrate.h"

#include <string.h>

#define DEEPEST 32u

struct walk {
	kr_str rest, own;   /* own: "tasks_" */
	kr_str verb;        /* the first word */
	kr_str before;      /* the word before this one */
	bool next;          /* a table is named next */
	bool column;        /* RENAME COLUMN a TO b */
	bool list[DEEPEST]; /* by parenthesis: a comma leads to another table */
	size_t depth;
	const char *wrong;
};

static bool
in(kr_str w, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kr_is(w, list[i]))
			return true;
	return false;
}

static bool
is_own(const struct walk *k, kr_str w)
{
	if (kr_starts(w, KR_S("kreide.")))
		w = kr_sub(w, 7, w.n);
	return kr_starts(w, k->own) && w.n > k->own.n && memchr(w.p, '.', w.n) == NULL;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '.' || c == '$' || c == '@' || (unsigned char)c >= 0x80;
}

/* Of everybody else: never, wherever it stands. */
static bool
is_foreign(kr_str w)
{
	static const char *const beginnings[] = { "core_", "kreide_", "mysql.", "sys.",
		"information_schema.", "performance_schema." };

	for (size_t i = 0; i < KR_LEN(beginnings); i++)
		if (kr_starts(w, kr_z(beginnings[i])))
			return true;
	return false;
}

/* DROP TABLE a, b and RENAME TABLE a TO b, c TO d are lists of tables. */
static bool
is_list_of_tables(const struct walk *k)
{
	return kr_is(k->verb, "drop") || kr_is(k->verb, "rename");
}

/* Whether a name of a table follows this word. */
static bool
leads(const struct walk *k, kr_str w)
{
	static const char *const always[] = { "table", "view", "from", "join",
		"straight_join", "into", "update", "references", "rename", "truncate" };

	if (kr_is(k->before, "on") || kr_is(k->before, "key"))
		return false; /* ON UPDATE CASCADE, ON DUPLICATE KEY UPDATE */
	if (kr_is(w, "to"))
		return !k->column;
	if (kr_is(w, "using"))
		return kr_is(k->verb, "delete");
	if (kr_is(w, "like")) /* CREATE TABLE a LIKE b */
		return is_own(k, k->before);
	return in(w, always, KR_LEN(always));
}

static bool
makes_code(const struct walk *k, kr_str w)
{
	static const char *const verbs[] = { "create", "alter", "drop", "replace" };
	static const char *const things[] = { "trigger", "procedure", "function",
		"event", "database", "schema", "user", "role", "server", "package",
		"aggregate", "definer" };

	return in(k->before, verbs, KR_LEN(verbs)) && in(w, things, KR_LEN(things));
}

static void
take_word(struct walk *k, kr_str w)
{
	static const char *const lists[] = { "from", "update", "using" };
	static const char *const ends[] = { "where", "set", "values", "group", "having",
		"order", "limit", "union", "select", "on" };
	static const char *const between[] = { "if", "not", "exists", "ignore",
		"low_priority", "quick", "lateral", "only", "as" };
	static const char *const parts[] = { "column", "index", "key", "constraint" };

	if (k->verb.n == 0)
		k->verb = w;
	if (is_foreign(w) || makes_code(k, w)) {
		k->wrong = is_foreign(w) ? "names a table of somebody else"
					 : "makes what is neither table nor view";
	} else if (leads(k, w)) {
		k->next = true;
		k->list[k->depth] = in(w, lists, KR_LEN(lists)) ||
				    (is_list_of_tables(k) && k->depth == 0);
	} else if (k->next && kr_is(k->before, "rename") &&
		   in(w, parts, KR_LEN(parts))) {
		k->next = false;
		k->column = true;
	} else if (k->next && !in(w, between, KR_LEN(between))) {
		k->next = false;
		if (!is_own(k, w))
			k->wrong = "names a table that is not its own";
	} else if (in(w, ends, KR_LEN(ends))) {
		k->list[k->depth] = false;
	}
	k->before = w;
}

static void
take_mark(struct walk *k, char c)
{
	k->next = c == ',' && k->list[k->depth];
	if (c == ',')
		k->column = false;
	if (c == ')' && k->depth > 0)
		k->depth--;
	if (c == '(' && ++k->depth < DEEPEST)
		k->list[k->depth] = false;
	if (k->depth >= DEEPEST)
		k->wrong = "is nested too deep";
	if (c == ';')
		k->wrong = "has more than one statement";
}

/* Past a quoted text; backslashes and doubled quotes belong to it. */
static void
skip_text(struct walk *k)
{
	char quote = k->rest.p[0];
	size_t i = 1;

	while (i < k->rest.n && k->rest.p[i] != quote)
		i += k->rest.p[i] == '\\' ? 2 : 1;
	k->rest = kr_sub(k->rest, i + 1, k->rest.n);
	k->next = false;
}

const char *
kr_names_own(struct kr_arena *arena, kr_str sql, const char *owner)
{
	struct walk k = { .rest = kr_lower(arena, sql) };
	char own[64];

	snprintf(own, sizeof own, "%s_", owner);
	k.own = kr_z(own);
	while (k.rest.n > 0 && k.wrong == NULL) {
		char c = k.rest.p[0];
		size_t n = 0;

		/* Where the server and we could read differently. */
		if (kr_starts(k.rest, KR_S("/*")) || kr_starts(k.rest, KR_S("--")) ||
		    c == '#' || c == '`')
			return "has a comment or a quoted name within";
		if (c == '\'' || c == '"') {
			skip_text(&k);
			continue;
		}
		while (n < k.rest.n && is_word(k.rest.p[n]))
			n++;
		if (n > 0)
			take_word(&k, kr_sub(k.rest, 0, n));
		else if (strchr(" \t\r\n", c) == NULL)
			take_mark(&k, c);
		k.rest = kr_sub(k.rest, n > 0 ? n : 1, k.rest.n);
	}
	return k.wrong;
}
