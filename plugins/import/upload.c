/* The file comes in, and what came of earlier ones. */
#include "import.h"
#include "import_templates.h"

KR_STMT(q_past, "", "stsiiiii",
    "SELECT i.profile, i.at, COALESCE(p.name, ''), i.in_file, i.fresh, i.renamed, i.moved,"
    " i.leavers FROM core_import i LEFT JOIN core_person_name p ON p.id = i.actor_id"
    " ORDER BY i.id DESC LIMIT 10");

static const struct kr_col past_cols[] = { KR_COL(struct import_past, profile),
	KR_COL(struct import_past, at), KR_COL(struct import_past, by),
	KR_COL(struct import_past, rows), KR_COL(struct import_past, fresh),
	KR_COL(struct import_past, renamed), KR_COL(struct import_past, moved),
	KR_COL(struct import_past, leavers) };

static kr_err
page(kr_ctx *cx, kr_str profile, bool expired)
{
	struct import_upload view = { .profile = profile, .expired = expired };

	KR_FILL(cx, view.past, kr_query(cx, &q_past), past_cols);
	return import_upload(cx, &view);
}

kr_err
import_page(kr_ctx *cx)
{
	return page(cx, KR_S("pupils"), false);
}

kr_err
import_again(kr_ctx *cx)
{
	return page(cx, kr_in_s(cx, "profile"), true);
}

/* Nothing is read here: the plan has an address of its own, which can be read again for
   as long as the file waits (an hour). */
kr_err
import_take(kr_ctx *cx)
{
	kr_str profile = kr_in_s(cx, "profile");
	size_t n;
	const kr_id *file = kr_in_files(cx, "file", &n);

	if (n != 1)
		return kr_in_bad(cx, "file", "import.no_file");
	return kr_redirect(cx, "/import/plan?profile=%.*s&plan=%lld", KR_FMT(profile),
	    (long long)file[0]);
}
