/* Overload: which requests are worked on and which are sent away at once; see shed.c.
 */
#ifndef KR_HTTP_SHED_H
#define KR_HTTP_SHED_H

#include "base/ctx.h"
#include <kr/plugin.h>

#include <stdatomic.h>

/* What a request is worth when not all can be served, in the order of shedding. */
enum kr_lane {
	KR_LANE_EXTRA, /* searches, previews, feeds, counters */
	KR_LANE_PAGE,  /* reading */
	KR_LANE_SAVE,  /* forms: what somebody has typed */
	KR_LANE_SLOW,  /* archives, exports, uploads of teachers */
	KR_LANE_SIGN,  /* signing in */
	KR_LANE_MUST,  /* hand-ins, confirmations; and who watches the school */
	KR_LANES
};
extern const char *const kr_lane_names[KR_LANES]; /* "extra", "page", ... */

/* How long a request may have waited for a worker and still be worked on. */
struct kr_patience {
	/* While the queue does not get empty; who reads, as long as a page takes if
	   that is longer. */
	int64_t lane_us[KR_LANES];
	int64_t burst_us; /* a burst, if that is longer */
};

struct kr_waited { /* one request */
	enum kr_lane lane;
	int64_t us;
	bool last; /* nobody waits behind it */
};
struct kr_lane_count {                /* of all workers since the start */
	_Atomic uint64_t taken, shed; /* requests worked on; answered 503 */
	_Atomic uint64_t waited_us;   /* of both together */
};
struct kr_shed { /* on the board */
	struct kr_lane_count lanes[KR_LANES];
	/* Of the pool of pages: requests since one last found its queue empty, and what
	   one takes a worker, on average. */
	_Atomic uint32_t standing, takes_us;
};

/* NULL: nothing answers to this path, or not to this method. */
enum kr_lane kr_lane_of(const struct kr_route *, enum kr_method asked, kr_str query);
/* The pool whose workers serve the route: page, save, slow, must or sign. */
const char *kr_pool_of(const struct kr_route *);
/* False when a request that has waited so long is not to be worked on; counts it. */
bool kr_shed_admits(
    struct kr_shed *, const struct kr_patience *, const struct kr_waited *);
/* A request of that lane has been answered. */
void kr_shed_took(struct kr_shed *, enum kr_lane, int64_t us);
/* In the pipeline, when the route is known (NULL: there is none). */
kr_err kr_admit(kr_ctx *, const struct kr_route *);

#endif
