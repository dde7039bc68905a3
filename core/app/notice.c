/* Notices: rows per person in the transaction of the deed, put into words when shown.
 */
#include "app/notice.h"
#include "app/outbox.h"
#include "auth/auth.h"
#include "html/html.h"
#include "html/text.h"
#include "plugin/registry.h"
#include <kr/kr.h>

#define INSERT_NOTICE                                                                       \
	"INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created," \
	" actor_id) "
KR_STMT(x_one, "issssiti", "", INSERT_NOTICE "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_group, "ssssitiiiii", "",
    INSERT_NOTICE "SELECT person_id, ?, ?, ?, ?, ?, ?, ? FROM core_my_group"
		  " WHERE group_id = ? AND (? = 0 OR role = ?) AND person_id <> ?");
KR_STMT(x_group_parents, "ssssitiii", "",
    INSERT_NOTICE
    "SELECT DISTINCT guardian_id, ?, ?, ?, ?, ?, ?, ? FROM core_my_childs_group"
    " WHERE group_id = ? AND guardian_id <> ?");
KR_STMT(x_parents_of, "ssssitiii", "",
    INSERT_NOTICE "SELECT guardian_id, ?, ?, ?, ?, ?, ?, ? FROM core_my_child"
		  " WHERE child_id = ? AND guardian_id <> ?");
KR_STMT(x_audience, "ssssitiii", "",
    INSERT_NOTICE "SELECT person_id, ?, ?, ?, ?, ?, ?, ? FROM core_my_audience"
		  " WHERE audience_id = ? AND person_id <> ?");
KR_STMT(x_unread, "i", "",
    "INSERT IGNORE INTO core_unread (person_id)"
    " SELECT DISTINCT person_id FROM core_notice WHERE batch = ?");
KR_STMT(x_all_unread, "", "",
    "INSERT IGNORE INTO core_unread (person_id)"
    " SELECT DISTINCT person_id FROM core_notice WHERE read_at IS NULL");
KR_STMT(q_mine, "i", "isssstt",
    "SELECT id, module, text_key, args, href, created, read_at FROM core_notice"
    " WHERE person_id = ? ORDER BY id DESC LIMIT 100");
/* Only to whom the module is open, by rights known to be fresh: a hint too few is made
   good by the next page, one too many is a leak. */
KR_STMT(q_batch, "tdi", "iisssissi",
    "SELECT n.id, s.id, n.text_key, n.args, n.href,"
    " (SELECT COUNT(*) FROM core_notice u WHERE u.person_id = n.person_id"
    "  AND u.read_at IS NULL), p.lang, p.address, p.roles"
    " FROM core_notice n JOIN core_session s ON s.person_id = n.person_id"
    " AND s.expires > ? JOIN core_person p ON p.id = n.person_id"
    " JOIN core_person_right r ON r.person_id = n.person_id"
    " AND r.epoch = (SELECT value FROM core_epoch WHERE name = 'rights')"
    " AND (r.valid_until IS NULL OR r.valid_until > ?)"
    " WHERE n.batch = ? AND " KR_NOTICE_OPEN);

struct row {
	int64_t id, session, unread;
	kr_str module, key, args, href, lang, address;
	kr_time created, read;
	uint32_t roles;
};
static const struct kr_col mine_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, module), KR_COL(struct row, key), KR_COL(struct row, args),
	KR_COL(struct row, href), KR_COL(struct row, created),
	KR_COL(struct row, read) };
static const struct kr_col batch_cols[] = { KR_COL(struct row, id),
	KR_COL(struct row, session), KR_COL(struct row, key), KR_COL(struct row, args),
	KR_COL(struct row, href), KR_COL(struct row, unread), KR_COL(struct row, lang),
	KR_COL(struct row, address), KR_COL(struct row, roles) };

struct insert { /* what all five statements share */
	kr_val module, key, args, href, batch, now, me;
};

static void
to_group(kr_ctx *cx, const struct kr_audience *a, const struct insert *v)
{
	kr_val group = kr_i(a->group), member = kr_i(a->member);

	kr_exec(cx, &x_group, v->module, v->key, v->args, v->href, v->batch, v->now,
	    v->me, group, member, member, v->me);
	if (a->with_parents)
		kr_exec(cx, &x_group_parents, v->module, v->key, v->args, v->href,
		    v->batch, v->now, v->me, group, v->me);
}

static void
to_person(kr_ctx *cx, const struct kr_audience *a, const struct insert *v)
{
	if (a->person != v->me.i)
		kr_exec(cx, &x_one, kr_i(a->person), v->module, v->key, v->args,
		    v->href, v->batch, v->now, v->me);
	if (a->with_parents)
		kr_exec(cx, &x_parents_of, v->module, v->key, v->args, v->href,
		    v->batch, v->now, v->me, kr_i(a->person), v->me);
}

void
kr_notify_(kr_ctx *cx, const struct kr_audience *a, struct kr_notify_what_ what,
    const kr_val *args, size_t n)
{
	int64_t batch;
	struct insert v;

	if (cx->err)
		return;
	kr_random(&batch, sizeof batch);
	batch &= INT64_MAX;
	v = (struct insert){ kr_s(kr_z(cx->plugin)), kr_s(kr_z(what.i18n)),
		kr_s(kr_args_write(cx, args, n)), kr_s(what.href), kr_i(batch),
		kr_t(cx->now), kr_i(cx->actor ? cx->actor->person : 0) };
	if (a->person)
		to_person(cx, a, &v);
	if (a->group)
		to_group(cx, a, &v);
	if (a->audience)
		kr_exec(cx, &x_audience, v.module, v.key, v.args, v.href, v.batch,
		    v.now, v.me, kr_i(a->audience), v.me);
	kr_exec(cx, &x_unread, v.batch);
	kr_outbox_add(
	    cx, "core", "live.notice", kr_args_write(cx, KR_ARGS(kr_i(batch))));
}

void
kr_notices_recheck(kr_ctx *cx)
{
	kr_exec(cx, &x_all_unread);
}

/* Days and clocks in the reader's language; who acts may be somebody else, or jobs. */
static kr_str
arg_text(kr_ctx *cx, const struct kr_voice *voice, kr_val v)
{
	struct kr_actor *was = cx->actor;
	struct kr_actor reader = {
		.system = true, .lang = voice->lang, .du = voice->du
	};
	kr_str text;

	cx->actor = &reader;
	if (v.t == 'd')
		text = kr_text_date(cx, (kr_date){ (int32_t)v.i });
	else if (v.t == 't')
		text = kr_text_when(cx, (kr_time){ v.i });
	else
		text = kr_val_text(cx, v);
	cx->actor = was;
	return text;
}

static kr_str
wording(kr_ctx *cx, const struct row *r, const struct kr_voice *voice)
{
	size_t n;
	kr_val *v = kr_args_read(cx, r->args, &n);
	kr_str *text = kr_alloc(cx, n + 1, sizeof *text);

	for (size_t i = 0; i < n; i++)
		text[i] = arg_text(cx, voice, v[i]);
	return kr_text_in(cx, voice, kr_cstr(cx, r->key), text, n);
}

struct kr_notice *
kr_notices_mine(kr_ctx *cx, size_t *n_r)
{
	kr_rows *rows = kr_query(cx, &q_mine, kr_i(kr_me(cx)));
	struct kr_notice *list = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *list);
	struct kr_voice voice = kr_voice_of(cx);
	struct row r;
	size_t n = 0;

	while (kr_next(rows, mine_cols, &r))
		if (kr_actor_hears(cx, cx->actor, r.module))
			list[n++] = (struct kr_notice){ r.id, wording(cx, &r, &voice),
				r.href, r.module, r.created, r.read.us == INT64_MIN };
	*n_r = n;
	return list;
}

struct kr_live_notice *
kr_notices_of_batch(kr_ctx *cx, int64_t batch, size_t *n_r)
{
	kr_rows *rows =
	    kr_query(cx, &q_batch, kr_t(cx->now), kr_d(kr_today(cx)), kr_i(batch));
	struct kr_live_notice *list = kr_alloc(cx, kr_rows_n(rows) + 1, sizeof *list);
	struct row r;
	size_t n = 0;

	while (kr_next(rows, batch_cols, &r)) {
		struct kr_voice voice = kr_voice(r.lang, r.address, r.roles);
		kr_json *j = kr_json_new(cx);

		kr_json_open(j, NULL, '{');
		kr_json_put(j, "id", kr_i(r.id));
		kr_json_put(j, "n", kr_i(r.unread));
		kr_json_put(j, "title", kr_s(wording(cx, &r, &voice)));
		kr_json_put(j, "href", kr_s(r.href));
		kr_json_close(j);
		list[n++] = (struct kr_live_notice){ r.session, kr_json_text(j) };
	}
	*n_r = n;
	return list;
}
