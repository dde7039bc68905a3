/* Core's own pages are a plugin like any other: this manifest is what core serves by
   itself. Always open; one line per route. */
#include "http/http.h"
#include "pages/handlers.h"

/* ── fields ── */

#define LANGS ((const char *const[]){ "de", "en", NULL })
#define THEMES ((const char *const[]){ "auto", "light", "dark", NULL })

static const struct kr_field f_to[] = { { "to", 's', 0, 2000, 0, NULL } };
static const struct kr_field f_login[] = {
	{ "account", 's', 1, 120, KR_F_REQ, NULL },
	{ "password", 'w', 1, 128, KR_F_REQ, NULL },
	{ "to", 's', 0, 2000, 0, NULL },
};
static const struct kr_field f_activate[] = {
	{ "code", 's', 1, 60, KR_F_REQ, NULL },
	{ "step", 's', 0, 1, 0, NULL },
	{ "password", 'w', 0, 128, 0, NULL },
	{ "password2", 'w', 0, 128, 0, NULL },
};
static const struct kr_field f_lang[] = { { "lang", 'c', 0, 0, KR_F_REQ, LANGS } };
static const struct kr_field f_theme[] = { { "theme", 'c', 0, 0, KR_F_REQ, THEMES } };
static const struct kr_field f_session[] = { { "session", 'i', 1, INT32_MAX, KR_F_REQ,
    NULL } };
static const struct kr_field f_password[] = {
	{ "old", 'w', 1, 128, KR_F_REQ, NULL },
	{ "password", 'w', 1, 128, KR_F_REQ, NULL },
	{ "password2", 'w', 1, 128, KR_F_REQ, NULL },
};
static const struct kr_field f_label[] = { { "label", 's', 1, 60, KR_F_REQ, NULL } };
static const struct kr_field f_token[] = { { "token", 'i', 1, INT32_MAX, KR_F_REQ,
    NULL } };
static const struct kr_field f_route[] = { { "route", 's', 1, 64, KR_F_REQ, NULL } };
#define MOVES                                                                          \
	((const char *const[]){ "up", "down", "hide", "show", "drag", "reset", NULL })
static const struct kr_field f_tiles[] = {
	{ "tile", 's', 1, 80, 0, NULL },
	{ "move", 'c', 0, 0, 0, MOVES },
};
static const struct kr_field f_move[] = {
	{ "tile", 's', 1, 80, 0, NULL },
	{ "move", 'c', 0, 0, KR_F_REQ, MOVES },
	{ "order", 's', 1, 4000, 0, NULL },
};

/* ── routes ── */

/* Signing in has a pool of its own: a storm of it queues there, in front of the auth
   process, and never holds the workers that draw pages; and uploads that hold those of
   the hand-ins for seconds do not hold it. */
#define SIGN_IN (KR_R_PUBLIC | KR_R_MUST)
#define WHY_SIGN_IN "signing in is for people who are not yet signed in"

static const struct kr_route routes[] = {
	{ KR_GET, "/login", .run = kr_login_page, KR_IN(f_to), .flags = KR_R_PUBLIC,
	    .why = WHY_SIGN_IN },
	{ KR_POST, "/login", .run = kr_login, .again = kr_login_page, KR_IN(f_login),
	    .flags = SIGN_IN, .why = WHY_SIGN_IN },
	{ KR_POST, "/logout", .run = kr_logout, .flags = KR_R_ANY },
	{ KR_GET, "/signed-out", .run = kr_signed_out_page, .flags = KR_R_PUBLIC,
	    .why = "who reads it is signed out" },
	{ KR_GET, "/activate", .run = kr_activate_page, .flags = KR_R_PUBLIC,
	    .why = WHY_SIGN_IN },
	{ KR_POST, "/activate", .run = kr_activate, .again = kr_activate_again,
	    KR_IN(f_activate), .flags = SIGN_IN, .why = WHY_SIGN_IN },
	{ KR_GET, "/profile", .run = kr_profile_page, .flags = KR_R_ANY },
	{ KR_POST, "/profile/language", .run = kr_profile_language,
	    .again = kr_profile_page, KR_IN(f_lang), .flags = KR_R_ANY },
	{ KR_POST, "/profile/theme", .run = kr_profile_theme, .again = kr_profile_page,
	    KR_IN(f_theme), .flags = KR_R_ANY },
	{ KR_POST, "/profile/session/end", .run = kr_profile_session_end,
	    KR_IN(f_session), .flags = KR_R_ANY },
	{ KR_POST, "/profile/sessions/end", .run = kr_profile_sessions_end,
	    .flags = KR_R_ANY },
	{ KR_GET, "/profile/password", .run = kr_password_page, .flags = KR_R_ANY },
	{ KR_POST, "/profile/password", .run = kr_password_change,
	    .again = kr_password_page, KR_IN(f_password), .flags = KR_R_ANY },
	{ KR_POST, "/profile/token", .run = kr_profile_token_new,
	    .again = kr_profile_page, KR_IN(f_label), .flags = KR_R_ANY },
	{ KR_POST, "/profile/token/drop", .run = kr_profile_token_drop, KR_IN(f_token),
	    .flags = KR_R_ANY },
	{ KR_POST, "/profile/feed/revoke", .run = kr_profile_feed_revoke,
	    KR_IN(f_route), .flags = KR_R_ANY },
	{ KR_POST, "/profile/data", .run = kr_profile_data_ask, .flags = KR_R_ANY },
	{ KR_GET, "/profile/data", .run = kr_profile_data,
	    .flags = KR_R_ANY | KR_R_SLOW },
	{ KR_GET, "/session", .run = kr_session_left, .flags = KR_R_ANY },
	{ KR_GET, "/_session", .run = kr_session_left, .flags = KR_R_ANY },
	{ KR_GET, "/", .run = kr_start, .flags = KR_R_ANY },
	{ KR_GET, "/start", .run = kr_tiles_page, KR_IN(f_tiles), .flags = KR_R_ANY },
	{ KR_POST, "/start", .run = kr_tiles_move, KR_IN(f_move), .flags = KR_R_ANY },
	{ KR_GET, "/notices", .run = kr_notices_page, .flags = KR_R_ANY },
	{ KR_GET, "/_notices/count", .run = kr_notices_count,
	    .flags = KR_R_ANY | KR_R_EXTRA },
	{ KR_GET, "/_live", .run = kr_live_subscribe, .flags = KR_R_PUBLIC | KR_R_EXTRA,
	    .why = "a browser whose session has ended is told to stop listening" },
	{ KR_GET, "/f/{key}", .run = kr_content_file,
	    .flags = KR_R_PUBLIC | KR_R_CONTENT,
	    .why = "the address is signed for one session" },
	{ KR_GET, "/healthz", .run = kr_healthz, .flags = KR_R_PUBLIC,
	    .why = "asked by the supervisor, says only ok or not" },
	{ KR_GET, "/api/v1/me", .run = kr_api_me,
	    .flags = KR_R_ANY | KR_R_PROTO | KR_R_BEARER },
};

/* ── settings ── */

const struct kr_setting kr_core_settings[KR_CORE_SETTINGS_N] = {
	{ "core.idle_staff", 'i', "30", "core.s_idle_staff", 10, 480, NULL },
	{ "core.idle_others", 'i', "480", "core.s_idle_others", 10, 1440, NULL },
	{ "core.session_hours", 'i', "12", "core.s_session_hours", 1, 24, NULL },
};

static const struct kr_cron cron[] = {
	{ "core.sweep", "every 15m", kr_cron_sweep, 900 },
	{ "core.nightly", "daily 02:40", kr_cron_nightly, 900 },
	{ "core.keep", "daily 03:20", kr_cron_keep, 900 },
};

const struct kr_plugin kr_core_manifest = {
	.size = sizeof(struct kr_plugin),
	.abi_major = KR_ABI_MAJOR,
	.abi_minor = KR_ABI_MINOR,
	.headers = KR_HEADERS_HASH,
	.name = "core",
	.title = "core.title",
	.intro = "core.intro",
	.version = KR_VERSION,
	.flags = KR_PL_SYSTEM,
	KR_TAB(routes, routes),
	KR_TAB(cron, cron),
	KR_TAB(settings, kr_core_settings),
	.pdata = kr_core_pdata,
	.npdata = KR_CORE_PDATA_N,
	.size_pdata = sizeof(struct kr_pdata),
};
