/* The manifest rules: what a plugin must say before any of its code may run. */
#include "plugin/check.h"

#include "app/entity.h"
#include <string.h>

void
kr_finding(struct kr_findings *f, const char *rule, const char *fmt, ...)
{
	char text[400], line[500];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	snprintf(line, sizeof line, "%s: %s [%s]", f->plugin, text, rule);
	if (f->n++ == 0)
		snprintf(
		    f->first, sizeof f->first, "%.*s", (int)sizeof f->first - 1, line);
	if (f->report != NULL)
		fprintf(f->report, "%s\n", line);
}

static bool
is_core(const struct kr_plugin *p)
{
	return strcmp(p->name, "core") == 0;
}

static const char *
method_name(enum kr_method m)
{
	static const char *const names[] = {
		[KR_GET] = "GET",
		[KR_POST] = "POST",
		[KR_PUT] = "PUT",
		[KR_DELETE] = "DELETE",
		[KR_PROPFIND] = "PROPFIND",
		[KR_REPORT] = "REPORT",
	};

	return (size_t)m < KR_LEN(names) ? names[m] : "?";
}

/* ── words ── */

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* a-z, 0-9 and what else is allowed; begins with a letter. */
static bool
word_ok(const char *word, const char *also, size_t most)
{
	kr_str s = kr_z(word);

	for (size_t i = 0; i < s.n; i++)
		if (!is_lower(s.p[i]) && !(i > 0 && is_digit(s.p[i])) &&
		    !(i > 0 && strchr(also, s.p[i]) != NULL))
			return false;
	return s.n > 0 && s.n <= most;
}

/* "tasks.write": of this plugin. */
static bool
own_word(const struct kr_plugin *p, const char *word)
{
	kr_str s = kr_z(word), name = kr_z(p->name);

	return kr_starts(s, name) && s.n > name.n + 1 && s.p[name.n] == '.' &&
	       word_ok(word, "._", 64);
}

static void
check_own(const struct kr_plugin *p, struct kr_findings *f, const char *what,
    const char *word)
{
	if (word == NULL)
		kr_finding(f, "KR-R15", "%s without a name", what);
	else if (!own_word(p, word))
		kr_finding(f, "KR-R15", "%s %s: the name must be %s.SOMETHING", what,
		    word, p->name);
}

/* Every visible text is a key; a missing one would show as an empty line. */
static void
check_text(struct kr_findings *f, const char *what, const char *name, const char *key)
{
	if (key == NULL || !word_ok(key, "._", 80) || strchr(key, '.') == NULL)
		kr_finding(f, "KR-R15", "%s %s: no key of a text", what, name);
}

static bool
has_perm(const struct kr_plugin *p, const char *perm)
{
	for (size_t i = 0; i < p->nperms; i++)
		if (p->perms[i].id != NULL && strcmp(p->perms[i].id, perm) == 0)
			return true;
	return false;
}

static void
check_perm(const struct kr_plugin *p, struct kr_findings *f, const char *what,
    const char *perm)
{
	if (perm != NULL && !has_perm(p, perm))
		kr_finding(f, "KR-R2", "%s: unknown permission %s", what, perm);
}

/* ── fields ── */

static bool
is_text(char type)
{
	return type == 's' || type == 'm' || type == 'w';
}

static void
check_limits(struct kr_findings *f, const char *where, const struct kr_field *q,
    const char *types)
{
	const char *name = q->name == NULL ? "" : q->name;
	bool choices = q->choices != NULL && q->choices[0] != NULL;

	if (!word_ok(name, "_", 40))
		kr_finding(f, "KR-R7", "%s: field \"%s\" is no name", where, name);
	if (q->type == 0 || strchr(types, q->type) == NULL)
		kr_finding(f, "KR-R7", "%s: field %s of unknown type", where, name);
	if (q->min > q->max && !(q->type == 'f' && q->max == 0))
		kr_finding(
		    f, "KR-R7", "%s: field %s: smallest above largest", where, name);
	if ((q->type == 'c') != choices)
		kr_finding(f, "KR-R7",
		    "%s: field %s: choices belong to type c, and only there", where,
		    name);
	if (is_text(q->type) && q->max <= 0)
		kr_finding(f, "KR-R7", "%s: field %s: a text needs a largest length",
		    where, name);
	if (q->type != 'i' && q->min < 0)
		kr_finding(f, "KR-R7", "%s: field %s: less than nothing", where, name);
	/* Nobody would look at them: not even the author would notice. */
	if (q->type != 'i' && !is_text(q->type) &&
	    (q->min != 0 || (q->max != 0 && q->type != 'f')))
		kr_finding(f, "KR-R7",
		    "%s: field %s: limits that mean nothing for type %c", where, name,
		    q->type == 0 ? '?' : q->type);
}

static void
check_choices(struct kr_findings *f, const char *where, const struct kr_field *q)
{
	for (size_t i = 0; q->choices != NULL && q->choices[i] != NULL; i++) {
		if (q->choices[i][0] == 0)
			kr_finding(
			    f, "KR-R7", "%s: field %s: empty choice", where, q->name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(q->choices[i], q->choices[k]) == 0)
				kr_finding(f, "KR-R7", "%s: field %s: two choices %s",
				    where, q->name, q->choices[i]);
	}
}

static void
check_fields(
    struct kr_findings *f, const char *where, const struct kr_field *in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_limits(f, where, &in[i], "smibdtcIgpafw");
		check_choices(f, where, &in[i]);
		if ((in[i].flags & ~KR_F_REQ) != 0)
			kr_finding(f, "KR-R7", "%s: field %s: unknown flag", where,
			    in[i].name == NULL ? "" : in[i].name);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(in[i].name), in[k].name))
				kr_finding(
				    f, "KR-R7", "%s: two fields %s", where, in[i].name);
	}
}

/* ── routes ── */

#define MACHINE (KR_R_BEARER | KR_R_FEED)

static bool
has_part(const char *path, const char *part)
{
	return strstr(path, part) != NULL;
}

static bool
part_ok(kr_str part)
{
	if (kr_is(part, "{id}") || kr_is(part, "{id2}") || kr_is(part, "{key}"))
		return true;
	for (size_t i = 0; i < part.n; i++)
		if (!is_lower(part.p[i]) && !is_digit(part.p[i]) &&
		    strchr("-_.", part.p[i]) == NULL)
			return false;
	return part.n > 0 && part.p[0] != '.';
}

static void
check_path(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	kr_str rest = kr_z(r->path), part, name = kr_z(p->name);
	size_t n = 0;

	(void)kr_split(&rest, '/', &part);
	if (r->path[0] != '/')
		kr_finding(f, "KR-R4", "%s: a path begins with /", what);
	while (kr_split(&rest, '/', &part)) {
		if (!part_ok(part) && !(n == 0 && part.n == 0 && rest.p == NULL))
			kr_finding(f, "KR-R4", "%s: malformed path", what);
		if (n++ == 0 && !is_core(p) && !kr_eq(part, name))
			kr_finding(f, "KR-R4", "%s: path outside /%s", what, p->name);
	}
}

static void
check_who(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	uint32_t open = r->flags & (KR_R_PUBLIC | KR_R_ANY | KR_R_CONTENT);

	if (r->perm == NULL && open == 0 && (r->flags & KR_R_BEARER) == 0)
		kr_finding(f, "KR-R1", "%s: route without permission", what);
	if (r->perm != NULL && open != 0)
		kr_finding(f, "KR-R1", "%s: permission of a route that is open", what);
	if ((r->flags & KR_R_PUBLIC) != 0 && (r->flags & KR_R_ANY) != 0)
		kr_finding(f, "KR-R1", "%s: either public or for the signed-in", what);
	if ((r->flags & KR_R_CONTENT) != 0 && !is_core(p))
		kr_finding(f, "KR-R1", "%s: the content host is core's", what);
	check_perm(p, f, what, r->perm);
}

static void
check_object(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool id = has_part(r->path, "{id}"), id2 = has_part(r->path, "{id2}");

	if (id && r->guard == NULL && r->entity == NULL)
		kr_finding(f, "KR-R3", "%s: path parameter without guard", what);
	if (id2 && (!id || r->guard == NULL))
		kr_finding(
		    f, "KR-R3", "%s: {id2} needs {id} and a guard of both", what);
	if (r->guard != NULL && !id)
		kr_finding(f, "KR-R3", "%s: a guard, but no {id} to guard", what);
}

static void
check_machine(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool proto = (r->flags & KR_R_PROTO) != 0, machine = (r->flags & MACHINE) != 0;
	bool page_method = r->method == KR_GET || r->method == KR_POST;
	bool key = has_part(r->path, "{key}");

	if (proto != machine)
		kr_finding(f, "KR-R6",
		    "%s: a route for machines says how they prove who they are", what);
	if ((r->flags & MACHINE) == MACHINE)
		kr_finding(f, "KR-R6", "%s: either a bearer or a secret address", what);
	if (proto && (r->again != NULL || (r->flags & KR_R_PUBLIC) != 0))
		kr_finding(f, "KR-R6", "%s: for machines and for people at once", what);
	if (!proto && !page_method)
		kr_finding(f, "KR-R6", "%s: browsers send GET and POST only", what);
	if ((r->flags & KR_R_FEED) != 0 && !key)
		kr_finding(f, "KR-R6", "%s: a secret address needs {key}", what);
	if (key && (r->flags & (KR_R_FEED | KR_R_CONTENT | KR_R_PUBLIC)) == 0)
		kr_finding(
		    f, "KR-R6", "%s: {key} on a route that reads a session", what);
}

static void
check_effect(const struct kr_route *r, const char *what, struct kr_findings *f)
{
	bool get_write = (r->flags & KR_R_GET_WRITE) != 0;
	bool why = r->why != NULL && r->why[0] != 0;

	if (get_write && r->method != KR_GET)
		kr_finding(f, "KR-R5", "%s: KR_R_GET_WRITE is for GET", what);
	if (get_write && (r->flags & (MACHINE | KR_R_CONTENT)) == 0)
		kr_finding(
		    f, "KR-R5", "%s: a GET that writes on the cookie alone", what);
	if (get_write && !why)
		kr_finding(f, "KR-R5", "%s: a GET that writes without a reason", what);
	if ((r->flags & KR_R_PUBLIC) != 0 && !why)
		kr_finding(f, "KR-R5", "%s: a public route without a reason", what);
	if (r->method == KR_GET && r->again != NULL)
		kr_finding(f, "KR-R5", "%s: only a form is shown again", what);
}

static bool
limits(const struct kr_setting *s, const struct kr_field *q)
{
	return s->key != NULL && strcmp(s->key, q->max_from) == 0 && s->type == 'i' &&
	       s->min > 0 && s->max <= q->max;
}

/* Limits that the school sets, and forms that set them. */
static void
check_by_school(const struct kr_plugin *p, const struct kr_route *r, const char *what,
    struct kr_findings *f)
{
	if ((r->flags & KR_R_SETTINGS) != 0 &&
	    ((p->rights & KR_RIGHT_KERNEL) == 0 || r->nin > 0))
		kr_finding(f, "KR-R6",
		    "%s: settings are for administration pages, without own fields",
		    what);
	for (size_t i = 0; i < r->nin; i++) {
		const struct kr_field *q = &r->in[i];
		bool found = q->max_from == NULL;

		for (size_t k = 0; !found && k < p->nsettings; k++)
			found = limits(&p->settings[k], q);
		if (!found)
			kr_finding(f, "KR-R7",
			    "%s: %s: no setting %s of type i from 1 to at most %d",
			    what, q->name, q->max_from, q->max);
	}
}

static bool
has_entity(const struct kr_plugin *p, const struct kr_entity *e)
{
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++)
		if (p->entities[i] == e)
			return true;
	return false;
}

static void
check_route(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_route *r = &p->routes[no];
	char what[160];

	if (r->path == NULL || r->run == NULL) {
		kr_finding(f, "KR-R4", "route %zu: without path or handler", no + 1);
		return;
	}
	snprintf(what, sizeof what, "%s %s", method_name(r->method), r->path);
	check_path(p, r, what, f);
	check_who(p, r, what, f);
	check_object(r, what, f);
	check_machine(r, what, f);
	check_effect(r, what, f);
	check_fields(f, what, r->in, r->nin);
	check_by_school(p, r, what, f);
	if (r->entity != NULL && !has_entity(p, r->entity))
		kr_finding(f, "KR-R11", "%s: its entity is not in the manifest", what);
	for (size_t i = 0; i < no; i++)
		if (p->routes[i].path != NULL && p->routes[i].method == r->method &&
		    strcmp(p->routes[i].path, r->path) == 0)
			kr_finding(f, "KR-R7", "%s: twice", what);
}

/* ── entities ── */

static const char *const reserved[] = { "id", "rev", "created", "changed",
	"deleted_at" };

/* What a property is declared to do, and cannot. */
static void
check_uses(struct kr_findings *f, const char *entity, const struct kr_prop *q)
{
	static const struct {
		uint32_t flag;
		const char *types, *what;
	} uses[] = {
		{ KR_P_SEARCH, "sm", "only texts can be searched" },
		{ KR_P_FILTER, "cb", "only choices and boxes can be filtered" },
		{ KR_P_ME, "p", "only a person can be who is acting" },
	};

	for (size_t i = 0; i < KR_LEN(uses); i++)
		if ((q->flags & uses[i].flag) != 0 &&
		    strchr(uses[i].types, q->type) == NULL)
			kr_finding(
			    f, "KR-R7", "%s.%s: %s", entity, q->name, uses[i].what);
}

static void
check_prop(const struct kr_entity *e, size_t no, struct kr_findings *f)
{
	const struct kr_prop *q = &e->props[no];

	const struct kr_field field = { q->name, q->type, q->min, q->max, 0,
		q->choices };

	check_limits(f, e->name, &field, "smibdtcgpa");
	check_choices(f, e->name, &field);
	check_uses(f, e->name, q);
	check_text(f, e->name, q->name, q->label);
	if ((unsigned)q->pd > KR_PD_SECRET)
		kr_finding(
		    f, "KR-R12", "%s.%s: unknown class of data", e->name, q->name);
	if (q->keep_days < 0)
		kr_finding(
		    f, "KR-R12", "%s.%s: negative time of keeping", e->name, q->name);
	if (q->type == 'p' && q->pd == KR_PD_NONE)
		kr_finding(f, "KR-R12", "%s.%s: the id of a person is personal data",
		    e->name, q->name);
	for (size_t i = 0; i < KR_LEN(reserved); i++)
		if (kr_is(kr_z(q->name), reserved[i]))
			kr_finding(f, "KR-R11", "%s: %s is core's own column", e->name,
			    q->name);
	for (size_t i = 0; i < no; i++)
		if (kr_is(kr_z(q->name), e->props[i].name))
			kr_finding(
			    f, "KR-R7", "%s: two properties %s", e->name, q->name);
}

struct foreign { /* for the walk over the tables of a statement */
	const struct kr_plugin *p;
	struct kr_findings *f;
	const char *what;
};

/* What every plugin may read of core; the domain kernel of <kr/school.h>. */
static const char *const shared_tables[] = { "core_person_name", "core_group",
	"core_my_group", "core_my_child", "core_my_childs_group", "core_my_audience",
	"core_membership_now", "core_year", "core_holiday" };

static void
table_seen(void *arg, kr_str table, bool written)
{
	struct foreign *x = arg;

	if (kr_table_of(x->p->name, table) || kr_starts(table, KR_S("seq_")))
		return;
	if (written) {
		kr_finding(x->f, "KR-R10", "%s: writes %.*s, a table of somebody else",
		    x->what, KR_FMT(table));
		return;
	}
	for (size_t i = 0; i < KR_LEN(shared_tables); i++)
		if (kr_is(table, shared_tables[i]))
			return;
	/* Administration pages show what core keeps. */
	if ((x->p->rights & KR_RIGHT_KERNEL) != 0 &&
	    (kr_starts(table, KR_S("core_")) || kr_is(table, "kreide_audit.entry")))
		return;
	kr_finding(x->f, "KR-R10", "%s: reads %.*s, a table of somebody else", x->what,
	    KR_FMT(table));
}

static void
check_scope(const struct kr_plugin *p, const struct kr_entity *e, const char *scope,
    const char *which, struct kr_findings *f)
{
	char what[100], sql[3000];
	struct foreign x = { p, f, what };

	snprintf(what, sizeof what, "%s: scope_%s", e->name, which);
	if (scope == NULL || scope[0] == 0) {
		kr_finding(f, "KR-R11", "%s is missing", what);
		return;
	}

	const char *wrong = kr_sql_scope_ok(scope);

	if (wrong == NULL &&
	    snprintf(sql, sizeof sql, "SELECT t.id FROM %s t WHERE (%s)", e->table,
		scope) >= (int)sizeof sql)
		wrong = "too long";
	if (wrong == NULL)
		wrong = kr_sql_tables(kr_z(sql), table_seen, &x);
	if (wrong != NULL)
		kr_finding(f, "KR-R11", "%s: %s", what, wrong);
}

/* A row that says something about people says about whom: core asks that column when it
   exports and erases. */
static void
check_owner(const struct kr_entity *e, struct kr_findings *f)
{
	const struct kr_prop *personal = NULL;
	bool owner = false;

	for (size_t i = 0; i < e->nprops; i++) {
		const struct kr_prop *q = &e->props[i];

		if (q->type == 'p' && q->pd != KR_PD_REF && q->pd != KR_PD_NONE)
			kr_finding(f, "KR-R18",
			    "%s.%s: the id of a person is KR_PD_REF", e->name, q->name);
		if (q->type != 'p' && q->pd == KR_PD_REF)
			kr_finding(f, "KR-R18", "%s.%s: KR_PD_REF is for type p",
			    e->name, q->name);
		owner |= q->type == 'p';
		if (q->type != 'p' && q->pd != KR_PD_NONE && personal == NULL)
			personal = q;
	}
	if (personal != NULL && !owner)
		kr_finding(f, "KR-R18",
		    "%s.%s is personal, but no property of type p says whose", e->name,
		    personal->name);
	if ((unsigned)e->erase > KR_ERASE_KEEP)
		kr_finding(f, "KR-R18", "%s: unknown kind of erasure", e->name);
}

static void
check_entity(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_entity *e = p->entities[no];

	if (e->name == NULL || !word_ok(e->name, "_", 40) || e->table == NULL) {
		kr_finding(f, "KR-R11", "entity %zu: without name or table", no + 1);
		return;
	}
	if (!kr_table_of(p->name, kr_z(e->table)))
		kr_finding(f, "KR-R11", "%s: the table %s is not named %s_...", e->name,
		    e->table, p->name);
	if (e->nprops == 0 || e->nprops > KR_PROPS_MAX) {
		kr_finding(
		    f, "KR-R11", "%s: 1 to %d properties", e->name, KR_PROPS_MAX);
		return;
	}
	check_text(f, "entity", e->name, e->title);
	for (size_t i = 0; i < e->nprops; i++)
		check_prop(e, i, f);
	check_scope(p, e, e->scope_read, "read", f);
	check_scope(p, e, e->scope_write, "write", f);
	if (e->perm_read == NULL || e->perm_write == NULL)
		kr_finding(f, "KR-R1", "%s: entity without permissions", e->name);
	check_perm(p, f, e->name, e->perm_read);
	check_perm(p, f, e->name, e->perm_write);
	if (e->keep_days < 0)
		kr_finding(f, "KR-R12", "%s: negative time of keeping", e->name);
	check_owner(e, f);
	for (size_t i = 0; i < no; i++)
		if (kr_is(kr_z(e->name), p->entities[i]->name))
			kr_finding(f, "KR-R7", "two entities %s", e->name);
}

void
kr_check_statements(const struct kr_plugin *p, struct kr_findings *f)
{
	if (is_core(p))
		return; /* core's own code is reviewed with core */
	for (const struct kr_stmt *const *s = p->stmts; s != p->stmts_end; s++) {
		struct foreign x = { p, f, (*s)->name };
		const char *wrong = kr_sql_tables(kr_z((*s)->sql), table_seen, &x);

		if (wrong != NULL)
			kr_finding(f, "KR-R10", "%s: %s", (*s)->name, wrong);
	}
}

/* ── the other tables ── */

static void
check_perms(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nperms; i++) {
		const struct kr_perm *q = &p->perms[i];

		check_own(p, f, "permission", q->id);
		if (q->id == NULL)
			continue;
		check_text(f, "permission", q->id, q->title);
		if ((q->roles & ~(uint32_t)KR_ROLE_ALL) != 0)
			kr_finding(f, "KR-R2", "permission %s: unknown role", q->id);
		for (size_t k = 0; k < i; k++)
			if (p->perms[k].id != NULL &&
			    strcmp(q->id, p->perms[k].id) == 0)
				kr_finding(f, "KR-R7", "two permissions %s", q->id);
	}
}

static bool
is_choice(const struct kr_setting *q)
{
	for (size_t i = 0; q->choices && q->choices[i]; i++)
		if (strcmp(q->choices[i], q->def) == 0)
			return true;
	return false;
}

static void
check_settings(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nsettings; i++) {
		const struct kr_setting *q = &p->settings[i];
		int64_t number = 0;

		check_own(p, f, "setting", q->key);
		if (q->key == NULL)
			continue;
		check_text(f, "setting", q->key, q->title);
		if (strchr("ibsc", q->type) == NULL || q->type == 0 || q->def == NULL)
			kr_finding(
			    f, "KR-R15", "setting %s: no type or no default", q->key);
		else if ((q->type == 'i' || q->type == 'b') &&
			 (!kr_to_i(kr_z(q->def), &number) || number < q->min ||
			     (q->max != 0 && number > q->max)))
			kr_finding(
			    f, "KR-R15", "setting %s: default out of range", q->key);
		else if (q->type == 'c' && !is_choice(q))
			kr_finding(f, "KR-R15",
			    "setting %s: default is none of the choices", q->key);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(q->key), p->settings[k].key))
				kr_finding(f, "KR-R7", "two settings %s", q->key);
	}
}

static void
check_menu(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nmenu; i++) {
		const struct kr_menu *m = &p->menu[i];
		bool there = false;

		check_text(f, "menu", m->href == NULL ? "" : m->href, m->title);
		check_perm(p, f, "menu", m->perm);
		for (size_t k = 0; k < p->nroutes && m->href != NULL; k++)
			there = there || (p->routes[k].method == KR_GET &&
					     kr_is(kr_z(p->routes[k].path), m->href));
		if (!there)
			kr_finding(f, "KR-R4",
			    "menu %s: leads to no page of this plugin",
			    m->href == NULL ? "" : m->href);
	}
	for (size_t i = 0; i < p->nwidgets; i++) {
		const struct kr_widget *w = &p->widgets[i];

		check_own(p, f, "widget", w->id);
		check_text(f, "widget", w->id == NULL ? "" : w->id, w->title);
		check_perm(p, f, "widget", w->perm);
		if (w->run == NULL || w->column < 'a' || w->column > 'c')
			kr_finding(f, "KR-R15", "widget %s: no function or no column",
			    w->id == NULL ? "" : w->id);
	}
}

static bool
when_ok(const char *when)
{
	kr_str s = kr_z(when), hour, minute;
	int64_t h, m;

	if (kr_is(s, "hourly"))
		return true;
	if (kr_starts(s, KR_S("daily "))) {
		s = kr_sub(s, 6, s.n);
		return kr_split(&s, ':', &hour) && kr_split(&s, ':', &minute) &&
		       s.p == NULL && hour.n == 2 && minute.n == 2 &&
		       kr_to_i(hour, &h) && kr_to_i(minute, &m) && h >= 0 && h < 24 &&
		       m >= 0 && m < 60;
	}
	if (!kr_starts(s, KR_S("every ")) || s.n < 8)
		return false;
	return strchr("smh", s.p[s.n - 1]) != NULL &&
	       kr_to_i(kr_sub(s, 6, s.n - 7), &m) && m > 0 && m < 1000;
}

static void
check_cron(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->ncron; i++) {
		const struct kr_cron *c = &p->cron[i];

		check_own(p, f, "cron", c->id);
		if (c->id == NULL)
			continue;
		if (c->run == NULL || c->when == NULL || !when_ok(c->when))
			kr_finding(f, "KR-R15",
			    "cron %s: when is \"hourly\", \"daily 03:10\" or \"every 5m\"",
			    c->id);
		for (size_t k = 0; k < i; k++)
			if (kr_is(kr_z(c->id), p->cron[k].id))
				kr_finding(f, "KR-R7", "two cron rows %s", c->id);
	}
}

static void
check_events(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->nevents; i++) {
		const struct kr_event *v = &p->events[i];

		if (v->name == NULL || !own_word(p, v->name))
			kr_finding(f, "KR-R8",
			    "event %s: the name must be %s.SOMETHING",
			    v->name == NULL ? "" : v->name, p->name);
		if (v->args == NULL || strspn(v->args, "isfbdtx") != strlen(v->args))
			kr_finding(f, "KR-R8", "event %s: letters are i s f b d t x",
			    v->name == NULL ? "" : v->name);
	}
	for (size_t i = 0; i < p->nhooks; i++)
		if (p->hooks[i].event == NULL || p->hooks[i].run == NULL)
			kr_finding(
			    f, "KR-R8", "hook %zu: without event or function", i + 1);
}

/* One row cannot go and stay: all that leads to the same person has one fate. */
static void
check_fate(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_pdata *d = &p->pdata[no], *o;

	if (!word_ok(d->subject, "_", 64))
		kr_finding(f, "KR-R18",
		    "%s.%s: the subject %s is no column of the table", d->table,
		    d->column, d->subject);
	for (size_t i = 0; i < no; i++) {
		o = &p->pdata[i];
		if (o->table != NULL && o->subject != NULL && o->kind != KR_PD_NONE &&
		    strcmp(o->table, d->table) == 0 &&
		    strcmp(o->subject, d->subject) == 0 &&
		    (o->erase == KR_ERASE_ROW) != (d->erase == KR_ERASE_ROW))
			kr_finding(f, "KR-R18",
			    "%s: %s goes with the row, %s stays: only one can be",
			    d->table, o->erase == KR_ERASE_ROW ? o->column : d->column,
			    o->erase == KR_ERASE_ROW ? d->column : o->column);
	}
}

static void
check_pdata(const struct kr_plugin *p, struct kr_findings *f)
{
	for (size_t i = 0; i < p->npdata; i++) {
		const struct kr_pdata *d = &p->pdata[i];

		if (d->table == NULL || d->column == NULL) {
			kr_finding(f, "KR-R12", "personal data %zu: no table or column",
			    i + 1);
			continue;
		}
		if (!kr_table_of(p->name, kr_z(d->table)) &&
		    !(is_core(p) && strncmp(d->table, "kreide_a", 8) == 0))
			kr_finding(f, "KR-R12", "%s.%s: a table of somebody else",
			    d->table, d->column);
		/* "The rest of this table": core's own privilege. */
		if (strcmp(d->column, "*") == 0 &&
		    (!is_core(p) || d->kind != KR_PD_NONE))
			kr_finding(f, "KR-R12", "%s.*: name each column", d->table);
		if (d->kind != KR_PD_NONE &&
		    (d->subject == NULL || d->purpose == NULL || d->basis == NULL))
			kr_finding(f, "KR-R12",
			    "%s.%s: subject, purpose and basis are missing", d->table,
			    d->column);
		if ((unsigned)d->kind > KR_PD_SECRET ||
		    (unsigned)d->erase > KR_ERASE_KEEP || d->keep_days < 0)
			kr_finding(f, "KR-R12", "%s.%s: unknown class or erasure",
			    d->table, d->column);
		if (d->kind != KR_PD_NONE && d->subject != NULL)
			check_fate(p, i, f);
	}
}

static void
check_head(const struct kr_plugin *p, struct kr_findings *f)
{
	if (!word_ok(p->name, "", 32))
		kr_finding(f, "KR-R15", "a name is of a-z and 0-9, at most 32");
	check_text(f, "manifest", "title", p->title);
	if (p->intro != NULL)
		check_text(f, "manifest", "intro", p->intro);
	if (p->version == NULL || p->version[0] == 0 || strlen(p->version) > 20)
		kr_finding(f, "KR-R15", "no version");
	if ((p->rights &
		~(uint32_t)(KR_RIGHT_FILES | KR_RIGHT_NOTIFY | KR_RIGHT_KERNEL)) != 0)
		kr_finding(f, "KR-R13", "unknown right");
	for (size_t i = 0; p->needs != NULL && p->needs[i] != NULL; i++)
		if (!word_ok(p->needs[i], "", 32) || strcmp(p->needs[i], p->name) == 0)
			kr_finding(f, "KR-R9",
			    "needs \"%s\": no name of another plugin", p->needs[i]);
}

/* What the router would not take must be refused here: after this, all plugins share
   one router, and it is too late to leave one of them out. */
static void
check_router(const struct kr_plugin *p, struct kr_findings *f)
{
	struct kr_router *router = kr_router_new();

	for (size_t i = 0; i < p->nroutes; i++)
		if (!kr_router_add(router, &p->routes[i], i))
			kr_finding(f, "KR-R4",
			    "%s %s: malformed, too deep, or not to be told from another path",
			    method_name(p->routes[i].method), p->routes[i].path);
}

void
kr_check_manifest(const struct kr_plugin *p, struct kr_findings *f)
{
	check_head(p, f);
	check_perms(p, f);
	for (size_t i = 0; i < p->nroutes; i++)
		check_route(p, i, f);
	if (f->n == 0)
		check_router(p, f);
	for (size_t i = 0; p->entities != NULL && p->entities[i] != NULL; i++)
		check_entity(p, i, f);
	check_settings(p, f);
	check_menu(p, f);
	check_cron(p, f);
	check_events(p, f);
	check_pdata(p, f);
	kr_check_statements(p, f);
}

size_t
kr_manifest_check(const struct kr_plugin *p, FILE *report)
{
	struct kr_findings f = { .report = report,
		.plugin = p->name == NULL ? "?" : p->name };

	if (p->name == NULL)
		kr_finding(&f, "KR-R15", "no name");
	else
		kr_check_manifest(p, &f);
	return f.n;
}
