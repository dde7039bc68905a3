/* Import: the CSV of a school administration program becomes persons and classes. */
#include "import.h"

static const struct kr_perm perms[] = {
	{ "import.run", "import.perm_run", KR_ROLE_ADMIN },
};
static const char *const profiles[] = { "pupils", "teachers", NULL };
static const struct kr_field upload_in[] = {
	{ "profile", 'c', 0, 0, KR_F_REQ, profiles },
	{ "file", 'f', 0, 1, KR_F_REQ, NULL },
};
static const struct kr_field plan_in[] = {
	{ "profile", 'c', 0, 0, KR_F_REQ, profiles },
	{ "plan", 'i', 1, INT32_MAX, KR_F_REQ, NULL },
};
/* The numbers that were on the page: what is applied must be what was seen. */
static const struct kr_field apply_in[] = {
	{ "profile", 'c', 0, 0, KR_F_REQ, profiles },
	{ "plan", 'i', 1, INT32_MAX, KR_F_REQ, NULL },
	{ "unchanged", 'i', 0, INT32_MAX, KR_F_REQ, NULL },
	{ "fresh", 'i', 0, INT32_MAX, KR_F_REQ, NULL },
	{ "changed", 'i', 0, INT32_MAX, KR_F_REQ, NULL },
	{ "moved", 'i', 0, INT32_MAX, KR_F_REQ, NULL },
	{ "leavers", 'i', 0, INT32_MAX, KR_F_REQ, NULL },
	{ "force", 'b', 0, 0, 0, NULL },
};
/* What the kernel reads of a file, and 64 KiB for the rest of the form. */
#define BODY (8u * 1024u * 1024u + 64u * 1024u)
static const struct kr_route routes[] = {
	{ KR_GET, "/import", "import.run", import_page },
	{ KR_POST, "/import", "import.run", import_take, import_page, KR_IN(upload_in),
	    .flags = KR_R_SLOW, .max_body = BODY },
	{ KR_GET, "/import/plan", "import.run", import_show, KR_IN(plan_in),
	    .flags = KR_R_SLOW },
	{ KR_GET, "/import/apply", "import.run", import_applied },
	{ KR_POST, "/import/apply", "import.run", import_apply, import_show,
	    KR_IN(apply_in), .flags = KR_R_SLOW },
};
static const struct kr_menu menu[] = {
	{ "import.title", "/import", "arrows-exchange", "import.run", 910, KR_M_ADMIN },
};

KR_PLUGIN(.name = "import", .title = "import.title", .intro = "import.intro",
    .version = "1.0", .rights = KR_RIGHT_KERNEL | KR_RIGHT_FILES, .flags = KR_PL_SYSTEM,
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(menu, menu));
