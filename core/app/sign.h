/* Signed addresses on the content host: file, session and expiry under an HMAC. */
#ifndef KR_APP_SIGN_H
#define KR_APP_SIGN_H

#include "base/ctx.h"

/* An absolute address that is good for 10 minutes and as long as the session lives.
   Reusable, because players fetch ranges. */
kr_str kr_signed_url(kr_ctx *, kr_id file, bool download);

struct kr_signed {
	kr_id file, session;
	bool download;
};
/* False when forged or expired. */
bool kr_signed_read(kr_ctx *, kr_str key, struct kr_signed *signed_r);

/* How a browser shows a type without running anything: "image", "pdf", "text", "video",
   "audio"; empty: only as a download. */
kr_str kr_shown_as(kr_str type);

#endif
