/* SPDX-License-Identifier: MIT */
/* Values, errors, memory and log: what every other header of Kreide builds on. */
#ifndef KR_BASE_H
#define KR_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KR_PUBLIC __attribute__((visibility("default")))
#define KR_MUST __attribute__((warn_unused_result))
#define KR_NONNULL __attribute__((returns_nonnull))
#define KR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define KR_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* One unit of work: actor, arena, transaction, sticky error. Core makes it, core ends
   it; a handler only passes it on. */
typedef struct kr_ctx kr_ctx;
typedef struct kr_out kr_out;   /* HTML sink: takes values, never markup */
typedef struct kr_rows kr_rows; /* result set, lives in the arena of its context */

typedef int64_t kr_id; /* row id; 0 = none */

typedef struct kr_str { /* borrowed slice, UTF-8, not NUL-ended */
	const char *p;
	size_t n;
} kr_str;

typedef struct kr_date { /* days since 1970-01-01; KR_NO_DATE = none */
	int32_t day;
} kr_date;

typedef struct kr_time { /* UTC microseconds since 1970; KR_NO_TIME = none */
	int64_t us;
} kr_time;

#define KR_NO_DATE ((kr_date){ INT32_MIN })
#define KR_NO_TIME ((kr_time){ INT64_MIN })

typedef struct kr_html { /* markup that is safe as it stands; only core makes one */
	kr_str safe_;
} kr_html;

/* A typed value: parameter of a statement, argument of an event or of a log line.
   Letters: i integer, s text, f double, b bool, d date, t time, x bytes, 0 NULL. */
typedef struct kr_val {
	char t;
	union {
		int64_t i;
		double f;
		kr_str s;
	};
} kr_val;

KR_PUBLIC kr_val kr_i(int64_t);
KR_PUBLIC kr_val kr_s(kr_str);
KR_PUBLIC kr_val kr_f(double);
KR_PUBLIC kr_val kr_b(bool);
KR_PUBLIC kr_val kr_d(kr_date); /* KR_NO_DATE becomes NULL */
KR_PUBLIC kr_val kr_t(kr_time); /* KR_NO_TIME becomes NULL */
KR_PUBLIC kr_val kr_x(kr_str bytes);
KR_PUBLIC kr_val kr_null(void);
/* NULL when the id is 0, else the id. */
KR_PUBLIC kr_val kr_ref(kr_id);
/* A list of ids is ONE parameter, read in SQL by
   JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')). */
KR_PUBLIC kr_val kr_ids(kr_ctx *, const kr_id *, size_t n);

/* The closed set of results. The router maps each to a status and a calm page:
   404, 403, 422 (form again), 409, 429/413/507, 503 with Retry-After, 500. */
typedef enum kr_err {
	KR_OK,
	KR_ENOTFOUND, /* not there, or not for you: looks the same outside */
	KR_EDENIED,   /* signed in, but this is not yours to do */
	KR_EINPUT,    /* what was sent cannot be used; see kr_in_bad() */
	KR_ECONFLICT, /* somebody else changed it meanwhile */
	KR_ELIMIT,    /* too much, too large, too often, no space */
	KR_EUPSTREAM, /* database, scanner or auth process is away */
	KR_EFAIL      /* our fault */
} kr_err;

/* Records the failure; the first one sticks: every later kr_* call on this context is
   a no-op, reads give no rows, the transaction rolls back. The text is for the log
   (never for the user) and holds no personal data. Returns the error that stuck. */
KR_PUBLIC kr_err kr_fail(kr_ctx *, kr_err, const char *fmt, ...) KR_PRINTF(3, 4);
KR_PUBLIC kr_err kr_status(const kr_ctx *);

/* Memory of the unit of work: zeroed, aligned, freed by core at its end. Never NULL. */
KR_PUBLIC void *kr_alloc(kr_ctx *, size_t count, size_t size) KR_NONNULL;
#define KR_NEW(cx, T) ((T *)kr_alloc(cx, 1, sizeof(T)))
KR_PUBLIC kr_str kr_fmt(kr_ctx *, const char *fmt, ...) KR_PRINTF(2, 3);
KR_PUBLIC const char *kr_cstr(kr_ctx *, kr_str) KR_NONNULL;    /* NUL-ended copy */
KR_PUBLIC void kr_defer(kr_ctx *, void (*fn)(void *), void *); /* LIFO at the end */

/* Slices. KR_S("literal") has its length at compile time. KR_FMT(s) for "%.*s". */
#define KR_S(literal) ((kr_str){ "" literal "", sizeof(literal) - 1 })
#define KR_STR_INIT(literal)                                                           \
	{                                                                              \
		"" literal "", sizeof(literal) - 1                                     \
	}
#define KR_FMT(s) (int)(s).n, (s).p
KR_PUBLIC kr_str kr_z(const char *nul_ended); /* NULL becomes empty */
KR_PUBLIC bool kr_eq(kr_str, kr_str);
KR_PUBLIC bool kr_is(kr_str, const char *nul_ended);
KR_PUBLIC bool kr_starts(kr_str, kr_str prefix);
KR_PUBLIC kr_str kr_trim(kr_str); /* ASCII blanks off both ends */
KR_PUBLIC kr_str kr_sub(
    kr_str, size_t from, size_t n); /* clipped, never out of range */
/* Cuts *rest at the first sep; false when *rest was used up before. */
KR_PUBLIC bool kr_split(kr_str *rest, char sep, kr_str *part_r);
KR_PUBLIC bool kr_to_i(
    kr_str, int64_t *value_r); /* whole slice, decimal, no overflow */
KR_PUBLIC kr_str kr_join(kr_ctx *, const kr_str *, size_t n, kr_str between);
KR_PUBLIC size_t kr_chars(kr_str); /* Unicode characters of valid UTF-8 */

/* Time. Days and clock are those of the school (Europe/Berlin). */
KR_PUBLIC kr_time kr_now(const kr_ctx *); /* fixed for the whole unit of work */
KR_PUBLIC kr_date kr_today(const kr_ctx *);
KR_PUBLIC kr_date kr_date_of(kr_time);
KR_PUBLIC kr_time kr_time_at(kr_date, int minutes_after_midnight);
KR_PUBLIC bool kr_date_parse(kr_str iso_or_german, kr_date *date_r);
KR_PUBLIC kr_str kr_date_iso(kr_ctx *, kr_date);
#define KR_DAY_US (86400 * INT64_C(1000000))
#define KR_MIN_US (60 * INT64_C(1000000))

/* Log: events with typed values, never personal data (krlint refuses input and
   columns of a personal class as arguments). */
enum kr_level { KR_ERROR, KR_WARN, KR_INFO, KR_DEBUG };
struct kr_kv {
	const char *key;
	kr_val value;
};
KR_PUBLIC void kr_log(
    kr_ctx *, enum kr_level, const char *event, size_t n, const struct kr_kv *);

/* A list in a view: KR_ARRAY(struct row) rows; filled by KR_FILL(), read by
   {% each r in v.rows %}. */
#define KR_ARRAY(T)                                                                    \
	struct {                                                                       \
		T *p;                                                                  \
		size_t n;                                                              \
	}

#endif
