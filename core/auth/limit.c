/* Counts wrong tries by account and by network in a sliding hour. It fails closed: when
   a try cannot be noted, nothing is verified. */
#include "auth/limit.h"

#include "db/db.h"

#define HOUR_US (60 * KR_MIN_US)

/* Seconds to wait after that many wrong tries in a row, until the cap ends it. */
static const uint16_t waits[] = { 0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 120, 120, 180,
	180, 240, 240, 300, 300 };

struct seen {
	int64_t total;     /* rows of the last hour */
	int64_t open;      /* without the forgiven ones */
	kr_time oldest;    /* of all */
	kr_time open_last; /* newest that is not forgiven */
	kr_time open_oldest;
};
static const struct kr_col seen_cols[] = {
	KR_COL(struct seen, total),
	KR_COL(struct seen, open),
	KR_COL(struct seen, oldest),
	KR_COL(struct seen, open_last),
	KR_COL(struct seen, open_oldest),
};
KR_STMT(q_who, "xt", "iittt",
    "SELECT COUNT(*), COUNT(IF(forgiven, NULL, 1)), MIN(at), MAX(IF(forgiven, NULL, at)),"
    " MIN(IF(forgiven, NULL, at)) FROM kreide_auth.attempt WHERE who = ? AND at > ?");
KR_STMT(q_net, "xt", "iittt",
    "SELECT COUNT(*), COUNT(IF(forgiven, NULL, 1)), MIN(at), MAX(IF(forgiven, NULL, at)),"
    " MIN(IF(forgiven, NULL, at)) FROM kreide_auth.attempt WHERE net = ? AND at > ?");
KR_STMT(x_note, "xxt", "",
    "INSERT INTO kreide_auth.attempt (who, net, at) VALUES (?, ?, ?)");
KR_STMT(x_unnote, "i", "", "DELETE FROM kreide_auth.attempt WHERE id = ?");
KR_STMT(x_forgive, "xx", "",
    "UPDATE kreide_auth.attempt FORCE INDEX (who) SET forgiven = TRUE"
    " WHERE who = ? AND net = ? AND NOT forgiven");
KR_STMT(x_forgive_device, "x", "",
    "UPDATE kreide_auth.attempt FORCE INDEX (who) SET forgiven = TRUE"
    " WHERE who = ? AND net IS NULL AND NOT forgiven");
KR_STMT(x_sweep, "t", "", "DELETE FROM kreide_auth.attempt WHERE at < ? LIMIT 1000");

static uint32_t
seconds_until(int64_t then_us, kr_time now)
{
	int64_t s = (then_us - now.us + 999999) / 1000000;

	return (uint32_t)(s < 1 ? 1 : s > 3600 ? 3600 : s);
}

/* How long the account has to wait; `own` rows are the running try itself. */
static uint32_t
account_wait(const struct seen *s, unsigned cap, unsigned own, kr_time now)
{
	int64_t before = s->total - own, streak = s->open - own;

	if (before >= cap)
		return seconds_until(s->oldest.us + HOUR_US, now);
	if (own > 0 || streak <= 0)
		return 0;

	size_t step =
	    streak < (int64_t)KR_LEN(waits) ? (size_t)streak : KR_LEN(waits) - 1;
	int64_t then = s->open_last.us + waits[step] * INT64_C(1000000);

	/* A try that began after this one may have been noted before it: the first few
	   of an account never wait, also when several people sign in with it at once.
	 */
	return waits[step] > 0 && then > now.us ? seconds_until(then, now) : 0;
}

static uint32_t
net_wait(const struct seen *s, unsigned cap, unsigned own, kr_time now)
{
	if (s->open - own >= cap)
		return seconds_until(s->open_oldest.us + HOUR_US, now);
	return 0;
}

/* The longer of both waits; 0 = none. */
static uint32_t
wait_now(kr_ctx *cx, const struct kr_limit *l, unsigned own)
{
	kr_time since = { cx->now.us - HOUR_US };
	struct seen who = { 0 }, net = { 0 };
	uint32_t a = 0, b = 0;

	if (l->has_who && kr_one(cx, &q_who, seen_cols, &who,
			      kr_x((kr_str){ (const char *)l->who, 32 }), kr_t(since)))
		a = account_wait(&who, l->who_cap, own, cx->now);
	if (l->has_net && kr_one(cx, &q_net, seen_cols, &net,
			      kr_x((kr_str){ (const char *)l->net, 32 }), kr_t(since)))
		b = net_wait(&net, l->net_cap, own, cx->now);
	return a > b ? a : b;
}

uint32_t
kr_limit_try(kr_ctx *cx, struct kr_limit *l)
{
	kr_val none = kr_null();
	kr_val who = kr_x((kr_str){ (const char *)l->who, 32 });
	kr_val net = kr_x((kr_str){ (const char *)l->net, 32 });
	uint32_t wait = wait_now(cx, l, 0);

	if (wait > 0 || kr_status(cx) != KR_OK)
		return wait;
	l->attempt = kr_exec(cx, &x_note, l->has_who ? who : none,
	    l->has_net ? net : none, kr_t(cx->now));
	if (kr_commit(cx) != KR_OK)
		return 0;
	/* Counted again with our row in sight of everybody: of two tries that took the
	   last place at once, at least one sees the other. */
	wait = wait_now(cx, l, 1);
	if (wait > 0)
		kr_exec(cx, &x_unnote, kr_i(l->attempt));
	kr_commit(cx); /* also ends what this transaction saw */
	return wait;
}

/* The rows of others first, in the order of their index, the own one last: two sign-ins
   of one account at once wait for each other instead of failing. */
void
kr_limit_forgive(kr_ctx *cx, const struct kr_limit *l)
{
	kr_val who = kr_x((kr_str){ (const char *)l->who, 32 });
	kr_val account = kr_x((kr_str){ (const char *)l->account, 32 });

	if (l->has_who && !l->has_net)
		kr_exec(cx, &x_forgive_device, who);
	if (l->has_who)
		kr_exec(cx, &x_forgive, account,
		    kr_x((kr_str){ (const char *)l->net, 32 }));
	kr_exec(cx, &x_unnote, kr_i(l->attempt));
}

void
kr_limit_sweep(kr_ctx *cx)
{
	kr_exec(cx, &x_sweep, kr_t((kr_time){ cx->now.us - 2 * HOUR_US }));
}

void
kr_limit_key(kr_ctx *cx, char kind, kr_str a, kr_str b, uint8_t key_r[32])
{
	struct kr_buf text;

	kr_buf_init(&text, cx->arena, a.n + b.n + 8);
	kr_buf_c(&text, kind);
	kr_buf_i(&text, (int64_t)a.n);
	kr_buf_c(&text, ' ');
	kr_buf_str(&text, a);
	kr_buf_str(&text, b);
	kr_sha256(kr_buf_view(&text), key_r);
}
