/* News: what the school tells its people, by audience and date. */
#include "news.h"

enum {
	READERS = KR_ROLE_ALL,
	WRITERS = KR_ROLE_TEACHER | KR_ROLE_STAFF | KR_ROLE_ADMIN
};

static const struct kr_perm perms[] = {
	{ "news.read", "news.perm_read", READERS },
	{ "news.write", "news.perm_write", WRITERS },
	{ "news.manage", "news.perm_manage", KR_ROLE_STAFF | KR_ROLE_ADMIN },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/news", "news.read", news_page, .entity = &news_item },
	{ KR_GET, "/news/{id}", "news.read", news_show, .entity = &news_item },
	{ KR_GET, "/news/new", "news.write", news_new },
	{ KR_POST, "/news/new", "news.write", news_save, news_new,
	    .entity = &news_item },
	{ KR_GET, "/news/{id}/edit", "news.write", news_edit, .entity = &news_item },
	{ KR_POST, "/news/{id}/edit", "news.write", news_save, news_edit,
	    .entity = &news_item },
	{ KR_POST, "/news/{id}/trash", "news.write", news_trash, .entity = &news_item },
	{ KR_POST, "/news/{id}/restore", "news.write", news_restore,
	    .guard = news_mine },
	{ KR_GET, "/news/all", "news.manage", news_all, .entity = &news_any },
};
static const struct kr_menu menu[] = {
	{ "news.title", "/news", "news", "news.read", 180, 0 },
};
static const struct kr_widget widgets[] = {
	{ "news.latest", "news.title", "news.read", news_tile, 300, 'c' },
};
static const struct kr_entity *const entities[] = { &news_item, &news_any, NULL };

KR_PLUGIN(.name = "news", .title = "news.title", .intro = "news.intro",
    .version = "1.0", .schema = 1, .rights = KR_RIGHT_NOTIFY, KR_TAB(perms, perms),
    KR_TAB(routes, routes), KR_TAB(menu, menu), KR_TAB(widgets, widgets),
    .entities = entities);
