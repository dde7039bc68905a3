/* Settings: the school's values over the manifests' defaults, cached per process and
   read again when the settings epoch of the session row has moved. */
#include "app/setting.h"
#include "auth/auth.h"
#include "plugin/registry.h"
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

KR_STMT(q_all, "", "ss", "SELECT name, value FROM core_setting");
KR_STMT(x_put, "ssti", "",
    "INSERT INTO core_setting (name, value, changed, changed_by) VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE value = VALUES(value), changed = VALUES(changed),"
    " changed_by = VALUES(changed_by)");
KR_STMT(
    x_epoch, "", "", "UPDATE core_epoch SET value = value + 1 WHERE name = 'settings'");

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

static struct kr_settings *
current(kr_ctx *cx)
{
	struct kr_settings *s = cx->app->settings;
	uint64_t epoch = cx->actor ? cx->actor->settings_epoch : 0;
	struct pair p;
	kr_rows *rows;

	if (s->loaded && s->epoch == epoch && epoch != 0)
		return s;
	rows = kr_query(cx, &q_all);
	kr_arena_reset(s->arena);
	s->pairs = kr_arena_alloc(s->arena, (kr_rows_n(rows) + 1) * sizeof *s->pairs);
	s->n = 0;
	while (kr_next(rows, pair_cols, &p))
		s->pairs[s->n++] = (struct pair){ kr_dup(s->arena, p.name),
			kr_dup(s->arena, p.value) };
	s->epoch = epoch;
	s->loaded = cx->err == KR_OK;
	return s;
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
			return s->pairs[i].value;
	return kr_z(d->def);
}

int64_t
kr_setting_i(kr_ctx *cx, const char *key)
{
	int64_t v = 0;

	(void)kr_to_i(kr_setting_s(cx, key), &v);
	return v;
}

void
kr_setting_put(kr_ctx *cx, const struct kr_setting *d, kr_str value)
{
	kr_exec(cx, &x_put, kr_s(kr_z(d->key)), kr_s(value), kr_t(cx->now),
	    kr_i(kr_me(cx)));
	kr_exec(cx, &x_epoch);
	kr_audit(cx, "core.setting", 0);
}
