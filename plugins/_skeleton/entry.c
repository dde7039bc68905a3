/* SPDX-License-Identifier: MIT */
/* Entries: the entity, its pages, the tile. One noun, one file. */
#include "skeleton.h"
#include "skeleton_templates.h"

/* Column, field of the form, column of the list and personal data in one table:
   name, type, text of the label, smallest and largest, flags, choices, class of data,
   days it is kept (0: as long as the row). Types are told in <kr/plugin.h>. */
static const char *const kinds[] = { "idea", "plan", "report", NULL };
static const struct kr_prop props[] = {
	{ "title", 's', "skeleton.f_title", 3, 120,
	    KR_P_REQ | KR_P_LIST | KR_P_SEARCH | KR_P_TITLE, NULL, KR_PD_CONTENT, 0 },
	{ "kind", 'c', "skeleton.f_kind", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_FILTER,
	    kinds, KR_PD_NONE, 0 },
	{ "day", 'd', "skeleton.f_day", 0, 0, KR_P_REQ | KR_P_LIST | KR_P_SORT, NULL,
	    KR_PD_NONE, 0 },
	{ "body", 'm', "skeleton.f_body", 0, 5000, 0, NULL, KR_PD_CONTENT, 0 },
	{ "owner_id", 'p', "skeleton.f_owner", 0, 0, KR_P_SYSTEM | KR_P_ME, NULL,
	    KR_PD_REF, 0 },
};

/* Who may see a row, and who may change it: conditions over t with :me, :today, :now.
   Core puts them into every statement it makes, and asks them before a handler with
   {id} runs. This is the access rule of the plugin: let a second person read it. */
const struct kr_entity skeleton_entry = { .name = "entry",
	.table = "skeleton_entry",
	.title = "skeleton.title",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "t.owner_id = :me",
	.perm_read = "skeleton.read",
	.perm_write = "skeleton.write",
	.flags = KR_E_TRASH,
	.keep_days = 730 };

/* A statement of one's own: letters of what goes in, letters of what comes out, SQL as
   a literal. Values are bound; nothing is ever pasted. */
KR_STMT(q_latest, "di", "isd",
    "SELECT t.id, t.title, t.day FROM skeleton_entry t WHERE t.deleted_at IS NULL"
    " AND t.day >= ? ORDER BY t.day, t.id LIMIT ?");
KR_STMT(
    q_mine, "ii", "i", "SELECT id FROM skeleton_entry WHERE id = ? AND owner_id = ?");

/* Where the columns of a row go. */
static const struct kr_col cols[] = { KR_COL(struct skeleton_row, id),
	KR_COL(struct skeleton_row, title), KR_COL(struct skeleton_row, day) };

/* ── pages: core draws the frame, the list, the form and the row ── */

kr_err
skeleton_page(kr_ctx *cx)
{
	static const struct kr_list_opt opt = { .intro = "skeleton.intro",
		.row_href = "/skeleton/{}",
		.new_href = "/skeleton/new",
		.new_label = "skeleton.new",
		.empty_title = "skeleton.empty",
		.empty_text = "skeleton.empty_text" };

	return kr_list(cx, &skeleton_entry, &opt);
}

kr_err
skeleton_show(kr_ctx *cx)
{
	return kr_show(cx, &skeleton_entry, kr_object(cx));
}

kr_err
skeleton_new(kr_ctx *cx)
{
	return kr_form(cx, &skeleton_entry, 0);
}

kr_err
skeleton_edit(kr_ctx *cx)
{
	return kr_form(cx, &skeleton_entry, kr_object(cx));
}

/* ── deeds: what core cannot know is checked here, then core saves ── */

kr_err
skeleton_save(kr_ctx *cx)
{
	/* 422 and the form again, filled, with this sentence at this field. */
	if (kr_in_d(cx, "day").day < kr_today(cx).day - 366)
		return kr_in_bad(cx, "day", "skeleton.day_long_ago");
	return kr_save(cx, &skeleton_entry, kr_object(cx), NULL);
}

kr_err
skeleton_trash(kr_ctx *cx)
{
	return kr_trash(cx, &skeleton_entry, kr_object(cx));
}

kr_err
skeleton_restore(kr_ctx *cx)
{
	return kr_restore(cx, &skeleton_entry, kr_object(cx));
}

/* A guard: may this person touch this row? KR_ENOTFOUND when not, so that nobody learns
   which numbers exist. Needed where the entity's scope does not reach: it hides what
   lies in the waste bin, which is just what is to be restored. */
kr_err
skeleton_mine(kr_ctx *cx, kr_id id)
{
	kr_rows *rows = kr_query(cx, &q_mine, kr_i(id), kr_i(kr_me(cx)));

	return kr_rows_n(rows) ? KR_OK : kr_fail(cx, KR_ENOTFOUND, "not the owner");
}

/* ── tile: rendering nothing hides it ── */

kr_err
skeleton_tile(kr_ctx *cx, kr_out *out)
{
	struct skeleton_latest view;

	KR_FILL(cx, view.rows,
	    kr_query(cx, &q_latest, kr_d(kr_today(cx)),
		kr_i(kr_setting_i(cx, "skeleton.tile_rows"))),
	    cols);
	return skeleton_latest(cx, out, &view);
}
