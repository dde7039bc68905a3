/* The head of a FastCGI request: who asks for what, as names and values. */
#ifndef KR_HTTP_FCGI_HEAD_H
#define KR_HTTP_FCGI_HEAD_H

#include <kr/base.h>

#define KR_FCGI_HEAD_MAX ((size_t)96 * 1024)   /* with record headers and padding */
#define KR_FCGI_PARAMS_MAX ((size_t)64 * 1024) /* names, values and their lengths */
#define KR_FCGI_PAIRS_MAX 128

/* Types of records, FastCGI specification 1.0, section 8. */
enum {
	KR_FCGI_BEGIN = 1,
	KR_FCGI_END = 3,
	KR_FCGI_PARAMS = 4,
	KR_FCGI_STDIN = 5,
	KR_FCGI_STDOUT = 6
};
struct kr_fcgi_record {
	unsigned type, id;
	size_t content, padding; /* bytes behind its header of eight */
};
#define KR_FCGI_RECORD ((size_t)8)

struct kr_fcgi_pair {
	kr_str name, value; /* no NUL in either, no empty name */
};
struct kr_fcgi_head {
	struct kr_fcgi_pair pairs[KR_FCGI_PAIRS_MAX];
	size_t npairs;
	unsigned id;
	size_t size; /* bytes of the head; behind it begins the body */
};

enum kr_fcgi_is { KR_FCGI_MORE, KR_FCGI_GOOD, KR_FCGI_BAD };

/* Reads a record's header of eight bytes; false when it is of no version we know. */
bool kr_fcgi_record(const uint8_t *, struct kr_fcgi_record *record_r);
/* One BEGIN_REQUEST (responder), then PARAMS up to the empty one. MORE: not all of it
   has come yet. GOOD: the pairs point into the bytes, which were moved together. */
enum kr_fcgi_is kr_fcgi_head(uint8_t *, size_t n, struct kr_fcgi_head *head_r);

#endif
