/* Bench: the reference programs' work on our own layers, so that the layers' price
   shows, and a page with nothing in it. Loaded into an instance that is measured, and
   into no other. */
#include "bench.h"
#include "bench_templates.h"

#define BODY 10240
#define ROWS 100000
#define LIST 500

KR_STMT(q_row, "i", "isi", "SELECT id, words, number FROM bench_row WHERE id = ?");
KR_STMT(q_rows, "ii", "isi",
    "SELECT id, words, number FROM bench_row WHERE id BETWEEN ? AND ? ORDER BY id");

static const struct kr_col row_cols[] = { KR_COL(struct bench_row, id),
	KR_COL(struct bench_row, words), KR_COL(struct bench_row, number) };

/* Another row each time; any will do. */
static int64_t
somewhere(kr_ctx *cx, int64_t step, int64_t most)
{
	return 1 + (kr_now(cx).us % 1000003 * 7919 + step * 104729) % most;
}

static kr_err
reads(kr_ctx *cx, int64_t n)
{
	char *body = kr_alloc(cx, BODY + 1, 1);
	struct bench_row row;
	size_t at = 0;

	for (int64_t i = 0; i < n; i++) {
		if (!kr_one(cx, &q_row, row_cols, &row, kr_i(somewhere(cx, i, ROWS))))
			return KR_EFAIL;
		for (size_t k = 0; k < row.words.n && at < BODY; k++)
			body[at++] = row.words.p[k];
	}
	while (at < BODY)
		body[at++] = 'x';
	return kr_send_text(cx, "text/plain", (kr_str){ body, BODY });
}

static kr_err
empty(kr_ctx *cx)
{
	return reads(cx, 0);
}

static kr_err
q1(kr_ctx *cx)
{
	return reads(cx, 1);
}

static kr_err
q5(kr_ctx *cx)
{
	return reads(cx, 5);
}

static kr_err
q20(kr_ctx *cx)
{
	return reads(cx, 20);
}

static kr_err
list(kr_ctx *cx)
{
	int64_t from = somewhere(cx, 0, ROWS - LIST);
	struct bench_list view = { 0 };
	kr_rows *rows = kr_query(cx, &q_rows, kr_i(from), kr_i(from + LIST - 1));

	KR_FILL(cx, view.rows, rows, row_cols);
	return bench_list(cx, &view);
}

static kr_err
frame(kr_ctx *cx)
{
	return bench_frame(cx, &(struct bench_frame){ 0 });
}

/* What it costs that somebody listens: a hundred times in the transaction of the deed,
   or once by the process for jobs, after it. */
#define HOOKED 100

static kr_err
nothing(kr_ctx *cx, const kr_val *args, size_t n)
{
	(void)cx;
	(void)args;
	(void)n;
	return KR_OK;
}

static kr_err
hooks_now(kr_ctx *cx)
{
	for (int64_t i = 0; i < HOOKED; i++)
		kr_emit(cx, "bench.asked", kr_i(i));
	return reads(cx, 0);
}

static kr_err
hook_later(kr_ctx *cx)
{
	kr_emit(cx, "bench.later", kr_i(1));
	return reads(cx, 0);
}
static const struct kr_event events[] = { { "bench.asked", "i" },
	{ "bench.later", "i" } };
static const struct kr_hook hooks[] = { { "bench.asked", nothing, KR_IN_TX },
	{ "bench.later", nothing, KR_AFTER } };

#define OPEN(path, run)                                                                \
	{                                                                              \
		KR_GET, path, NULL, run, .flags = KR_R_PUBLIC,                         \
					 .why = "measured without a session"           \
	}
static const struct kr_route routes[] = {
	OPEN("/bench/empty", empty),
	OPEN("/bench/q1", q1),
	OPEN("/bench/q5", q5),
	OPEN("/bench/q20", q20),
	OPEN("/bench/list", list),
	OPEN("/bench/hooks", hooks_now),
	{ KR_POST, "/bench/deed", NULL, empty, .flags = KR_R_ANY },
	{ KR_POST, "/bench/later", NULL, hook_later, .flags = KR_R_ANY },
	{ KR_GET, "/bench/frame", NULL, frame, .flags = KR_R_ANY },
};
static const struct kr_pdata pdata[] = {
	{ "bench_row", "number", NULL, "measuring", "none", KR_PD_NONE, KR_ERASE_KEEP,
	    0 },
	{ "bench_row", "words", NULL, "measuring", "none", KR_PD_NONE, KR_ERASE_KEEP,
	    0 },
};

KR_PLUGIN(.name = "bench", .title = "bench.title", .intro = "bench.intro",
    .version = "1.0", .schema = 1, .flags = KR_PL_SYSTEM, KR_TAB(routes, routes),
    KR_TAB(events, events), KR_TAB(hooks, hooks), KR_TAB(pdata, pdata));
