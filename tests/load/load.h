/* What the parts of the load generator know of each other; README.md says what it is
 * for. */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ── hist.c: log-linear, 64 steps per power of two, so within 1.6 % ── */
#define HIST_STEPS 64
#define HIST_CELLS (HIST_STEPS * 27) /* up to 2^32 us: more than an hour */
struct hist {
	uint64_t count, max_us;
	uint32_t cells[HIST_CELLS];
};
void hist_add(struct hist *, int64_t us);
/* The value that `part` (0 to 1) of all are at most; 0 when there is none. */
uint64_t hist_at(const struct hist *, double part);
void hist_join(struct hist *to, const struct hist *from);

/* ── spec.c: the classes of traffic, read from a file ── */
struct text {
	char *p;
	size_t n;
};
struct stats {
	uint64_t sent, ok, shed, wrong, lost;
	struct hist ok_us, shed_us;
};
#define STEPS_MAX 16
struct class
{
	char name[32];
	double share;
	struct text *asks; /* "GET /tasks/{2}", asked in turn */
	size_t nasks, next_ask;
	struct text headers, body; /* templates */
	int status;
	size_t least;
	char marker[100];
	struct text *pool; /* lines */
	size_t npool, next_line;
	bool once;           /* each line once, then the class is at its end */
	uint64_t spent;      /* arrivals that found it there */
	struct stats *steps; /* STEPS_MAX of them */
	char example[160];   /* of what was wrong first */
};
struct spec {
	struct class *classes;
	size_t nclasses;
	const char *host; /* the Host header */
};
/* Ends the program with a sentence when the file is not right. */
void spec_read(struct spec *, const char *path);
/* The bytes of the next request of that class; false: its pool is used up. */
bool spec_next(struct spec *, struct class *, uint64_t number, struct text *request_r);

/* ── conn.c: HTTP/1.1 over kept connections ── */
enum verdict { V_OK, V_SHED, V_WRONG, V_LOST };
struct job {
	struct class *class;
	size_t step;
	int64_t due_us; /* when it was to be sent: latency counts from here */
};
struct net;
struct net *net_new(const struct sockaddr_storage *, socklen_t, size_t connections);
/* A connection is free for one more request. */
bool net_free(const struct net *);
size_t net_active(const struct net *);
/* Takes the bytes over. */
void net_send(struct net *, struct job, struct text request);
/* Waits until something happens or `until_us`; then ends what is older than
   `timeout_us`. Each end is told to note(). */
void net_wait(struct net *, int64_t until_us, int64_t timeout_us);
void note(struct job, enum verdict, int64_t now_us, const char *example);

/* ── answer.c: is what came the answer, and is it whole? ── */
struct answer {
	int status;
	size_t head, length; /* bytes of the head, bytes of the body when known */
	bool chunked, close, retry_after, sized;
};
enum whole { W_MORE, W_DONE, W_BAD };
/* `ended`: the peer closed. A chunked body is put together in place. */
enum whole answer_take(struct answer *, char *p, size_t n, bool ended);
enum verdict answer_judge(
    const struct answer *, const char *p, const struct class *, const char **why_r);

/* ── report.c ── */
struct step {
	double rate; /* requests a second; of a closed loop: connections */
	double seconds;
};
struct run {
	struct step steps[STEPS_MAX];
	size_t nsteps;
	bool closed, poisson;
	uint64_t seed, number, cap;
	size_t connections, first;
	double timeout_s;
	double seconds;     /* as planned */
	double took;        /* until the last answer */
	struct hist lag_us; /* how late the generator itself was */
};
void report(const struct run *, const struct spec *);

/* ── options.c: both end the program with a sentence when something is not right ── */
void options_read(struct run *, struct spec *, int argc, char **argv);
socklen_t options_target(char *text, struct sockaddr_storage *to);

int64_t now_us(void);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *need(void *p); /* dies without memory */

#endif
