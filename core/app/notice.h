/* Notices as core needs them: unread counts and what goes out live. */
#ifndef KR_APP_NOTICE_H
#define KR_APP_NOTICE_H

#include "base/ctx.h"
#include <kr/app.h>

struct kr_live_notice {
	kr_id session;
	kr_str json; /* {"id","n","title","href"} in the person's language */
};
/* Every live session of the persons that a batch of notices is for. */
struct kr_live_notice *kr_notices_of_batch(kr_ctx *, int64_t batch, size_t *n_r);

struct kr_notice {
	kr_id id;
	kr_str text, href, module;
	kr_time created;
	bool unread;
};
struct kr_notice *kr_notices_mine(kr_ctx *, size_t *n_r); /* newest 100 */

/* Marks everybody who has unread notices; needed only after ones that somebody else
   than we has written: an older Kreide beside us, during an update. */
void kr_notices_recheck(kr_ctx *);

#endif
