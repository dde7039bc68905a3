/* Migration files: which there are, and what each may do. */
#include "db/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* NNNN_name.sql */
static bool
name_ok(kr_str name)
{
	if (name.n < 10 || !kr_eq(kr_sub(name, name.n - 4, 4), KR_S(".sql")))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!is_digit(name.p[i]))
			return false;
	for (size_t i = 5; i < name.n - 4; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '_'))
			return false;
	}
	return name.p[4] == '_';
}

static const char *const dml[] = { "insert ", "update ", "delete ", "replace " };
static const char *const ddl[] = { "create ", "alter ", "drop ", "rename ",
	"truncate " };

static bool
begins_with(kr_str sql, const char *const *verbs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		kr_str verb = kr_z(verbs[i]);

		if (sql.n > verb.n && strncasecmp(sql.p, verb.p, verb.n) == 0)
			return true;
	}
	return false;
}

bool
kr_source_is_ddl(kr_str sql)
{
	return !begins_with(sql, dml, KR_LEN(dml));
}

/* Takes comment lines off; notes the schema named in one. NULL: fine, else what is
   wrong. */
static const char *
clean(struct mig *m, kr_str text, const char *owner, struct migration *g)
{
	struct kr_buf out;
	kr_str line;

	g->schema = "kreide";
	kr_buf_init(&out, m->arena, text.n + 1);
	while (kr_split(&text, '\n', &line)) {
		kr_str rest = kr_trim(line);

		if (!kr_starts(rest, KR_S("--"))) {
			kr_buf_str(&out, line);
			kr_buf_c(&out, '\n');
			continue;
		}
		rest = kr_trim(kr_sub(rest, 2, rest.n));
		if (!kr_starts(rest, KR_S("schema:")))
			continue;
		rest = kr_trim(kr_sub(rest, 7, rest.n));
		if (!kr_is(rest, "kreide") && !kr_is(rest, "kreide_auth") &&
		    !kr_is(rest, "kreide_audit"))
			return "unknown schema";
		if (!kr_is(rest, "kreide") && strcmp(owner, "core") != 0)
			return "a plugin has the schema kreide only";
		g->schema = kr_dup(m->arena, rest).p;
	}
	g->sql = kr_trim(kr_buf_view(&out));
	while (g->sql.n > 0 && g->sql.p[g->sql.n - 1] == ';')
		g->sql = kr_trim(kr_sub(g->sql, 0, g->sql.n - 1));
	if (g->sql.n == 0)
		return "no statement";
	if (!kr_utf8_ok(g->sql))
		return "not UTF-8";
	if (kr_source_is_ddl(g->sql) && !begins_with(g->sql, ddl, KR_LEN(ddl)))
		return "a migration begins with CREATE, ALTER, DROP, RENAME, TRUNCATE, "
		       "INSERT, UPDATE, DELETE or REPLACE";
	kr_sha256(g->sql, g->digest);
	return NULL;
}

/* The next word of a statement in lower case; quotes and a schema prefix stay. */
static kr_str
word(struct mig *m, kr_str *rest)
{
	size_t from = 0, to;

	while (from < rest->n && strchr(" \t\r\n(,", rest->p[from]) != NULL)
		from++;
	to = from;
	while (to < rest->n && strchr(" \t\r\n(,", rest->p[to]) == NULL)
		to++;

	kr_str w = kr_lower(m->arena, kr_sub(*rest, from, to - from));

	*rest = kr_sub(*rest, to, rest->n);
	return w;
}

/* The thing a statement makes or changes: the name behind TABLE, VIEW, INTO ... */
static kr_str
target(struct mig *m, kr_str sql)
{
	static const char *const before[] = { "table", "view", "into", "update", "from",
		"on", "exists", "ignore" };
	kr_str rest = sql, w = word(m, &rest);
	bool index = false;

	if (kr_is(w, "update"))
		return word(m, &rest);
	for (size_t i = 0; i < 12 && rest.n > 0; i++) {
		w = word(m, &rest);
		index = index || kr_is(w, "index");
		for (size_t k = 0; k < KR_LEN(before); k++) {
			if (!kr_is(w, before[k]) || (index && !kr_is(w, "on")))
				continue;

			kr_str ahead = rest, next = word(m, &ahead);

			if (kr_is(next, "if") || kr_is(next, "exists") ||
			    kr_is(next, "into"))
				break;
			return next;
		}
	}
	return KR_S("");
}

/* A plugin's migration touches tables of its own name only. */
static bool
target_ok(struct mig *m, const struct migration *g, const char *owner)
{
	kr_str t = target(m, g->sql), own = kr_dup(m->arena, kr_z(owner));

	if (strcmp(owner, "core") == 0)
		return true;
	if (t.n > 2 && t.p[0] == '`' && t.p[t.n - 1] == '`')
		t = kr_sub(t, 1, t.n - 2);
	if (kr_starts(t, KR_S("kreide.")))
		t = kr_sub(t, 7, t.n);
	return kr_starts(t, own) && t.n > own.n + 1 && t.p[own.n] == '_' &&
	       memchr(t.p, '.', t.n) == NULL && memchr(t.p, '`', t.n) == NULL;
}

static bool
read_one(struct mig *m, const char *dir, const char *owner, const char *name,
    struct migration *g)
{
	char path[PATH_MAX];
	kr_str text;

	if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return kr_mig_fail(m, KR_EFAIL, "%s: path too long", name);
	if (!kr_read_file(m->arena, path, &text))
		return kr_mig_fail(m, KR_EFAIL, "%s: %s", path, strerror(errno));
	g->file = kr_dup(m->arena, kr_z(name)).p;
	g->number = (uint32_t)strtoul(name, NULL, 10);

	const char *wrong = clean(m, text, owner, g);

	if (wrong != NULL)
		return kr_mig_fail(m, KR_EFAIL, "%s/%s: %s", owner, name, wrong);
	if (!target_ok(m, g, owner))
		return kr_mig_fail(m, KR_EFAIL,
		    "%s/%s: touches a table not named %s_...", owner, name, owner);
	wrong =
	    strcmp(owner, "core") == 0 ? NULL : kr_names_own(m->arena, g->sql, owner);
	if (wrong != NULL)
		return kr_mig_fail(m, KR_EFAIL, "%s/%s: %s", owner, name, wrong);
	return true;
}

static int
by_number(const void *a, const void *b)
{
	const struct migration *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static bool
in_order(struct mig *m, const char *owner, struct migration *list, size_t n)
{
	qsort(list, n, sizeof *list, by_number);
	for (size_t i = 1; i < n; i++)
		if (list[i - 1].number == list[i].number)
			return kr_mig_fail(m, KR_EFAIL,
			    "%s: two files of one number: %s, %s", owner,
			    list[i - 1].file, list[i].file);
	return true;
}

bool
kr_source_read(struct mig *m, const char *dir, const char *owner,
    struct migration **list_r, size_t *n_r)
{
	struct dirent **entries;
	int got = scandir(dir, &entries, NULL, alphasort);
	bool ok = true;
	size_t n = 0;

	*n_r = 0;
	if (got < 0 && errno == ENOENT && strcmp(owner, "core") != 0)
		return true; /* a plugin without tables */
	if (got < 0)
		return kr_mig_fail(m, KR_EFAIL, "%s: %s", dir, strerror(errno));

	struct migration *list =
	    kr_arena_alloc(m->arena, ((size_t)got + 1) * sizeof *list);

	for (int i = 0; i < got; i++) {
		kr_str name = kr_z(entries[i]->d_name);
		bool sql = name.n > 4 && kr_is(kr_sub(name, name.n - 4, 4), ".sql");

		/* demo.sql: rows of the demo school, see `kreide demo` */
		if (ok && sql && !kr_is(name, "demo.sql")) {
			if (name_ok(name))
				ok = read_one(
				    m, dir, owner, entries[i]->d_name, &list[n++]);
			else
				ok =
				    kr_mig_fail(m, KR_EFAIL, "%s/%s: not NNNN_name.sql",
					dir, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	if (!ok || !in_order(m, owner, list, n))
		return false;
	*list_r = list;
	*n_r = n;
	return true;
}
