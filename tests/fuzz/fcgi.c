/* The FastCGI door: what a second, simpler reader of the format finds in a request, the
   door finds too, in whatever pieces it comes; what it refuses stays refused. */
#include "fuzz.h"

#include "../../core/http/fcgi.c"

struct pairs {
	const uint8_t *p;
	size_t n, at;
};

/* Second reader of the same format, as the specification has it. */
static size_t
length(struct pairs *q)
{
	size_t n = q->p[q->at++];

	for (int i = 0; n >= 0x80 && i < 3; i++)
		n = i == 0 ? (n & 0x7f) << 8 | q->p[q->at++] | (size_t)1 << 40
			   : n << 8 | q->p[q->at++];
	return n & 0xffffffff;
}

/* All PARAMS of a good head behind one another; their number of bytes. */
static size_t
params_of(const uint8_t *p, size_t n, uint8_t *to)
{
	size_t have = 0;

	for (size_t at = 16 + p[6]; at + 8 <= n;) {
		size_t content = (size_t)p[at + 4] << 8 | p[at + 5];

		if (content == 0)
			return have;
		memcpy(to + have, p + at + 8, content);
		have += content;
		at += 8 + content + p[at + 6];
	}
	MUST(!"the head ends with an empty record");
	return 0;
}

static void
same_params(const uint8_t *head, size_t n)
{
	static uint8_t all[KR_FCGI_PARAMS_MAX];
	struct pairs q = { all, params_of(head, n, all), 0 };
	size_t i = 0;

	for (; q.at < q.n; i++) {
		size_t name = length(&q), value = length(&q);
		kr_str as_name = fuzz_str(all + q.at, name),
		       as_value = fuzz_str(all + q.at + name, value);

		MUST(i < door.head.npairs);
		MUST(kr_eq(door.head.pairs[i].name, as_name));
		MUST(kr_eq(door.head.pairs[i].value, as_value));
		q.at += name + value;
	}
	MUST(i == door.head.npairs);
}

/* The body as far as its records are sound; its number of bytes. */
static size_t
body_of(const uint8_t *p, size_t n, uint8_t *to)
{
	size_t have = 0;

	for (size_t at = door.head.size; at + 8 <= n;) {
		size_t content = (size_t)p[at + 4] << 8 | p[at + 5], there = n - at - 8;

		if (p[at] != 1 || p[at + 1] != 5 || content == 0 ||
		    ((unsigned)p[at + 2] << 8 | p[at + 3]) != door.head.id)
			break;
		there = content < there ? content : there;
		memcpy(to + have, p + at + 8, there);
		have += there;
		at += 8 + content + p[at + 6];
	}
	return have;
}

static void
same_body(const uint8_t *p, size_t n)
{
	static uint8_t want[32768], got[32768];
	size_t all = body_of(p, n, want), have = 0, piece;

	while ((piece = kr_fcgi_read(got + have, 1 + n % 700)) > 0)
		have += piece;
	MUST(have == all && memcmp(got, want, all) == 0);
}

/* A seat at the door for somebody who has sent `n` bytes and then no more. */
static struct caller *
sit(int *peer_r)
{
	struct caller *c = &door.callers[0];
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) ==
	     0);
	*peer_r = pair[0];
	c->fd = pair[1];
	c->have = 0;
	return c;
}

/* In two pieces, as it may come. */
static enum kr_fcgi_is
enter(struct caller *c, int peer, const uint8_t *p, size_t n)
{
	size_t first = n == 0 ? 0 : p[n - 1] * n / 256;
	enum kr_fcgi_is is = KR_FCGI_MORE;

	if (first > 0) {
		MUST(write(peer, p, first) == (ssize_t)first);
		is = listen_to(c);
	}
	if (is != KR_FCGI_BAD && n > first)
		MUST(write(peer, p + first, n - first) == (ssize_t)(n - first));
	shutdown(peer, SHUT_WR);
	return is == KR_FCGI_MORE ? listen_to(c) : is;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t copy[32768];
	static struct kr_fcgi_head head;
	enum kr_fcgi_is before = KR_FCGI_MORE, now;
	int peer;

	if (n > sizeof copy) /* must fit into the socket at once */
		return 0;
	/* More bytes never change an answer once it is given. */
	for (size_t k = 0; k <= n; k += 1 + n / 64) {
		memcpy(copy, p, k);
		now = kr_fcgi_head(copy, k, &head);
		MUST(before == KR_FCGI_MORE || now == before);
		before = now;
	}

	struct caller *c = sit(&peer);

	now = enter(c, peer, p, n);
	MUST(before == KR_FCGI_MORE || now == before);
	if (now == KR_FCGI_GOOD) {
		begin(c);
		same_params(p, n);
		same_body(p, n);
		MUST(kr_fcgi_write("Status: 200\r\n\r\n", 15));
		kr_fcgi_finish();
	} else if (c->fd >= 0) {
		hang_up(c);
	}
	close(peer);
	return 0;
}
