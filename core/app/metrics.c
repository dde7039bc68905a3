/* Health for machines: OpenMetrics 1.0 text. Numbers, names of parts, patterns of
   routes; nothing about anybody. */
#include "base/base.h"
#include "base/ctx.h"
#include <kr/kernel.h>
#include <kr/kr.h>

static void
family(struct kr_buf *b, const char *name, const char *type, const char *help)
{
	kr_buf_fmt(b, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void
gauge(struct kr_buf *b, const char *name, int64_t value, const char *help)
{
	family(b, name, "gauge", help);
	kr_buf_fmt(b, "%s %lld\n", name, (long long)value);
}

/* A value of a label: our own names and patterns, escaped all the same. */
static void
labelled(
    struct kr_buf *b, const char *name, const char *label, kr_str is, int64_t value)
{
	kr_buf_fmt(b, "%s{%s=\"", name, label);
	for (size_t i = 0; i < is.n; i++) {
		if (is.p[i] == '"' || is.p[i] == '\\')
			kr_buf_c(b, '\\');
		kr_buf_c(b, is.p[i]);
	}
	kr_buf_fmt(b, "\"} %lld\n", (long long)value);
}

static void
put_vitals(struct kr_buf *b, const struct kr_health *h)
{
	family(b, "kreide_check", "gauge", "0 fine, 1 to be noted, 2 wrong");
	for (size_t i = 0; i < h->vitals.n; i++) {
		const struct kr_vital *v = &h->vitals.p[i];

		labelled(b, "kreide_check", "check", v->check,
		    kr_is(v->level, "wrong") ? 2 : kr_is(v->level, "note"));
	}
}

static void
put_pools(struct kr_buf *b, const struct kr_health *h)
{
	family(b, "kreide_pool_workers", "gauge", "Processes that answer requests");
	for (size_t i = 0; i < h->pools.n; i++)
		labelled(b, "kreide_pool_workers", "pool", h->pools.p[i].name,
		    h->pools.p[i].workers);
	family(b, "kreide_pool_busy", "gauge", "Those of them that are at work");
	for (size_t i = 0; i < h->pools.n; i++)
		labelled(b, "kreide_pool_busy", "pool", h->pools.p[i].name,
		    h->pools.p[i].busy);
	family(b, "kreide_pool_waiting", "gauge", "Requests in front of them");
	for (size_t i = 0; i < h->pools.n; i++)
		labelled(b, "kreide_pool_waiting", "pool", h->pools.p[i].name,
		    h->pools.p[i].waiting);
}

/* A counter ends in _total, its family does not. */
static void
put_lanes(struct kr_buf *b, const struct kr_health *h)
{
	family(b, "kreide_requests_taken", "counter", "Worked on, by lane");
	for (size_t i = 0; i < h->lanes.n; i++)
		labelled(b, "kreide_requests_taken_total", "lane", h->lanes.p[i].name,
		    h->lanes.p[i].taken);
	family(b, "kreide_requests_shed", "counter",
	    "Answered 503 because they had waited too long");
	for (size_t i = 0; i < h->lanes.n; i++)
		labelled(b, "kreide_requests_shed_total", "lane", h->lanes.p[i].name,
		    h->lanes.p[i].shed);
	family(b, "kreide_requests_waited_us", "counter",
	    "Microseconds that both waited for a worker");
	for (size_t i = 0; i < h->lanes.n; i++)
		labelled(b, "kreide_requests_waited_us_total", "lane",
		    h->lanes.p[i].name, h->lanes.p[i].waited_us);
}

static void
put_circuits(struct kr_buf *b, const struct kr_health *h)
{
	gauge(b, "kreide_routes", h->routes, "Routes of all modules");
	gauge(b, "kreide_circuits_open", (int64_t)h->circuits.n,
	    "Routes that are off after three crashes");
	family(b, "kreide_circuit_open_seconds", "gauge",
	    "How long a route stays off, by its pattern");
	for (size_t i = 0; i < h->circuits.n; i++)
		labelled(b, "kreide_circuit_open_seconds", "route",
		    h->circuits.p[i].route, h->circuits.p[i].left_s);
}

static void
put_background(struct kr_buf *b, const struct kr_health *h)
{
	kr_str rest = h->cron_failed, one;
	int64_t failed = 0;

	while (kr_split(&rest, ',', &one))
		failed += kr_trim(one).n > 0;
	gauge(b, "kreide_events_due", h->events, "Background work that is due");
	gauge(b, "kreide_events_late", h->late, "That nobody has taken up in time");
	gauge(b, "kreide_events_set_aside", h->set_aside, "That a module failed on");
	gauge(b, "kreide_cron_failed", failed, "Regular jobs whose last run failed");
	gauge(b, "kreide_files_unscanned", h->files, "That wait for the virus scanner");
}

static void
put_times(struct kr_buf *b, const struct kr_health *h)
{
	gauge(b, "kreide_disk_free_bytes", h->disk_free, "Room for data");
	gauge(b, "kreide_disk_size_bytes", h->disk_all, "Size of that disk");
	gauge(b, "kreide_backup_last_success_timestamp_seconds", h->backup,
	    "0: there is none");
	gauge(b, "kreide_backup_failed", h->backup_failed, "1: the last one failed");
	gauge(b, "kreide_signatures_timestamp_seconds", h->signatures,
	    "The newest virus signatures; 0: there are none");
	gauge(b, "kreide_certificate_expiry_timestamp_seconds", h->certificate,
	    "0: there is none");
}

kr_err
kr_kernel_health_metrics(kr_ctx *cx)
{
	const struct kr_health *h = kr_kernel_health(cx);
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, 8192);
	family(&b, "kreide_build", "info", "The running version");
	labelled(&b, "kreide_build_info", "version", h->version, 1);
	put_vitals(&b, h);
	put_pools(&b, h);
	put_lanes(&b, h);
	put_circuits(&b, h);
	put_background(&b, h);
	put_times(&b, h);
	kr_buf_fmt(&b, "# EOF\n");
	return kr_send_text(cx,
	    "application/openmetrics-text; version=1.0.0; charset=utf-8",
	    kr_buf_view(&b));
}
