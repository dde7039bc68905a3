/* Rights are compiled: roles, groups, policies and dates become one bit string per
   person, kept until something that it depends on changes. */
#include "auth/inside.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <stdlib.h>
#include <string.h>

#define BITS (KR_RIGHT_BYTES * 8)
#define NO_BIT ((size_t)-1)

/* ── bits by name ── */

static int
right_cmp(const void *a, const void *b)
{
	return strcmp(
	    ((const struct kr_right *)a)->name, ((const struct kr_right *)b)->name);
}

size_t
kr_right_bit(const struct kr_app *app, const char *name)
{
	const struct kr_right want = { .name = name }, *found = NULL;

	if (app->nrights > 0)
		found =
		    bsearch(&want, app->rights, app->nrights, sizeof want, right_cmp);
	return found == NULL ? NO_BIT : found->bit;
}

bool
kr_actor_has(const struct kr_actor *a, size_t bit)
{
	if (a->system)
		return true;
	return bit < BITS && (a->rights[bit / 8] >> (bit % 8) & 1) != 0;
}

bool
kr_actor_hears(const kr_ctx *cx, const struct kr_actor *a, kr_str module)
{
	const struct kr_loaded *l = kr_app_plugin(cx->app, module);

	return kr_is(module, "core") || (l != NULL && kr_actor_has(a, l->module_bit));
}

static void
bit_set(uint8_t *bits, size_t bit)
{
	if (bit < BITS)
		bits[bit / 8] = (uint8_t)(bits[bit / 8] | 1u << (bit % 8));
}

const struct kr_perm *
kr_perm_at(const struct kr_plugin *p, size_t i)
{
	return (const struct kr_perm *)(const void *)((const char *)p->perms +
						      i * p->size_perms);
}

static bool
is_loaded(const struct kr_loaded *m)
{
	return m->p != NULL && m->refused == NULL;
}

static bool
always_open(const struct kr_plugin *p)
{
	return (p->flags & KR_PL_SYSTEM) != 0;
}

static kr_str
module_right(kr_ctx *cx, const char *plugin)
{
	return kr_fmt(cx, "module:%s", plugin);
}

/* ── registering: every name has a row whose bit never changes ── */

struct right_row {
	uint32_t bit, roles; /* roles 0: of a plugin that was not there the last time */
	kr_str name;
	bool wanted;
};
enum { MODULE_SYSTEM = 1, MODULE_BY_POLICY = 2 }; /* in place of roles */
static const struct kr_col right_cols[] = {
	KR_COL(struct right_row, bit),
	KR_COL(struct right_row, name),
	KR_COL(struct right_row, roles),
};
KR_STMT(q_rights, "", "isi", "SELECT bit, name, roles FROM core_right ORDER BY bit");
KR_STMT(
    x_right, "isi", "", "INSERT INTO core_right (bit, name, roles) VALUES (?, ?, ?)");
KR_STMT(x_right_roles, "ii", "", "UPDATE core_right SET roles = ? WHERE bit = ?");
KR_STMT(
    x_epoch, "", "", "UPDATE core_epoch SET value = value + 1 WHERE name = 'rights'");

struct list { /* rights as the database has them, growing */
	struct right_row *p;
	size_t n, next_bit;
	bool moved; /* something was added or changed */
};

/* Rights stay with the process: they are read long after the arena is gone. */
static char *
keep(kr_str s)
{
	char *p = strndup(s.p, s.n);

	KR_CHECK(p != NULL);
	return p;
}

static void
give_roles(kr_ctx *cx, struct list *l, struct right_row *r, uint32_t roles)
{
	if (r->roles == roles)
		return;
	kr_exec(cx, &x_right_roles, kr_i(roles), kr_i(r->bit));
	r->roles = roles;
	l->moved = true;
}

static void
want(kr_ctx *cx, struct list *l, kr_str name, uint32_t roles)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!kr_eq(l->p[i].name, name))
			continue;
		l->p[i].wanted = true;
		give_roles(cx, l, &l->p[i], roles);
		return;
	}
	if (l->next_bit >= BITS) {
		kr_fail(cx, KR_EFAIL, "more than %d rights", BITS);
		return;
	}

	struct right_row *r = &l->p[l->n++];

	*r = (struct right_row){ (uint32_t)l->next_bit++, roles, name, true };
	kr_exec(cx, &x_right, kr_i(r->bit), kr_s(name), kr_i(roles));
	l->moved = true;
}

static void
want_plugin(kr_ctx *cx, struct list *l, const struct kr_plugin *p)
{
	want(cx, l, module_right(cx, p->name),
	    always_open(p) ? MODULE_SYSTEM : MODULE_BY_POLICY);
	for (size_t i = 0; i < p->nperms; i++)
		want(cx, l, kr_z(kr_perm_at(p, i)->id), kr_perm_at(p, i)->roles);
}

static void
fill_app(kr_ctx *cx, struct kr_app *app, const struct list *l)
{
	app->rights = calloc(l->n + 1, sizeof *app->rights);
	KR_CHECK(app->rights != NULL);
	app->nrights = l->n;
	for (size_t i = 0; i < l->n; i++)
		app->rights[i] = (struct kr_right){ keep(l->p[i].name), l->p[i].bit };
	qsort(app->rights, app->nrights, sizeof *app->rights, right_cmp);
	for (size_t i = 0; i < app->nplugins; i++) {
		struct kr_loaded *m = &app->plugins[i];

		/* Core itself has no bit to ask: its pages are for the signed-out, too.
		 */
		m->module_bit = !is_loaded(m) || i == 0
				    ? NO_BIT
				    : kr_right_bit(app, module_right(cx, m->p->name).p);
	}
	for (size_t i = 0; i < app->nroutes; i++) {
		const char *perm = app->routes[i].route->perm;

		app->routes[i].perm_bit =
		    perm == NULL ? NO_BIT : kr_right_bit(app, perm);
	}
}

/* Also raises the epoch when a manifest gives a permission to other roles than before,
   or a plugin goes or comes back, so that the new set is in force with its first
   request. */
kr_err
kr_rights_register(kr_ctx *cx, struct kr_app *app)
{
	struct list l = { 0 };
	size_t room = app->nplugins, have = 0;
	kr_rows *rows = kr_query(cx, &q_rights);
	struct right_row *old =
	    kr_all_(rows, right_cols, KR_LEN(right_cols), sizeof *old, &have);

	for (size_t i = 0; i < app->nplugins; i++)
		if (is_loaded(&app->plugins[i]))
			room += app->plugins[i].p->nperms;
	l.p = kr_alloc(cx, have + room, sizeof *l.p);
	for (size_t i = 0; i < have; i++) {
		old[i].wanted = false;
		l.p[l.n++] = old[i];
		l.next_bit = old[i].bit + 1;
	}
	for (size_t i = 0; i < app->nplugins; i++)
		if (is_loaded(&app->plugins[i]))
			want_plugin(cx, &l, app->plugins[i].p);
	for (size_t i = 0; i < have; i++)
		if (!l.p[i].wanted)
			give_roles(cx, &l, &l.p[i], 0);
	if (l.moved)
		kr_exec(cx, &x_epoch);
	if (kr_commit(cx) == KR_OK)
		fill_app(cx, app, &l);
	return kr_status(cx);
}

/* ── compiling ── */

struct base {
	int64_t epoch;
	uint32_t roles;
	bool active;
};
static const struct kr_col base_cols[] = {
	KR_COL(struct base, epoch),
	KR_COL(struct base, roles),
	KR_COL(struct base, active),
};
struct policy {
	kr_str module;
	uint32_t roles;
	kr_date from, until;
	bool mine; /* by one of its groups */
};
static const struct kr_col policy_cols[] = {
	KR_COL(struct policy, module),
	KR_COL(struct policy, roles),
	KR_COL(struct policy, from),
	KR_COL(struct policy, until),
	KR_COL(struct policy, mine),
};
KR_STMT(q_base, "i", "iib",
    "SELECT e.value, p.roles, p.state = 'active' FROM core_person p"
    " JOIN core_epoch e ON e.name = 'rights' WHERE p.id = ?");
KR_STMT(q_policies, "i", "siddb",
    "SELECT p.module, p.roles, p.from_day, p.until_day, EXISTS (SELECT 1"
    " FROM core_policy_group g JOIN core_my_group m ON m.group_id = g.group_id"
    " WHERE g.policy_id = p.id AND m.person_id = ?)"
    " FROM core_policy p WHERE p.closed_at IS NULL");
KR_STMT(x_keep, "ixdixdi", "",
    "INSERT INTO core_person_right (person_id, bits, valid_until, epoch)"
    " VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE bits = ?, valid_until = ?, epoch = ?");

/* The nearer of two days on which an answer may change. */
static kr_date
sooner(kr_date a, kr_date b)
{
	return a.day == KR_NO_DATE.day || b.day < a.day ? b : a;
}

/* Is the module open to this person today? Moves *next_r to the next day on which that
   may change, whoever the policy is for. */
static bool
policy_opens(const struct policy *p, uint32_t roles, kr_date today, kr_date *next_r)
{
	bool ends = p->until.day != KR_NO_DATE.day;

	if (ends && p->until.day < today.day)
		return false;
	if (p->from.day > today.day) {
		*next_r = sooner(*next_r, p->from);
		return false;
	}
	if (ends)
		*next_r = sooner(*next_r, (kr_date){ p->until.day + 1 });
	return (p->roles & roles) != 0 || p->mine;
}

struct rules { /* what the answer for one person depends on */
	const struct policy *p;
	size_t n;
	uint32_t roles;
	kr_date today, next; /* next: when the answer may change */
};

static bool
module_open(const struct kr_plugin *p, struct rules *r)
{
	bool is_open = always_open(p);

	for (size_t i = 0; i < r->n; i++)
		if (kr_is(r->p[i].module, p->name) &&
		    policy_opens(&r->p[i], r->roles, r->today, &r->next))
			is_open = true;
	return is_open;
}

static void
module_bits(
    const struct kr_app *app, const struct kr_loaded *m, uint32_t roles, uint8_t *bits)
{
	bit_set(bits, m->module_bit);
	for (size_t i = 0; i < m->p->nperms; i++) {
		const struct kr_perm *perm = kr_perm_at(m->p, i);

		if ((perm->roles & roles) != 0)
			bit_set(bits, kr_right_bit(app, perm->id));
	}
}

struct compiled {
	uint8_t bits[KR_RIGHT_BYTES];
	kr_date valid_until;
	int64_t epoch;
};

/* Two reads in one snapshot, so that the epoch belongs to the rules that were seen. */
static void
compile(kr_ctx *cx, kr_id person, struct compiled *c_r)
{
	struct compiled c = { .valid_until = KR_NO_DATE };
	struct base b;

	if (!kr_one(cx, &q_base, base_cols, &b, kr_i(person)) || !b.active) {
		*c_r = c;
		return;
	}

	kr_rows *rows = kr_query(cx, &q_policies, kr_i(person));
	struct rules r = {
		.roles = b.roles, .today = kr_today(cx), .next = KR_NO_DATE
	};

	r.p = kr_all_(rows, policy_cols, KR_LEN(policy_cols), sizeof *r.p, &r.n);
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_loaded *m = &cx->app->plugins[i];

		if (is_loaded(m) && module_open(m->p, &r))
			module_bits(cx->app, m, b.roles, c.bits);
	}
	c.valid_until = r.next;
	c.epoch = b.epoch;
	*c_r = c;
}

static void
keep_row(kr_ctx *cx, kr_id person, const struct compiled *c)
{
	kr_val bits = kr_x((kr_str){ (const char *)c->bits, sizeof c->bits });

	if (c->epoch != 0)
		kr_exec(cx, &x_keep, kr_i(person), bits, kr_d(c->valid_until),
		    kr_i(c->epoch), bits, kr_d(c->valid_until), kr_i(c->epoch));
}

kr_err
kr_rights_refresh(kr_ctx *cx, kr_id person, uint8_t bits_r[KR_RIGHT_BYTES])
{
	struct kr_conn *before = cx->db;
	struct compiled c;

	if (kr_status(cx) != KR_OK)
		return kr_status(cx);
	cx->db = cx->rw;
	kr_rollback(cx); /* a fresh snapshot: what this request has read is not ours */
	compile(cx, person, &c);
	if (kr_status(cx) == KR_OK) {
		keep_row(cx, person, &c);
		if (kr_commit(cx) != KR_OK) {
			kr_log_kv(
			    KR_WARN, "rights.not_kept", { "why", kr_s(cx->err_text) });
			kr_ctx_clear(cx);
		}
		memcpy(bits_r, c.bits, sizeof c.bits);
	} else {
		kr_rollback(cx);
	}
	cx->db = before;
	return kr_status(cx);
}

kr_err
kr_rights_compile(kr_ctx *cx, kr_id person, uint8_t bits_r[KR_RIGHT_BYTES])
{
	struct compiled c;

	if (cx->db != cx->rw)
		return kr_rights_refresh(cx, person, bits_r);
	compile(cx, person, &c);
	keep_row(cx, person, &c);
	if (kr_status(cx) == KR_OK)
		memcpy(bits_r, c.bits, sizeof c.bits);
	return kr_status(cx);
}

void
kr_rights_changed(kr_ctx *cx)
{
	kr_exec(cx, &x_epoch);
}
