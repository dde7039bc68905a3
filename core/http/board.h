/* The scoreboard: shared memory in which each worker says since when it works on which
   route (jobs: for which plugin), and the master says which routes are out of order. */
#ifndef KR_HTTP_BOARD_H
#define KR_HTTP_BOARD_H

#include "http/shed.h"
#include <kr/kernel.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KR_NO_ROUTE ((uint32_t)-1)

struct kr_seat {                  /* of one worker */
	_Atomic int64_t busy_us;  /* CLOCK_MONOTONIC since accept; 0 = idle */
	_Atomic int64_t limit_us; /* longer than that is too long; 0: as its class */
	_Atomic uint32_t route;   /* number, or KR_NO_ROUTE; jobs: plugin */
	_Atomic uint32_t served;
	_Atomic bool ready; /* has entered its accept loop */
	const char *pool;   /* "page", the master's: set before the first fork */
};
struct kr_fuse {                  /* of one route */
	int64_t crash_us[2];      /* the two before the last; the master's own */
	_Atomic int64_t until_us; /* blown until then */
};
struct kr_door { /* of a socket behind which one question after the other is answered */
	_Atomic int64_t
	    pulse_us; /* when somebody behind it last took one or answered */
	_Atomic int64_t pause_us; /* they hang: nobody asks before then */
};
#define KR_DOORS 2
struct kr_board {
	size_t nseats, nroutes;
	_Atomic int64_t db_circuit_us;  /* db: no connecting before then */
	struct kr_door doors[KR_DOORS]; /* auth: enum kr_auth_door */
	struct kr_shed shed;
	struct kr_seat *seats;
	struct kr_fuse *fuses;
};

/* Made before fork, in memory that the children share. NULL: no memory. */
struct kr_board *kr_board_new(size_t nseats, size_t nroutes);
/* In a worker: which seat is mine. Without it the functions below do nothing. */
void kr_board_use(struct kr_board *, size_t seat);
void kr_board_busy(void);
void kr_board_route(size_t no);
/* In jobs: works for this plugin now, for so long at most. */
void kr_board_work(size_t plugin, int64_t limit_s);
void kr_board_idle(void);
/* True once in the life of a board: for the first process in my seat that asks. */
bool kr_board_first(void);
/* kr_shed_admits() of my board; true without one. */
bool kr_board_admits(const struct kr_patience *, const struct kr_waited *);
/* kr_shed_took() of my board. */
void kr_board_took(enum kr_lane, int64_t us);
/* Its counts; zeros without a board. */
struct kr_lane_state kr_board_lane(enum kr_lane);
/* Three crashes within a minute: the route answers 503 by itself for a minute. */
bool kr_board_blown(size_t no);
/* Seconds for which it does so; 0: it serves. */
int64_t kr_board_blown_s(size_t no);
/* How many workers of a pool there are, and how many of them are at work. */
void kr_board_pool(const char *pool, size_t *workers_r, size_t *busy_r);
/* In the master: a worker died on this route. True when that blew the fuse. */
bool kr_board_crashed(struct kr_board *, uint32_t route, int64_t now_us);

#endif
