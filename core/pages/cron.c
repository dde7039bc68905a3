/* Core's own regular jobs: files nobody holds, retention as declared, and the nightly
   check of what is kept twice. */
#include "app/file.h"
#include "app/forget.h"
#include "app/notice.h"
#include "app/outbox.h"
#include "pages/handlers.h"
#include "school/school.h"

kr_err
kr_cron_sweep(kr_ctx *cx)
{
	kr_outbox_sweep(cx);
	kr_files_sweep(cx);
	return kr_status(cx);
}

kr_err
kr_cron_keep(kr_ctx *cx)
{
	return kr_keep_run(cx);
}

kr_err
kr_cron_nightly(kr_ctx *cx)
{
	kr_notices_recheck(cx);
	return kr_school_nightly(cx);
}
