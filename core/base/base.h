/* Arena, buffers, text, time, configuration, randomness: the ground floor, which knows
   nothing of HTTP, SQL or policy. */
#ifndef KR_BASE_BASE_H
#define KR_BASE_BASE_H

#include <kr/base.h>
#include <stdio.h>

#if defined(__SANITIZE_ADDRESS__)
#define KR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KR_ASAN 1
#endif
#endif
#ifndef KR_ASAN
#define KR_ASAN 0
#endif

/* ── arena: grows in blocks, freed at once; a cap turns a runaway into an abort ── */
struct kr_arena;
struct kr_arena *kr_arena_new(size_t cap_bytes);
void kr_arena_free(struct kr_arena **);
void *kr_arena_alloc(struct kr_arena *, size_t n) KR_NONNULL; /* zeroed, 16-aligned */
void kr_arena_reset(struct kr_arena *); /* keeps the first block */
size_t kr_arena_used(const struct kr_arena *);
/* The largest piece that surely still fits: asked before what a sender made large is
   copied, so that it can be refused instead. */
size_t kr_arena_room(const struct kr_arena *);
/* Told before a full arena aborts the process. */
void kr_arena_on_full(void (*)(void));

/* ── buffer: bytes that grow inside an arena ── */
struct kr_buf {
	struct kr_arena *arena;
	char *p;
	size_t n, cap;
};
void kr_buf_init(struct kr_buf *, struct kr_arena *, size_t first_cap);
void kr_buf_add(struct kr_buf *, const void *, size_t);
void kr_buf_str(struct kr_buf *, kr_str);
void kr_buf_c(struct kr_buf *, char);
void kr_buf_i(struct kr_buf *, int64_t);
void kr_buf_fmt(struct kr_buf *, const char *fmt, ...) KR_PRINTF(2, 3);
kr_str kr_buf_view(const struct kr_buf *);

/* ── text ── */
kr_str kr_dup(struct kr_arena *, kr_str); /* copy, NUL-ended behind its end */
bool kr_utf8_ok(kr_str);                  /* well-formed, no NUL, no surrogates */
kr_str kr_nfc(struct kr_arena *, kr_str); /* libunistring */
kr_str kr_lower(struct kr_arena *, kr_str);
/* ASCII letters for account names: ä->ae, ß->ss, ø->oe, ł->l, ğ->g, ễ->e ...; what has
   no transliteration is dropped. */
kr_str kr_translit(struct kr_arena *, kr_str);
bool kr_has_control(kr_str); /* C0, C1, DEL; tab and newline count */
kr_str kr_percent_encode(struct kr_arena *, kr_str); /* all but unreserved */
bool kr_percent_decode(struct kr_arena *, kr_str, bool plus_is_space, kr_str *out_r);
kr_str kr_hex(struct kr_arena *, kr_str bytes);
kr_str kr_b64url(struct kr_arena *, kr_str bytes); /* no padding */
bool kr_b64url_decode(struct kr_arena *, kr_str, kr_str *bytes_r);
kr_str kr_base32(struct kr_arena *, kr_str bytes); /* Crockford, upper case */
/* Upper case, 0 for O, 1 for I and L, hyphens and blanks dropped. */
kr_str kr_base32_clean(struct kr_arena *, kr_str);

/* ── crypto, from OpenSSL and libsodium ── */
void kr_random(void *, size_t n);
void kr_sha256(kr_str, uint8_t out_r[32]);
void kr_hmac_sha256(kr_str key, kr_str data, uint8_t out_r[32]);
bool kr_same_bytes(const void *, const void *, size_t n); /* constant time */
void kr_wipe(void *, size_t n);

/* ── time ── */
int64_t kr_mono_us(void);     /* CLOCK_MONOTONIC, for durations */
int64_t kr_boot_us(void);     /* the same, and goes on while the machine sleeps */
kr_time kr_wall(void);        /* CLOCK_REALTIME */
void kr_time_zone_init(void); /* Europe/Berlin for the process, once */
struct kr_civil {             /* in Europe/Berlin */
	int year, month, day, hour, minute, second, weekday; /* weekday: 0 = Monday */
};
struct kr_civil kr_civil(kr_time);
struct kr_civil kr_civil_date(kr_date);
kr_date kr_date_civil(int year, int month, int day);

/* ── configuration: `key = value` lines, # comments ── */
struct kr_conf;
struct kr_conf *kr_conf_read(const char *path, char *error_r, size_t error_n);
const char *kr_conf_get(const struct kr_conf *, const char *key, const char *def);
int64_t kr_conf_int(const struct kr_conf *, const char *key, int64_t def);
void kr_conf_free(struct kr_conf **);
/* Whole small file (secrets, at most 64 KiB) into the arena; false with errno. */
bool kr_read_file(struct kr_arena *, const char *path, kr_str *text_r);

/* ── log: one line to stderr, key=value; control bytes escaped ── */
void kr_log_line(enum kr_level, const char *event, size_t n, const struct kr_kv *);
void kr_log_setup(const char *process_name, enum kr_level least);
void kr_log_never_wait(
    void); /* for what serves: lines that a full pipe refuses are lost */
/* For what has no time: from now on lines of KR_INFO and below go out together, when
   there are 4 kB, something worse is said, or it has nothing else to do and calls
   kr_log_flush(). A process that is killed takes those few with it. */
void kr_log_gather(void);
bool kr_log_waits(void); /* there are some */
void kr_log_flush(void);
#define KR_KV(...) ((const struct kr_kv[]){ __VA_ARGS__ })
#define kr_log_kv(level, event, ...)                                                   \
	kr_log_line(level, event, sizeof(KR_KV(__VA_ARGS__)) / sizeof(struct kr_kv),   \
	    KR_KV(__VA_ARGS__))

/* Broken invariant: says so and aborts; the master forks a new process. */
_Noreturn void kr_panic(const char *fmt, ...) KR_PRINTF(1, 2);
#define KR_CHECK(condition)                                                            \
	((condition) ? (void)0 : kr_panic("%s:%d: %s", __FILE__, __LINE__, #condition))

/* ── fault points (test build -DKR_FAULTS): the n-th pass through a named point fails,
   chosen by KR_FAULT="name:n" in the environment; no code at all in a release ── */
#ifdef KR_FAULTS
bool kr_fault(const char *name);
#else
#define kr_fault(name) false
#endif

#endif
