/* Who may include whom: rooms call downwards only, plugins see the contract alone. */
#include "krlint.h"

#include <string.h>

/* base <- db <- http, html <- auth <- school, app <- plugin, pages, cli, proc. A room
   sees those of its own level and below; db sees base alone. */
static const struct room {
	const char *name;
	int level;
} rooms[] = {
	{ "base", 0 },
	{ "db", 1 },
	{ "http", 2 },
	{ "html", 2 },
	{ "auth", 3 },
	{ "school", 4 },
	{ "app", 4 },
	{ "plugin", 5 },
	{ "pages", 5 },
	{ "cli", 5 },
	{ "proc", 5 },
};

/* The few headers through which a lower room calls up, and why it must. A row that
   nobody needs any more is an error of its own (--unused), so the table only shrinks.
 */
static struct exception {
	const char *room, *header, *why;
	bool used;
} exceptions[] = {
	{ "http", "plugin/registry.h",
	    "routes are found in the tables of the manifests", false },
	{ "html", "plugin/registry.h", "a form asks its route for fields and limits",
	    false },
	{ "auth", "plugin/registry.h", "rights are compiled from the manifests",
	    false },
	{ "school", "plugin/registry.h", "a policy names a module that must be there",
	    false },
	{ "app", "plugin/registry.h",
	    "settings, events and cron rows are the manifests'", false },
	{ "http", "auth/auth.h", "the pipeline asks who it is, and whether they may",
	    false },
	{ "html", "auth/auth.h", "frame and forms show the person and carry the token",
	    false },
	{ "http", "school/school.h",
	    "input of type group and audience is checked there", false },
	{ "html", "school/school.h", "fields of type group and audience offer choices",
	    false },
	{ "http", "app/entity.h", "a route's entity brings fields and the guard",
	    false },
	{ "http", "app/file.h", "uploads are stored while the body is read", false },
	{ "http", "app/feed.h", "the secret of a feed's address says who asks", false },
	{ "http", "app/jobs.h", "jobs are woken after the answer is sent", false },
	{ "auth", "app/live.h", "the end of a session closes its live channel", false },
};

/* A program of its own: it shares nothing with core but the client, the protocol and
   the list of places that may be opened. */
static const char *const scan_for_core[] = { "scan/client.h", "scan/places.h" };

static int
level_of(const char *name, size_t n)
{
	for (size_t i = 0; i < KR_LINT_LEN(rooms); i++)
		if (strlen(rooms[i].name) == n && memcmp(rooms[i].name, name, n) == 0)
			return rooms[i].level;
	return -1;
}

static bool
excepted(const char *room, const char *header)
{
	for (size_t i = 0; i < KR_LINT_LEN(exceptions); i++) {
		struct exception *e = &exceptions[i];

		if (strcmp(e->room, room) != 0 || strcmp(e->header, header) != 0)
			continue;
		e->used = true;
		return true;
	}
	return false;
}

size_t
kr_lint_layers_unused(FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < KR_LINT_LEN(exceptions); i++) {
		if (exceptions[i].used)
			continue;
		n++;
		fprintf(out,
		    "core/tools/krlint_layer.c:1: nothing in core/%s includes %s: drop "
		    "the exception [KR-L01]\n",
		    exceptions[i].room, exceptions[i].header);
	}
	return n;
}

static bool
in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* The name without <> or "". */
static bool
name_of(const struct kr_lint_tok *t, char *name_r, size_t size)
{
	if (t->type != KR_LINT_INCLUDE || t->n < 3 || t->n - 2 >= size)
		return false;
	memcpy(name_r, t->p + 1, t->n - 2);
	name_r[t->n - 2] = 0;
	return true;
}

static void
plugin_include(
    const struct kr_lint_file *f, const struct kr_lint_tok *t, const char *name)
{
	static const char *const libc[] = { "string.h", "stdlib.h", "stdint.h",
		"stddef.h", "stdbool.h", "limits.h", "inttypes.h" };
	char templates[60];

	snprintf(templates, sizeof templates, "%s_templates.h", f->plugin);
	if (*t->p == '<'
		? strncmp(name, "kr/", 3) == 0 || in(libc, KR_LINT_LEN(libc), name)
		: strchr(name, '/') == NULL && (strcmp(name, templates) == 0 ||
						   !kr_lint_ends(name, "_templates.h")))
		return;
	kr_lint_say(f, t->line, "KR-L01",
	    "a plugin includes <kr/...>, its own headers and the C library's "
	    "memory and text only, not %.*s",
	    (int)t->n, t->p);
}

/* The contract rests on nothing but itself. */
static void
public_include(
    const struct kr_lint_file *f, const struct kr_lint_tok *t, const char *name)
{
	if (strncmp(name, "kr/", 3) != 0 && strncmp(name, "std", 3) != 0)
		kr_lint_say(f, t->line, "KR-L01",
		    "a public header includes public headers only, not %.*s", (int)t->n,
		    t->p);
}

static void
core_include(
    const struct kr_lint_file *f, const struct kr_lint_tok *t, const char *name)
{
	int own = level_of(f->room, strlen(f->room));
	int other = level_of(name, strcspn(name, "/"));
	bool same = strncmp(name, f->room, strlen(f->room)) == 0 &&
		    name[strlen(f->room)] == '/';

	if (strncmp(name, "../", 3) == 0) {
		kr_lint_say(f, t->line, "KR-L01", "say core's room by name, not ../");
		return;
	}
	if (own < 0 && strcmp(f->room, "scan") != 0)
		return;
	if (strncmp(name, "scan/", 5) == 0 && !same &&
	    !in(scan_for_core, KR_LINT_LEN(scan_for_core), name))
		kr_lint_say(f, t->line, "KR-L01",
		    "%s: the scanner is a program of its own", name);
	if (other < 0 || same || (own > 0 && other <= own && (own != 1 || other == 0)))
		return;
	if (!excepted(f->room, name))
		kr_lint_say(f, t->line, "KR-L01", "%s calls up: core/%s may not see %s",
		    f->room, f->room, name);
}

void
kr_lint_layers(const struct kr_lint_file *f)
{
	char name[200];

	for (size_t i = 0; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (!name_of(t, name, sizeof name))
			continue;
		if (strcmp(f->room, "plugins") == 0)
			plugin_include(f, t, name);
		else if (strcmp(f->room, "include") == 0)
			public_include(f, t, name);
		else if (strncmp(f->path, "core/", 5) == 0 && *t->p == '"')
			core_include(f, t, name);
	}
}

/* Libraries that one room hides from the others. */
void
kr_lint_library(const struct kr_lint_file *f)
{
	static const struct library {
		const char *header, *room, *why;
	} libraries[] = {
		{ "mysql", "db",
		    "statements are literals because nobody else can send one" },
		{ "mariadb/", "db",
		    "statements are literals because nobody else can send one" },
		{ "clamav.h", "scan", "hostile bytes, and a licence of its own" },
		{ "magic.h", "scan", "hostile bytes stay in the scanner" },
		{ "fcgi", "http", "the edge is one file that can be replaced" },
		{ "curl/", "app", "only jobs talk to the outside" },
		{ "zxcvbn.h", "auth", "passwords are seen in the auth process alone" },
	};
	char name[200];

	for (size_t i = 0; i < f->toks.n; i++) {
		const struct kr_lint_tok *t = &f->toks.p[i];

		if (strncmp(f->path, "core/", 5) != 0 || *t->p != '<' ||
		    !name_of(t, name, sizeof name))
			continue;
		for (size_t k = 0; k < KR_LINT_LEN(libraries); k++) {
			const struct library *l = &libraries[k];

			if (strncmp(name, l->header, strlen(l->header)) == 0 &&
			    strcmp(f->room, l->room) != 0)
				kr_lint_say(f, t->line, "KR-L02",
				    "<%s> belongs to core/%s: %s", name, l->room,
				    l->why);
		}
	}
}
