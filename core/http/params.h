/* application/x-www-form-urlencoded, as in queries and plain forms. */
#ifndef KR_HTTP_PARAMS_H
#define KR_HTTP_PARAMS_H

#include "base/base.h"

enum kr_param { KR_PARAM_NONE, KR_PARAM_ONE, KR_PARAM_BAD };

/* Takes the next name=value off *rest, decoded once. BAD: percent signs that are no
   escapes, bytes that are no UTF-8, NUL. Empty pieces ("&&") are skipped. */
enum kr_param kr_param_next(
    struct kr_arena *, kr_str *rest, kr_str *name_r, kr_str *value_r);
/* The text of a field: NFC, and each line end one LF. */
kr_str kr_param_text(struct kr_arena *, kr_str);

#endif
