/* The command line, and what may not be asked for at all. */
#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whatever was asked for: a mistyped number must not become an attack. */
#define RATE_MAX 100000.0
#define SECONDS_MAX 600.0
#define COUNT_MAX 5000000u
#define CONNECTIONS_MAX 10000u

static const char usage[] =
    "usage: load [OPTIONS] ADDRESS:PORT CLASSES\n"
    "  --rate N           requests a second (100)\n"
    "  --seconds N        for so long (10)\n"
    "  --steps R:S,R:S    instead of both: rate R for S seconds, then the next\n"
    "  --closed           as many at a time as the rate says, each after an answer\n"
    "  --poisson          arrivals at random instead of evenly spaced\n"
    "  --seed N           of what is random (1)\n"
    "  --connections N    at most so many (512)\n"
    "  --requests N       at most so many (1000000)\n"
    "  --timeout N        seconds until an answer is given up (20)\n"
    "  --first N          pools begin after N lines (0)\n"
    "  --host NAME        of the Host header (localhost)\n"
    "Asks loopback addresses only. CLASSES is a file; see tests/load/README.md.\n";

static double
number(const char *text, double least, double most)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != 0 || !(v >= least) || v > most)
		die("%s: a number from %g to %g", text, least, most);
	return v;
}

static void
read_steps(struct run *r, char *text)
{
	char *one, *colon;

	while ((one = strsep(&text, ",")) != NULL) {
		colon = strchr(one, ':');
		if (colon == NULL || r->nsteps == STEPS_MAX)
			die("--steps RATE:SECONDS,..., at most %d", STEPS_MAX);
		*colon = 0;
		r->steps[r->nsteps++] = (struct step){ number(one, 0.1, RATE_MAX),
			number(colon + 1, 0.1, SECONDS_MAX) };
	}
}

/* Loopback or nothing. */
socklen_t
options_target(char *text, struct sockaddr_storage *to)
{
	struct sockaddr_in *a4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *a6 = (struct sockaddr_in6 *)to;
	char *colon = strrchr(text, ':');
	in_port_t port;

	if (colon == NULL)
		die("%s: ADDRESS:PORT", text);
	port = htons((in_port_t)number(colon + 1, 1, 65535));
	*colon = 0;
	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, text, &a4->sin_addr) == 1 &&
	    ntohl(a4->sin_addr.s_addr) >> 24 == 127) {
		a4->sin_family = AF_INET;
		a4->sin_port = port;
		return sizeof *a4;
	}
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = 0;
		if (inet_pton(AF_INET6, text + 1, &a6->sin6_addr) == 1 &&
		    IN6_IS_ADDR_LOOPBACK(&a6->sin6_addr)) {
			a6->sin6_family = AF_INET6;
			a6->sin6_port = port;
			return sizeof *a6;
		}
	}
	die("%s: only loopback addresses, such as 127.0.0.1:8080", text);
}

void
options_read(struct run *r, struct spec *spec, int argc, char **argv)
{
	static const struct option options[] = { { "rate", 1, NULL, 'r' },
		{ "seconds", 1, NULL, 's' }, { "steps", 1, NULL, 't' },
		{ "closed", 0, NULL, 'c' }, { "poisson", 0, NULL, 'p' },
		{ "seed", 1, NULL, 'e' }, { "connections", 1, NULL, 'n' },
		{ "requests", 1, NULL, 'q' }, { "timeout", 1, NULL, 'o' },
		{ "first", 1, NULL, 'f' }, { "host", 1, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	struct step one = { 100, 10 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'r':
			one.rate = number(optarg, 0.1, RATE_MAX);
			break;
		case 's':
			one.seconds = number(optarg, 0.1, SECONDS_MAX);
			break;
		case 't':
			read_steps(r, optarg);
			break;
		case 'c':
			r->closed = true;
			break;
		case 'p':
			r->poisson = true;
			break;
		case 'e':
			r->seed = (uint64_t)number(optarg, 1, 1e9);
			break;
		case 'n':
			r->connections = (size_t)number(optarg, 1, CONNECTIONS_MAX);
			break;
		case 'q':
			r->cap = (uint64_t)number(optarg, 1, COUNT_MAX);
			break;
		case 'o':
			r->timeout_s = number(optarg, 0.1, SECONDS_MAX);
			break;
		case 'f':
			r->first = (size_t)number(optarg, 0, 1e9);
			break;
		case 'h':
			spec->host = optarg;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (r->nsteps == 0)
		r->steps[r->nsteps++] = one;
	for (size_t i = 0; i < r->nsteps; i++)
		r->seconds += r->steps[i].seconds;
	if (r->seconds > SECONDS_MAX)
		die("at most %g seconds in all", SECONDS_MAX);
	if (argc - optind != 2) {
		fputs(usage, stderr);
		exit(2);
	}
}
