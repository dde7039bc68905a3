/* The manifest rules of entities, and of the tables that statements touch. */
#include "plugin/check.h"

#include "app/entity.h"
#include <string.h>

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

	kr_check_limits(f, e->name, &field, "smibdtcgpa");
	kr_check_choices(f, e->name, &field);
	check_uses(f, e->name, q);
	kr_check_text(f, e->name, q->name, q->label);
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

void
kr_check_entity(const struct kr_plugin *p, size_t no, struct kr_findings *f)
{
	const struct kr_entity *e = p->entities[no];

	if (e->name == NULL || !kr_word_ok(e->name, "_", 40) || e->table == NULL) {
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
	kr_check_text(f, "entity", e->name, e->title);
	for (size_t i = 0; i < e->nprops; i++)
		check_prop(e, i, f);
	check_scope(p, e, e->scope_read, "read", f);
	check_scope(p, e, e->scope_write, "write", f);
	if (e->perm_read == NULL || e->perm_write == NULL)
		kr_finding(f, "KR-R1", "%s: entity without permissions", e->name);
	kr_check_perm(p, f, e->name, e->perm_read);
	kr_check_perm(p, f, e->name, e->perm_write);
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
	if (kr_is_core(p))
		return; /* core's own code is reviewed with core */
	for (const struct kr_stmt *const *s = p->stmts; s != p->stmts_end; s++) {
		struct foreign x = { p, f, (*s)->name };
		const char *wrong = kr_sql_tables(kr_z((*s)->sql), table_seen, &x);

		if (wrong != NULL)
			kr_finding(f, "KR-R10", "%s: %s", (*s)->name, wrong);
	}
}
