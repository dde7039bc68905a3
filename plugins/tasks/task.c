/* Tasks: the entity, the list, setting and changing a task. */
#include "tasks.h"
#include "tasks_templates.h"

static const struct kr_prop task_props[] = {
	{ "title", 's', "tasks.f_title", 3, 120, KR_P_REQ | KR_P_LIST | KR_P_TITLE,
	    NULL, KR_PD_CONTENT, 0 },
	{ "group_id", 'g', "tasks.f_group", 0, 0, KR_P_REQ | KR_P_LIST, NULL,
	    KR_PD_NONE, 0 },
	{ "due", 't', "tasks.f_due", 0, 0, KR_P_REQ | KR_P_LIST, NULL, KR_PD_NONE, 0 },
	{ "body", 'm', "tasks.f_body", 1, 20000, KR_P_REQ, NULL, KR_PD_CONTENT, 0 },
	{ "owner_id", 'p', "tasks.owner", 0, 0, KR_P_SYSTEM | KR_P_ME, NULL, KR_PD_REF,
	    0 },
};
const struct kr_entity tasks_task = { .name = "task",
	.table = "tasks_task",
	.title = "tasks.title",
	KR_PROPS(task_props),
	.scope_read = "t.owner_id = :me OR t.group_id IN (SELECT group_id FROM"
		      " core_my_group WHERE person_id = :me AND role = 1)",
	.scope_write = "t.owner_id = :me",
	.perm_read = "tasks.read",
	.perm_write = "tasks.write",
	.flags = KR_E_ATTACH | KR_E_TRASH,
	.keep_days = 730,
	/* A class's work does not vanish with the teacher who set it. */
	.erase = KR_ERASE_NULL };

#define IN_MY_CLASSES                                                                  \
	"t.deleted_at IS NULL AND t.group_id IN (SELECT group_id FROM core_my_group"   \
	" WHERE person_id = ? AND role = 1)"
#define PUPIL_COLUMNS                                                                    \
	"SELECT t.id, t.title, g.name, COALESCE(CONCAT(p.given, ' ', p.family), '–')," \
	" t.due, s.handed_in, s.feedback_at, s.feedback_seen FROM "
#define PUPIL_JOINS                                                                    \
	" JOIN core_group g ON g.id = t.group_id LEFT JOIN core_person_name p"         \
	" ON p.id = t.owner_id LEFT JOIN tasks_submission s ON s.task_id = t.id"       \
	" AND s.person_id = ? WHERE " IN_MY_CLASSES
#define PUPIL_ROW PUPIL_COLUMNS "tasks_task t" PUPIL_JOINS
/* What is still to come and what has been answered, each from its index; not all tasks
   that there ever were. */
#define WAITING                                                                          \
	"(SELECT d.id FROM core_my_group m JOIN tasks_task d ON d.group_id = m.group_id" \
	" AND d.due > ? WHERE m.person_id = ? AND m.role = 1 UNION SELECT f.task_id"     \
	" FROM tasks_submission f WHERE f.person_id = ? AND f.feedback_at > ?"           \
	" AND f.feedback_seen IS NULL) k JOIN tasks_task t ON t.id = k.id"
#define PUPIL_OUT                                                                      \
	"isssttt"                                                                      \
	"t"
#define TEACHER_ROW                                                                       \
	"SELECT t.id, t.title, g.name, t.due, (SELECT COUNT(*) FROM tasks_submission s"   \
	"  WHERE s.task_id = t.id AND s.handed_in IS NOT NULL),"                          \
	" (SELECT COUNT(*) FROM core_my_group m WHERE m.group_id = t.group_id"            \
	"  AND m.role = 1), (SELECT COUNT(*) FROM tasks_submission s"                     \
	"  WHERE s.task_id = t.id AND s.handed_in IS NOT NULL AND s.feedback_at IS NULL)" \
	" FROM tasks_task t JOIN core_group g ON g.id = t.group_id"                       \
	" WHERE t.owner_id = ? AND t.deleted_at IS NULL"

KR_STMT(q_open, "iit", PUPIL_OUT,
    PUPIL_ROW " AND s.handed_in IS NULL AND t.due > ? ORDER BY t.due LIMIT 50");
KR_STMT(q_done, "iit", PUPIL_OUT,
    PUPIL_ROW " AND s.handed_in IS NOT NULL AND t.due > ? ORDER BY t.due LIMIT 50");
KR_STMT(
    q_past, "iit", PUPIL_OUT, PUPIL_ROW " AND t.due <= ? ORDER BY t.due DESC LIMIT 50");
KR_STMT(q_todo, "tiitiitt", PUPIL_OUT,
    PUPIL_COLUMNS WAITING PUPIL_JOINS
    " AND ((s.handed_in IS NULL AND t.due > ?) OR (s.feedback_at > ?"
    " AND s.feedback_seen IS NULL)) ORDER BY t.due LIMIT 6");
KR_STMT(q_mine, "it", "isstiii", TEACHER_ROW " AND t.due > ? ORDER BY t.due LIMIT 50");
KR_STMT(q_mine_past, "it", "isstiii",
    TEACHER_ROW " AND t.due <= ? ORDER BY t.due DESC LIMIT 50");
KR_STMT(
    q_grading, "it", "isstiii", TEACHER_ROW " AND t.due > ? ORDER BY t.due LIMIT 5");
KR_STMT(q_head, "i", "iiiisssst",
    "SELECT t.id, t.owner_id, t.group_id, t.rev, t.title, t.body, g.name,"
    " COALESCE(CONCAT(p.given, ' ', p.family), '–'), t.due FROM tasks_task t"
    " JOIN core_group g ON g.id = t.group_id LEFT JOIN core_person_name p"
    " ON p.id = t.owner_id WHERE t.id = ? AND t.deleted_at IS NULL");
KR_STMT(q_owner, "ii", "t",
    "SELECT deleted_at FROM tasks_task WHERE id = ? AND owner_id = ?");
KR_STMT(q_for_me, "ii", "i",
    "SELECT t.id FROM tasks_task t WHERE t.id = ? AND " IN_MY_CLASSES);
KR_STMT(x_task, "ssititt", "",
    "INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed)"
    " VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
KR_STMT(x_change, "ssittii", "",
    "UPDATE tasks_task SET title = ?, body = ?, group_id = ?, due = ?,"
    " rev = rev + 1, changed = ? WHERE id = ? AND rev = ?");

static const struct kr_col pupil_cols[] = { KR_COL(struct tasks_row, id),
	KR_COL(struct tasks_row, title), KR_COL(struct tasks_row, group),
	KR_COL(struct tasks_row, owner), KR_COL(struct tasks_row, due),
	KR_COL(struct tasks_row, state.handed_in),
	KR_COL(struct tasks_row, state.feedback_at),
	KR_COL(struct tasks_row, state.feedback_seen) };
static const struct kr_col teacher_cols[] = { KR_COL(struct tasks_row, id),
	KR_COL(struct tasks_row, title), KR_COL(struct tasks_row, group),
	KR_COL(struct tasks_row, due), KR_COL(struct tasks_row, handed),
	KR_COL(struct tasks_row, members), KR_COL(struct tasks_row, waiting) };
static const struct kr_col head_cols[] = { KR_COL(struct tasks_head, id),
	KR_COL(struct tasks_head, owner_id), KR_COL(struct tasks_head, group_id),
	KR_COL(struct tasks_head, rev), KR_COL(struct tasks_head, title),
	KR_COL(struct tasks_head, body), KR_COL(struct tasks_head, group),
	KR_COL(struct tasks_head, owner), KR_COL(struct tasks_head, due) };
struct owned {
	kr_time deleted_at;
};
static const struct kr_col owned_cols[] = { KR_COL(struct owned, deleted_at) };

/* ── guards ── */

static kr_err
owned_by_me(kr_ctx *cx, kr_id id, bool trashed)
{
	struct owned o;

	if (kr_one(cx, &q_owner, owned_cols, &o, kr_i(id), kr_i(kr_me(cx))) &&
	    (o.deleted_at.us != KR_NO_TIME.us) == trashed)
		return KR_OK;
	return kr_fail(cx, KR_ENOTFOUND, "not the owner of this task");
}

kr_err
tasks_mine(kr_ctx *cx, kr_id id)
{
	return owned_by_me(cx, id, false);
}

kr_err
tasks_mine_trashed(kr_ctx *cx, kr_id id)
{
	return owned_by_me(cx, id, true);
}

kr_err
tasks_for_me(kr_ctx *cx, kr_id id)
{
	if (kr_rows_n(kr_query(cx, &q_for_me, kr_i(id), kr_i(kr_me(cx)))))
		return KR_OK;
	return kr_fail(cx, KR_ENOTFOUND, "not a pupil of this class");
}

/* ── lists and tiles ── */

static void
mark(kr_ctx *cx, struct tasks_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct tasks_state *r = &rows[i].state;
		bool open = r->handed_in.us == KR_NO_TIME.us;

		r->due = rows[i].due;
		r->overdue = open && r->due.us < kr_now(cx).us;
		r->soon =
		    open && !r->overdue && kr_date_of(r->due).day == kr_today(cx).day;
		r->fresh = r->feedback_at.us != KR_NO_TIME.us &&
			   r->feedback_seen.us == KR_NO_TIME.us;
	}
}

/* The row's own part of the list: 0 today, 1 until Sunday, 2 later. */
static int
band_of(kr_ctx *cx, const struct tasks_row *r)
{
	int32_t today = kr_today(cx).day, day = kr_date_of(r->due).day;
	int32_t sunday = today + 6 - (today + 3) % 7; /* day 0 was a Thursday */

	return day <= today ? 0 : day <= sunday ? 1 : 2;
}

/* Rows are in the order of their deadlines; only what is open is divided. */
static void
divide(kr_ctx *cx, struct tasks_list *view)
{
	static const char *const when[] = { "today", "week", "later" };
	bool open = kr_is(view->tab, "open");
	int last = -1;

	view->bands.p = kr_alloc(cx, KR_LEN(when) + 1, sizeof *view->bands.p);
	for (size_t i = 0; i < view->rows.n; i++) {
		int is = open ? band_of(cx, &view->rows.p[i]) : 0;

		if (is != last)
			view->bands.p[view->bands.n++] =
			    (struct tasks_band){ open ? kr_z(when[is]) : KR_S(""),
				    { &view->rows.p[i], 0 } };
		view->bands.p[view->bands.n - 1].rows.n++;
		last = is;
	}
}

kr_err
tasks_page(kr_ctx *cx)
{
	struct tasks_list view = { .teacher = kr_can(cx, "tasks.write"),
		.tab = kr_in_s(cx, "tab") };
	kr_val me = kr_i(kr_me(cx)), now = kr_t(kr_now(cx));
	bool past, done;

	if (view.tab.n == 0)
		view.tab = KR_S("open");
	past = kr_is(view.tab, "past");
	done = kr_is(view.tab, "done");
	if (view.teacher) {
		kr_rows *rows = past ? kr_query(cx, &q_mine_past, me, now)
				     : kr_query(cx, &q_mine, me, now);
		KR_FILL(cx, view.rows, rows, teacher_cols);
		divide(cx, &view);
		return tasks_list(cx, &view);
	}
	KR_FILL(cx, view.rows,
	    past   ? kr_query(cx, &q_past, me, me, now)
	    : done ? kr_query(cx, &q_done, me, me, now)
		   : kr_query(cx, &q_open, me, me, now),
	    pupil_cols);
	mark(cx, view.rows.p, view.rows.n);
	for (size_t i = 0; i < view.rows.n; i++)
		view.due_today += view.rows.p[i].state.soon;
	divide(cx, &view);
	return tasks_list(cx, &view);
}

kr_err
tasks_tile_pupil(kr_ctx *cx, kr_out *out)
{
	struct tasks_todo view;
	kr_val me = kr_i(kr_me(cx)), now = kr_t(kr_now(cx));
	kr_val month = kr_t((kr_time){ kr_now(cx).us - 30 * KR_DAY_US });

	KR_FILL(cx, view.rows,
	    kr_query(cx, &q_todo, now, me, me, month, me, me, now, month), pupil_cols);
	mark(cx, view.rows.p, view.rows.n);
	return tasks_todo(cx, out, &view);
}

kr_err
tasks_tile_teacher(kr_ctx *cx, kr_out *out)
{
	struct tasks_grading view;
	kr_val week_ago = kr_t((kr_time){ kr_now(cx).us - 7 * KR_DAY_US });

	KR_FILL(cx, view.rows, kr_query(cx, &q_grading, kr_i(kr_me(cx)), week_ago),
	    teacher_cols);
	return tasks_grading(cx, out, &view);
}

bool
tasks_load(kr_ctx *cx, kr_id id, struct tasks_head *head_r)
{
	if (kr_one(cx, &q_head, head_cols, head_r, kr_i(id)))
		return true;
	kr_fail(cx, KR_ENOTFOUND, "task is gone");
	return false;
}

/* ── setting a task ── */

static kr_err
form(kr_ctx *cx, const struct tasks_head *head)
{
	struct tasks_form view = { .f.due = KR_NO_TIME };

	if (head) {
		view.id = head->id;
		view.rev = head->rev;
		view.f.title = head->title;
		view.f.body = head->body;
		view.f.group = head->group_id;
		view.f.due = head->due;
		view.f.material.p =
		    kr_files(cx, &tasks_task, head->id, "material", &view.f.material.n);
		return tasks_form(cx, &view);
	}
	/* A week from today, 18:00: the deadline most tasks have. */
	view.f.due = kr_time_at((kr_date){ kr_today(cx).day + 7 }, 18 * 60);
	return tasks_form(cx, &view);
}

kr_err
tasks_new(kr_ctx *cx)
{
	return form(cx, NULL);
}

kr_err
tasks_edit(kr_ctx *cx)
{
	struct tasks_head head;

	return tasks_load(cx, kr_object(cx), &head) ? form(cx, &head) : kr_status(cx);
}

static kr_err
checked(kr_ctx *cx)
{
	if (!kr_may_address_group(cx, kr_in_i(cx, "group")))
		return kr_in_bad(cx, "group", "tasks.bad_group");
	if (kr_in_t(cx, "due").us <= kr_now(cx).us)
		return kr_in_bad(cx, "due", "tasks.due_past");
	return KR_OK;
}

static void
attach_material(kr_ctx *cx, kr_id task)
{
	size_t n;
	const kr_id *file = kr_in_files(cx, "material", &n);

	for (size_t i = 0; i < n; i++)
		kr_attach(cx, &tasks_task, task, "material", file[i]);
}

static kr_str
path_of(kr_ctx *cx, kr_id task)
{
	return kr_fmt(cx, "/tasks/%lld", (long long)task);
}

kr_err
tasks_create(kr_ctx *cx)
{
	kr_id group = kr_in_i(cx, "group"), id;
	kr_val now = kr_t(kr_now(cx));

	if (checked(cx))
		return kr_status(cx);
	id = kr_exec(cx, &x_task, kr_s(kr_in_s(cx, "title")), kr_s(kr_in_s(cx, "body")),
	    kr_i(group), kr_t(kr_in_t(cx, "due")), kr_i(kr_me(cx)), now, now);
	attach_material(cx, id);
	kr_audit(cx, "task.created", id);
	kr_notify(cx, (&(struct kr_audience){ .group = group, .member = KR_MEMBER }),
	    "tasks.notice_new", path_of(cx, id), kr_s(kr_in_s(cx, "title")));
	kr_emit(cx, "tasks.published", kr_i(id), kr_i(group));
	kr_flash(cx, "tasks.created");
	return kr_redirect(cx, "/tasks/%lld", (long long)id);
}

kr_err
tasks_change(kr_ctx *cx)
{
	kr_id id = kr_object(cx);

	if (checked(cx))
		return kr_status(cx);
	if (!kr_exec(cx, &x_change, kr_s(kr_in_s(cx, "title")),
		kr_s(kr_in_s(cx, "body")), kr_i(kr_in_i(cx, "group")),
		kr_t(kr_in_t(cx, "due")), kr_t(kr_now(cx)), kr_i(id),
		kr_i(kr_in_i(cx, "rev"))))
		return kr_fail(cx, KR_ECONFLICT, "task was changed meanwhile");
	attach_material(cx, id);
	kr_audit(cx, "task.changed", id);
	kr_flash(cx, "tasks.changed");
	return kr_redirect(cx, "/tasks/%lld", (long long)id);
}

kr_err
tasks_remove(kr_ctx *cx)
{
	return kr_trash(cx, &tasks_task, kr_object(cx));
}

kr_err
tasks_bring_back(kr_ctx *cx)
{
	return kr_restore(cx, &tasks_task, kr_object(cx));
}
