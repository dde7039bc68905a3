/* Core's own regular jobs: retention of what core keeps, and the nightly check of the
   closure tables. */
#include "app/file.h"
#include "app/notice.h"
#include "db/db.h"
#include "pages/handlers.h"
#include "school/school.h"

KR_STMT(x_nonces, "t", "", "DELETE FROM core_nonce WHERE created < ? LIMIT 10000");
KR_STMT(x_outbox, "t", "", "DELETE FROM core_outbox WHERE done_at < ? LIMIT 10000");
KR_STMT(x_sessions, "t", "", "DELETE FROM core_session WHERE expires < ? LIMIT 10000");

kr_err
kr_cron_sweep(kr_ctx *cx)
{
	kr_time day_ago = { cx->now.us - KR_DAY_US };
	kr_time week_ago = { cx->now.us - 7 * KR_DAY_US };

	kr_exec(cx, &x_nonces, kr_t(day_ago));
	kr_exec(cx, &x_outbox, kr_t(week_ago));
	kr_exec(cx, &x_sessions, kr_t(cx->now));
	kr_notices_sweep(cx);
	kr_files_sweep(cx);
	return kr_status(cx);
}

kr_err
kr_cron_nightly(kr_ctx *cx)
{
	return kr_school_nightly(cx);
}
