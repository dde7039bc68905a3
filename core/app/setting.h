/* Settings as the administration page and the loader see them. */
#ifndef KR_APP_SETTING_H
#define KR_APP_SETTING_H

#include "base/ctx.h"
#include <kr/plugin.h>

void *kr_settings_new(void); /* the cache, for app->settings */
const struct kr_setting *kr_setting_declared(const struct kr_app *, kr_str key);
void kr_setting_put(kr_ctx *, const struct kr_setting *, kr_str value);

#endif
