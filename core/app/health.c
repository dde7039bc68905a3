/* How the instance is: what the administration's page shows and /health/metrics prints.
   Counts and sentences only, nothing about anybody. */
#include "app/jobs.h"
#include "app/outbox.h"
#include "app/vital.h"
#include "db/db.h"
#include "html/text.h"
#include "http/board.h"
#include "plugin/registry.h"
#include <kr/kernel.h>
#include <kr/kr.h>
#include <limits.h>
#include <string.h>

#ifndef KR_VERSION
#define KR_VERSION "0"
#endif

KR_STMT(q_waiting, "it", "ii",
    "SELECT (SELECT COUNT(*) FROM core_outbox"
    "  WHERE done_at IS NULL AND tries <= ? AND due <= ?),"
    " (SELECT COUNT(*) FROM core_file WHERE scan = 0)");

struct waiting {
	int64_t events, files;
};
static const struct kr_col waiting_cols[] = { KR_COL(struct waiting, events),
	KR_COL(struct waiting, files) };

#define VITALS_MAX 10

/* ── sentences ── */

static void
add(kr_ctx *cx, struct kr_health *h, struct kr_sign s)
{
	static const char *const names[] = {
		[KR_FINE] = "fine", [KR_NOTE] = "note", [KR_WRONG] = "wrong"
	};
	struct kr_vital v = { kr_z(s.check), kr_z(names[s.level]),
		kr_text_args(cx, s.key, s.args, KR_LEN(s.args)) };
	size_t at = 0;

	/* What is wrong comes first. */
	while (at < h->vitals.n &&
	       (s.level == KR_FINE || kr_eq(h->vitals.p[at].level, v.level) ||
		   (s.level == KR_NOTE && kr_is(h->vitals.p[at].level, "wrong"))))
		at++;
	memmove(h->vitals.p + at + 1, h->vitals.p + at,
	    (h->vitals.n - at) * sizeof *h->vitals.p);
	h->vitals.p[at] = v;
	h->vitals.n++;
}

static void
add_jobs(kr_ctx *cx, struct kr_health *h)
{
	struct kr_sign s = {
		.check = "jobs", .level = KR_FINE, .key = "core.doctor.jobs_ok"
	};

	if (h->late > 0) {
		s.level = KR_WRONG;
		s.key = "core.doctor.jobs_late";
		s.args[0] = kr_fmt(cx, "%lld", (long long)h->late);
	} else if (h->set_aside > 0) {
		s.level = KR_WRONG;
		s.key = "core.doctor.jobs_aside";
		s.args[0] = kr_fmt(cx, "%lld", (long long)h->set_aside);
	} else if (h->cron_failed.n > 0) {
		s.level = KR_NOTE;
		s.key = "core.doctor.jobs_failed";
		s.args[0] = h->cron_failed;
	}
	add(cx, h, s);
}

static void
sentences(kr_ctx *cx, struct kr_health *h)
{
	const struct kr_config *conf = &cx->app->conf;

	h->vitals.p = kr_alloc(cx, VITALS_MAX, sizeof *h->vitals.p);
	add(cx, h, kr_sign_clock(conf->lib));
	add(cx, h, kr_sign_disk(cx, conf->home));
	add(cx, h,
	    (struct kr_sign){ .check = "database",
		.level = KR_FINE,
		.key = "core.doctor.db_answers" });
	add_jobs(cx, h);
	add(cx, h, kr_sign_signatures(cx, conf->home, conf->demo));
	if (strcmp(conf->scheme, "https") == 0)
		add(cx, h, kr_sign_certificate(cx, conf->home));
	add(cx, h, kr_sign_backup(cx, conf->home, conf->demo));
}

/* ── pools and routes ── */

/* A connection that nobody has accepted yet has the name of the socket, and no file
   behind it: inode 0. Without /proc: none seen. */
static int64_t
waiting_at(const char *socket)
{
	FILE *f = fopen("/proc/self/net/unix", "re");
	size_t n = strlen(socket);
	char line[PATH_MAX + 100];
	int64_t waiting = 0;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		const char *path = strchr(line, '/');
		kr_str rest = kr_z(line), word;

		if (path == NULL || strncmp(path, socket, n) != 0 || path[n] != '\n')
			continue;
		rest = kr_trim(kr_sub(rest, 0, (size_t)(path - line)));
		while (kr_split(&rest, ' ', &word))
			if (rest.n == 0)
				waiting += kr_is(word, "0");
	}
	if (f != NULL)
		fclose(f);
	return waiting;
}

static void
pools(kr_ctx *cx, struct kr_health *h)
{
	static const char *const names[] = { "page", "save", "slow", "must", "sign" };

	h->pools.p = kr_alloc(cx, KR_LEN(names), sizeof *h->pools.p);
	for (size_t i = 0; i < KR_LEN(names); i++) {
		char socket[PATH_MAX];
		size_t workers, busy;

		kr_board_pool(names[i], &workers, &busy);
		if (workers == 0)
			continue;
		snprintf(socket, sizeof socket, "%s/run/web-%s.sock",
		    cx->app->conf.home, names[i]);
		h->pools.p[h->pools.n++] = (struct kr_pool){ kr_z(names[i]),
			(int64_t)workers, (int64_t)busy, waiting_at(socket) };
	}
}

static void
lanes(kr_ctx *cx, struct kr_health *h)
{
	h->lanes.p = kr_alloc(cx, KR_LANES, sizeof *h->lanes.p);
	h->lanes.n = KR_LANES;
	for (size_t i = 0; i < KR_LANES; i++)
		h->lanes.p[i] = kr_board_lane((enum kr_lane)i);
}

static void
circuits(kr_ctx *cx, struct kr_health *h)
{
	const struct kr_app *app = cx->app;

	h->routes = (int64_t)app->nroutes;
	h->circuits.p = kr_alloc(cx, app->nroutes + 1, sizeof *h->circuits.p);
	for (size_t i = 0; i < app->nroutes; i++) {
		int64_t left = kr_board_blown_s(i);

		if (left > 0)
			h->circuits.p[h->circuits.n++] =
			    (struct kr_circuit){ kr_z(app->routes[i].route->path),
				    left };
	}
}

struct kr_health *
kr_kernel_vitals(kr_ctx *cx)
{
	struct kr_health *h = KR_NEW(cx, struct kr_health);
	struct kr_jobs_state jobs = { 0 };

	(void)kr_jobs_look(cx, &jobs);
	h->late = jobs.late;
	h->set_aside = jobs.set_aside;
	h->cron_failed = jobs.failed;
	sentences(cx, h);
	return h;
}

struct kr_health *
kr_kernel_health(kr_ctx *cx)
{
	struct kr_health *h = kr_kernel_vitals(cx);
	struct waiting w = { 0 };
	const char *home = cx->app->conf.home;

	(void)kr_one(
	    cx, &q_waiting, waiting_cols, &w, kr_i(KR_OUTBOX_TRIES), kr_t(kr_now(cx)));
	h->events = w.events;
	h->files = w.files;
	(void)kr_disk_room(home, &h->disk_free, &h->disk_all);
	h->backup = kr_backup_time(home);
	h->backup_failed = kr_backup_failed(home);
	h->signatures = kr_signatures_time(home);
	h->certificate =
	    strcmp(cx->app->conf.scheme, "https") == 0 ? kr_certificate_ends(home) : 0;
	h->now = kr_now(cx).us / 1000000;
	h->version = KR_S(KR_VERSION);
	pools(cx, h);
	lanes(cx, h);
	circuits(cx, h);
	return h;
}
