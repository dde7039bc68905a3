/* The answer as bytes. Every header of every answer is written here, nowhere else. */
#include "http/http.h"

#include "plugin/registry.h"

#include <string.h>

void
kr_answer_init(struct kr_answer *a, struct kr_arena *arena)
{
	memset(a, 0, sizeof *a);
	kr_buf_init(&a->body, arena, 0); /* most answers bring their own */
}

const char *
kr_status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = { { 200, "OK" }, { 201, "Created" }, { 204, "No Content" },
		{ 206, "Partial Content" }, { 207, "Multi-Status" }, { 302, "Found" },
		{ 303, "See Other" }, { 304, "Not Modified" },
		{ 308, "Permanent Redirect" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 409, "Conflict" }, { 410, "Gone" },
		{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" }, { 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" } };

	for (size_t i = 0; i < KR_LEN(phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Unknown";
}

/* A control byte in a value would begin another header: such a header is left out and
   the log says so. */
static void
header(struct kr_buf *b, const char *name, kr_str value)
{
	if (value.n == 0)
		return;
	if (kr_has_control(value)) {
		kr_log_kv(
		    KR_ERROR, "answer.header_refused", { "name", kr_s(kr_z(name)) });
		return;
	}
	kr_buf_str(b, kr_z(name));
	kr_buf_str(b, KR_S(": "));
	kr_buf_str(b, value);
	kr_buf_str(b, KR_S("\r\n"));
}

/* One policy for all pages; user bytes get none of our origin's powers. */
static kr_str
content_policy(kr_ctx *cx)
{
	kr_str own = kr_own_origin(cx), content = kr_content_origin(cx);

	if (cx->req != NULL && cx->req->content_host)
		return kr_fmt(cx, "sandbox; default-src 'none'; frame-ancestors %.*s",
		    KR_FMT(own));
	if (!kr_starts(cx->answer->mime, KR_S("text/html")))
		return KR_S("default-src 'none'; frame-ancestors 'none'");
	return kr_fmt(cx,
	    "default-src 'none'; script-src %.*s/_s/; style-src 'self'; "
	    "font-src 'self'; connect-src 'self'; manifest-src 'self'; "
	    "worker-src 'self'; img-src 'self' data:%s%.*s; media-src %.*s; "
	    "frame-src %.*s; form-action 'self'; base-uri 'self'; "
	    "frame-ancestors 'none'",
	    KR_FMT(own), content.n > 0 ? " " : "", KR_FMT(content),
	    KR_FMT(content.n > 0 ? content : KR_S("'none'")),
	    KR_FMT(content.n > 0 ? content : KR_S("'none'")));
}

/* no-referrer would make browsers send "Origin: null" with our own forms. */
static void
security_headers(kr_ctx *cx, struct kr_buf *b)
{
	bool content = cx->req != NULL && cx->req->content_host;

	header(b, "Content-Security-Policy", content_policy(cx));
	header(b, "X-Content-Type-Options", KR_S("nosniff"));
	header(
	    b, "Referrer-Policy", content ? KR_S("no-referrer") : KR_S("same-origin"));
	header(b, "Cross-Origin-Opener-Policy", KR_S("same-origin"));
	header(b, "Cross-Origin-Resource-Policy",
	    content ? KR_S("cross-origin") : KR_S("same-origin"));
	header(b, "Permissions-Policy",
	    KR_S("camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
		 "serial=(), hid=(), midi=(), display-capture=(), "
		 "browsing-topics=()"));
	if (kr_is(kr_z(cx->app->conf.scheme), "https"))
		header(b, "Strict-Transport-Security",
		    KR_S("max-age=31536000; includeSubDomains"));
}

/* RFC 6266: a name in ASCII for old clients, the true one in UTF-8. */
static kr_str
disposition(kr_ctx *cx)
{
	const struct kr_answer *a = cx->answer;
	kr_str name = a->disposition_name;
	const char *kind = a->attachment ? "attachment" : "inline";
	struct kr_buf ascii;

	if (name.n == 0)
		return a->attachment ? KR_S("attachment") : KR_S("");
	kr_buf_init(&ascii, cx->arena, name.n + 1);
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 0x80 && (c & 0xc0) == 0x80)
			continue; /* one '_' for a whole character */
		if (c < 0x20 || c >= 0x7f || strchr("\"\\/%;", c) != NULL)
			c = '_';
		kr_buf_c(&ascii, (char)c);
	}
	return kr_fmt(cx, "%s; filename=\"%.*s\"; filename*=UTF-8''%.*s", kind,
	    KR_FMT(kr_buf_view(&ascii)), KR_FMT(kr_percent_encode(cx->arena, name)));
}

static bool
has_body(const kr_ctx *cx)
{
	int status = cx->answer->status;

	return status != 204 && status != 304 && cx->answer->accel.n == 0;
}

static kr_str
head_of(kr_ctx *cx, bool length)
{
	const struct kr_answer *a = cx->answer;
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 2048);
	kr_buf_fmt(&b, "Status: %d %s\r\n", a->status, kr_status_phrase(a->status));
	if (a->status != 204 && a->status != 304)
		header(&b, "Content-Type",
		    a->mime.n > 0 ? a->mime : KR_S("text/plain; charset=utf-8"));
	header(&b, "Location", a->location);
	header(&b, "X-Accel-Redirect", a->accel);
	header(&b, "Content-Disposition", disposition(cx));
	header(&b, "Cache-Control", a->cache.n > 0 ? a->cache : KR_S("no-store"));
	header(&b, "Vary", KR_S("Cookie, Accept-Language"));
	header(&b, "Allow", a->allow);
	header(&b, "WWW-Authenticate", a->www_authenticate);
	if (a->retry_after_s > 0)
		kr_buf_fmt(&b, "Retry-After: %d\r\n", a->retry_after_s);
	for (int i = 0; i < a->nset_cookie; i++)
		header(&b, "Set-Cookie", a->set_cookie[i]);
	security_headers(cx, &b);
	header(&b, "X-Request-Id", kr_z(cx->request_id));
	if (length)
		kr_buf_fmt(&b, "Content-Length: %zu\r\n", a->body.n);
	kr_buf_str(&b, KR_S("\r\n"));
	return kr_buf_view(&b);
}

void
kr_answer_send(kr_ctx *cx)
{
	struct kr_answer *a = cx->answer;

	if (a->streamed)
		return;

	bool body = has_body(cx);
	kr_str head = head_of(cx, body);

	if (!kr_fcgi_write(head.p, head.n))
		return;
	if (body && (cx->req == NULL || !cx->req->head))
		kr_fcgi_write(a->body.p, a->body.n);
}

/* What is streamed cannot be taken back: nothing may fail after the first byte but the
   connection. */
bool
kr_answer_stream(kr_ctx *cx, kr_str mime, kr_str file_name)
{
	struct kr_answer *a = cx->answer;

	if (cx->err != KR_OK || a->streamed)
		return false;
	a->status = 200;
	a->mime = mime;
	a->disposition_name = file_name;
	a->attachment = true;
	a->streamed = true;

	kr_str head = head_of(cx, false);

	return kr_fcgi_write(head.p, head.n) && !cx->req->head;
}

bool
kr_answer_write(kr_ctx *cx, const void *p, size_t n)
{
	KR_CHECK(cx->answer->streamed);
	cx->answer->body_bytes += n;
	return kr_fcgi_write(p, n);
}

kr_err
kr_send_text(kr_ctx *cx, const char *mime, kr_str body)
{
	struct kr_answer *a = cx->answer;

	if (cx->err != KR_OK)
		return cx->err;
	a->status = 200;
	a->mime = strchr(mime, ';') != NULL ? kr_dup(cx->arena, kr_z(mime))
					    : kr_fmt(cx, "%s; charset=utf-8", mime);
	a->body.n = 0;
	kr_buf_str(&a->body, body);
	return KR_OK;
}
