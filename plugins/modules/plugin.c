/* Modules: what the school has opened, for whom, from when, on which decision. */
#include "modules.h"

static const struct kr_perm perms[] = {
	{ "modules.manage", "modules.perm_manage", KR_ROLE_ADMIN },
};
static const struct kr_field which_in[] = { { "module", 's', 1, 32, KR_F_REQ, NULL } };
static const struct kr_field open_in[] = {
	{ "module", 's', 1, 32, KR_F_REQ, NULL },
	{ "pupil", 'b', 0, 0, 0, NULL },
	{ "teacher", 'b', 0, 0, 0, NULL },
	{ "parent", 'b', 0, 0, 0, NULL },
	{ "staff", 'b', 0, 0, 0, NULL },
	{ "admin", 'b', 0, 0, 0, NULL },
	{ "groups", 'I', 0, 0, 0, NULL },
	{ "from", 'd', 0, 0, KR_F_REQ, NULL },
	{ "until", 'd', 0, 0, 0, NULL },
	{ "decision", 's', 3, 255, KR_F_REQ, NULL },
	{ "decided", 'd', 0, 0, 0, NULL },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/modules", "modules.manage", modules_page },
	{ KR_GET, "/modules/open", "modules.manage", modules_form_page,
	    KR_IN(which_in) },
	{ KR_POST, "/modules/open", "modules.manage", modules_open, modules_form_again,
	    KR_IN(open_in) },
	{ KR_POST, "/modules/close", "modules.manage", modules_close, KR_IN(which_in) },
	{ KR_GET, "/modules/settings", "modules.manage", modules_settings_page,
	    KR_IN(which_in) },
	{ KR_POST, "/modules/settings", "modules.manage", modules_settings_save,
	    modules_settings_page, .flags = KR_R_SETTINGS },
	{ KR_POST, "/modules/{id}/reopen", "modules.manage", modules_reopen,
	    .guard = modules_was_closed },
};
static const struct kr_menu menu[] = {
	{ "modules.title", "/modules", "apps", "modules.manage", 920, KR_M_ADMIN },
};
static const struct kr_widget widgets[] = {
	{ "modules.next", "modules.next", "modules.manage", modules_tile, 50, 'a' },
};

KR_PLUGIN(.name = "modules", .title = "modules.title", .intro = "modules.intro",
    .version = "1.0", .rights = KR_RIGHT_KERNEL, .flags = KR_PL_SYSTEM,
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(menu, menu),
    KR_TAB(widgets, widgets));
