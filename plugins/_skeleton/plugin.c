/* SPDX-License-Identifier: MIT */
/* Skeleton: the smallest plugin that has one of everything most plugins need. Read this
   file first: it is the inventory. Core reads it; nothing here is code that runs. */
#include "skeleton.h"

/* Rights, and which roles hold them once the school has opened the module to them. */
static const struct kr_perm perms[] = {
	{ "skeleton.read", "skeleton.perm_read", KR_ROLE_ALL },
	{ "skeleton.write", "skeleton.perm_write", KR_ROLE_TEACHER | KR_ROLE_STAFF },
};

/* Method, path, right, handler, page to show again when the input was refused. A path
   with {id} needs an entity (its scope is asked before the handler runs) or a guard.
   Without .in of its own a route of an entity takes the fields of its form or list. */
static const struct kr_route routes[] = {
	{ KR_GET, "/skeleton", "skeleton.read", skeleton_page,
	    .entity = &skeleton_entry },
	{ KR_GET, "/skeleton/{id}", "skeleton.read", skeleton_show,
	    .entity = &skeleton_entry },
	{ KR_GET, "/skeleton/new", "skeleton.write", skeleton_new },
	{ KR_POST, "/skeleton/new", "skeleton.write", skeleton_save, skeleton_new,
	    .entity = &skeleton_entry },
	{ KR_GET, "/skeleton/{id}/edit", "skeleton.write", skeleton_edit,
	    .guard = skeleton_mine },
	{ KR_POST, "/skeleton/{id}/edit", "skeleton.write", skeleton_save,
	    skeleton_edit, .entity = &skeleton_entry },
	{ KR_POST, "/skeleton/{id}/trash", "skeleton.write", skeleton_trash,
	    .entity = &skeleton_entry },
	{ KR_POST, "/skeleton/{id}/restore", "skeleton.write", skeleton_restore,
	    .guard = skeleton_mine },
};

/* A row of the navigation: shown to those who hold the right. Icons: web/icons.txt. */
static const struct kr_menu menu[] = {
	{ "skeleton.title", "/skeleton", "box", "skeleton.read", 500, 0 },
};

/* A tile of the start page: order, and column a (what waits), b (today) or c (news). */
static const struct kr_widget widgets[] = {
	{ "skeleton.latest", "skeleton.title", "skeleton.read", skeleton_tile, 500,
	    'c' },
};

/* What the school may set: key, type, default, text (with KEY_hint as help), smallest
   and largest. Read with kr_setting_i() or kr_setting_s(); the page and the command are
   core's. */
static const struct kr_setting settings[] = {
	{ "skeleton.tile_rows", 'i', "4", "skeleton.s_tile_rows", 1, 8, NULL },
};

static const struct kr_entity *const entities[] = { &skeleton_entry, NULL };

/* schema: the number of the last migration in migrations/. */
KR_PLUGIN(.name = "skeleton", .title = "skeleton.title", .intro = "skeleton.intro",
    .version = "0.1", .schema = 1, KR_TAB(perms, perms), KR_TAB(routes, routes),
    KR_TAB(menu, menu), KR_TAB(widgets, widgets), KR_TAB(settings, settings),
    .entities = entities);
