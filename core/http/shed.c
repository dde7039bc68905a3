/* Admission: a request that has waited too long for a worker gets 503 and Retry-After
   at once, so that those who are served are served while they still wait for it.

   The queue of a pool is the backlog of its socket; nginx says when it put a request
   there. The first 128 requests after the queue was empty are a burst and may wait. If
   it has not been empty since, more comes than can be done, and a longer queue would
   not serve more people, only all of them later. Then the patience of the request's
   lane holds; as all lanes of a pool wait in one queue, the least patient goes first.
   Whoever is the last in the queue is a burst of one: no worker sends people away until
   it has nothing to do, but those who have waited longer than a burst may. */
#include "http/shed.h"

#include "http/board.h"
#include "http/http.h"
#include "plugin/registry.h"

#define A_BURST 128u      /* requests */
#define SLOWEST_US 200000 /* one that takes longer says nothing about the machine */
#define NO_WAIT_US 2000   /* in nginx's ms: who found the queue empty */
#define STEP_US 60000000  /* waited longer than any queue lets: the clock was set */

const char *const kr_lane_names[KR_LANES] = { "extra", "page", "save", "slow", "sign",
	"must" };

/* As nginx's $kr_usual sees it. */
static bool
is_deed(enum kr_method m)
{
	return m == KR_POST || m == KR_PUT || m == KR_DELETE;
}

const char *
kr_pool_of(const struct kr_route *r)
{
	/* What must get through without signing in is signing in itself. */
	if ((r->flags & KR_R_MUST) != 0)
		return (r->flags & KR_R_PUBLIC) != 0 ? "sign" : "must";
	if ((r->flags & KR_R_SLOW) != 0)
		return "slow";
	return is_deed(r->method) ? "save" : "page";
}

/* Lists look for what stands in their field q. */
static bool
is_search(kr_str query)
{
	kr_str part;

	while (kr_split(&query, '&', &part)) {
		if (part.n > 2 && part.p[0] == 'q' && part.p[1] == '=')
			return true;
	}
	return false;
}

enum kr_lane
kr_lane_of(const struct kr_route *r, enum kr_method asked, kr_str query)
{
	if (r == NULL)
		return is_deed(asked) ? KR_LANE_SAVE : KR_LANE_PAGE;
	if ((r->flags & KR_R_MUST) != 0)
		return (r->flags & KR_R_PUBLIC) != 0 ? KR_LANE_SIGN : KR_LANE_MUST;
	if ((r->flags & KR_R_WATCH) != 0)
		return KR_LANE_MUST;
	if ((r->flags & KR_R_SLOW) != 0)
		return KR_LANE_SLOW;
	if (is_deed(r->method))
		return KR_LANE_SAVE;
	return (r->flags & KR_R_EXTRA) != 0 || is_search(query) ? KR_LANE_EXTRA
								: KR_LANE_PAGE;
}

static bool
is_reading(enum kr_lane lane)
{
	return lane == KR_LANE_EXTRA || lane == KR_LANE_PAGE;
}

/* A moving average; when two write at once one of them is lost, and nobody minds. */
void
kr_shed_took(struct kr_shed *s, enum kr_lane lane, int64_t us)
{
	int64_t mean = atomic_load(&s->takes_us);

	if (!is_reading(lane))
		return;
	if (us > SLOWEST_US)
		us = SLOWEST_US;
	atomic_store(&s->takes_us, (uint32_t)(mean + (us - mean) / 64));
}

/* A slow or busy machine has a longer queue for the same number of people; while one
   page is made the next ones may wait, or workers would run out of them. */
static int64_t
stretched(const struct kr_shed *s, const struct kr_patience *p, enum kr_lane lane)
{
	int64_t page = p->lane_us[KR_LANE_PAGE], takes = atomic_load(&s->takes_us);

	return takes <= page ? p->lane_us[lane] : p->lane_us[lane] * takes / page;
}

bool
kr_shed_admits(
    struct kr_shed *s, const struct kr_patience *patience, const struct kr_waited *w)
{
	enum kr_lane lane = w->lane;
	struct kr_lane_count *c = &s->lanes[lane];
	int64_t limit = patience->lane_us[lane];

	if (is_reading(lane)) {
		limit = stretched(s, patience, lane);
		if (w->last)
			atomic_store(&s->standing, 0);
		if (atomic_fetch_add(&s->standing, 1) < A_BURST &&
		    limit < patience->burst_us)
			limit = patience->burst_us;
	}
	atomic_fetch_add(&c->waited_us, (uint64_t)w->us);
	atomic_fetch_add(w->us > limit ? &c->shed : &c->taken, 1);
	return w->us <= limit;
}

/* "1763740000.123" of nginx, just before it asked for a worker; -1: not told, or the
   clock was set meanwhile. */
static int64_t
waited_us(kr_ctx *cx)
{
	kr_str rest = kr_fcgi_param("KR_QUEUED"), whole;
	int64_t s, ms, us;

	if (!kr_split(&rest, '.', &whole) || !kr_to_i(whole, &s) || rest.n != 3 ||
	    !kr_to_i(rest, &ms) || s < 0 || s > INT64_C(100000000000) || ms < 0)
		return -1;
	us = kr_now(cx).us - (s * 1000 + ms) * 1000;
	return us < 0 || us > STEP_US ? -1 : us;
}

kr_err
kr_admit(kr_ctx *cx, const struct kr_route *r)
{
	struct kr_req *q = cx->req;
	int64_t us = waited_us(cx);
	kr_str pool = kr_fcgi_param("KR_POOL");
	struct kr_waited w;

	q->lane = kr_lane_of(r, q->method, q->query);
	/* In another pool by nginx' reading of the address: not in the readers' queue.
	 */
	if (is_reading(q->lane) && pool.n > 0 && !kr_is(pool, "page"))
		q->lane = KR_LANE_SLOW;
	w = (struct kr_waited){ q->lane, us < 0 ? 0 : us, false };
	w.last = (us >= 0 && us <= NO_WAIT_US) || kr_fcgi_alone();
	if (kr_board_admits(&cx->app->conf.patience, &w))
		return KR_OK;
	q->shed = true;
	q->route = r; /* machines are told in their way, and no password is shown */
	/* Not all at the same moment: 3 to 10 seconds. */
	cx->answer->retry_after_s = 3 + (cx->request_id[0] & 7);
	return kr_refuse(cx, 503, KR_EUPSTREAM, "overload");
}
