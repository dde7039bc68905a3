/* From a failed unit of work to a status and a calm answer. */
#include "http/errors.h"

#include "app/file.h"
#include "db/db.h"
#include "html/error.h"
#include "http/http.h"
#include "http/identity.h"
#include "http/input.h"

/* Error numbers of the server that mean "no space" and "took too long". */
enum { DB_DISK_FULL = 1021, DB_TABLE_FULL = 1114, DB_TOO_SLOW = 1969 };

static int
limit_status(const kr_ctx *cx)
{
	unsigned number = cx->db == NULL ? 0 : kr_conn_errno(cx->db);

	if (kr_upload_disk_full(cx) || number == DB_DISK_FULL ||
	    number == DB_TABLE_FULL)
		return 507;
	return number == DB_TOO_SLOW ? 503 : 429;
}

static int
status_of(const kr_ctx *cx, bool machine)
{
	if (cx->req->refuse != 0)
		return cx->req->refuse;
	switch (cx->err) {
	case KR_OK:
		break;
	case KR_ENOTFOUND:
		return 404;
	case KR_EDENIED:
		return 403;
	case KR_EINPUT:
		return machine ? 400 : 422;
	case KR_ECONFLICT:
		return machine && cx->req->if_match.n > 0 ? 412 : 409;
	case KR_ELIMIT:
		return limit_status(cx);
	case KR_EUPSTREAM:
		return 503;
	case KR_EFAIL:
		break;
	}
	return 500;
}

static void
log_failure(kr_ctx *cx, int status)
{
	const struct kr_kv kv[] = { { "status", kr_i(status) },
		{ "route",
		    kr_s(kr_z(cx->req->route == NULL ? "-" : cx->req->route->path)) },
		{ "why", kr_s(cx->err_text) } };

	if (status >= 500 && status != 501 && !cx->req->shed)
		kr_log(cx, status == 503 ? KR_WARN : KR_ERROR, "request.failed",
		    KR_LEN(kv), kv);
	else
		kr_log(cx, KR_DEBUG, "request.refused", KR_LEN(kv), kv);
}

/* RFC 9457, for machines. */
static void
problem(kr_ctx *cx, int status)
{
	kr_json *j = kr_json_new(cx);

	kr_json_open(j, NULL, '{');
	kr_json_put(j, "type", kr_s(KR_S("about:blank")));
	kr_json_put(j, "title", kr_s(kr_z(kr_status_phrase(status))));
	kr_json_put(j, "status", kr_i(status));
	kr_json_put(j, "request", kr_s(kr_z(cx->request_id)));
	kr_json_close(j);
	kr_json_send(j);
	cx->answer->mime = KR_S("application/problem+json");
}

/* Headers of the refused answer that go with the status. */
static void
carry_over(const struct kr_answer *from, struct kr_answer *to)
{
	if (to->status == 405)
		to->allow = from->allow;
	if (to->status == 401)
		to->www_authenticate = from->www_authenticate;
	to->retry_after_s = from->retry_after_s;
	if (to->retry_after_s == 0 && to->status == 503)
		to->retry_after_s = 5;
	if (to->retry_after_s == 0 && to->status == 429)
		to->retry_after_s = 30;
}

bool
kr_answers_machine(const kr_ctx *cx)
{
	const struct kr_route *r = cx->req->route;

	return cx->req->content_host || (r != NULL && (r->flags & KR_R_PROTO) != 0);
}

void
kr_answer_error(kr_ctx *cx)
{
	bool machine = kr_answers_machine(cx);
	int status = status_of(cx, machine);
	struct kr_answer before = *cx->answer;

	log_failure(cx, status);
	if (before.streamed) {
		kr_fcgi_break_off(); /* half of it is with the reader */
		return;
	}
	kr_ctx_clear(cx);
	cx->db = cx->ro;
	kr_typed_keep(cx);
	kr_answer_init(cx->answer, cx->arena);
	if (status == 404 && !machine)
		kr_identify_for_page(cx);
	if (machine)
		problem(cx, status);
	else
		kr_error_page(cx, status);
	if (kr_status(cx) != KR_OK) {
		/* Not even the page of it can be drawn. */
		kr_ctx_clear(cx);
		kr_answer_init(cx->answer, cx->arena);
		kr_send_text(cx, "text/plain",
		    kr_fmt(cx, "%d %s\n", status, kr_status_phrase(status)));
	}
	cx->answer->status = status;
	carry_over(&before, cx->answer);
}
