/* Events: kr_emit() writes one outbox row for each plugin that has hooks on it; jobs
   runs them after commit. A try is counted and the next one dated before it is made, so
   that what crashes or hangs does not come first again; the row is marked done in the
   transaction of the hooks: exactly once inside the database, at least once outside. */
#include "app/outbox.h"
#include "app/live.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/board.h"
#include "plugin/registry.h"
#include <jansson.h>
#include <kr/kr.h>
#include <string.h>

KR_STMT(x_outbox, "sssitt", "",
    "INSERT INTO core_outbox (module, event, args, actor_id, created, due)"
    " VALUES (?, ?, ?, ?, ?, ?)");
#define DUE                                                                            \
	"SELECT id, module, event, args, actor_id, tries FROM core_outbox"             \
	" WHERE done_at IS NULL AND tries <= ? AND due <= ? "
KR_STMT(q_live, "it", "isssii", DUE "AND module = 'core' ORDER BY id LIMIT 100");
/* What failed before waits for what is new. */
KR_STMT(
    q_hook, "it", "isssii", DUE "AND module <> 'core' ORDER BY tries, due, id LIMIT 1");
KR_STMT(x_claim, "tii", "",
    "UPDATE core_outbox SET tries = tries + 1, due = ?"
    " WHERE id = ? AND tries = ? AND done_at IS NULL");
KR_STMT(x_later, "tii", "",
    "UPDATE core_outbox SET due = ? WHERE id = ? AND tries = ? AND done_at IS NULL");
KR_STMT(x_done, "tii", "",
    "UPDATE core_outbox SET done_at = ? WHERE id = ? AND tries = ? AND done_at IS NULL");
KR_STMT(x_absent, "tst", "",
    "UPDATE core_outbox SET due = ? WHERE module = ? AND done_at IS NULL AND due <= ?");
KR_STMT(x_afresh, "tt", "",
    "UPDATE core_outbox SET tries = 0, due = ? WHERE done_at IS NULL"
    " AND (tries > 0 OR due > ?)");
KR_STMT(x_sweep, "t", "",
    "DELETE FROM core_outbox WHERE done_at IS NULL AND created < ? LIMIT 10000");

struct due {
	int64_t id, actor;
	kr_str module, event, args;
	int32_t tries;
};
static const struct kr_col due_cols[] = { KR_COL(struct due, id),
	KR_COL(struct due, module), KR_COL(struct due, event), KR_COL(struct due, args),
	KR_COL(struct due, actor), KR_COL(struct due, tries) };

struct happened {
	kr_str event;
	const kr_val *args;
	size_t n;
};

#define HOOKS_S 30 /* for the hooks of one plugin on one event */
#define LIVE_S 300 /* each of a whole school's browsers may cost a time-out */
#define ABSENT_S 600
#define KEEP_DAYS 90

void
kr_outbox_add(kr_ctx *cx, const char *module, const char *event, kr_str args)
{
	kr_exec(cx, &x_outbox, kr_s(kr_z(module)), kr_s(kr_z(event)), kr_s(args),
	    kr_i(cx->actor ? cx->actor->person : 0), kr_t(cx->now), kr_t(cx->now));
	cx->wake_jobs = true;
}

/* ── arguments: JSON; what JSON has no type for is an object with the letter ── */

static json_t *
arg_write(kr_ctx *cx, const kr_val *v)
{
	kr_str b64;

	switch (v->t) {
	case 's':
		return json_stringn(v->s.p ? v->s.p : "", v->s.n);
	case 'x':
		b64 = kr_b64url(cx->arena, v->s);
		return json_pack("{s:s%}", "x", b64.p, b64.n);
	case 'f':
		return json_real(v->f);
	case 'b':
		return json_boolean(v->i != 0);
	case 'd':
		return json_pack("{s:I}", "d", (json_int_t)v->i);
	case 't':
		return json_pack("{s:I}", "t", (json_int_t)v->i);
	case 0:
		return json_null();
	default:
		return json_integer(v->i);
	}
}

kr_str
kr_args_write(kr_ctx *cx, const kr_val *v, size_t n)
{
	json_t *a = json_array();
	char *text;
	kr_str out;

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(a, arg_write(cx, &v[i])) != 0)
			kr_fail(cx, KR_EFAIL, "argument %zu is no text or number", i);
	text = json_dumps(a, JSON_COMPACT);
	KR_CHECK(text != NULL);
	out = kr_dup(cx->arena, kr_z(text));
	free(text);
	json_decref(a);
	return out;
}

static kr_val
arg_read(kr_ctx *cx, const json_t *j)
{
	const json_t *d = json_object_get(j, "d"), *t = json_object_get(j, "t");
	const json_t *x = json_object_get(j, "x");
	kr_str bytes = { NULL, 0 };

	if (json_is_string(j))
		return kr_s(kr_dup(cx->arena,
		    (kr_str){ json_string_value(j), json_string_length(j) }));
	if (json_is_real(j))
		return kr_f(json_real_value(j));
	if (json_is_boolean(j))
		return kr_b(json_is_true(j));
	if (json_is_integer(j))
		return kr_i(json_integer_value(j));
	if (d != NULL)
		return kr_d((kr_date){ (int32_t)json_integer_value(d) });
	if (t != NULL)
		return kr_t((kr_time){ json_integer_value(t) });
	if (x != NULL &&
	    kr_b64url_decode(cx->arena, kr_z(json_string_value(x)), &bytes))
		return kr_x(bytes);
	return kr_null();
}

kr_val *
kr_args_read(kr_ctx *cx, kr_str json, size_t *n_r)
{
	json_t *a =
	    json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	size_t n = json_array_size(a);
	kr_val *v = kr_alloc(cx, n + 1, sizeof *v);

	if (!json_is_array(a))
		kr_fail(cx, KR_EFAIL, "arguments are no JSON array");
	for (size_t i = 0; i < n; i++)
		v[i] = arg_read(cx, json_array_get(a, i));
	json_decref(a);
	*n_r = n;
	return v;
}

/* ── what happens ── */

static const struct kr_event *
declared(const struct kr_app *app, const char *plugin, const char *event)
{
	const struct kr_loaded *l = kr_app_plugin(app, kr_z(plugin));

	for (size_t i = 0; l && l->p && i < l->p->nevents; i++)
		if (strcmp(l->p->events[i].name, event) == 0)
			return &l->p->events[i];
	return NULL;
}

static bool
as_declared(const struct kr_event *e, const kr_val *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (args[i].t != 0 && args[i].t != e->args[i])
			return false;
	return strlen(e->args) == n;
}

static bool
hooked(const struct kr_plugin *p, kr_str event, enum kr_when when)
{
	for (size_t i = 0; i < p->nhooks; i++)
		if (p->hooks[i].when == when && kr_is(event, p->hooks[i].event))
			return true;
	return false;
}

/* The hooks of one plugin in their order, up to the first that fails. */
static void
run_hooks(
    kr_ctx *cx, const struct kr_plugin *p, const struct happened *h, enum kr_when when)
{
	const char *before = cx->plugin;

	cx->plugin = p->name;
	for (size_t i = 0; i < p->nhooks && cx->err == KR_OK; i++) {
		kr_err err;

		if (p->hooks[i].when != when || !kr_is(h->event, p->hooks[i].event))
			continue;
		err = p->hooks[i].run(cx, h->args, h->n);
		if (err != KR_OK)
			kr_fail(cx, err, "hook on %s", p->hooks[i].event);
	}
	cx->plugin = before;
}

/* Runs the hooks that share the transaction; queues the others by plugin name. */
void
kr_emit_(kr_ctx *cx, const char *event, const kr_val *args, size_t n)
{
	const struct kr_event *e;
	const struct happened h = { kr_z(event), args, n };
	kr_str json;

	if (cx->err)
		return;
	e = declared(cx->app, cx->plugin, event);
	KR_CHECK(e != NULL && as_declared(e, args, n));
	json = kr_args_write(cx, args, n);
	for (size_t i = 0; i < cx->app->nplugins && cx->err == KR_OK; i++) {
		const struct kr_plugin *p = cx->app->plugins[i].p;

		if (p == NULL)
			continue;
		run_hooks(cx, p, &h, KR_IN_TX);
		if (hooked(p, h.event, KR_AFTER))
			kr_outbox_add(cx, p->name, event, json);
	}
}

/* The actor of a job is re-checked at run time: a person who may no longer do it has
   no rights left here either. */
static void
act_as(kr_ctx *cx, kr_id person)
{
	struct kr_actor *actor = KR_NEW(cx, struct kr_actor);

	actor->lang = KR_S("de");
	actor->person = person;
	actor->system = person == 0;
	cx->actor = actor;
	if (person)
		kr_rights_compile(cx, person, actor->rights);
}

/* Seconds from a failed try to the next; the last is followed by being set aside. */
static int64_t
pause_s(const struct due *d)
{
	return d->tries + 1 >= KR_OUTBOX_TRIES ? 0 : 2LL << (2 * d->tries);
}

static kr_time
in(const kr_ctx *cx, int64_t seconds)
{
	return (kr_time){ cx->now.us + seconds * 1000000 };
}

static void
note(kr_ctx *cx, enum kr_level level, const char *what, const struct due *d)
{
	kr_log(cx, level, what, 5,
	    (struct kr_kv[]){ { "row", kr_i(d->id) }, { "for", kr_s(d->module) },
		{ "event", kr_s(d->event) }, { "tries", kr_i(d->tries + 1) },
		{ "why", kr_s(cx->err_text) } });
}

/* Before anything of the row runs: one more try, and the next one only when this one
   cannot be at work any more. False: nothing to run. */
static bool
claim(kr_ctx *cx, const struct due *d, int64_t limit_s)
{
	bool last = d->tries >= KR_OUTBOX_TRIES;
	kr_time due = last ? cx->now : in(cx, limit_s + pause_s(d));
	bool mine = kr_exec(cx, &x_claim, kr_t(due), kr_i(d->id), kr_i(d->tries)) == 1;

	if (kr_commit(cx) != KR_OK || !mine)
		return false;
	if (last)
		note(cx, KR_ERROR, "outbox.set_aside", d);
	return !last;
}

static void
put_off(kr_ctx *cx, const struct due *d)
{
	note(cx, KR_WARN, "outbox.failed", d);
	kr_rollback(cx);
	kr_ctx_clear(cx);
	kr_exec(
	    cx, &x_later, kr_t(in(cx, pause_s(d))), kr_i(d->id), kr_i(d->tries + 1));
	kr_commit(cx);
}

/* Another process that took the row meanwhile (it may think that we died) wins. */
static void
settle(kr_ctx *cx, const struct due *d)
{
	if (kr_exec(cx, &x_done, kr_t(cx->now), kr_i(d->id), kr_i(d->tries + 1)) != 1)
		kr_fail(cx, KR_ECONFLICT, "taken over");
	if (cx->err || kr_commit(cx) != KR_OK)
		put_off(cx, d);
	kr_board_idle();
}

bool
kr_outbox_live(kr_ctx *cx, struct kr_live *live)
{
	struct due d;
	kr_rows *rows = kr_query(cx, &q_live, kr_i(KR_OUTBOX_TRIES), kr_t(cx->now));

	kr_commit(cx); /* ends the snapshot of the reading */
	while (kr_next(rows, due_cols, &d)) {
		if (!claim(cx, &d, LIVE_S))
			continue;
		kr_board_work(0, LIVE_S);
		kr_live_run(cx, live, d.event, d.args);
		settle(cx, &d);
	}
	return kr_rows_n(rows) == 100;
}

bool
kr_outbox_hooks(kr_ctx *cx)
{
	struct due d;
	struct happened h = { .n = 0 };
	const struct kr_loaded *l;

	if (!kr_one(cx, &q_hook, due_cols, &d, kr_i(KR_OUTBOX_TRIES), kr_t(cx->now)))
		return false;
	kr_commit(cx);
	l = kr_app_plugin(cx->app, d.module);
	if (l == NULL || l->p == NULL) { /* taken out or refused: it may come back */
		kr_exec(cx, &x_absent, kr_t(in(cx, ABSENT_S)), kr_s(d.module),
		    kr_t(cx->now));
		return kr_commit(cx) == KR_OK;
	}
	if (!claim(cx, &d, HOOKS_S))
		return cx->err == KR_OK;
	kr_board_work((size_t)(l - cx->app->plugins), HOOKS_S);
	h.event = d.event;
	h.args = kr_args_read(cx, d.args, &h.n);
	act_as(cx, d.actor);
	run_hooks(cx, l->p, &h, KR_AFTER);
	settle(cx, &d);
	return true;
}

void
kr_outbox_afresh(kr_ctx *cx)
{
	kr_exec(cx, &x_afresh, kr_t(cx->now), kr_t(cx->now));
}

void
kr_outbox_sweep(kr_ctx *cx)
{
	kr_exec(cx, &x_sweep, kr_t(in(cx, -KEEP_DAYS * 86400LL)));
}
