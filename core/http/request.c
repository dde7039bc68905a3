/* The request line and the headers: read from FastCGI, checked before anything else.
   nginx passes REQUEST_METHOD, REQUEST_URI (as sent), HTTP_*, CONTENT_TYPE,
   CONTENT_LENGTH, REMOTE_ADDR, and KR_CONTENT=1 from the content host's server. */
#include "http/host.h"
#include "http/http.h"

#include "plugin/registry.h"

#include <string.h>

#define PATH_MAX_BYTES 1024u
#define QUERY_MAX_BYTES 4096u

static const struct method {
	const char *name;
	enum kr_method method;
	bool head, options, foreign;
} methods[] = {
	{ "GET", KR_GET, false, false, false },
	{ "POST", KR_POST, false, false, false },
	{ "HEAD", KR_GET, true, false, false },
	{ "PUT", KR_PUT, false, false, false },
	{ "DELETE", KR_DELETE, false, false, false },
	{ "PROPFIND", KR_PROPFIND, false, false, false },
	{ "REPORT", KR_REPORT, false, false, false },
	{ "OPTIONS", KR_GET, false, true, false },
	{ "PATCH", KR_GET, false, false, true },
	{ "TRACE", KR_GET, false, false, true },
	{ "CONNECT", KR_GET, false, false, true },
	{ "COPY", KR_GET, false, false, true },
	{ "MOVE", KR_GET, false, false, true },
	{ "LOCK", KR_GET, false, false, true },
	{ "UNLOCK", KR_GET, false, false, true },
	{ "MKCOL", KR_GET, false, false, true },
	{ "MKCALENDAR", KR_GET, false, false, true },
	{ "PROPPATCH", KR_GET, false, false, true },
	{ "SEARCH", KR_GET, false, false, true },
	{ "ACL", KR_GET, false, false, true },
};

kr_err
kr_refuse(kr_ctx *cx, int status, kr_err err, const char *why)
{
	if (cx->err == KR_OK && cx->req != NULL)
		cx->req->refuse = status;
	return kr_fail(cx, err, "%s", why);
}

/* A copy: statements that run after the answer may hold on to it, and then the request
   is gone. */
static kr_str
param(kr_ctx *cx, const char *name)
{
	kr_str value = kr_fcgi_param(name);

	return value.n == 0 ? KR_S("") : kr_dup(cx->arena, value);
}

static kr_err
read_method(kr_ctx *cx, struct kr_req *q)
{
	q->method_name = param(cx, "REQUEST_METHOD");
	for (size_t i = 0; i < KR_LEN(methods); i++) {
		if (!kr_is(q->method_name, methods[i].name))
			continue;
		q->method = methods[i].method;
		q->head = methods[i].head;
		q->options = methods[i].options;
		q->foreign = methods[i].foreign;
		return KR_OK;
	}
	return kr_refuse(cx, 501, KR_EINPUT, "unknown method");
}

/* Segments as they count after decoding: an empty one, "." or ".." names nothing that
   we have, and neither does a slash that was hidden as %2F. One slash at the end is a
   slip of the hand. */
static bool
segments_ok(kr_str *path, kr_str raw, bool *slash_r)
{
	kr_str rest, part;

	for (size_t i = 0; i + 2 < raw.n; i++) {
		if (raw.p[i] == '%' && raw.p[i + 1] == '2' &&
		    (raw.p[i + 2] == 'f' || raw.p[i + 2] == 'F'))
			return false;
	}
	*slash_r = path->n > 1 && path->p[path->n - 1] == '/';
	if (*slash_r)
		path->n--;
	if (path->n == 1)
		return !*slash_r; /* "//" is not "/" */
	rest = kr_sub(*path, 1, path->n);
	while (kr_split(&rest, '/', &part)) {
		if (part.n == 0 || kr_is(part, ".") || kr_is(part, ".."))
			return false;
	}
	return true;
}

static kr_err
read_target(kr_ctx *cx, struct kr_req *q)
{
	kr_str raw, path, rest = param(cx, "REQUEST_URI");

	q->target = rest;
	if (!kr_split(&rest, '?', &raw) || raw.n == 0)
		return kr_refuse(cx, 400, KR_EINPUT, "no path");
	q->query = rest;
	if (raw.n > PATH_MAX_BYTES || q->query.n > QUERY_MAX_BYTES)
		return kr_refuse(cx, 414, KR_EINPUT, "address too long");
	if (q->options && kr_is(raw, "*")) {
		q->path = KR_S("/");
		return KR_OK;
	}
	/* nginx strips scheme and host of an absolute form; what is left of one here
	   came around nginx. */
	if (raw.p[0] != '/' || memchr(raw.p, '#', raw.n) != NULL)
		return kr_refuse(cx, 400, KR_EINPUT, "path is not absolute");
	if (!kr_percent_decode(cx->arena, raw, false, &path) || !kr_utf8_ok(path) ||
	    kr_has_control(path) || kr_has_control(q->query))
		return kr_refuse(cx, 400, KR_EINPUT, "path is not text");
	path = kr_nfc(cx->arena, path);
	if (!segments_ok(&path, raw, &q->slash))
		return kr_refuse(cx, 404, KR_ENOTFOUND, "path with odd segments");
	q->path = path;
	return KR_OK;
}

enum { CUT = 1 }; /* too long: cut, for what only serves statistics and display */
static const struct header {
	const char *param;
	size_t offset, cap;
	int flags;
} headers[] = {
	{ "HTTP_HOST", offsetof(struct kr_req, host), 260, 0 },
	{ "HTTP_COOKIE", offsetof(struct kr_req, cookie), 8192, 0 },
	{ "CONTENT_TYPE", offsetof(struct kr_req, content_type), 512, 0 },
	{ "HTTP_ACCEPT_LANGUAGE", offsetof(struct kr_req, accept_language), 256, CUT },
	{ "HTTP_USER_AGENT", offsetof(struct kr_req, user_agent), 256, CUT },
	{ "HTTP_ORIGIN", offsetof(struct kr_req, origin), 512, 0 },
	{ "HTTP_SEC_FETCH_SITE", offsetof(struct kr_req, fetch_site), 64, 0 },
	{ "HTTP_AUTHORIZATION", offsetof(struct kr_req, authorization), 4096, 0 },
	{ "HTTP_X_CSRF_TOKEN", offsetof(struct kr_req, csrf_given), 512, 0 },
	{ "HTTP_IF_MATCH", offsetof(struct kr_req, if_match), 512, 0 },
	{ "HTTP_IF_NONE_MATCH", offsetof(struct kr_req, if_none_match), 512, 0 },
	{ "HTTP_RANGE", offsetof(struct kr_req, range), 512, 0 },
};

/* Cut at the start of a character, so that UTF-8 stays UTF-8. */
static kr_str
cut(kr_str s, size_t cap)
{
	size_t n = cap;

	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return kr_sub(s, 0, n);
}

static kr_err
read_headers(kr_ctx *cx, struct kr_req *q)
{
	for (size_t i = 0; i < KR_LEN(headers); i++) {
		const struct header *h = &headers[i];
		kr_str *to = (kr_str *)(void *)((char *)q + h->offset);
		kr_str value = param(cx, h->param);

		if (value.n > h->cap && (h->flags & CUT) != 0)
			value = cut(value, h->cap);
		if (value.n > h->cap)
			return kr_refuse(cx, 431, KR_EINPUT, h->param);
		/* Latin-1 in old clients' headers: dropped if it is only for show. */
		if (!kr_utf8_ok(value) && (h->flags & CUT) != 0)
			value = KR_S("");
		if (!kr_utf8_ok(value) || kr_has_control(value))
			return kr_refuse(cx, 400, KR_EINPUT, h->param);
		*to = value;
	}
	return KR_OK;
}

static kr_err
read_length(kr_ctx *cx, struct kr_req *q)
{
	kr_str n = kr_fcgi_param("CONTENT_LENGTH");

	q->content_length = -1;
	if (n.n > 0 && (!kr_to_i(n, &q->content_length) || q->content_length < 0))
		return kr_refuse(cx, 400, KR_EINPUT, "length is no number");
	return KR_OK;
}

static kr_err
read_host(kr_ctx *cx, struct kr_req *q)
{
	kr_str header = q->host;
	bool content = false;

	q->host = KR_S("");
	if (header.n == 0)
		return kr_refuse(cx, 400, KR_EINPUT, "no host");
	if (!kr_host_ours(&cx->app->conf, cx->arena, header, &q->host, &content)) {
		q->host = KR_S("");
		return kr_refuse(cx, 421, KR_EINPUT, "not our host");
	}
	q->content_host = content;
	if (kr_is(kr_fcgi_param("KR_CONTENT"), "1") && !content)
		return kr_refuse(cx, 421, KR_EINPUT, "not the content host");
	return KR_OK;
}

kr_err
kr_req_read(kr_ctx *cx, struct kr_req *q)
{
	memset(q, 0, sizeof *q);
	q->content_length = -1;
	q->lane = KR_LANES; /* until it is admitted */
	q->started_us = kr_mono_us();
	q->https = kr_is(kr_z(cx->app->conf.scheme), "https");
	cx->req = q;
	q->remote_net = kr_net_of(cx->arena, kr_fcgi_param("REMOTE_ADDR"));
	if (read_headers(cx, q) != KR_OK || read_host(cx, q) != KR_OK ||
	    read_method(cx, q) != KR_OK || read_target(cx, q) != KR_OK)
		return kr_status(cx);
	return read_length(cx, q);
}

/* The first of that name: a second one was set by somebody else, for a wider path. */
kr_str
kr_cookie(const struct kr_req *q, const char *name)
{
	kr_str rest = q->cookie, piece, key;

	while (kr_split(&rest, ';', &piece)) {
		piece = kr_trim(piece);
		if (kr_split(&piece, '=', &key) && kr_is(key, name) && piece.p != NULL)
			return piece;
	}
	return KR_S("");
}
