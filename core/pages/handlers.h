/* Handlers and tiles of core's own pages, named in plugin.c. */
#ifndef KR_PAGES_HANDLERS_H
#define KR_PAGES_HANDLERS_H

#include <kr/kr.h>

/* pdata.c: what core keeps about people */
enum { KR_CORE_PDATA_N = 114 };
extern const struct kr_pdata kr_core_pdata[KR_CORE_PDATA_N];

/* plugin.c: what the school may set */
enum { KR_CORE_SETTINGS_N = 3 };
extern const struct kr_setting kr_core_settings[KR_CORE_SETTINGS_N];

/* sign_in.c */
kr_handler kr_session_left;
kr_handler kr_login_page, kr_login, kr_logout, kr_signed_out_page;
kr_handler kr_activate_page, kr_activate, kr_activate_again;
/* profile.c */
kr_handler kr_profile_page, kr_profile_language, kr_profile_theme;
kr_handler kr_profile_session_end, kr_profile_sessions_end;
kr_handler kr_password_page, kr_password_change;
kr_handler kr_profile_token_new, kr_profile_token_drop, kr_profile_feed_revoke;
kr_handler kr_profile_data_ask, kr_profile_data, kr_api_me;
/* start.c */
kr_handler kr_start;
/* tiles.c */
kr_handler kr_tiles_page, kr_tiles_move;
/* notices.c */
kr_handler kr_notices_page, kr_notices_count, kr_live_subscribe;
/* content.c */
kr_handler kr_content_file;
/* cron.c: core's own regular jobs */
kr_handler kr_cron_sweep, kr_cron_keep, kr_cron_nightly;

#endif
