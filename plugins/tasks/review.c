/* The teacher's desk: who handed in, each piece of work, feedback, one ZIP of all. */
#include "tasks.h"
#include "tasks_templates.h"

KR_STMT(q_roster, "ii", "iisstt",
    "SELECT p.id, COALESCE(s.id, 0), p.given, p.family, s.handed_in, s.feedback_at"
    " FROM core_my_group m JOIN core_person_name p ON p.id = m.person_id"
    " LEFT JOIN tasks_submission s ON s.task_id = ? AND s.person_id = p.id"
    " WHERE m.group_id = ? AND m.role = 1 ORDER BY p.family, p.given, p.id");
KR_STMT(q_submission, "i", "iisstst",
    "SELECT s.task_id, s.person_id, s.body, CONCAT(p.given, ' ', p.family), s.handed_in,"
    " s.feedback, s.feedback_at FROM tasks_submission s JOIN core_person_name p"
    " ON p.id = s.person_id WHERE s.id = ?");
KR_STMT(q_answers, "i", "isssi",
    "SELECT s.id, s.body, p.given, p.family,"
    " ROW_NUMBER() OVER (PARTITION BY p.family, p.given ORDER BY p.id)"
    " FROM tasks_submission s"
    " JOIN core_person_name p ON p.id = s.person_id"
    " WHERE s.task_id = ? AND s.handed_in IS NOT NULL ORDER BY p.family, p.given");
KR_STMT(x_feedback, "stti", "",
    "UPDATE tasks_submission SET feedback = ?, feedback_at = ?, feedback_seen = NULL,"
    " changed = ?, rev = rev + 1 WHERE id = ?");
KR_STMT(q_missing, "ii", "i",
    "SELECT m.person_id FROM core_my_group m LEFT JOIN tasks_submission s"
    " ON s.task_id = ? AND s.person_id = m.person_id AND s.handed_in IS NOT NULL"
    " WHERE m.group_id = ? AND m.role = 1 AND s.id IS NULL");

static const struct kr_col roster_cols[] = { KR_COL(struct tasks_pupil, person),
	KR_COL(struct tasks_pupil, submission), KR_COL(struct tasks_pupil, given),
	KR_COL(struct tasks_pupil, family), KR_COL(struct tasks_pupil, state.handed_in),
	KR_COL(struct tasks_pupil, state.feedback_at) };
struct work {
	int64_t task, person, id, namesake;
	kr_str body, name, feedback, given, family;
	kr_time handed_in, feedback_at;
};
static const struct kr_col work_cols[] = { KR_COL(struct work, task),
	KR_COL(struct work, person), KR_COL(struct work, body),
	KR_COL(struct work, name), KR_COL(struct work, handed_in),
	KR_COL(struct work, feedback), KR_COL(struct work, feedback_at) };
static const struct kr_col answer_cols[] = { KR_COL(struct work, id),
	KR_COL(struct work, body), KR_COL(struct work, given),
	KR_COL(struct work, family), KR_COL(struct work, namesake) };
static const struct kr_col missing_cols[] = { KR_COL(struct work, person) };

void
tasks_roster(kr_ctx *cx, const struct tasks_head *head, struct tasks_pupil **p_r,
    size_t *n_r, int64_t *handed_r)
{
	KR_ARRAY(struct tasks_pupil) list;

	KR_FILL(cx, list, kr_query(cx, &q_roster, kr_i(head->id), kr_i(head->group_id)),
	    roster_cols);
	*handed_r = 0;
	for (size_t i = 0; i < list.n; i++) {
		if (list.p[i].state.handed_in.us == KR_NO_TIME.us)
			continue;
		++*handed_r;
		list.p[i].state.late = list.p[i].state.handed_in.us > head->due.us;
	}
	*p_r = list.p;
	*n_r = list.n;
}

static kr_err
overview(kr_ctx *cx, const struct tasks_head *head)
{
	struct tasks_overview view = { .id = head->id,
		.title = head->title,
		.body = head->body,
		.group = head->group,
		.due = head->due };

	tasks_roster(cx, head, &view.pupils.p, &view.pupils.n, &view.handed);
	view.members = (int64_t)view.pupils.n;
	view.missing = view.members - view.handed;
	view.material.p =
	    kr_files(cx, &tasks_task, head->id, "material", &view.material.n);
	return tasks_overview(cx, &view);
}

kr_err
tasks_show(kr_ctx *cx)
{
	struct tasks_head head;

	if (!tasks_load(cx, kr_object(cx), &head))
		return kr_status(cx);
	return head.owner_id == kr_me(cx) ? overview(cx, &head)
					  : tasks_pupil_page(cx, &head);
}

/* Neighbours among those who have handed in, in the order of the list. */
static void
neighbours(kr_ctx *cx, struct tasks_review *v)
{
	struct tasks_pupil *before = NULL, *after = NULL;
	bool seen = false;

	for (size_t i = 0; i < v->pupils.n; i++) {
		struct tasks_pupil *p = &v->pupils.p[i];

		if (p->state.handed_in.us == KR_NO_TIME.us)
			continue;
		if (p->submission == v->submission) {
			seen = p->current = true;
		} else if (!seen) {
			before = p;
		} else if (!after) {
			after = p;
		}
		v->number += !seen || p->current;
	}
	if (before) {
		v->previous_href = kr_fmt(
		    cx, "/tasks/submissions/%lld", (long long)before->submission);
		v->previous_name = kr_fmt(
		    cx, "%.*s, %.*s", KR_FMT(before->family), KR_FMT(before->given));
	}
	if (after) {
		v->next_href =
		    kr_fmt(cx, "/tasks/submissions/%lld", (long long)after->submission);
		v->next_name = kr_fmt(
		    cx, "%.*s, %.*s", KR_FMT(after->family), KR_FMT(after->given));
	}
}

kr_err
tasks_review_page(kr_ctx *cx)
{
	struct tasks_review view = { .submission = kr_object(cx) };
	struct tasks_head head;
	struct work w;

	if (!kr_one(cx, &q_submission, work_cols, &w, kr_i(view.submission)) ||
	    !tasks_load(cx, w.task, &head))
		return kr_fail(cx, KR_ENOTFOUND, "submission is gone");
	view.task = head.id;
	view.title = head.title;
	view.group = head.group;
	view.due = head.due;
	view.name = w.name;
	view.answer = w.body;
	view.handed_in = w.handed_in;
	view.late = w.handed_in.us > head.due.us;
	view.feedback = w.feedback;
	view.feedback_at = w.feedback_at;
	tasks_roster(cx, &head, &view.pupils.p, &view.pupils.n, &view.handed);
	view.members = (int64_t)view.pupils.n;
	neighbours(cx, &view);
	view.files.p =
	    kr_files(cx, &tasks_submission, view.submission, "work", &view.files.n);
	return tasks_review(cx, &view);
}

kr_err
tasks_give_feedback(kr_ctx *cx)
{
	struct tasks_head head;
	struct work w;
	kr_val now = kr_t(kr_now(cx));

	if (!kr_one(cx, &q_submission, work_cols, &w, kr_i(kr_object(cx))) ||
	    !tasks_load(cx, w.task, &head))
		return kr_fail(cx, KR_ENOTFOUND, "submission is gone");
	kr_exec(cx, &x_feedback, kr_s(kr_in_s(cx, "feedback")), now, now,
	    kr_i(kr_object(cx)));
	kr_audit(cx, "submission.feedback", kr_object(cx));
	kr_notify(cx, (&(struct kr_audience){ .person = w.person }),
	    "tasks.notice_feedback", kr_fmt(cx, "/tasks/%lld", (long long)head.id),
	    kr_s(head.title));
	kr_emit(cx, "tasks.feedback", kr_i(head.id), kr_i(w.person));
	kr_flash(cx, "tasks.feedback_sent");
	return kr_redirect(cx, "/tasks/submissions/%lld", (long long)kr_object(cx));
}

kr_err
tasks_remind(kr_ctx *cx)
{
	struct tasks_head head;
	struct work w;
	kr_rows *rows;

	if (!tasks_load(cx, kr_object(cx), &head))
		return kr_status(cx);
	rows = kr_query(cx, &q_missing, kr_i(head.id), kr_i(head.group_id));
	while (kr_next(rows, missing_cols, &w))
		kr_notify(cx, (&(struct kr_audience){ .person = w.person }),
		    "tasks.notice_remind",
		    kr_fmt(cx, "/tasks/%lld", (long long)head.id), kr_s(head.title));
	kr_flash(cx, "tasks.reminded");
	return kr_redirect(cx, "/tasks/%lld", (long long)head.id);
}

/* ── one ZIP of all: CLASS_TITLE/Family_Given/file; Family_Given_2 for a namesake ── */

/* What file systems and archive programs refuse becomes a hyphen; umlauts stay. */
static kr_str
safe_name(kr_ctx *cx, kr_str s)
{
	char *p = kr_alloc(cx, s.n + 1, 1);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		p[i] = c < 0x20 || c == 0x7f || __builtin_strchr("/\\:*?\"<>| ", c)
			   ? '-'
			   : s.p[i];
	}
	while (s.n && (p[0] == '.' || p[0] == '-')) {
		p++;
		s.n--;
	}
	return (kr_str){ p, s.n };
}

struct zip {
	kr_ctx *cx;
	kr_str root;
	struct kr_zip_item *items;
	size_t n;
};

static void
add_pupil(
    struct zip *z, const struct work *w, const struct kr_file *files, size_t nfiles)
{
	kr_str folder = kr_fmt(z->cx, "%.*s/%.*s_%.*s", KR_FMT(z->root),
	    KR_FMT(safe_name(z->cx, w->family)), KR_FMT(safe_name(z->cx, w->given)));
	size_t k = 0;

	if (w->namesake > 1)
		folder =
		    kr_fmt(z->cx, "%.*s_%lld", KR_FMT(folder), (long long)w->namesake);
	if (kr_trim(w->body).n)
		z->items[z->n++] = (struct kr_zip_item){ .text = w->body,
			.path = kr_fmt(z->cx, "%.*s/Text.txt", KR_FMT(folder)) };
	for (size_t i = 0; i < nfiles; i++) {
		if (files[i].object != w->id)
			continue;
		/* The number keeps two files of one name apart. */
		z->items[z->n++] = (struct kr_zip_item){ .file = files[i].id,
			.path = kr_fmt(z->cx, "%.*s/%zu_%.*s", KR_FMT(folder), ++k,
			    KR_FMT(safe_name(z->cx, files[i].name))) };
	}
}

kr_err
tasks_zip(kr_ctx *cx)
{
	struct tasks_head head;
	KR_ARRAY(struct work) answers;
	struct zip z = { .cx = cx };
	kr_id *ids;
	struct kr_file *files;
	size_t nfiles;

	if (!tasks_load(cx, kr_object(cx), &head))
		return kr_status(cx);
	KR_FILL(cx, answers, kr_query(cx, &q_answers, kr_i(head.id)), answer_cols);
	ids = kr_alloc(cx, answers.n + 1, sizeof *ids);
	for (size_t i = 0; i < answers.n; i++)
		ids[i] = answers.p[i].id;
	files = kr_files_of(
	    cx, &tasks_submission, kr_ids(cx, ids, answers.n), "work", &nfiles);
	z.items = kr_alloc(cx, answers.n + nfiles + 1, sizeof *z.items);
	z.root = kr_fmt(cx, "%.*s_%.*s", KR_FMT(safe_name(cx, head.group)),
	    KR_FMT(safe_name(cx, head.title)));
	for (size_t i = 0; i < answers.n; i++)
		add_pupil(&z, &answers.p[i], files, nfiles);
	return kr_send_zip(cx, kr_fmt(cx, "%.*s.zip", KR_FMT(z.root)), z.items, z.n);
}
