/* Error pages, asked for by the pipeline. */
#ifndef KR_HTML_ERROR_H
#define KR_HTML_ERROR_H

#include "base/ctx.h"

/* Draws the calm page of a status over whatever the answer held; works without
   database, actor and plugins. Allow, Retry-After and WWW-Authenticate stay as they
   are. */
void kr_error_page(kr_ctx *, int status);
/* Somebody has sent a form whose session is over: what was typed, and the way back in,
   a path of ours. 403. */
void kr_session_over_page(kr_ctx *, kr_str login);

#endif
