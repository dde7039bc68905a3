/* The bell: the page of notices, its counter, and the door to the live channel. */
#include "app/live.h"
#include "app/notice.h"
#include "auth/auth.h"
#include "core_templates.h"
#include "http/http.h"
#include "pages/handlers.h"
#include "pages/pages.h"
#include "plugin/registry.h"

KR_STMT(x_read, "tii", "",
    "UPDATE core_notice SET read_at = ? WHERE person_id = ? AND read_at IS NULL"
    " AND id <= ?");

kr_err
kr_notices_page(kr_ctx *cx)
{
	struct core_notices view = { .unread = 0 };
	struct kr_notice *list = kr_notices_mine(cx, &view.rows.n);

	view.rows.p = kr_alloc(cx, view.rows.n + 1, sizeof *view.rows.p);
	for (size_t i = 0; i < view.rows.n; i++) {
		view.rows.p[i] = (struct core_notice){ list[i].text, list[i].href,
			list[i].created, list[i].unread };
		view.unread += list[i].unread;
	}
	if (view.rows.n && cx->actor->unread)
		kr_after(cx, &x_read, kr_t(cx->now), kr_i(kr_me(cx)), kr_i(list[0].id));
	return core_notices(cx, &view);
}

kr_err
kr_notices_count(kr_ctx *cx)
{
	kr_json *j = kr_json_new(cx);

	kr_json_open(j, NULL, '{');
	kr_json_put(j, "n", kr_i(cx->actor->unread));
	kr_json_close(j);
	return kr_json_send(j);
}

/* nginx's nchan takes over: no worker is held by a waiting browser. 204 is what an
   EventSource takes for an end; a page to sign in would be a fault of ours to it. */
kr_err
kr_live_subscribe(kr_ctx *cx)
{
	kr_str channel = kr_live_channel(cx->app, cx->arena, cx->actor->session);

	if (kr_me(cx) == 0) {
		cx->answer->status = 204;
		return KR_OK;
	}
	cx->answer->status = 200;
	cx->answer->accel = kr_fmt(cx, "/_sub/%.*s", KR_FMT(channel));
	return KR_OK;
}
