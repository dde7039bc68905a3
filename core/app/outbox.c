/* Events: kr_emit() writes one outbox row per subscribed hook; jobs runs each hook
   after commit, in its own transaction that also marks the row done: at least once
   outside the database, exactly once inside it. */
#include "app/outbox.h"
#include "app/live.h"
#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include <jansson.h>
#include <kr/kr.h>
#include <string.h>

KR_STMT(x_outbox, "sssitt", "",
    "INSERT INTO core_outbox (module, event, args, actor_id, created, due)"
    " VALUES (?, ?, ?, ?, ?, ?)");
KR_STMT(q_due, "t", "isssii",
    "SELECT id, module, event, args, actor_id, tries FROM core_outbox"
    " WHERE done_at IS NULL AND due <= ? ORDER BY due, id LIMIT 100");
KR_STMT(x_done, "ti", "", "UPDATE core_outbox SET done_at = ? WHERE id = ?");
KR_STMT(x_later, "ti", "",
    "UPDATE core_outbox SET tries = tries + 1, due = ? WHERE id = ?");

struct due {
	int64_t id, actor;
	kr_str module, event, args;
	int32_t tries;
};
static const struct kr_col due_cols[] = { KR_COL(struct due, id),
	KR_COL(struct due, module), KR_COL(struct due, event), KR_COL(struct due, args),
	KR_COL(struct due, actor), KR_COL(struct due, tries) };

/* After so many failures a row waits a day, and the log says so. */
#define TRIES_MAX 8

void
kr_outbox_add(kr_ctx *cx, const char *module, const char *event, kr_str args)
{
	kr_exec(cx, &x_outbox, kr_s(kr_z(module)), kr_s(kr_z(event)), kr_s(args),
	    kr_i(cx->actor ? cx->actor->person : 0), kr_t(cx->now), kr_t(cx->now));
	cx->wake_jobs = true;
}

kr_str
kr_args_write(kr_ctx *cx, const kr_val *v, size_t n)
{
	json_t *a = json_array();
	char *text;
	kr_str out;

	for (size_t i = 0; i < n; i++) {
		if (v[i].t == 's' || v[i].t == 'x')
			json_array_append_new(a, json_stringn(v[i].s.p, v[i].s.n));
		else if (v[i].t == 'f')
			json_array_append_new(a, json_real(v[i].f));
		else if (v[i].t == '0')
			json_array_append_new(a, json_null());
		else
			json_array_append_new(a, json_integer(v[i].i));
	}
	text = json_dumps(a, JSON_COMPACT);
	KR_CHECK(text != NULL);
	out = kr_fmt(cx, "%s", text);
	free(text);
	json_decref(a);
	return out;
}

kr_val *
kr_args_read(kr_ctx *cx, kr_str json, size_t *n_r)
{
	json_t *a = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	size_t n = json_array_size(a);
	kr_val *v = kr_alloc(cx, n + 1, sizeof *v);

	for (size_t i = 0; i < n; i++) {
		json_t *j = json_array_get(a, i);

		if (json_is_string(j))
			v[i] = kr_s(kr_fmt(cx, "%.*s", (int)json_string_length(j),
			    json_string_value(j)));
		else if (json_is_real(j))
			v[i] = kr_f(json_real_value(j));
		else if (json_is_integer(j))
			v[i] = kr_i(json_integer_value(j));
		else
			v[i] = kr_null();
	}
	json_decref(a);
	*n_r = n;
	return v;
}

static const struct kr_event *
declared(const struct kr_app *app, const char *plugin, const char *event)
{
	const struct kr_loaded *l = kr_app_plugin(app, kr_z(plugin));

	for (size_t i = 0; l && l->p && i < l->p->nevents; i++)
		if (strcmp(l->p->events[i].name, event) == 0)
			return &l->p->events[i];
	return NULL;
}

/* Runs the hooks that share the transaction; queues the others by plugin name. */
void
kr_emit_(kr_ctx *cx, const char *event, const kr_val *args, size_t n)
{
	const struct kr_event *e;
	const char *emitter = cx->plugin;
	kr_str json;

	if (cx->err)
		return;
	e = declared(cx->app, emitter, event);
	KR_CHECK(e != NULL && strlen(e->args) == n);
	json = kr_args_write(cx, args, n);
	for (size_t i = 0; i < cx->app->nplugins; i++) {
		const struct kr_loaded *l = &cx->app->plugins[i];

		for (size_t k = 0; l->p && k < l->p->nhooks; k++) {
			if (strcmp(l->p->hooks[k].event, event) != 0)
				continue;
			if (l->p->hooks[k].when == KR_IN_TX) {
				cx->plugin = l->p->name;
				l->p->hooks[k].run(cx, args, n);
				cx->plugin = emitter;
			} else {
				kr_outbox_add(cx, l->p->name, event, json);
			}
		}
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

static void
run_hooks(kr_ctx *cx, const struct due *d)
{
	const struct kr_loaded *l = kr_app_plugin(cx->app, d->module);
	size_t n;
	kr_val *args = kr_args_read(cx, d->args, &n);

	if (!l || !l->p)
		return; /* plugin is gone: nothing to run */
	act_as(cx, d->actor);
	cx->plugin = l->p->name;
	for (size_t k = 0; k < l->p->nhooks; k++)
		if (l->p->hooks[k].when == KR_AFTER &&
		    kr_is(d->event, l->p->hooks[k].event))
			l->p->hooks[k].run(cx, args, n);
	cx->plugin = "core";
}

static void
put_off(kr_ctx *cx, const struct due *d)
{
	int64_t wait_s = d->tries >= TRIES_MAX ? 86400 : 2LL << d->tries;
	kr_time due = { cx->now.us + wait_s * 1000000 };

	kr_log(cx, d->tries >= TRIES_MAX ? KR_ERROR : KR_WARN, "outbox.failed", 3,
	    (struct kr_kv[]){ { "id", kr_i(d->id) }, { "tries", kr_i(d->tries + 1) },
		{ "error", kr_i((int64_t)cx->err) } });
	kr_rollback(cx);
	kr_ctx_clear(cx);
	kr_exec(cx, &x_later, kr_t(due), kr_i(d->id));
	kr_commit(cx);
}

size_t
kr_outbox_run(kr_ctx *cx, struct kr_live *live)
{
	struct due d;
	kr_rows *rows = kr_query(cx, &q_due, kr_t(cx->now));
	size_t done = 0;

	kr_commit(cx); /* ends the snapshot of the reading */
	while (kr_next(rows, due_cols, &d)) {
		if (kr_starts(d.event, KR_S("live.")))
			kr_live_run(cx, live, d.event, d.args);
		else
			run_hooks(cx, &d);
		kr_exec(cx, &x_done, kr_t(cx->now), kr_i(d.id));
		if (!cx->err && kr_commit(cx) == KR_OK)
			done++;
		else
			put_off(cx, &d);
		if (cx->err)
			break; /* database away: the next round goes on */
	}
	return done;
}
