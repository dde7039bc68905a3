/* Scoreboard and fuses: how the master sees what a worker is at, without asking it. */
#include "http/board.h"

#include "base/base.h"

#include <string.h>
#include <sys/mman.h>

#define MINUTE_US (60 * INT64_C(1000000))

static struct {
	struct kr_board *board;
	struct kr_seat *seat;
} mine;

struct kr_board *
kr_board_new(size_t nseats, size_t nroutes)
{
	size_t seats = nseats * sizeof(struct kr_seat);
	size_t fuses = nroutes * sizeof(struct kr_fuse);
	size_t head = (sizeof(struct kr_board) + 63) & ~(size_t)63;
	char *p = mmap(NULL, head + seats + fuses, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;

	struct kr_board *b = (void *)p;

	b->nseats = nseats;
	b->nroutes = nroutes;
	b->seats = (void *)(p + head);
	b->fuses = (void *)(p + head + seats);
	for (size_t i = 0; i < nseats; i++)
		atomic_store(&b->seats[i].route, KR_NO_ROUTE);
	return b;
}

/* Memory that is full says more about what was asked than about the route: the worker
   dies, and the route stays open for the others. */
static void
forget_route(void)
{
	kr_log_kv(
	    KR_ERROR, "arena.full", { "route", kr_i(atomic_load(&mine.seat->route)) });
	atomic_store(&mine.seat->route, KR_NO_ROUTE);
}

void
kr_board_use(struct kr_board *b, size_t seat)
{
	KR_CHECK(seat < b->nseats);
	mine.board = b;
	mine.seat = &b->seats[seat];
	atomic_store(&mine.seat->route, KR_NO_ROUTE);
	atomic_store(&mine.seat->busy_us, 0);
	atomic_store(&mine.seat->ready, true);
	kr_arena_on_full(forget_route);
}

void
kr_board_busy(void)
{
	if (mine.seat != NULL)
		atomic_store(&mine.seat->busy_us, kr_mono_us());
}

void
kr_board_route(size_t no)
{
	if (mine.seat != NULL)
		atomic_store(&mine.seat->route, (uint32_t)no);
}

void
kr_board_work(size_t plugin, int64_t limit_s)
{
	if (mine.seat == NULL)
		return;
	atomic_store(&mine.seat->busy_us, 0); /* no old beginning with a new limit */
	atomic_store(&mine.seat->limit_us, limit_s * INT64_C(1000000));
	kr_board_route(plugin);
	kr_board_busy();
}

bool
kr_board_first(void)
{
	return mine.seat != NULL && atomic_fetch_add(&mine.seat->served, 1) == 0;
}

void
kr_board_idle(void)
{
	if (mine.seat == NULL)
		return;
	atomic_store(&mine.seat->busy_us, 0);
	atomic_store(&mine.seat->route, KR_NO_ROUTE);
	atomic_fetch_add(&mine.seat->served, 1);
}

bool
kr_board_admits(const struct kr_patience *p, const struct kr_waited *w)
{
	return mine.board == NULL || kr_shed_admits(&mine.board->shed, p, w);
}

void
kr_board_took(enum kr_lane lane, int64_t us)
{
	if (mine.board != NULL)
		kr_shed_took(&mine.board->shed, lane, us);
}

struct kr_lane_state
kr_board_lane(enum kr_lane lane)
{
	struct kr_lane_state s = { .name = kr_z(kr_lane_names[lane]) };

	if (mine.board != NULL) {
		struct kr_lane_count *c = &mine.board->shed.lanes[lane];

		s.taken = (int64_t)atomic_load(&c->taken);
		s.shed = (int64_t)atomic_load(&c->shed);
		s.waited_us = (int64_t)atomic_load(&c->waited_us);
	}
	return s;
}

bool
kr_board_blown(size_t no)
{
	if (mine.board == NULL || no >= mine.board->nroutes)
		return false;
	return atomic_load(&mine.board->fuses[no].until_us) > kr_mono_us();
}

int64_t
kr_board_blown_s(size_t no)
{
	int64_t left = 0;

	if (mine.board != NULL && no < mine.board->nroutes)
		left = atomic_load(&mine.board->fuses[no].until_us) - kr_mono_us();
	return left > 0 ? left / 1000000 + 1 : 0;
}

void
kr_board_pool(const char *pool, size_t *workers_r, size_t *busy_r)
{
	*workers_r = *busy_r = 0;
	for (size_t i = 0; mine.board != NULL && i < mine.board->nseats; i++) {
		const struct kr_seat *s = &mine.board->seats[i];

		if (s->pool == NULL || strcmp(s->pool, pool) != 0 ||
		    !atomic_load(&s->ready))
			continue;
		++*workers_r;
		*busy_r += atomic_load(&s->busy_us) != 0;
	}
}

bool
kr_board_crashed(struct kr_board *b, uint32_t route, int64_t now_us)
{
	if (route >= b->nroutes)
		return false;

	struct kr_fuse *f = &b->fuses[route];
	bool third = f->crash_us[0] != 0 && now_us - f->crash_us[0] < MINUTE_US;

	if (third)
		atomic_store(&f->until_us, now_us + MINUTE_US);
	f->crash_us[0] = f->crash_us[1];
	f->crash_us[1] = now_us;
	return third;
}
