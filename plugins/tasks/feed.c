/* Deadlines as a calendar: a read-only iCal feed under a revocable address. */
#include "tasks.h"
#include "tasks_templates.h"

#define FEED "/tasks/feed/{key}"

KR_STMT(q_mine, "iii",
    "isst"
    "ts",
    "SELECT t.id, t.title, t.body, t.due, t.changed, g.name FROM tasks_task t"
    " JOIN core_group g ON g.id = t.group_id WHERE t.deleted_at IS NULL"
    " AND (t.owner_id = ? OR t.group_id IN (SELECT group_id FROM core_my_group"
    "  WHERE person_id = ? AND role = 1)) AND t.due > UTC_TIMESTAMP() - INTERVAL ? DAY"
    " ORDER BY t.due LIMIT 500");

struct event {
	int64_t id;
	kr_str title, body, group;
	kr_time due, changed;
};
static const struct kr_col event_cols[] = { KR_COL(struct event, id),
	KR_COL(struct event, title), KR_COL(struct event, body),
	KR_COL(struct event, due), KR_COL(struct event, changed),
	KR_COL(struct event, group) };

kr_err
tasks_feed(kr_ctx *cx)
{
	kr_ical *cal = kr_ical_new(cx, KR_S("Kreide: Aufgaben"));
	kr_rows *rows =
	    kr_query(cx, &q_mine, kr_i(kr_me(cx)), kr_i(kr_me(cx)), kr_i(60));
	struct event e;

	while (kr_next(rows, event_cols, &e)) {
		const struct kr_ical_event event = {
			.uid = kr_fmt(cx, "task-%lld@kreide", (long long)e.id),
			.title =
			    kr_fmt(cx, "%.*s: %.*s", KR_FMT(e.group), KR_FMT(e.title)),
			.text = e.body,
			.start = { e.due.us - 30 * KR_MIN_US },
			.end = e.due,
			.changed = e.changed,
		};

		kr_ical_add(cal, &event);
	}
	return kr_ical_send(cal);
}

kr_err
tasks_calendar_page(kr_ctx *cx)
{
	struct tasks_calendar view = { .url = kr_feed_url(cx, FEED) };

	return tasks_calendar(cx, &view);
}

kr_err
tasks_calendar_make(kr_ctx *cx)
{
	kr_feed_url(cx, FEED);
	return kr_redirect(cx, "/tasks/calendar");
}

kr_err
tasks_calendar_revoke(kr_ctx *cx)
{
	kr_feed_revoke(cx, FEED);
	kr_flash(cx, "tasks.calendar_revoked");
	return kr_redirect(cx, "/tasks/calendar");
}
