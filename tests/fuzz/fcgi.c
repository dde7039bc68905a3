/* The FastCGI door: what it lets in, libfcgi reads as the same names and values, and
   never ends the process over it; what it refuses stays refused. */
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
	char **env = door.rq.envp;

	MUST(*env != NULL && strcmp(*env++, "FCGI_ROLE=RESPONDER") == 0);
	for (; q.at < q.n; env++) {
		size_t name = length(&q), value = length(&q);

		MUST(*env != NULL && strlen(*env) == name + 1 + value);
		MUST(memcmp(*env, all + q.at, name) == 0 && (*env)[name] == '=');
		MUST(memcmp(*env + name + 1, all + q.at + name, value) == 0);
		q.at += name + value;
	}
	MUST(*env == NULL);
}

/* Through a socket, as nginx sends it. */
static bool
enter(const uint8_t *p, size_t n, int *peer_r)
{
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	MUST(n == 0 || write(pair[0], p, n) == (ssize_t)n);
	shutdown(pair[0], SHUT_WR);
	*peer_r = pair[0];
	return begin(pair[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum kr_fcgi_head whole = kr_fcgi_check(p, n), before = KR_FCGI_MORE;
	uint8_t body[512];
	int peer;

	if (n > 32768) /* must fit into the socket at once */
		return 0;
	MUST(prepare(-1));
	/* More bytes never change an answer once it is given. */
	for (size_t k = 0; k <= n; k += 1 + n / 64) {
		enum kr_fcgi_head now = kr_fcgi_check(p, k);

		MUST(before == KR_FCGI_MORE || now == before);
		before = now;
	}
	MUST(before == KR_FCGI_MORE || whole == before);
	if (enter(p, n, &peer)) {
		size_t got, all = 0;

		MUST(whole == KR_FCGI_GOOD);
		same_params(p, n);
		while ((got = kr_fcgi_read(body, sizeof body)) > 0)
			all += got;
		MUST(all <= n);
		kr_fcgi_write("Status: 200\r\n\r\n", 15);
		kr_fcgi_finish();
	}
	close(peer);
	return 0;
}
