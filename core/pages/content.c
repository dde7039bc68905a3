/* User bytes, on the content host only: a signed address stands for "this session may
   see this file"; nginx sends the bytes. */
#include "app/file.h"
#include "app/sign.h"
#include "auth/auth.h"
#include "db/db.h"
#include "http/http.h"
#include "pages/handlers.h"
#include "plugin/registry.h"
#include <kr/kr.h>

KR_STMT(q_file, "i", "isssis",
    "SELECT f.owner_id, f.store_key, f.name, f.type, f.scan, COALESCE(a.module, '')"
    " FROM core_file f LEFT JOIN core_attachment a ON a.file_id = f.id"
    " WHERE f.id = ? LIMIT 1");

struct row {
	int64_t owner;
	kr_str key, name, type, module;
	uint8_t scan;
};
static const struct kr_col row_cols[] = { KR_COL(struct row, owner),
	KR_COL(struct row, key), KR_COL(struct row, name), KR_COL(struct row, type),
	KR_COL(struct row, scan), KR_COL(struct row, module) };

/* The address was signed when rights were checked; what may have changed since is asked
   again: session, module, quarantine. */
static bool
still_allowed(kr_ctx *cx, const struct row *r)
{
	const struct kr_loaded *l = kr_app_plugin(cx->app, r->module);

	if (!cx->actor->person)
		return false;
	if (r->scan != KR_FILE_CLEAN && r->owner != cx->actor->person)
		return false;
	return r->module.n == 0 ? r->owner == cx->actor->person
				: l && kr_actor_has(cx->actor, l->module_bit);
}

kr_err
kr_content_file(kr_ctx *cx)
{
	struct kr_signed s;
	struct row r;

	if (!kr_signed_read(cx, cx->req->path_key, &s) ||
	    kr_session_load_by_id(cx, s.session) != KR_OK ||
	    !kr_one(cx, &q_file, row_cols, &r, kr_i(s.file)) || !still_allowed(cx, &r))
		return kr_fail(cx, KR_ENOTFOUND, "content: not for this session");
	cx->answer->status = 200;
	cx->answer->accel = kr_file_accel(cx, r.key);
	cx->answer->attachment = s.download || kr_shown_as(r.type).n == 0;
	cx->answer->mime = cx->answer->attachment ? KR_S("application/octet-stream")
			   : kr_is(r.type, "text/plain")
			       ? KR_S("text/plain; charset=utf-8")
			       : r.type;
	cx->answer->disposition_name = r.name;
	cx->answer->cache = KR_S("private, no-cache");
	return KR_OK;
}
