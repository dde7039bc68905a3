/* Live events to browsers: one nchan channel per session, so that signing out closes
   exactly that stream. Publishing may fail silently: browsers ask again on reconnect.
 */
#include "app/live.h"
#include "app/notice.h"
#include "app/outbox.h"
#include "auth/auth.h"
#include "plugin/registry.h"
#include <curl/curl.h>
#include <kr/kr.h>
#include <stdlib.h>
#include <string.h>

KR_STMT(q_sessions_all, "t", "i", "SELECT id FROM core_session WHERE expires > ?");
KR_STMT(q_sessions_of, "it", "i",
    "SELECT id FROM core_session WHERE person_id = ? AND expires > ?");

struct session {
	int64_t id;
};
static const struct kr_col session_cols[] = { KR_COL(struct session, id) };

struct kr_live {
	const struct kr_app *app;
	CURL *curl;
	char url[128];
};

void
kr_live_close_session(kr_ctx *cx, kr_id session)
{
	kr_outbox_add(
	    cx, "core", "live.close", kr_args_write(cx, KR_ARGS(kr_i(session))));
}

void
kr_live_close_person(kr_ctx *cx, kr_id person)
{
	struct session s;
	kr_rows *rows = kr_query(cx, &q_sessions_of, kr_i(person), kr_t(cx->now));

	while (kr_next(rows, session_cols, &s))
		kr_live_close_session(cx, s.id);
}

void
kr_live_policy_changed(kr_ctx *cx)
{
	kr_outbox_add(cx, "core", "live.policy", KR_S("[]"));
}

kr_str
kr_live_channel(const struct kr_app *app, struct kr_arena *arena, kr_id session)
{
	uint8_t mac[32];
	char text[48];
	int n = snprintf(text, sizeof text, "live:%lld", (long long)session);

	kr_hmac_sha256((kr_str){ (const char *)app->url_key, sizeof app->url_key },
	    (kr_str){ text, (size_t)n }, mac);
	return kr_hex(arena, (kr_str){ (const char *)mac, 16 });
}

/* ── publishing ── */

static size_t
swallow(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

struct kr_live *
kr_live_new(const struct kr_app *app)
{
	struct kr_live *live = calloc(1, sizeof *live);
	char path[512];

	KR_CHECK(live != NULL);
	live->app = app;
	live->curl = curl_easy_init();
	KR_CHECK(live->curl != NULL);
	snprintf(path, sizeof path, "%s/run/push-pub.sock", app->conf.home);
	curl_easy_setopt(live->curl, CURLOPT_UNIX_SOCKET_PATH, path);
	curl_easy_setopt(live->curl, CURLOPT_TIMEOUT_MS, 2000L);
	curl_easy_setopt(live->curl, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(live->curl, CURLOPT_NOSIGNAL, 1L);
	return live;
}

static void
publish(kr_ctx *cx, struct kr_live *live, kr_id session, const char *event, kr_str data)
{
	kr_str channel = kr_live_channel(live->app, cx->arena, session);
	struct curl_slist *headers = NULL;
	CURLcode rc;

	snprintf(live->url, sizeof live->url, "http://push/pub/%.*s", KR_FMT(channel));
	curl_easy_setopt(live->curl, CURLOPT_URL, live->url);
	if (event) {
		kr_str h = kr_fmt(cx, "X-EventSource-Event: %s", event);

		headers = curl_slist_append(NULL, kr_cstr(cx, h));
		headers = curl_slist_append(headers, "Content-Type: application/json");
		curl_easy_setopt(live->curl, CURLOPT_CUSTOMREQUEST, NULL);
		curl_easy_setopt(live->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(live->curl, CURLOPT_POSTFIELDS, data.p);
		curl_easy_setopt(live->curl, CURLOPT_POSTFIELDSIZE, (long)data.n);
	} else {
		curl_easy_setopt(live->curl, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(live->curl, CURLOPT_CUSTOMREQUEST, "DELETE");
	}
	curl_easy_setopt(live->curl, CURLOPT_HTTPHEADER, headers);
	rc = curl_easy_perform(live->curl);
	if (rc != CURLE_OK)
		kr_log(cx, KR_WARN, "live.publish_failed", 1,
		    (struct kr_kv[]){ { "curl", kr_i(rc) } });
	curl_slist_free_all(headers);
}

static void
close_session(kr_ctx *cx, struct kr_live *live, kr_id session)
{
	publish(cx, live, session, "signed-out", KR_S("{}"));
	publish(cx, live, session, NULL, KR_S(""));
}

static void
policy_changed(kr_ctx *cx, struct kr_live *live)
{
	struct session s;
	kr_rows *rows = kr_query(cx, &q_sessions_all, kr_t(cx->now));

	while (kr_next(rows, session_cols, &s))
		publish(cx, live, s.id, "reload-nav", KR_S("{}"));
}

void
kr_live_run(kr_ctx *cx, struct kr_live *live, kr_str event, kr_str args)
{
	size_t n;
	kr_val *v = kr_args_read(cx, args, &n);

	if (kr_is(event, "live.close") && n == 1) {
		close_session(cx, live, v[0].i);
	} else if (kr_is(event, "live.policy")) {
		policy_changed(cx, live);
	} else if (kr_is(event, "live.notice") && n == 1) {
		size_t count;
		struct kr_live_notice *list = kr_notices_of_batch(cx, v[0].i, &count);

		for (size_t i = 0; i < count; i++)
			publish(cx, live, list[i].session, "notice", list[i].json);
	}
}
