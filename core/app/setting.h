/* Settings as the administration page, the commands and the loader see them. */
#ifndef KR_APP_SETTING_H
#define KR_APP_SETTING_H

#include "base/ctx.h"
#include <kr/plugin.h>

void *kr_settings_new(void); /* the cache, for app->settings */
/* Reads them before fork, so that no worker has to when it is asked for the first page.
 */
void kr_settings_warm(kr_ctx *);
/* The row of that key in the manifest of a loaded plugin; NULL: there is none. */
const struct kr_setting *kr_setting_declared(const struct kr_app *, kr_str key);
/* What is wrong with a value: the key of a sentence, {1} in *arg_r; NULL: nothing. */
const char *kr_setting_check(
    kr_ctx *, const struct kr_setting *, kr_str value, kr_str *arg_r);
/* How a value is shown to people: "ja", the text of a choice. */
kr_str kr_setting_text(kr_ctx *, const struct kr_setting *, kr_str value);
/* Stores a value that was checked, with its audit row, unless it is set already. */
void kr_setting_put(kr_ctx *, const struct kr_setting *, kr_str value);

/* The fields of a KR_R_SETTINGS route: `module`, then every setting of every plugin.
   Kept as long as the process. */
const struct kr_field *kr_setting_fields(const struct kr_app *, size_t *n_r);

#endif
