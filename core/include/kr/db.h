/* SPDX-License-Identifier: MIT */
/* Database: statements are literals, values are bound, rows land in typed structs. */
#ifndef KR_DB_H
#define KR_DB_H

#include <kr/base.h>

/* A statement. `in` has one letter per `?`, `out` one per result column:
   i integer, s text, f double, b bool, d date, t time, x bytes. A NULL column reads as
   0, empty, false, KR_NO_DATE, KR_NO_TIME. The `""` around the text makes a variable a
   syntax error. `make check` prepares each one on a migrated database. */
struct kr_stmt {
	const char *name, *in, *out, *sql;
};
#define KR_STMT(id, in, out, sql)                                                      \
	static const struct kr_stmt id = { #id, "" in "", "" out "", "" sql "" };      \
	static const struct kr_stmt *const id##_listed_                                \
	    __attribute__((section("kr_stmts"), used)) = &id
/* The linker collects what KR_STMT lists: no statement can be forgotten. NULL when a
   module has none. */
extern const struct kr_stmt *const __start_kr_stmts[]
    __attribute__((weak, visibility("hidden")));
extern const struct kr_stmt *const __stop_kr_stmts[]
    __attribute__((weak, visibility("hidden")));

/* Where column k of a row goes in a struct: KR_COL(struct row, title). */
struct kr_col {
	char type; /* i s f b d t x, from the member's C type */
	uint16_t size;
	uint32_t offset;
};
#define KR_COL_TYPE_(m)                                                                \
	_Generic((m), kr_str                                                           \
		 : 's', int64_t                                                        \
		 : 'i', int32_t                                                        \
		 : 'i', uint32_t                                                       \
		 : 'i', int16_t                                                        \
		 : 'i', uint16_t                                                       \
		 : 'i', uint8_t                                                        \
		 : 'i', uint64_t                                                       \
		 : 'i', bool                                                           \
		 : 'b', double                                                         \
		 : 'f', kr_date                                                        \
		 : 'd', kr_time                                                        \
		 : 't')
#define KR_COL(T, m)                                                                   \
	{                                                                              \
		KR_COL_TYPE_(((T *)0)->m), (uint16_t)sizeof(((T *)0)->m),              \
		    (uint32_t)offsetof(T, m)                                           \
	}

/* Runs a reading statement; all rows are in the arena when it returns. Never NULL: on a
   failed context, or when it fails, the result has no rows. */
KR_PUBLIC kr_rows *kr_query_(
    kr_ctx *, const struct kr_stmt *, const kr_val *, size_t) KR_NONNULL;
/* Runs a writing statement. Returns the new id of an INSERT into an AUTO_INCREMENT
   table, else the number of rows concerned (found, not only changed); 0 on failure. */
KR_PUBLIC int64_t kr_exec_(kr_ctx *, const struct kr_stmt *, const kr_val *, size_t);
KR_PUBLIC bool kr_next_(kr_rows *, const struct kr_col *, size_t, void *row_r);
KR_PUBLIC void *kr_all_(
    kr_rows *, const struct kr_col *, size_t ncols, size_t size, size_t *n_r);
KR_PUBLIC size_t kr_rows_n(const kr_rows *);
/* Runs after the answer is sent, in a transaction of its own; must be idempotent. */
KR_PUBLIC void kr_after_(kr_ctx *, const struct kr_stmt *, const kr_val *, size_t);

#define KR_ARGS(...)                                                                   \
	((const kr_val[]){ { 0 }, ##__VA_ARGS__ }) + 1,                                \
	    sizeof((const kr_val[]){ { 0 }, ##__VA_ARGS__ }) / sizeof(kr_val) - 1
#define kr_query(cx, st, ...) kr_query_(cx, st, KR_ARGS(__VA_ARGS__))
#define kr_exec(cx, st, ...) kr_exec_(cx, st, KR_ARGS(__VA_ARGS__))
#define kr_after(cx, st, ...) kr_after_(cx, st, KR_ARGS(__VA_ARGS__))
/* Next row into *row_r; cols is a `static const struct kr_col cols[]`. */
#define kr_next(rows, cols, row_r) kr_next_(rows, cols, KR_LEN(cols), row_r)
/* All rows into a KR_ARRAY member of a view: KR_FILL(cx, view.rows, rows, cols). */
#define KR_FILL(cx, array, rows, cols)                                                 \
	((void)(cx), (array).p = kr_all_(                                              \
			 rows, cols, KR_LEN(cols), sizeof(*(array).p), &(array).n))
/* The first row, or false: for look-ups by key. */
#define kr_one(cx, st, cols, row_r, ...)                                               \
	kr_next(kr_query(cx, st, ##__VA_ARGS__), cols, row_r)

#endif
