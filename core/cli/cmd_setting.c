/* kreide module settings, kreide module set: what the school may set, and setting it.
 */
#include "app/setting.h"
#include "cli/cli.h"
#include "html/text.h"

#include <string.h>

struct setting {
	struct kr_cli *cli;
	const char *module;
	const char *key, *value; /* NULL: list */
	const struct kr_plugin *plugin;
	const struct kr_setting *one;
	kr_str now[256];    /* values of the list, in the order of the manifest */
	const char *wrong;  /* key of the sentence ... */
	kr_str wrong_value; /* ... and its {1} */
};

/* With or without "NAME." in front. */
static const struct kr_setting *
named(const struct kr_plugin *p, const char *key)
{
	size_t n = strlen(p->name);

	if (strncmp(key, p->name, n) == 0 && key[n] == '.')
		key += n + 1;
	for (size_t i = 0; i < p->nsettings; i++)
		if (strcmp(p->settings[i].key + n + 1, key) == 0)
			return &p->settings[i];
	return NULL;
}

static bool
found(struct setting *s, const struct kr_app *app)
{
	const struct kr_loaded *l = kr_app_plugin(app, kr_z(s->module));

	if (l == NULL || l->p == NULL || l->refused != NULL) {
		kr_complain(s->cli, "core.cli.no_module", kr_z(s->module));
		return false;
	}
	s->plugin = l->p;
	if (s->key == NULL)
		return true;
	s->one = named(l->p, s->key);
	if (s->one == NULL)
		kr_complain(
		    s->cli, "core.cli.no_setting", kr_z(s->module), kr_z(s->key));
	return s->one != NULL;
}

/* ── list ── */

static kr_err
read_all(kr_ctx *cx, void *arg)
{
	struct setting *s = arg;

	for (size_t i = 0; i < s->plugin->nsettings && i < KR_LEN(s->now); i++)
		s->now[i] = kr_setting_s(cx, s->plugin->settings[i].key);
	return kr_status(cx);
}

static kr_str
range_of(kr_ctx *cx, const struct kr_setting *d)
{
	struct kr_buf b;

	if (d->type == 'b')
		return KR_S("0, 1");
	if (d->type != 'c')
		return kr_fmt(cx, "%d–%d", d->min, d->max);
	kr_buf_init(&b, cx->arena, 80);
	for (size_t i = 0; d->choices[i] != NULL; i++)
		kr_buf_fmt(&b, "%s%s", i ? ", " : "", d->choices[i]);
	return kr_buf_view(&b);
}

static json_t *
json_of(kr_ctx *cx, const struct kr_setting *d, kr_str now)
{
	char type[2] = { d->type, 0 };
	json_t *j = json_object();

	json_object_set_new(j, "key", json_string(d->key));
	json_object_set_new(j, "type", json_string(type));
	json_object_set_new(j, "value", kr_json_str(now));
	json_object_set_new(j, "default", json_string(d->def));
	json_object_set_new(j, "range", kr_json_str(range_of(cx, d)));
	json_object_set_new(j, "title", kr_json_str(kr_text(cx, d->title)));
	return j;
}

static int
print_all(struct setting *s, kr_ctx *cx)
{
	static const char *const header[] = { "core.cli.setting", "core.cli.value",
		"core.cli.default", "core.cli.range", "core.cli.title", NULL };
	struct kr_table *t = kr_table_new(s->cli, header);
	json_t *all = json_array();

	for (size_t i = 0; i < s->plugin->nsettings && i < KR_LEN(s->now); i++) {
		const struct kr_setting *d = &s->plugin->settings[i];

		json_array_append_new(all, json_of(cx, d, s->now[i]));
		kr_table_row(t, (kr_str[]){ kr_z(d->key), s->now[i], kr_z(d->def),
				    range_of(cx, d), kr_text(cx, d->title) });
	}
	if (s->cli->json)
		return kr_print_json(all);
	json_decref(all);
	if (s->plugin->nsettings == 0)
		kr_say(s->cli, "core.cli.no_settings", kr_z(s->module));
	else
		kr_table_print(t);
	return KR_X_OK;
}

/* ── set ── */

static kr_err
put(kr_ctx *cx, void *arg)
{
	struct setting *s = arg;

	s->wrong = kr_setting_check(cx, s->one, kr_z(s->value), &s->wrong_value);
	if (s->wrong != NULL)
		return kr_fail(cx, KR_EINPUT, "value refused");
	kr_setting_put(cx, s->one, kr_z(s->value));
	return kr_status(cx);
}

static int
set(struct setting *s, struct kr_work *w)
{
	json_t *j;

	if (kr_work_do(w, put, s) != KR_OK) {
		if (s->wrong == NULL)
			return kr_work_failed(w);
		kr_complain(s->cli, "core.cli.setting_refused", kr_z(s->one->key),
		    kr_word_(s->cli, s->wrong, &s->wrong_value, 1),
		    range_of(s->cli->said, s->one));
		return KR_X_WRONG;
	}
	kr_say(s->cli, "core.cli.setting_set", kr_z(s->one->key), kr_z(s->value));
	if (!s->cli->json)
		return KR_X_OK;
	j = json_object();
	json_object_set_new(j, "key", json_string(s->one->key));
	json_object_set_new(j, "value", json_string(s->value));
	return kr_print_json(j);
}

int
kr_cmd_setting(
    struct kr_cli *cli, const char *module, const char *key, const char *value)
{
	struct setting s = { .cli = cli, .module = module, .key = key, .value = value };
	struct kr_work w;
	int code;

	if (!kr_work_open(&w, cli, true, &code))
		return code;
	if (!found(&s, &w.app))
		code = KR_X_WRONG;
	else if (key != NULL)
		code = set(&s, &w);
	else if (kr_work_do(&w, read_all, &s) == KR_OK)
		code = print_all(&s, &w.cx);
	else
		code = kr_work_failed(&w);
	kr_work_close(&w);
	return code;
}
