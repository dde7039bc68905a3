/* Settings: the school's values over the manifests' defaults, cached per process and
   read again when the settings epoch of the session row has moved. */
#include "app/setting.h"
#include "auth/auth.h"
#include "html/text.h"
#include "http/input.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

KR_STMT(q_all, "", "ss", "SELECT name, value FROM core_setting");
KR_STMT(q_epoch, "", "i", "SELECT settings FROM core_epoch WHERE name = 'rights'");
KR_STMT(x_put, "ssti", "",
    "INSERT INTO core_setting (name, value, changed, changed_by) VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE value = VALUES(value), changed = VALUES(changed),"
    " changed_by = VALUES(changed_by)");
KR_STMT(x_epoch, "", "",
    "UPDATE core_epoch SET settings = settings + 1 WHERE name = 'rights'");

struct pair {
	kr_str name, value;
};
static const struct kr_col pair_cols[] = { KR_COL(struct pair, name),
	KR_COL(struct pair, value) };

struct kr_settings { /* app->settings; one per process */
	struct kr_arena *arena;
	uint64_t epoch;
	bool loaded;
	struct pair *pairs;
	size_t n;
};

void *
kr_settings_new(void)
{
	struct kr_settings *s = calloc(1, sizeof *s);

	KR_CHECK(s != NULL);
	s->arena = kr_arena_new(1 << 20);
	return s;
}

static void
load(kr_ctx *cx, struct kr_settings *s, uint64_t epoch)
{
	struct pair p;
	kr_rows *rows = kr_query(cx, &q_all);

	kr_arena_reset(s->arena);
	s->pairs = kr_arena_alloc(s->arena, (kr_rows_n(rows) + 1) * sizeof *s->pairs);
	s->n = 0;
	while (kr_next(rows, pair_cols, &p))
		s->pairs[s->n++] = (struct pair){ kr_dup(s->arena, p.name),
			kr_dup(s->arena, p.value) };
	s->epoch = epoch;
	s->loaded = kr_status(cx) == KR_OK;
}

/* Jobs and commands have no epoch: they read each time. */
static struct kr_settings *
current(kr_ctx *cx)
{
	struct kr_settings *s = cx->app->settings;
	uint64_t epoch = cx->actor ? cx->actor->settings_epoch : 0;

	if (!s->loaded || s->epoch != epoch || epoch == 0)
		load(cx, s, epoch);
	return s;
}

void
kr_settings_warm(kr_ctx *cx)
{
	static const struct kr_col cols[] = { { 'i', 8, 0 } };
	int64_t epoch = 0;

	if (kr_one(cx, &q_epoch, cols, &epoch))
		load(cx, cx->app->settings, (uint64_t)epoch);
}

const struct kr_setting *
kr_setting_declared(const struct kr_app *app, kr_str key)
{
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nsettings; k++)
			if (kr_is(key, p->settings[k].key))
				return &p->settings[k];
	}
	return NULL;
}

kr_str
kr_setting_s(kr_ctx *cx, const char *key)
{
	const struct kr_setting *d = kr_setting_declared(cx->app, kr_z(key));
	struct kr_settings *s = current(cx);

	KR_CHECK(d != NULL);
	for (size_t i = 0; i < s->n; i++)
		if (kr_is(s->pairs[i].name, key))
			return kr_dup(cx->arena, s->pairs[i].value);
	return kr_z(d->def);
}

/* A number that an older version of the manifest took is brought into the range. */
int64_t
kr_setting_i(kr_ctx *cx, const char *key)
{
	const struct kr_setting *d = kr_setting_declared(cx->app, kr_z(key));
	int64_t v = 0;

	KR_CHECK(d != NULL);
	if (!kr_to_i(kr_setting_s(cx, key), &v))
		(void)kr_to_i(kr_z(d->def), &v);
	if (d->type != 'i' || (d->min == 0 && d->max == 0))
		return v;
	return v < d->min ? d->min : v > d->max ? d->max : v;
}

static struct kr_field
field_of(const struct kr_setting *d)
{
	return (struct kr_field){ .name = d->key,
		.type = d->type,
		.min = d->min,
		.max = d->max,
		.choices = d->choices };
}

/* Only a line may be empty, if it has no shortest length; numbers and boxes are kept as
   they are read. */
const char *
kr_setting_check(kr_ctx *cx, const struct kr_setting *d, kr_str value, kr_str *arg_r)
{
	struct kr_field f = field_of(d);
	struct kr_value v = { .field = &f, .text = value };

	*arg_r = KR_S("");
	if (value.n == 0 && (d->type != 's' || d->min > 0))
		return "core.field_required";
	if (d->type == 'b')
		return kr_is(value, "1") || kr_is(value, "0") ? NULL
							      : "core.field_choice";
	if (d->type == 'i' && value.p[0] == '+')
		return "core.field_not_a_number";
	return kr_field_check(cx, &v, arg_r);
}

kr_str
kr_setting_text(kr_ctx *cx, const struct kr_setting *d, kr_str value)
{
	if (d->type == 'b')
		return kr_text(cx, kr_is(value, "1") ? "core.yes" : "core.no");
	if (d->type == 'c')
		return kr_text(
		    cx, kr_cstr(cx, kr_fmt(cx, "%s_%.*s", d->title, KR_FMT(value))));
	return value.n > 0 ? value : kr_text(cx, "core.setting_empty");
}

void
kr_setting_put(kr_ctx *cx, const struct kr_setting *d, kr_str value)
{
	if (kr_eq(kr_setting_s(cx, d->key), value))
		return;
	kr_exec(cx, &x_put, kr_s(kr_z(d->key)), kr_s(value), kr_t(cx->now),
	    kr_i(kr_me(cx)));
	kr_exec(cx, &x_epoch);
	kr_audit(cx, kr_cstr(cx, kr_fmt(cx, "setting.%s", d->key)), 0);
}

/* ── as fields of a form ── */

const struct kr_field *
kr_setting_fields(const struct kr_app *app, size_t *n_r)
{
	size_t n = 1;
	struct kr_field *list;

	for (size_t i = 0; i < app->nplugins; i++)
		n += app->plugins[i].p ? app->plugins[i].p->nsettings : 0;
	list = calloc(n, sizeof *list);
	KR_CHECK(list != NULL);
	list[0] = (struct kr_field){ "module", 's', 1, 32, KR_F_REQ, NULL };
	*n_r = 1;
	for (size_t i = 0; i < app->nplugins; i++) {
		const struct kr_plugin *p = app->plugins[i].p;

		for (size_t k = 0; p && k < p->nsettings; k++)
			list[(*n_r)++] = field_of(&p->settings[k]);
	}
	return list;
}
