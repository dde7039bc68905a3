/* Drill: a plugin that does at work what a plugin should not: it refuses, fails,
   crashes and hangs, each on demand. A call is an event; drill_note is what its hooks
   left. */
#include "drill.h"
#include "drill_templates.h"

static const char *const whats[] = { "fine", "refuse", "input", "twice", "quiet",
	"crash", "hang", NULL };
static const struct kr_prop props[] = {
	{ "what", 'c', "drill.what", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_TITLE, whats,
	    KR_PD_NONE, 0 },
	{ "who_id", 'p', "drill.who", 0, 0, 0, NULL, KR_PD_REF, 0 },
};
static const struct kr_entity call = { .name = "call",
	.table = "drill_call",
	.title = "drill.title",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "TRUE",
	.perm_read = "drill.use",
	.perm_write = "drill.use" };

KR_STMT(
    x_note, "ssi", "", "INSERT INTO drill_note (hook, what, types) VALUES (?, ?, ?)");
/* Two rows where one is wanted: fails when it runs, not when it is prepared. */
KR_STMT(q_broken, "", "i", "SELECT (SELECT 1 UNION SELECT 2) AS id");
/* What a failed try wrote is gone; how long ago the call was is not. */
KR_STMT(q_twice, "", "t", "SELECT MAX(created) FROM drill_call WHERE what = 'twice'");
static const struct kr_col time_col[] = { { 't', sizeof(kr_time), 0 } };

static void
note(kr_ctx *cx, const char *hook, kr_str what, int64_t types)
{
	kr_exec(cx, &x_note, kr_s(kr_z(hook)), kr_s(what), kr_i(types));
}

/* A digit per argument: as many as are what save() sent, in type and value. */
static int64_t
right(const kr_val *v, size_t n)
{
	return n != 8 ? 0
		      : (v[0].t == 's') + (v[1].t == 'i' && v[1].i == -7) * 10 +
			    (v[2].t == 0) * 100 +
			    (v[3].t == 'd' && v[3].i == 20778) * 1000 +
			    (v[4].t == 't' && v[4].i == 1795255200000001) * 10000 +
			    (v[5].t == 'b' && v[5].i == 1) * 100000 +
			    (v[6].t == 'f' && v[6].f == 0.5) * 1000000 +
			    (v[7].t == 'x' && v[7].s.n == 3 &&
				kr_eq(v[7].s, KR_S("\0\xff\""))) *
				10000000;
}

static kr_err
in_tx(kr_ctx *cx, const kr_val *v, size_t n)
{
	note(cx, "in_tx", v[0].s, right(v, n));
	if (kr_is(v[0].s, "input"))
		return kr_in_bad(cx, "what", "drill.not_today");
	/* The bare error, without kr_fail(): it must be enough. */
	return kr_is(v[0].s, "refuse") ? KR_ECONFLICT : KR_OK;
}

static kr_err
first(kr_ctx *cx, const kr_val *v, size_t n)
{
	note(cx, "first", v[0].s, right(v, n));
	return KR_OK;
}

static kr_err
second(kr_ctx *cx, const kr_val *v, size_t n)
{
	kr_time called = kr_now(cx);

	note(cx, "second", v[0].s, right(v, n));
	if (kr_is(v[0].s, "quiet"))
		return KR_EFAIL;
	if (kr_is(v[0].s, "twice"))
		return kr_one(cx, &q_twice, time_col, &called) &&
			       kr_now(cx).us > called.us + 9000000
			   ? KR_OK
			   : KR_EFAIL;
	if (kr_is(v[0].s, "crash"))
		__builtin_trap();
	if (kr_is(v[0].s, "hang"))
		for (volatile int i = 0;; i++)
			;
	return KR_OK;
}

static kr_err
elsewhere(kr_ctx *cx, const kr_val *v, size_t n)
{
	(void)v;
	note(cx, "elsewhere", KR_S(""), (int64_t)n);
	return KR_OK;
}

static kr_err
page(kr_ctx *cx)
{
	return kr_list(cx, &call,
	    &(const struct kr_list_opt){ .row_href = "/drill/{}",
		.empty_title = "drill.empty",
		.empty_text = "drill.empty" });
}

static kr_err
show(kr_ctx *cx)
{
	return kr_show(cx, &call, kr_object(cx));
}

static kr_err
form(kr_ctx *cx)
{
	return kr_form(cx, &call, 0);
}

static kr_err
save(kr_ctx *cx)
{
	const struct kr_audience who = { .person = kr_in_i(cx, "who_id") };
	kr_str what = kr_in_s(cx, "what");
	const kr_date day = { 20778 };
	const kr_time then = { 1795255200000001 };

	if (kr_save(cx, &call, 0, NULL) != KR_OK)
		return kr_status(cx);
	kr_emit(cx, "drill.called", kr_s(what), kr_i(-7), kr_null(), kr_d(day),
	    kr_t(then), kr_b(true), kr_f(0.5), kr_x(KR_S("\0\xff\"")));
	if (who.person != 0)
		kr_notify(cx, &who, "drill.notice", KR_S("/drill"), kr_d(day),
		    kr_t(then), kr_i(-7), kr_s(what));
	return kr_status(cx);
}

static kr_err
tick(kr_ctx *cx)
{
	note(cx, "tick", KR_S(""), 0);
	return KR_OK;
}

static kr_err
quiet(kr_ctx *cx)
{
	note(cx, "cron_quiet", KR_S(""), 0);
	return KR_EFAIL;
}

static kr_err
loop(kr_ctx *cx)
{
	note(cx, "cron_loop", KR_S(""), 0);
	for (volatile int i = 0;; i++)
		;
}

/* Half a tile, then a statement about a table that is not there. */
static kr_err
broken_tile(kr_ctx *cx, kr_out *out)
{
	struct drill_tile view = { .text = KR_S("Halbe Kachel") };

	drill_tile(cx, out, &view);
	return kr_rows_n(kr_query(cx, &q_broken)) ? KR_OK : kr_status(cx);
}

static kr_err
tile(kr_ctx *cx, kr_out *out)
{
	struct drill_tile view = { .text = KR_S("Ganze Kachel") };

	return drill_tile(cx, out, &view);
}

static const struct kr_perm perms[] = {
	{ "drill.use", "drill.perm_use", KR_ROLE_ALL },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/drill", "drill.use", page, .entity = &call },
	{ KR_GET, "/drill/{id}", "drill.use", show, .entity = &call },
	{ KR_GET, "/drill/new", "drill.use", form },
	{ KR_POST, "/drill/new", "drill.use", save, form, .entity = &call },
};
static const struct kr_widget widgets[] = {
	{ "drill.broken", "drill.title", "drill.use", broken_tile, 1, 'a' },
	{ "drill.whole", "drill.title", "drill.use", tile, 2, 'a' },
};
static const struct kr_cron cron[] = {
	{ "drill.tick", "every 1m", tick, 60 },
	{ "drill.quiet", "hourly", quiet, 60 },
	{ "drill.loop", "hourly", loop, 2 },
};
static const struct kr_event events[] = { { "drill.called", "siidtbfx" } };
static const struct kr_hook hooks[] = {
	{ "drill.called", in_tx, KR_IN_TX },
	{ "drill.called", first, KR_AFTER },
	{ "drill.called", second, KR_AFTER },
	{ "tasks.published", elsewhere, KR_AFTER },
};
static const struct kr_pdata pdata[] = {
	{ .table = "drill_note", .column = "hook", .kind = KR_PD_NONE },
	{ .table = "drill_note", .column = "what", .kind = KR_PD_NONE },
	{ .table = "drill_note", .column = "types", .kind = KR_PD_NONE },
};
static const struct kr_entity *const entities[] = { &call, NULL };

KR_PLUGIN(.name = "drill", .title = "drill.title", .intro = "drill.intro",
    .version = "1.0", .schema = 2, .rights = KR_RIGHT_NOTIFY, KR_TAB(perms, perms),
    KR_TAB(routes, routes), KR_TAB(widgets, widgets), KR_TAB(cron, cron),
    KR_TAB(events, events), KR_TAB(hooks, hooks), KR_TAB(pdata, pdata),
    .entities = entities);
