/* People: everybody with an account, for the office and the administrators. */
#include "people.h"

static const struct kr_perm perms[] = {
	{ "people.read", "people.perm_read", KR_ROLE_ADMIN | KR_ROLE_STAFF },
	{ "people.write", "people.perm_write", KR_ROLE_ADMIN },
};

static const char *const role_names[] = { "pupil", "teacher", "parent", "staff",
	"admin", NULL };
static const char *const state_names[] = { "active", "waiting", "locked", "left",
	NULL };
static const struct kr_field list_in[] = {
	{ "q", 's', 0, 80, 0, NULL },
	{ "role", 'c', 0, 0, 0, role_names },
	{ "state", 'c', 0, 0, 0, state_names },
	{ "group", 'g', 0, 0, 0, NULL },
	{ "after", 'p', 0, 0, 0, NULL },
};
static const struct kr_field new_in[] = {
	{ "given", 's', 1, 80, KR_F_REQ, NULL },
	{ "family", 's', 1, 80, KR_F_REQ, NULL },
	{ "role", 'c', 0, 0, KR_F_REQ, role_names },
	{ "group", 'g', 0, 0, 0, NULL },
	{ "child", 's', 0, 60, 0, NULL },
};
static const struct kr_field edit_in[] = {
	{ "given", 's', 1, 80, KR_F_REQ, NULL },
	{ "family", 's', 1, 80, KR_F_REQ, NULL },
	{ "pupil", 'b', 0, 0, 0, NULL },
	{ "teacher", 'b', 0, 0, 0, NULL },
	{ "parent", 'b', 0, 0, 0, NULL },
	{ "staff", 'b', 0, 0, 0, NULL },
	{ "admin", 'b', 0, 0, 0, NULL },
};
static const struct kr_field group_in[] = { { "group", 'g', 0, 0, KR_F_REQ, NULL } };
static const struct kr_field pick_in[] = {
	{ "group", 'g', 0, 0, 0, NULL },
	{ "people", 'I', 0, 0, 0, NULL },
};
static const struct kr_field child_in[] = { { "child", 's', 1, 60, KR_F_REQ, NULL } };
static const struct kr_field unchild_in[] = { { "kid", 'p', 0, 0, KR_F_REQ, NULL } };

#define DEED(path, run)                                                                \
	{                                                                              \
		KR_POST, "/people/{id}/" path, "people.write", run,                    \
		    .guard = people_known                                              \
	}
static const struct kr_route routes[] = {
	{ KR_GET, "/people", "people.read", people_page, KR_IN(list_in) },
	{ KR_GET, "/people/people.csv", "people.read", people_csv, KR_IN(list_in),
	    .flags = KR_R_SLOW },
	{ KR_GET, "/people/{id}", "people.read", people_show_page,
	    .guard = people_known },
	{ KR_GET, "/people/new", "people.write", people_new },
	{ KR_POST, "/people/new", "people.write", people_create, people_new,
	    KR_IN(new_in) },
	{ KR_GET, "/people/{id}/edit", "people.write", people_edit,
	    .guard = people_known },
	{ KR_POST, "/people/{id}/edit", "people.write", people_change,
	    people_edit_again, .guard = people_known, KR_IN(edit_in) },
	{ KR_GET, "/people/{id}/code", "people.write", people_code_page,
	    .guard = people_known },
	DEED("code", people_code_make),
	DEED("lock", people_lock),
	DEED("unlock", people_unlock),
	DEED("signout", people_sign_out),
	DEED("leave", people_leave),
	DEED("return", people_return),
	{ KR_POST, "/people/{id}/join", "people.write", people_join, people_show_page,
	    .guard = people_known, KR_IN(group_in) },
	{ KR_POST, "/people/{id}/part", "people.write", people_part, people_show_page,
	    .guard = people_known, KR_IN(group_in) },
	{ KR_POST, "/people/{id}/child", "people.write", people_child, people_show_page,
	    .guard = people_known, KR_IN(child_in) },
	{ KR_POST, "/people/{id}/unchild", "people.write", people_unchild,
	    people_show_page, .guard = people_known, KR_IN(unchild_in) },
	{ KR_GET, "/people/slips", "people.write", people_pick_page, KR_IN(pick_in) },
	{ KR_POST, "/people/slips", "people.write", people_slips_make, people_pick_page,
	    KR_IN(pick_in), .flags = KR_R_SLOW },
};
static const struct kr_menu menu[] = {
	{ "people.title", "/people", "users", "people.read", 900, KR_M_ADMIN },
};

KR_PLUGIN(.name = "people", .title = "people.title", .intro = "people.intro",
    .version = "1.0", .rights = KR_RIGHT_KERNEL, .flags = KR_PL_SYSTEM,
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(menu, menu));
