/* Submissions: what a pupil sees of a task, writes and hands in. */
#include "tasks.h"
#include "tasks_templates.h"

static const struct kr_prop submission_props[] = {
	{ "task_id", 'i', "tasks.title", 0, 0, KR_P_SYSTEM, NULL, KR_PD_NONE, 0 },
	{ "person_id", 'p', "tasks.pupil", 0, 0, KR_P_SYSTEM | KR_P_ME, NULL, KR_PD_REF,
	    0 },
	{ "body", 'm', "tasks.f_answer", 0, 50000, KR_P_SYSTEM, NULL, KR_PD_CONTENT,
	    0 },
	{ "handed_in", 't', "tasks.handed_in", 0, 0, KR_P_SYSTEM, NULL, KR_PD_META, 0 },
	{ "feedback", 'm', "tasks.feedback", 0, 10000, KR_P_SYSTEM, NULL, KR_PD_CONTENT,
	    0 },
	{ "feedback_at", 't', "tasks.feedback_at", 0, 0, KR_P_SYSTEM, NULL, KR_PD_META,
	    0 },
	{ "feedback_seen", 't', "tasks.feedback_seen", 0, 0, KR_P_SYSTEM, NULL,
	    KR_PD_META, 0 },
};
/* The pupil's own, and the task's owner's once it is handed in. */
const struct kr_entity tasks_submission = { .name = "submission",
	.table = "tasks_submission",
	.title = "tasks.submissions",
	KR_PROPS(submission_props),
	.scope_read = "t.handed_in IS NOT NULL AND t.task_id IN (SELECT k.id FROM"
		      " tasks_task k WHERE k.owner_id = :me AND k.deleted_at IS NULL)",
	.scope_write = "t.handed_in IS NOT NULL AND t.task_id IN (SELECT k.id FROM"
		       " tasks_task k WHERE k.owner_id = :me AND k.deleted_at IS NULL)",
	.perm_read = "tasks.write",
	.perm_write = "tasks.write",
	.flags = KR_E_ATTACH,
	.keep_days = 730 };

KR_STMT(q_own, "ii", "istttt",
    "SELECT id, body, handed_in, feedback_at, feedback_seen, created"
    " FROM tasks_submission WHERE task_id = ? AND person_id = ?");
KR_STMT(q_feedback, "i", "s", "SELECT feedback FROM tasks_submission WHERE id = ?");
KR_STMT(x_insert, "iisttt", "",
    "INSERT INTO tasks_submission (rev, task_id, person_id, body, handed_in, feedback,"
    " created, changed) VALUES (1, ?, ?, ?, ?, '', ?, ?)");
KR_STMT(x_update, "stti", "",
    "UPDATE tasks_submission SET body = ?, handed_in = ?, changed = ?, rev = rev + 1"
    " WHERE id = ?");
KR_STMT(x_seen, "ti", "",
    "UPDATE tasks_submission SET feedback_seen = ? WHERE id = ? AND feedback_seen IS NULL");

struct own {
	int64_t id;
	kr_str body;
	kr_time handed_in, feedback_at, feedback_seen, created;
};
static const struct kr_col own_cols[] = { KR_COL(struct own, id),
	KR_COL(struct own, body), KR_COL(struct own, handed_in),
	KR_COL(struct own, feedback_at), KR_COL(struct own, feedback_seen),
	KR_COL(struct own, created) };
struct words {
	kr_str text;
};
static const struct kr_col words_cols[] = { KR_COL(struct words, text) };

static bool
set(kr_time t)
{
	return t.us != KR_NO_TIME.us;
}

/* The school decides whether work still comes in after the deadline. */
static bool
too_late(kr_ctx *cx, kr_time due)
{
	return due.us < kr_now(cx).us && kr_setting_i(cx, "tasks.late") == 0;
}

/* `again`: the form was refused, and what is in it must not get lost. */
static kr_err
handin_page(kr_ctx *cx, const struct tasks_head *head, bool again)
{
	struct own own = {
		.id = 0, .handed_in = KR_NO_TIME, .feedback_at = KR_NO_TIME
	};
	struct words feedback;
	struct tasks_handin view = { .id = head->id,
		.title = head->title,
		.body = head->body,
		.group = head->group,
		.owner = head->owner,
		.due = head->due,
		.late_now = head->due.us < kr_now(cx).us,
		.last_call = kr_setting_i(cx, "tasks.late") == 0 };

	view.soon = kr_date_of(head->due).day == kr_today(cx).day && !view.late_now;
	view.material.p =
	    kr_files(cx, &tasks_task, head->id, "material", &view.material.n);
	if (kr_one(cx, &q_own, own_cols, &own, kr_i(head->id), kr_i(kr_me(cx)))) {
		view.submission = own.id;
		view.answer = own.body;
		view.work.p =
		    kr_files(cx, &tasks_submission, own.id, "work", &view.work.n);
	}
	view.handed_in = own.handed_in;
	view.feedback_at = own.feedback_at;
	view.late = set(own.handed_in) && own.handed_in.us > head->due.us;
	view.open_form = again || (!set(own.feedback_at) && !too_late(cx, head->due));
	view.room = kr_setting_i(cx, "tasks.max_files") - (int64_t)view.work.n;
	if (view.room < 0)
		view.room = 0;
	if (set(own.feedback_at) &&
	    kr_one(cx, &q_feedback, words_cols, &feedback, kr_i(own.id))) {
		view.feedback = feedback.text;
		if (!set(own.feedback_seen))
			kr_after(cx, &x_seen, kr_t(kr_now(cx)), kr_i(own.id));
	}
	return tasks_handin(cx, &view);
}

kr_err
tasks_pupil_page(kr_ctx *cx, const struct tasks_head *head)
{
	return handin_page(cx, head, false);
}

kr_err
tasks_submit_again(kr_ctx *cx)
{
	struct tasks_head head;

	if (!tasks_load(cx, kr_object(cx), &head))
		return kr_status(cx);
	return handin_page(cx, &head, true);
}

/* The row of this pupil for this task; made when it is the first time. */
static kr_id
store(kr_ctx *cx, kr_id task, const struct own *own, kr_str answer)
{
	kr_val now = kr_t(kr_now(cx));

	if (own->id) {
		kr_exec(cx, &x_update, kr_s(answer), now, now, kr_i(own->id));
		return own->id;
	}
	return kr_exec(
	    cx, &x_insert, kr_i(task), kr_i(kr_me(cx)), kr_s(answer), now, now, now);
}

kr_err
tasks_submit(kr_ctx *cx)
{
	kr_id task = kr_object(cx), id;
	struct own own = { .id = 0, .feedback_at = KR_NO_TIME };
	struct tasks_head head;
	kr_str answer = kr_in_s(cx, "answer");
	size_t n, kept = 0;
	const kr_id *file = kr_in_files(cx, "work", &n);

	if (!tasks_load(cx, task, &head))
		return kr_status(cx);
	kr_one(cx, &q_own, own_cols, &own, kr_i(task), kr_i(kr_me(cx)));
	if (set(own.feedback_at))
		return kr_in_bad(cx, "", "tasks.already_answered");
	if (too_late(cx, head.due))
		return kr_in_bad(cx, "", "tasks.too_late");
	if (own.id)
		kr_files(cx, &tasks_submission, own.id, "work", &kept);
	if (n + kept == 0 && kr_trim(answer).n == 0)
		return kr_in_bad(cx, "answer", "tasks.nothing_handed_in");
	if (n > 0 && (int64_t)(n + kept) > kr_setting_i(cx, "tasks.max_files"))
		return kr_in_bad(cx, "work", "tasks.too_many_in_all");
	id = store(cx, task, &own, answer);
	for (size_t i = 0; i < n; i++)
		kr_attach(cx, &tasks_submission, id, "work", file[i]);
	kr_audit(cx, "submission.handed_in", id);
	kr_emit(cx, "tasks.submitted", kr_i(task), kr_i(kr_me(cx)));
	return kr_redirect(cx, "/tasks/%lld", (long long)task);
}

kr_err
tasks_withdraw_file(kr_ctx *cx)
{
	struct own own = { .id = 0, .feedback_at = KR_NO_TIME };
	struct tasks_head head;

	if (!tasks_load(cx, kr_object(cx), &head) ||
	    !kr_one(cx, &q_own, own_cols, &own, kr_i(head.id), kr_i(kr_me(cx))))
		return kr_fail(cx, KR_ENOTFOUND, "nothing handed in yet");
	if (set(own.feedback_at))
		return kr_in_bad(cx, "", "tasks.already_answered");
	if (too_late(cx, head.due))
		return kr_in_bad(cx, "", "tasks.too_late");
	kr_detach(cx, &tasks_submission, own.id, kr_in_i(cx, "file"));
	kr_flash(cx, "tasks.file_removed");
	return kr_redirect(cx, "/tasks/%lld", (long long)kr_object(cx));
}
