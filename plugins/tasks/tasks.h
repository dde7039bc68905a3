/* What the parts of the tasks plugin share: entities, views, handlers. */
#ifndef TASKS_H
#define TASKS_H

#include <kr/kr.h>

extern const struct kr_entity tasks_task, tasks_submission;

/* ── views ── */
struct tasks_state { /* how far a pupil's work is; partial state.html */
	kr_time due, handed_in, feedback_at, feedback_seen;
	bool overdue, soon, fresh; /* fresh: feedback not read yet */
};
struct tasks_row { /* a line of the list or of a tile */
	int64_t id;
	kr_str title, group, owner;
	kr_time due;
	int64_t handed, members, waiting; /* teacher: counts */
	struct tasks_state state;         /* pupil */
};
struct tasks_band {  /* what is due today, this week, later */
	kr_str when; /* today, week, later; "": no heading */
	KR_ARRAY(struct tasks_row) rows;
};
struct tasks_list {
	KR_ARRAY(struct tasks_row) rows;
	KR_ARRAY(struct tasks_band) bands; /* the same rows */
	kr_str tab;                        /* open, done, past; teachers: mine, past */
	bool teacher;
	int64_t due_today;
};
struct tasks_todo { /* tile of a pupil */
	KR_ARRAY(struct tasks_row) rows;
};
struct tasks_grading { /* tile of a teacher */
	KR_ARRAY(struct tasks_row) rows;
};
struct tasks_fields { /* partial fields.html */
	int64_t group;
	kr_str title, body;
	kr_time due;
	KR_ARRAY(struct kr_file) material;
};
struct tasks_form {
	int64_t id, rev; /* id 0: new */
	struct tasks_fields f;
};
struct tasks_handin { /* a task as a pupil sees it */
	int64_t id, submission, rev;
	kr_str title, body, group, owner;
	kr_time due, handed_in, feedback_at;
	kr_str answer, feedback;
	bool late, late_now, open_form, soon;
	bool last_call; /* the school takes nothing after the deadline */
	int64_t room;   /* for so many more files */
	KR_ARRAY(struct kr_file) material;
	KR_ARRAY(struct kr_file) work;
};
struct tasks_pupil_state { /* partial pupil_state.html */
	kr_time handed_in, feedback_at;
	bool late;
};
struct tasks_pupil { /* a line of the class list */
	int64_t person, submission;
	kr_str given, family;
	struct tasks_pupil_state state;
	bool current;
};
struct tasks_overview { /* a task as its teacher sees it */
	int64_t id;
	kr_str title, body, group;
	kr_time due;
	int64_t handed, members, missing;
	KR_ARRAY(struct kr_file) material;
	KR_ARRAY(struct tasks_pupil) pupils;
};
struct tasks_review { /* one hand-in on the teacher's desk */
	int64_t task, submission;
	kr_str title, group, name, answer, feedback, draft;
	kr_time due, handed_in, feedback_at;
	bool late;
	int64_t number, members, handed;
	kr_str previous_href, next_href, next_name, previous_name;
	KR_ARRAY(struct kr_file) files;
	KR_ARRAY(struct tasks_pupil) pupils;
};
struct tasks_calendar {
	kr_str url;
};

/* ── what several files need ── */
struct tasks_head {
	int64_t id, owner_id, group_id, rev;
	kr_str title, body, group, owner;
	kr_time due;
};
bool tasks_load(kr_ctx *, kr_id task, struct tasks_head *head_r);
/* All pupils of the class, in order of names, with the state of their hand-in. */
void tasks_roster(kr_ctx *, const struct tasks_head *, struct tasks_pupil **p_r,
    size_t *n_r, int64_t *handed_r);

/* ── handlers ── */
kr_handler tasks_page, tasks_show, tasks_new, tasks_create, tasks_edit, tasks_change,
    tasks_remove, tasks_bring_back; /* task.c */
kr_guard tasks_mine, tasks_mine_trashed, tasks_for_me;
kr_handler tasks_submit, tasks_submit_again, tasks_withdraw_file; /* submission.c */
kr_err tasks_pupil_page(kr_ctx *, const struct tasks_head *);
kr_handler tasks_review_page, tasks_give_feedback, tasks_zip,
    tasks_remind; /* review.c */
kr_handler tasks_feed, tasks_calendar_page, tasks_calendar_make, tasks_calendar_revoke;
kr_render_fn tasks_tile_pupil, tasks_tile_teacher;

#endif
