/* An open-loop load generator: requests leave at a rate that does not care how the
   server is doing, and a latency counts from the moment its request was to leave. */
#include "load.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define WAITING_MAX 200000u

static struct run r = {
	.seed = 1, .cap = 1000000, .connections = 512, .timeout_s = 20
};
static struct spec spec = { .host = "localhost" };

int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
die(const char *format, ...)
{
	va_list a;

	fputs("load: ", stderr);
	va_start(a, format);
	vfprintf(stderr, format, a);
	va_end(a);
	fputc('\n', stderr);
	exit(2);
}

void *
need(void *p)
{
	if (p == NULL)
		die("no memory");
	return p;
}

/* xorshift64*: the same arrivals for the same seed, everywhere. In (0, 1]. */
static double
chance(void)
{
	static uint64_t x;

	if (x == 0)
		x = r.seed * 0x9e3779b97f4a7c15u | 1;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return ((double)(x * 0x2545f4914f6cdd1du >> 11) + 1) / 9007199254740992.0;
}

static struct class *
draw_class(void)
{
	double sum = 0, at;

	for (size_t i = 0; i < spec.nclasses; i++)
		sum += spec.classes[i].share;
	at = chance() * sum;
	for (size_t i = 0; i + 1 < spec.nclasses; i++) {
		at -= spec.classes[i].share;
		if (at <= 0)
			return &spec.classes[i];
	}
	return &spec.classes[spec.nclasses - 1];
}

void
note(struct job job, enum verdict v, int64_t now, const char *example)
{
	struct stats *s = &job.class->steps[job.step];

	switch (v) {
	case V_OK:
		s->ok++;
		hist_add(&s->ok_us, now - job.due_us);
		return;
	case V_SHED:
		s->shed++;
		hist_add(&s->shed_us, now - job.due_us);
		return;
	case V_WRONG:
		s->wrong++;
		break;
	case V_LOST:
		s->lost++;
		break;
	}
	if (job.class->example[0] == 0)
		snprintf(job.class->example, sizeof job.class->example, "%s", example);
}

/* ── the run ── */

static struct job *waiting; /* a ring: due, but no connection is free */
static size_t first, nwaiting;

static void
arrive(size_t step, int64_t due)
{
	struct job job = { draw_class(), step, due };

	if (nwaiting == WAITING_MAX)
		die("%u requests wait for a connection: more --connections",
		    WAITING_MAX);
	waiting[(first + nwaiting++) % WAITING_MAX] = job;
}

static void
start_waiting(struct net *net)
{
	while (nwaiting > 0 && net_free(net)) {
		struct job job = waiting[first];
		struct text request;

		first = (first + 1) % WAITING_MAX;
		nwaiting--;
		if (!spec_next(&spec, job.class, r.seed << 32 | r.number, &request)) {
			job.class->spent++;
			continue;
		}
		r.number++;
		job.class->steps[job.step].sent++;
		hist_add(&r.lag_us, now_us() - job.due_us);
		net_send(net, job, request);
	}
}

/* In the steps: which one is it at this time, and when is the next arrival? */
static double
gap(double rate)
{
	return 1e6 / rate * (r.poisson ? -log(chance()) : 1);
}

static void
run_open(struct net *net)
{
	int64_t begin = now_us(), until;
	double end = 0, due = 0;
	uint64_t arrived = 0;

	for (size_t step = 0; step < r.nsteps; step++) {
		end += r.steps[step].seconds * 1e6;
		while (due < end && arrived < r.cap) {
			int64_t now = now_us() - begin;

			while (due <= (double)now && due < end && arrived < r.cap) {
				arrive(step, begin + (int64_t)due);
				arrived++;
				due += gap(r.steps[step].rate);
			}
			start_waiting(net);
			net_wait(
			    net, begin + (int64_t)due, (int64_t)(r.timeout_s * 1e6));
		}
	}
	until = now_us() + (int64_t)(r.timeout_s * 1e6) + 1000000;
	while ((net_active(net) > 0 || nwaiting > 0) && now_us() < until) {
		start_waiting(net);
		net_wait(net, now_us() + 10000, (int64_t)(r.timeout_s * 1e6));
	}
	r.took = (double)(now_us() - begin) / 1e6;
}

static void
run_closed(struct net *net)
{
	int64_t begin = now_us(), end = begin;
	uint64_t arrived = 0;

	for (size_t step = 0; step < r.nsteps; step++) {
		end += (int64_t)(r.steps[step].seconds * 1e6);
		while (now_us() < end && arrived < r.cap) {
			while (
			    net_active(net) + nwaiting < (size_t)r.steps[step].rate &&
			    arrived < r.cap) {
				arrive(step, now_us());
				arrived++;
				start_waiting(net);
			}
			net_wait(net, end, (int64_t)(r.timeout_s * 1e6));
		}
	}
	while (net_active(net) > 0)
		net_wait(net, now_us() + 10000, (int64_t)(r.timeout_s * 1e6));
	r.took = (double)(now_us() - begin) / 1e6;
}

int
main(int argc, char **argv)
{
	struct sockaddr_storage to;
	struct rlimit files;
	socklen_t n;
	struct net *net;

	options_read(&r, &spec, argc, argv);
	n = options_target(argv[argc - 2], &to);
	spec_read(&spec, argv[argc - 1]);
	for (size_t i = 0; i < spec.nclasses; i++)
		spec.classes[i].next_line = r.first;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	waiting = need(calloc(WAITING_MAX, sizeof *waiting));
	net = net_new(&to, n, r.connections);
	if (r.closed)
		run_closed(net);
	else
		run_open(net);
	report(&r, &spec);
	return 0;
}
