/* School years, holidays and the question whether there is school on a day. */
#include "school/internal.h"

KR_STMT(q_year, "dd", "isdd",
    "SELECT id, name, starts, ends FROM core_year WHERE starts <= ? AND ends >= ?"
    " ORDER BY starts DESC LIMIT 1");
KR_STMT(x_year, "sdd", "",
    "INSERT INTO core_year (name, starts, ends) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE starts = VALUES(starts), ends = VALUES(ends)");
KR_STMT(q_free, "dd", "i",
    "SELECT 1 FROM core_holiday WHERE last_day >= ? AND first_day <= ? LIMIT 1");
KR_STMT(x_holiday, "sdd", "",
    "INSERT INTO core_holiday (name, first_day, last_day) VALUES (?, ?, ?)"
    " ON DUPLICATE KEY UPDATE name = VALUES(name)");

static const struct kr_col year_cols[] = { KR_COL(struct kr_year, id),
	KR_COL(struct kr_year, name), KR_COL(struct kr_year, starts),
	KR_COL(struct kr_year, ends) };

bool
kr_year(kr_ctx *cx, kr_date day, struct kr_year *year_r)
{
	return kr_one(cx, &q_year, year_cols, year_r, kr_d(day), kr_d(day));
}

bool
kr_is_school_day(kr_ctx *cx, kr_date day)
{
	static const struct kr_col cols[] = { { 'i', 8, 0 } };
	int64_t one;

	if (kr_civil_date(day).weekday >= 5)
		return false;
	return !kr_one(cx, &q_free, cols, &one, kr_d(day), kr_d(day));
}

void
kr_kernel_year(kr_ctx *cx, kr_str name, kr_date starts, kr_date ends)
{
	if (kr_status(cx) != KR_OK)
		return;
	if (!kr_clean_text(cx, name, 20, &name) || starts.day >= ends.day) {
		kr_fail(
		    cx, KR_EINPUT, "school year: no name, or it ends before it begins");
		return;
	}
	kr_exec(cx, &x_year, kr_s(name), kr_d(starts), kr_d(ends));
	kr_audit(cx, "core.year", 0);
}

void
kr_kernel_holiday(kr_ctx *cx, kr_str name, kr_date first, kr_date last)
{
	if (kr_status(cx) != KR_OK)
		return;
	if (!kr_clean_text(cx, name, 80, &name) || first.day > last.day) {
		kr_fail(cx, KR_EINPUT, "holiday: no name, or it ends before it begins");
		return;
	}
	kr_exec(cx, &x_holiday, kr_s(name), kr_d(first), kr_d(last));
	kr_audit(cx, "core.holiday", 0);
}

kr_id
kr_year_current(kr_ctx *cx)
{
	kr_date today = kr_today(cx);
	struct kr_civil c = kr_civil_date(today);
	int first = c.month >= 8 ? c.year : c.year - 1;
	struct kr_year year;

	if (kr_year(cx, today, &year))
		return year.id;
	kr_kernel_year(cx, kr_fmt(cx, "%d/%02d", first, (first + 1) % 100),
	    kr_date_civil(first, 8, 1), kr_date_civil(first + 1, 7, 31));
	return kr_year(cx, today, &year) ? year.id : 0;
}
