/* Checks the head of a FastCGI request: libfcgi ends the process on hostile lengths, so
   they never reach it. */
#include "http/fcgi_check.h"

#include <stdbool.h>
#include <string.h>

enum { VERSION = 1, BEGIN_REQUEST = 1, PARAMS = 4, RESPONDER = 1 };
#define RECORD_HEADER 8u
#define BEGIN_BODY 8u

struct record {
	uint8_t type;
	unsigned id;
	size_t content, padding;
	const uint8_t *body;
};

/* MORE when the record is not complete, its length in *size_r otherwise. */
static enum kr_fcgi_head
record_at(const uint8_t *p, size_t n, struct record *r, size_t *size_r)
{
	if (n < RECORD_HEADER)
		return KR_FCGI_MORE;
	if (p[0] != VERSION)
		return KR_FCGI_BAD;
	r->type = p[1];
	r->id = (unsigned)p[2] << 8 | p[3];
	r->content = (size_t)p[4] << 8 | p[5];
	r->padding = p[6];
	r->body = p + RECORD_HEADER;
	*size_r = RECORD_HEADER + r->content + r->padding;
	return n < *size_r ? KR_FCGI_MORE : KR_FCGI_GOOD;
}

/* One length: one byte, or four with the highest bit set. */
static bool
take_length(const uint8_t *p, size_t n, size_t *at, size_t *length_r)
{
	if (*at >= n)
		return false;
	if (p[*at] < 0x80) {
		*length_r = p[(*at)++];
		return true;
	}
	if (n - *at < 4)
		return false;
	*length_r = (size_t)(p[*at] & 0x7f) << 24 | (size_t)p[*at + 1] << 16 |
		    (size_t)p[*at + 2] << 8 | p[*at + 3];
	*at += 4;
	return true;
}

/* A NUL would end the string that libfcgi makes of it: what was checked would not be
   what is read. */
static bool
pairs_add_up(const uint8_t *p, size_t n)
{
	size_t at = 0, name, value;

	while (at < n) {
		if (!take_length(p, n, &at, &name) || !take_length(p, n, &at, &value))
			return false;
		if (name == 0 || name > n - at || value > n - at - name)
			return false;
		if (memchr(p + at, 0, name + value) != NULL)
			return false;
		at += name + value;
	}
	return true;
}

enum kr_fcgi_head
kr_fcgi_check(const uint8_t *p, size_t n)
{
	static uint8_t params[KR_FCGI_PARAMS_MAX];
	size_t at, have = 0, size = 0;
	struct record r = { 0 };
	enum kr_fcgi_head head = record_at(p, n, &r, &size);

	if (n >= 2 && p[1] != BEGIN_REQUEST)
		return KR_FCGI_BAD;
	if (head != KR_FCGI_GOOD)
		return head;
	if (r.id == 0 || r.content != BEGIN_BODY || r.body[0] != 0 ||
	    r.body[1] != RESPONDER)
		return KR_FCGI_BAD;

	unsigned id = r.id;

	for (at = size;; at += size) {
		head = record_at(p + at, n - at, &r, &size);
		if (n - at >= RECORD_HEADER && (r.type != PARAMS || r.id != id))
			return KR_FCGI_BAD;
		if (head != KR_FCGI_GOOD)
			break;
		if (r.content == 0)
			return pairs_add_up(params, have) ? KR_FCGI_GOOD : KR_FCGI_BAD;
		if (r.content > sizeof params - have)
			return KR_FCGI_BAD;
		memcpy(params + have, r.body, r.content);
		have += r.content;
	}
	if (head == KR_FCGI_MORE && n >= KR_FCGI_HEAD_MAX)
		return KR_FCGI_BAD;
	return head;
}
