/* Reads the head of a FastCGI request where it lies, and believes none of its lengths.
 */
#include "http/fcgi_head.h"

#include <string.h>

enum { VERSION = 1, RESPONDER = 1 };
#define BEGIN_BODY 8u

bool
kr_fcgi_record(const uint8_t *p, struct kr_fcgi_record *r)
{
	r->type = p[1];
	r->id = (unsigned)p[2] << 8 | p[3];
	r->content = (size_t)p[4] << 8 | p[5];
	r->padding = p[6];
	return p[0] == VERSION;
}

/* The record at the beginning of what has come; its header is judged as soon as it is
   there. */
static enum kr_fcgi_is
record_of(const uint8_t *p, size_t n, unsigned type, struct kr_fcgi_record *r)
{
	if (n < KR_FCGI_RECORD)
		return KR_FCGI_MORE;
	if (!kr_fcgi_record(p, r) || r->type != type || r->id == 0)
		return KR_FCGI_BAD;
	return n - KR_FCGI_RECORD < r->content + r->padding ? KR_FCGI_MORE
							    : KR_FCGI_GOOD;
}

/* One length: one byte, or four with the highest bit set. */
static bool
take_length(kr_str *rest, size_t *length_r)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	size_t bytes = rest->n > 0 && p[0] >= 0x80 ? 4 : 1;

	if (rest->n < bytes)
		return false;
	*length_r = p[0];
	if (bytes == 4)
		*length_r = (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
			    (size_t)p[2] << 8 | p[3];
	*rest = kr_sub(*rest, bytes, rest->n);
	return true;
}

/* A NUL would end the string that somebody makes of it: what was checked would not be
   what is read. */
static bool
take_pair(kr_str *rest, struct kr_fcgi_pair *pair_r)
{
	size_t name, value;

	if (!take_length(rest, &name) || !take_length(rest, &value))
		return false;
	if (name == 0 || name > rest->n || value > rest->n - name)
		return false;
	if (memchr(rest->p, 0, name + value) != NULL)
		return false;
	pair_r->name = kr_sub(*rest, 0, name);
	pair_r->value = kr_sub(*rest, name, value);
	*rest = kr_sub(*rest, name + value, rest->n);
	return true;
}

static bool
take_pairs(kr_str params, struct kr_fcgi_head *h)
{
	for (h->npairs = 0; params.n > 0; h->npairs++) {
		if (h->npairs == KR_FCGI_PAIRS_MAX ||
		    !take_pair(&params, &h->pairs[h->npairs]))
			return false;
	}
	return true;
}

/* A pair may begin in one record and end in the next. */
static kr_str
move_together(uint8_t *p, size_t size)
{
	struct kr_fcgi_record r;
	size_t have = 0;

	for (size_t at = 0; at < size; at += KR_FCGI_RECORD + r.content + r.padding) {
		kr_fcgi_record(p + at, &r);
		memmove(p + have, p + at + KR_FCGI_RECORD, r.content);
		have += r.content;
	}
	return (kr_str){ (const char *)p, have };
}

enum kr_fcgi_is
kr_fcgi_head(uint8_t *p, size_t n, struct kr_fcgi_head *h)
{
	struct kr_fcgi_record r;
	enum kr_fcgi_is is = record_of(p, n, KR_FCGI_BEGIN, &r);
	size_t params = 0, from, at;

	if (is != KR_FCGI_GOOD)
		return is;
	if (r.content != BEGIN_BODY || p[8] != 0 || p[9] != RESPONDER)
		return KR_FCGI_BAD;
	h->id = r.id;
	from = at = KR_FCGI_RECORD + r.content + r.padding;
	do {
		is = record_of(p + at, n - at, KR_FCGI_PARAMS, &r);
		if (is == KR_FCGI_MORE && n >= KR_FCGI_HEAD_MAX)
			return KR_FCGI_BAD;
		if (is != KR_FCGI_GOOD)
			return is;
		params += r.content;
		at += KR_FCGI_RECORD + r.content + r.padding;
		if (r.id != h->id || params > KR_FCGI_PARAMS_MAX ||
		    at > KR_FCGI_HEAD_MAX)
			return KR_FCGI_BAD;
	} while (r.content > 0);
	h->size = at;
	return take_pairs(move_together(p + from, at - from), h) ? KR_FCGI_GOOD
								 : KR_FCGI_BAD;
}
