/* Lost property: a register of found things. The worked example of CONTRIBUTING.md: no
   SQL beyond two scopes, no template, no form code. */
#include <kr/kr.h>

enum { EVERYBODY = KR_ROLE_ALL, KEEPERS = KR_ROLE_STAFF | KR_ROLE_TEACHER };

static const char *const places[] = { "office", "gym", "caretaker", NULL };

static const struct kr_prop props[] = {
	{ "title", 's', "lost.what", 3, 80,
	    KR_P_REQ | KR_P_LIST | KR_P_SEARCH | KR_P_TITLE, NULL, KR_PD_NONE, 0 },
	{ "found", 'd', "lost.found", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_SORT, NULL,
	    KR_PD_NONE, 0 },
	{ "place", 'c', "lost.place", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_FILTER, places,
	    KR_PD_NONE, 0 },
	{ "note", 'm', "lost.note", 0, 1000, 0, NULL, KR_PD_NONE, 0 },
	{ "keeper_id", 'p', "lost.keeper", 0, 0, KR_P_SYSTEM | KR_P_ME, NULL, KR_PD_REF,
	    0 },
};
static const struct kr_entity thing = { .name = "thing",
	.table = "lost_thing",
	.title = "lost.title",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "t.keeper_id = :me",
	.perm_read = "lost.read",
	.perm_write = "lost.keep",
	.flags = KR_E_TRASH,
	.keep_days = 180 };

static kr_err
list(kr_ctx *cx)
{
	static const struct kr_list_opt opt = { .row_href = "/lost/{}",
		.new_href = "/lost/new",
		.new_label = "lost.new",
		.empty_title = "lost.empty",
		.empty_text = "lost.empty_text" };

	return kr_list(cx, &thing, &opt);
}

static kr_err
show(kr_ctx *cx)
{
	return kr_show(cx, &thing, kr_object(cx));
}

static kr_err
form(kr_ctx *cx)
{
	return kr_form(cx, &thing, kr_object(cx));
}

static kr_err
save(kr_ctx *cx)
{
	if (kr_in_d(cx, "found").day > kr_today(cx).day)
		return kr_in_bad(cx, "found", "lost.not_yet");
	return kr_save(cx, &thing, kr_object(cx), NULL);
}

static kr_err
trash(kr_ctx *cx)
{
	return kr_trash(cx, &thing, kr_object(cx));
}

static const struct kr_perm perms[] = {
	{ "lost.read", "lost.perm_read", EVERYBODY },
	{ "lost.keep", "lost.perm_keep", KEEPERS },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/lost", "lost.read", list, .entity = &thing },
	{ KR_GET, "/lost/{id}", "lost.read", show, .entity = &thing },
	{ KR_GET, "/lost/new", "lost.keep", form },
	{ KR_POST, "/lost/new", "lost.keep", save, form, .entity = &thing },
	{ KR_GET, "/lost/{id}/edit", "lost.keep", form, .entity = &thing },
	{ KR_POST, "/lost/{id}/edit", "lost.keep", save, form, .entity = &thing },
	{ KR_POST, "/lost/{id}/trash", "lost.keep", trash, .entity = &thing },
};
static const struct kr_menu menu[] = {
	{ "lost.title", "/lost", "search", "lost.read", 400, 0 },
};
static const struct kr_entity *const entities[] = { &thing, NULL };

KR_PLUGIN(.name = "lost", .title = "lost.title", .intro = "lost.intro",
    .version = "1.0", .schema = 1, KR_TAB(perms, perms), KR_TAB(routes, routes),
    KR_TAB(menu, menu), .entities = entities);
