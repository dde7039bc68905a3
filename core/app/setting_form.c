/* The page of a module's settings, drawn from the rows of its manifest. */
#include "app/setting.h"
#include "html/generic.h"
#include "html/text.h"
#include "http/http.h"
#include "http/input.h"
#include "plugin/registry.h"
#include <kr/kernel.h>
#include <kr/kr.h>

static const struct kr_plugin *
module_of(kr_ctx *cx, kr_str name)
{
	const struct kr_loaded *l = kr_app_plugin(cx->app, name);

	if (l != NULL && l->p != NULL && l->refused == NULL && l->p->nsettings > 0)
		return l->p;
	kr_fail(cx, KR_ENOTFOUND, "no such module, or nothing to set");
	return NULL;
}

static const char *
kind_of(const struct kr_setting *d)
{
	return d->type == 'i'   ? "number"
	       : d->type == 'b' ? "check"
	       : d->type == 'c' ? "select"
				: "text";
}

/* What holds when nobody has set anything; a box says it by its tick. */
static struct kr_form_line
line_of(kr_ctx *cx, const struct kr_setting *d)
{
	kr_str standard = kr_setting_text(cx, d, kr_z(d->def));

	return (struct kr_form_line){ .kind = kind_of(d),
		.name = d->key,
		.label = d->title,
		.value = kr_s(kr_setting_s(cx, d->key)),
		.more = kr_text_args(cx, "core.setting_default", &standard, 1) };
}

kr_err
kr_kernel_settings_page(kr_ctx *cx, kr_str module, kr_str back)
{
	const struct kr_plugin *p = module_of(cx, module);
	struct kr_form_line *lines;
	struct kr_form_view view = { .submit = "core.save",
		.intro = kr_text(cx, "core.settings_intro"),
		.action = kr_cstr(cx, cx->req->path),
		.back_href = back,
		.back_label = kr_text(cx, "core.settings_back") };
	kr_str title;

	if (p == NULL)
		return kr_status(cx);
	title = kr_text(cx, p->title);
	view.title = kr_text_args(cx, "core.settings_of", &title, 1);
	lines = kr_alloc(cx, p->nsettings + 1u, sizeof *lines);
	view.lines = lines;
	lines[view.nlines++] = (struct kr_form_line){ .kind = "hidden",
		.name = "module",
		.label = "core.settings_of",
		.value = kr_s(module) };
	for (size_t i = 0; i < p->nsettings; i++)
		lines[view.nlines++] = line_of(cx, &p->settings[i]);
	return kr_form_page(cx, &view);
}

static kr_str
given(kr_ctx *cx, const struct kr_setting *d)
{
	if (d->type == 'b')
		return kr_in_b(cx, d->key) ? KR_S("1") : KR_S("0");
	if (d->type == 'i' && kr_in_s(cx, d->key).n > 0)
		return kr_fmt(cx, "%lld", (long long)kr_in_i(cx, d->key));
	return kr_in_s(cx, d->key);
}

kr_err
kr_kernel_settings_save(kr_ctx *cx, kr_str module, kr_str back)
{
	const struct kr_plugin *p = module_of(cx, module);
	bool good = true;
	kr_str arg;

	for (size_t i = 0; p && i < p->nsettings; i++) {
		const struct kr_setting *d = &p->settings[i];
		const char *wrong = kr_setting_check(cx, d, given(cx, d), &arg);

		if (wrong != NULL)
			kr_input_bad(cx, kr_z(d->key), wrong, arg);
		good = good && wrong == NULL;
	}
	if (!good)
		return kr_fail(cx, KR_EINPUT, "settings refused");
	for (size_t i = 0; p && i < p->nsettings; i++)
		kr_setting_put(cx, &p->settings[i], given(cx, &p->settings[i]));
	kr_flash(cx, "core.settings_saved");
	return kr_redirect_to(cx, back);
}
