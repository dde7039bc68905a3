/* Requests and answers as bytes: FastCGI in, headers and body out. */
#ifndef KR_HTTP_HTTP_H
#define KR_HTTP_HTTP_H

#include "base/ctx.h"
#include "http/shed.h"
#include <kr/http.h>
#include <kr/plugin.h>

/* ── fcgi.c: the whole door to nginx ── */
int kr_fcgi_listen(const char *socket_path, int backlog); /* fd or -1 */
bool kr_fcgi_accept(int fd);              /* false: the worker is to end */
bool kr_fcgi_alone(void);                 /* nobody waits behind this request */
kr_str kr_fcgi_param(const char *name);   /* until finish; empty: not told */
size_t kr_fcgi_read(void *buf, size_t n); /* body, a piece of up to n; 0 = end */
bool kr_fcgi_write(const void *, size_t n);
void kr_fcgi_finish(void);
void kr_fcgi_break_off(void); /* instead of an end: nginx hangs up on the reader, too */
/* For the handler of SIGTERM, which is held back (blocked): kr_fcgi_accept() lets it in
   before it takes a request, and while it waits, and returns false. */
void kr_fcgi_leave(void);

/* ── request ── */
struct kr_typed { /* texts of a form that is not taken, to be shown; see typed.c */
	kr_str texts[20];
	size_t n, bytes;
};
struct kr_req {
	kr_str method_name; /* as sent: GET HEAD POST OPTIONS PROPFIND ... */
	enum kr_method method;
	bool head, content_host, https;
	kr_str path;  /* decoded once, NFC, starts with one '/', no . or .. segments */
	kr_str query; /* raw */
	kr_str host, cookie, content_type, accept_language, user_agent;
	kr_str origin, fetch_site, authorization, if_match, if_none_match, range;
	kr_str remote_net;      /* /24 or /48 of the client, text; for the limiter */
	int64_t content_length; /* -1 unknown */
	int64_t started_us;
	const struct kr_route *route;
	size_t route_no;
	kr_str path_key; /* {key} of the path */
	kr_str csrf_given, nonce_given;
	kr_str target;          /* path and query as sent, for /login?to= */
	bool options;           /* OPTIONS: answered by core */
	bool foreign;           /* a known method that no route can have: 405 */
	bool body_taken;        /* somebody has begun to read the body */
	struct kr_typed *typed; /* NULL: nobody has asked */
	enum kr_lane lane;      /* KR_LANES: was not asked for */
	bool shed;              /* refused because too much else is to be done */
	bool slash; /* the path came with a slash at its end: 308 to the one without */
	/* Status of a refusal that kr_err is too coarse for: 400, 413, 414, 415, 421,
	   431, 501, 507. 0: the status of the error. */
	int refuse;
};
/* Reads and checks the request line and headers. KR_EINPUT for bad ones. */
kr_err kr_req_read(kr_ctx *, struct kr_req *);
kr_str kr_cookie(const struct kr_req *, const char *name);
/* kr_fail() with the status that a browser is to see. */
kr_err kr_refuse(kr_ctx *, int status, kr_err, const char *why);
/* "http://kreide.localhost:8080": what our own pages have as Origin; and the content
   host's, empty when there is none. Both follow the request's host in demo mode. */
kr_str kr_own_origin(kr_ctx *);
kr_str kr_content_origin(kr_ctx *);
/* Network of a client address: /24 or /48; empty when it is none. */
kr_str kr_net_of(struct kr_arena *, kr_str address);

/* ── answer: one per request, headers by core only ── */
struct kr_answer {
	int status;
	kr_str mime; /* "text/html; charset=utf-8" */
	struct kr_buf body;
	kr_str location;         /* redirect target: local path */
	kr_str accel;            /* X-Accel-Redirect */
	kr_str disposition_name; /* attachment file name; empty: inline */
	bool attachment;
	kr_str set_cookie[3];
	int nset_cookie;
	int retry_after_s;
	kr_str allow; /* for 405 and OPTIONS */
	kr_str www_authenticate;
	kr_str cache;  /* empty: no-store */
	bool streamed; /* the body was already written by the handler's core helper */
	uint64_t body_bytes; /* of a streamed body, for the log */
};
void kr_answer_init(struct kr_answer *, struct kr_arena *);
/* Status line, security headers (CSP, HSTS, nosniff, Referrer-Policy, COOP, CORP,
   Permissions-Policy), cookies, body; HEAD without body. */
void kr_answer_send(kr_ctx *);
/* Begins a body of unknown length (ZIP): headers go out, then kr_answer_write(). */
bool kr_answer_stream(kr_ctx *, kr_str mime, kr_str file_name);
bool kr_answer_write(kr_ctx *, const void *, size_t n);
/* A path of our own origin that may stand in Location: begins with one '/', no '\\',
   no control bytes, at most 2,000 bytes. */
bool kr_local_path(kr_str);
kr_err kr_redirect_to(kr_ctx *, kr_str local_path); /* 303; other paths become "/" */
/* The key that kr_flash() left for this page, once, and the path of its undo button
   (empty: none); empty: no notice. The cookie is taken away with this answer. */
kr_str kr_flash_take(kr_ctx *, kr_str *undo_r);
const char *kr_status_phrase(int status);

/* ── routes: sorted table, built once before fork; no regular expressions ── */
struct kr_router;
const char *kr_method_name(enum kr_method); /* "GET" */
struct kr_router *kr_router_new(void);
/* False when the pattern is malformed or taken; segments: literal, {id}, {id2}, {key}.
 */
bool kr_router_add(struct kr_router *, const struct kr_route *, size_t no);
enum kr_routed { KR_ROUTED, KR_NO_PATH, KR_NO_METHOD };
struct kr_match {
	size_t no;
	const struct kr_route *route;
	kr_id id, id2;
	kr_str key;   /* {key}: a secret in a path (feeds, signed files) */
	kr_str allow; /* methods of the path, for 405 and OPTIONS */
};
enum kr_routed kr_router_find(const struct kr_router *, struct kr_arena *,
    enum kr_method, kr_str path, struct kr_match *match_r);

/* GET /healthz: "ok"; "db down" (503); or "degraded: jobs scan signatures", those words
   of it that are true (200: the school works on, but notices or uploads wait). */
kr_err kr_healthz(kr_ctx *);
/* Is there anything that the scanner could load? */
bool kr_signatures_there(const char *home);

/* ── the twelve stages of one request (pipeline.c) ── */
void kr_serve_one(
    struct kr_app *, struct kr_arena *, struct kr_conn *ro, struct kr_conn *rw);

#endif
