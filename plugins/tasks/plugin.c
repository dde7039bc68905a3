/* Tasks: teachers set work, pupils hand in, teachers answer. */
#include "tasks.h"

#define PUPIL KR_ROLE_PUPIL
#define TEACHER KR_ROLE_TEACHER
#define MIB (1024u * 1024u)

static const struct kr_perm perms[] = {
	{ "tasks.read", "tasks.perm_read", PUPIL | TEACHER },
	{ "tasks.submit", "tasks.perm_submit", PUPIL },
	{ "tasks.write", "tasks.perm_write", TEACHER },
};

static const char *const tabs[] = { "open", "done", "past", NULL };
static const struct kr_field list_in[] = { { "tab", 'c', 0, 0, 0, tabs } };
static const struct kr_field task_in[] = {
	{ "title", 's', 3, 120, KR_F_REQ, NULL },
	{ "group", 'g', 0, 0, KR_F_REQ, NULL },
	{ "due", 't', 0, 0, KR_F_REQ, NULL },
	{ "body", 'm', 1, 20000, KR_F_REQ, NULL },
	{ "material", 'f', 0, 10, 0, NULL },
	{ "rev", 'i', 0, INT32_MAX, 0, NULL },
};
static const struct kr_field submit_in[] = {
	{ "answer", 'm', 0, 50000, 0, NULL },
	{ "work", 'f', 0, 20, 0, NULL, .max_from = "tasks.max_files" },
};
static const struct kr_field file_in[] = { { "file", 'i', 1, INT32_MAX, KR_F_REQ,
    NULL } };
static const struct kr_field feedback_in[] = {
	{ "feedback", 'm', 1, 10000, KR_F_REQ, NULL },
};

static const struct kr_route routes[] = {
	{ KR_GET, "/tasks", "tasks.read", tasks_page, KR_IN(list_in) },
	{ KR_GET, "/tasks/{id}", "tasks.read", tasks_show, .entity = &tasks_task },
	{ KR_GET, "/tasks/new", "tasks.write", tasks_new },
	{ KR_POST, "/tasks/new", "tasks.write", tasks_create, tasks_new, KR_IN(task_in),
	    .flags = KR_R_SLOW, .max_body = 512 * MIB },
	{ KR_GET, "/tasks/{id}/edit", "tasks.write", tasks_edit, .guard = tasks_mine },
	{ KR_POST, "/tasks/{id}/edit", "tasks.write", tasks_change, tasks_edit,
	    .guard = tasks_mine, KR_IN(task_in), .flags = KR_R_SLOW,
	    .max_body = 512 * MIB },
	{ KR_POST, "/tasks/{id}/trash", "tasks.write", tasks_remove,
	    .entity = &tasks_task },
	{ KR_POST, "/tasks/{id}/restore", "tasks.write", tasks_bring_back,
	    .guard = tasks_mine_trashed },
	{ KR_POST, "/tasks/{id}/submit", "tasks.submit", tasks_submit,
	    tasks_submit_again, .guard = tasks_for_me, KR_IN(submit_in),
	    .flags = KR_R_MUST, .max_body = 512 * MIB },
	{ KR_POST, "/tasks/{id}/withdraw", "tasks.submit", tasks_withdraw_file,
	    tasks_show, .guard = tasks_for_me, KR_IN(file_in) },
	{ KR_POST, "/tasks/{id}/remind", "tasks.write", tasks_remind,
	    .guard = tasks_mine },
	{ KR_GET, "/tasks/{id}/zip", "tasks.write", tasks_zip, .guard = tasks_mine,
	    .flags = KR_R_SLOW },
	{ KR_GET, "/tasks/submissions/{id}", "tasks.write", tasks_review_page,
	    .entity = &tasks_submission },
	{ KR_POST, "/tasks/submissions/{id}/feedback", "tasks.write",
	    tasks_give_feedback, tasks_review_page, .entity = &tasks_submission,
	    KR_IN(feedback_in) },
	{ KR_GET, "/tasks/calendar", "tasks.read", tasks_calendar_page },
	{ KR_POST, "/tasks/calendar", "tasks.read", tasks_calendar_make },
	{ KR_POST, "/tasks/calendar/revoke", "tasks.read", tasks_calendar_revoke },
	{ KR_GET, "/tasks/feed/{key}", "tasks.read", tasks_feed,
	    .flags = KR_R_PROTO | KR_R_FEED | KR_R_EXTRA },
};

static const struct kr_setting settings[] = {
	{ "tasks.max_files", 'i', "10", "tasks.s_max_files", 1, 20, NULL },
	{ "tasks.late", 'b', "1", "tasks.s_late", 0, 1, NULL },
};
static const struct kr_menu menu[] = {
	{ "tasks.title", "/tasks", "checklist", "tasks.read", 110, 0 },
};
static const struct kr_widget widgets[] = {
	{ "tasks.todo", "tasks.tile_todo", "tasks.submit", tasks_tile_pupil, 100, 'a' },
	{ "tasks.grading", "tasks.tile_grading", "tasks.write", tasks_tile_teacher, 100,
	    'a' },
};
static const struct kr_event events[] = {
	{ "tasks.published", "ii" }, /* task, group */
	{ "tasks.submitted", "ii" }, /* task, person */
	{ "tasks.feedback", "ii" },  /* task, person */
};
static const struct kr_entity *const entities[] = { &tasks_task, &tasks_submission,
	NULL };

KR_PLUGIN(.name = "tasks", .title = "tasks.title", .intro = "tasks.intro",
    .version = "1.0", .schema = 2, .rights = KR_RIGHT_FILES | KR_RIGHT_NOTIFY,
    KR_TAB(perms, perms), KR_TAB(routes, routes), KR_TAB(settings, settings),
    KR_TAB(menu, menu), KR_TAB(widgets, widgets), KR_TAB(events, events),
    .entities = entities);
