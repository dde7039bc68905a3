/* News items: the entity, its pages, the tile. */
#include "news.h"
#include "news_templates.h"

static const char *const categories[] = { "general", "event", "success", "organisation",
	NULL };

static const struct kr_prop props[] = {
	{ "title", 's', "news.item_title", 3, 120,
	    KR_P_REQ | KR_P_LIST | KR_P_SEARCH | KR_P_TITLE, NULL, KR_PD_CONTENT, 0 },
	{ "category", 'c', "news.category", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_FILTER,
	    categories, KR_PD_NONE, 0 },
	{ "body", 'm', "news.body", 1, 10000, KR_P_REQ, NULL, KR_PD_CONTENT, 0 },
	{ "audience_id", 'a', "news.audience", 0, 0, KR_P_REQ, NULL, KR_PD_NONE, 0 },
	{ "starts", 't', "news.starts", 0, 0, KR_P_LIST, NULL, KR_PD_NONE, 0 },
	{ "ends", 't', "news.ends", 0, 0, KR_P_LIST, NULL, KR_PD_NONE, 0 },
	{ "author_id", 'p', "news.author", 0, 0, KR_P_SYSTEM | KR_P_ME, NULL, KR_PD_REF,
	    0 },
};

/* One literal, used by the scope and by the list's own statement. */
#define PUBLISHED                                                                      \
	"(t.author_id = :me OR ((t.starts IS NULL OR t.starts <= :now)"                \
	" AND (t.ends IS NULL OR t.ends > :now) AND t.audience_id IN"                  \
	" (SELECT audience_id FROM core_my_audience WHERE person_id = :me)))"
#define IN_TIME "(t.starts IS NULL OR t.starts <= ?) AND (t.ends IS NULL OR t.ends > ?)"

const struct kr_entity news_item = { .name = "item",
	.table = "news_item",
	.title = "news.title",
	KR_PROPS(props),
	.scope_read = PUBLISHED,
	.scope_write = "t.author_id = :me",
	.perm_read = "news.read",
	.perm_write = "news.write",
	.flags = KR_E_TRASH,
	.keep_days = 730 };
const struct kr_entity news_any = { .name = "any",
	.table = "news_item",
	.title = "news.all",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "TRUE",
	.perm_read = "news.manage",
	.perm_write = "news.manage" };

/* On the page authors find what is theirs, for whomever and whenever it appears. Each
   half has its index, with OR the server would read all there is. What it puts in order
   is the fifty newest so far of numbers and times alone, in memory: as the tables stand
   here; the texts come last. In another order it would sort all rows, through a file.
 */
#define MINE_TOO                                                                       \
	"(SELECT i.id FROM news_item i WHERE i.author_id = ? UNION SELECT i.id"        \
	" FROM core_my_audience a JOIN news_item i ON i.audience_id = a.audience_id"   \
	" WHERE a.person_id = ?)"
KR_STMT(q_page, "iiittss", "isssstt",
    "SELECT t.id, t.title, t.body, t.category, CONCAT(p.given, ' ', p.family), k.at,"
    " t.ends FROM (SELECT t.id, COALESCE(t.starts, t.created) at FROM " MINE_TOO " m"
    " STRAIGHT_JOIN news_item t ON t.id = m.id WHERE t.deleted_at IS NULL AND (t.author_id = ?"
    " OR (" IN_TIME ")) AND (? = '' OR t.category = ?) ORDER BY at DESC LIMIT 50) k"
    " STRAIGHT_JOIN news_item t ON t.id = k.id JOIN core_person_name p ON p.id = t.author_id"
    " ORDER BY k.at DESC");
KR_STMT(q_tile, "itt", "isssstt",
    "SELECT t.id, t.title, LEFT(t.body, 240), t.category, CONCAT(p.given, ' ', p.family),"
    " k.at, t.ends FROM (SELECT t.id, COALESCE(t.starts, t.created) at FROM core_my_audience"
    " a STRAIGHT_JOIN news_item t ON t.audience_id = a.audience_id WHERE a.person_id = ?"
    " AND t.deleted_at IS NULL AND " IN_TIME " ORDER BY at DESC LIMIT 4) k"
    " STRAIGHT_JOIN news_item t ON t.id = k.id JOIN core_person_name p ON p.id = t.author_id"
    " ORDER BY k.at DESC");
KR_STMT(q_mine, "ii", "i", "SELECT id FROM news_item WHERE id = ? AND author_id = ?");

static const struct kr_col cols[] = { KR_COL(struct news_row, id),
	KR_COL(struct news_row, title), KR_COL(struct news_row, body),
	KR_COL(struct news_row, category), KR_COL(struct news_row, author),
	KR_COL(struct news_row, when), KR_COL(struct news_row, ends) };

kr_err
news_page(kr_ctx *cx)
{
	kr_time at = kr_now(cx);
	kr_val now = kr_t(at), me = kr_i(kr_me(cx));
	kr_val category = kr_s(kr_in_s(cx, "category"));
	struct news_list view = { .may_write = kr_can(cx, "news.write"),
		.may_manage = kr_can(cx, "news.manage"),
		.category = category.s };

	KR_FILL(cx, view.rows,
	    kr_query(cx, &q_page, me, me, me, now, now, category, category), cols);
	for (size_t i = 0; i < view.rows.n; i++) {
		struct news_row *r = &view.rows.p[i];

		r->soon = r->when.us > at.us;
		r->over = r->ends.us != KR_NO_TIME.us && r->ends.us <= at.us;
	}
	return news_list(cx, &view);
}

kr_err
news_tile(kr_ctx *cx, kr_out *out)
{
	kr_val now = kr_t(kr_now(cx));
	struct news_latest view;

	KR_FILL(cx, view.rows, kr_query(cx, &q_tile, kr_i(kr_me(cx)), now, now), cols);
	return news_latest(cx, out, &view);
}

kr_err
news_show(kr_ctx *cx)
{
	return kr_show(cx, &news_item, kr_object(cx));
}

kr_err
news_new(kr_ctx *cx)
{
	return kr_form(cx, &news_item, 0);
}

kr_err
news_edit(kr_ctx *cx)
{
	return kr_form(cx, &news_item, kr_object(cx));
}

kr_err
news_save(kr_ctx *cx)
{
	kr_time starts = kr_in_t(cx, "starts"), ends = kr_in_t(cx, "ends");

	if (ends.us != KR_NO_TIME.us && starts.us != KR_NO_TIME.us &&
	    ends.us <= starts.us)
		return kr_in_bad(cx, "ends", "news.ends_before_start");
	return kr_save(cx, &news_item, kr_object(cx), NULL);
}

kr_err
news_mine(kr_ctx *cx, kr_id id)
{
	kr_rows *rows = kr_query(cx, &q_mine, kr_i(id), kr_i(kr_me(cx)));

	return kr_rows_n(rows) ? KR_OK : kr_fail(cx, KR_ENOTFOUND, "not the author");
}

kr_err
news_trash(kr_ctx *cx)
{
	return kr_trash(cx, &news_item, kr_object(cx));
}

kr_err
news_restore(kr_ctx *cx)
{
	return kr_restore(cx, &news_item, kr_object(cx));
}

kr_err
news_all(kr_ctx *cx)
{
	static const struct kr_list_opt opt = { .title = "news.all",
		.row_href = "/news/{}",
		.new_href = "/news/new",
		.new_label = "news.new",
		.empty_title = "news.empty",
		.empty_text = "news.empty_text" };

	return kr_list(cx, &news_any, &opt);
}
