/* Error pages: calm, in the person's language, with a number the administrator can look
   up. They need no database, no actor and no plugin. */
#include "html/error.h"
#include "html/html.h"

#include "auth/auth.h"
#include "http/http.h"
#include "plugin/registry.h"

#define BOARD                                                                                \
	"<path d=\"M40 36c60-10 200-10 280 0M44 60c50-6 120-6 150-2M44 84c30-4 70-4 96 0\" " \
	"stroke-dasharray=\"60 10 34 14\" opacity=\".55\"/><rect x=\"196\" y=\"84\" "        \
	"width=\"104\" height=\"52\" rx=\"10\" transform=\"rotate(-12 248 110)\"/><path "    \
	"d=\"M202 118 302 96\"/><path class=\"y\" d=\"M120 150c20-20 44-26 66-18M112 "       \
	"166c26-18 56-22 84-14\" stroke-dasharray=\"2 9\"/><path d=\"M30 182h300\"/><rect "  \
	"class=\"y\" x=\"58\" y=\"170\" width=\"44\" height=\"9\" rx=\"4\"/>"
#define PLANE                                                                               \
	"<path d=\"M214 62l92-40-34 84-20-36zM306 22l-54 48\"/><path class=\"y\" d=\"M40 "  \
	"164c30-52 74-8 62 20s-52 4-24-36c20-28 70-40 118-52\" stroke-dasharray=\"2 10\"/>" \
	"<path d=\"M30 190h300\"/>"
#define FOLDER                                                                                 \
	"<path d=\"M72 178V84h66l18 18h132v76z\"/><path d=\"M112 84 150 18l96 30-18 54\"/>"    \
	"<path class=\"y\" d=\"M160 46l58 18M150 62l60 18\" stroke-dasharray=\"12 7\"/><path " \
	"d=\"M30 178h300\"/>"
#define WATCH                                                                            \
	"<circle cx=\"180\" cy=\"104\" r=\"62\"/><path d=\"M168 26h24M180 26v16M226 "    \
	"58l10-10\"/><path class=\"y\" d=\"M180 104V66M180 104l26 16\"/><path d=\"M180 " \
	"50v8M180 150v8M126 104h8M226 104h8\"/><path d=\"M30 182h300\"/>"

/* In the frame a small drawing stands instead. */
#define DOODLE(paths)                                                                  \
	"<svg class=\"k-doodle\" viewBox=\"0 0 120 84\" aria-hidden=\"true\">" paths   \
	"</svg>"
#define LOCK                                                                              \
	DOODLE(                                                                           \
	    "<rect x=\"36\" y=\"38\" width=\"48\" height=\"32\" rx=\"5\"/><path d=\"M46 " \
	    "38V28a14 14 0 0 1 28 0v10\"/><path class=\"w\" d=\"M60 50v8\"/>")
#define GLASS                                                                          \
	DOODLE(                                                                        \
	    "<circle cx=\"54\" cy=\"38\" r=\"20\"/><path d=\"m69 53 20 18\"/><path "   \
	    "class=\"w\" d=\"M46 38h16\"/>")
#define SHEETS                                                                         \
	DOODLE("<path d=\"M30 20h36v46H30z\"/><path d=\"M54 30h36v46H54z\"/><path "    \
	       "class=\"w\" d=\"M62 44h20M62 54h20\"/>")
#define PENCIL                                                                          \
	DOODLE(                                                                         \
	    "<path d=\"M22 68h76\"/><path d=\"m36 56 4-14 34-34 10 10-34 34z\"/><path " \
	    "class=\"w\" d=\"M66 16l10 10\"/>")

static const struct page {
	int status;
	const char *title, *text;
	const char *drawing; /* on the board */
	const char *doodle;  /* in the frame; NULL: always on the board */
	bool again;          /* trying again may help */
} pages[] = {
	{ 400, "core.error_400", "core.error_400_text", PLANE, NULL, false },
	{ 401, "core.error_401", "core.error_401_text", PLANE, NULL, false },
	{ 403, "core.error_403", "core.error_403_text", PLANE, LOCK, false },
	{ 404, "core.error_404", "core.error_404_text", PLANE, GLASS, false },
	{ 405, "core.error_405", "core.error_405_text", PLANE, GLASS, false },
	{ 409, "core.error_409", "core.error_409_text", BOARD, SHEETS, false },
	{ 413, "core.error_413", "core.error_413_text", FOLDER, SHEETS, false },
	{ 422, "core.error_422", "core.error_422_text", BOARD, PENCIL, false },
	{ 429, "core.error_429", "core.error_429_text", WATCH, NULL, true },
	{ 503, "core.error_503", "core.error_503_text", BOARD, NULL, true },
	{ 507, "core.error_507", "core.error_507_text", FOLDER, SHEETS, false },
	{ 500, "core.error_500", "core.error_500_text", BOARD, NULL,
	    true }, /* and others */
};

static const struct page *
page_of(int status)
{
	size_t i = 0;

	while (i + 1 < KR_LEN(pages) && pages[i].status != status)
		i++;
	return &pages[i];
}

/* The answer begins anew; what the pipeline said about the refusal stays. */
static void
start_answer(kr_ctx *cx, int status)
{
	struct kr_answer old = *cx->answer;

	kr_answer_init(cx->answer, cx->arena);
	cx->answer->status = status;
	cx->answer->allow = old.allow;
	cx->answer->retry_after_s = old.retry_after_s;
	cx->answer->www_authenticate = old.www_authenticate;
	if (cx->answer->retry_after_s == 0 && (status == 503 || status == 429))
		cx->answer->retry_after_s = 5;
}

static void
show_typed(kr_ctx *cx, struct html_error *v)
{
	const struct kr_typed *typed = cx->req == NULL ? NULL : cx->req->typed;

	if (typed == NULL || typed->n == 0)
		return;
	v->typed.p = kr_alloc(cx, typed->n, sizeof *v->typed.p);
	for (; v->typed.n < typed->n; v->typed.n++)
		v->typed.p[v->typed.n] = (struct html_typed){ (int64_t)v->typed.n + 1,
			typed->texts[v->typed.n] };
}

static bool
is_shed(const kr_ctx *cx)
{
	return cx->req != NULL && cx->req->shed;
}

static void
draw_page(kr_ctx *cx, int status, const struct page *p, kr_str login)
{
	bool framed = p->doodle != NULL && cx->app != NULL && cx->app->nplugins > 0 &&
		      cx->actor != NULL && cx->actor->person != 0;
	kr_out *o = kr_out_new(cx, framed ? 'p' : 'e', 2048);
	struct html_error v = { .wall = !framed, .again = p->again, .login = login };

	start_answer(cx, status);
	show_typed(cx, &v);
	v.title = kr_text(cx, p->title);
	v.text = kr_text(cx, p->text);
	if (!is_shed(cx)) /* nobody has written it down */
		v.number = kr_fmt(cx, "%d-%s · %.*s", status, cx->request_id,
		    KR_FMT(kr_when_stamp(cx, kr_now(cx))));
	v.drawing = (kr_html){ kr_z(framed ? p->doodle : p->drawing) };
	o->title = v.title;
	html_error(cx, o, &v);
	kr_layout(o);
}

/* Drawn as if for a request of which no more is known than its language: nothing of
   whoever came first stays on it. */
static kr_str
overload_page_in(kr_ctx *cx, kr_str lang)
{
	static const struct page overload = { 503, "core.overload",
		"core.overload_text", WATCH, NULL, true };
	struct kr_req *asked = cx->req,
		      plain = { .query = kr_fmt(cx, "lang=%.*s", KR_FMT(lang)),
			      .shed = true };

	cx->req = &plain;
	draw_page(cx, overload.status, &overload, KR_S(""));
	cx->req = asked;
	return kr_buf_view(&cx->answer->body);
}

/* Who is sent away gets a page that this worker has drawn once. */
static void
overload_page(kr_ctx *cx)
{
	static kr_str drawn[2];
	kr_str lang = kr_voice_of(cx).lang, *mine = &drawn[kr_is(lang, "en")];

	if (mine->n == 0) {
		kr_str page = overload_page_in(cx, lang);

		if (kr_status(cx) != KR_OK)
			return;
		*mine = kr_kept(page);
	}
	start_answer(cx, 503);
	kr_buf_str(&cx->answer->body, *mine);
	cx->answer->mime = KR_S("text/html; charset=utf-8");
}

void
kr_error_page(kr_ctx *cx, int status)
{
	/* What was sent is not there: the browser has it, and sends it again when the
	   page is loaded again, with the files. */
	static const struct page form = { 503, "core.overload",
		"core.overload_form_text", WATCH, NULL, false };

	if (!is_shed(cx))
		draw_page(cx, status, page_of(status), KR_S(""));
	else if (cx->req->method == KR_GET)
		overload_page(cx);
	else
		draw_page(cx, form.status, &form, KR_S(""));
}

void
kr_session_over_page(kr_ctx *cx, kr_str login)
{
	static const struct page over = { 403, "core.session_over",
		"core.session_over_text", WATCH, NULL, false };

	draw_page(cx, over.status, &over, login);
}
