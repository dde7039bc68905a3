/* Days, clocks and sizes as people say them: "heute, 18:00 Uhr", "noch 9 Stunden". */
#include "html/html.h"

#define KEY(...) kr_text_args(cx, __VA_ARGS__)
#define ARGS(...)                                                                      \
	(const kr_str[]){ __VA_ARGS__ },                                               \
	    sizeof((kr_str[]){ __VA_ARGS__ }) / sizeof(kr_str)

static const char *const weekdays[] = { "core.weekday_1", "core.weekday_2",
	"core.weekday_3", "core.weekday_4", "core.weekday_5", "core.weekday_6",
	"core.weekday_7" };
static const char *const months[] = { "core.month_1", "core.month_2", "core.month_3",
	"core.month_4", "core.month_5", "core.month_6", "core.month_7", "core.month_8",
	"core.month_9", "core.month_10", "core.month_11", "core.month_12" };

static kr_str
number(kr_ctx *cx, int64_t i, int width)
{
	return kr_fmt(cx, "%0*lld", width, (long long)i);
}

/* Further off than half a year the year is said. */
static bool
far(kr_ctx *cx, kr_date d)
{
	int32_t days = d.day - kr_today(cx).day;

	return days > 183 || days < -183;
}

/* "4. Dezember", "4. Dezember 2027" */
static kr_str
day_month(kr_ctx *cx, kr_date d)
{
	struct kr_civil c = kr_civil_date(d);

	return KEY(far(cx, d) ? "core.day_month_year" : "core.day_month",
	    ARGS(number(cx, c.day, 1), kr_text(cx, months[c.month - 1]),
		number(cx, c.year, 4)));
}

kr_str
kr_when_short(kr_ctx *cx, kr_date d)
{
	struct kr_civil c;

	if (!kr_yes_d_(d))
		return KR_S("");
	c = kr_civil_date(d);
	return KEY("core.date_short",
	    ARGS(number(cx, c.day, 2), number(cx, c.month, 2), number(cx, c.year, 4)));
}

kr_str
kr_when_date(kr_ctx *cx, kr_date d)
{
	if (!kr_yes_d_(d))
		return KR_S("");
	return KEY("core.weekday_date",
	    ARGS(kr_text(cx, weekdays[kr_civil_date(d).weekday]), day_month(cx, d)));
}

/* Names for the days around today, weekdays within six days, dates beyond. */
kr_str
kr_when_day(kr_ctx *cx, kr_date d)
{
	int32_t days;

	if (!kr_yes_d_(d))
		return KR_S("");
	days = d.day - kr_today(cx).day;
	if (days == 0)
		return kr_text(cx, "core.today");
	if (days == 1)
		return kr_text(cx, "core.tomorrow");
	if (days == -1)
		return kr_text(cx, "core.yesterday");
	if (days > -7 && days < 7)
		return kr_text(cx, weekdays[kr_civil_date(d).weekday]);
	return day_month(cx, d);
}

static kr_str
plain_clock(kr_ctx *cx, kr_time t)
{
	struct kr_civil c = kr_civil(t);

	return kr_fmt(cx, "%d:%02d", c.hour, c.minute);
}

kr_str
kr_when_clock(kr_ctx *cx, kr_time t)
{
	if (!kr_yes_t_(t))
		return KR_S("");
	return KEY("core.clock", ARGS(plain_clock(cx, t)));
}

static kr_str
day_clock(kr_ctx *cx, kr_str day, kr_time t)
{
	return KEY("core.day_clock", ARGS(day, kr_when_clock(cx, t)));
}

kr_str
kr_when_stamp(kr_ctx *cx, kr_time t)
{
	if (!kr_yes_t_(t))
		return KR_S("");
	return day_clock(cx, kr_when_short(cx, kr_date_of(t)), t);
}

kr_str
kr_when_near(kr_ctx *cx, kr_time t)
{
	if (!kr_yes_t_(t))
		return KR_S("");
	return day_clock(cx, kr_when_day(cx, kr_date_of(t)), t);
}

kr_str
kr_when_at(kr_ctx *cx, kr_time t)
{
	if (!kr_yes_t_(t))
		return KR_S("");
	return KEY("core.day_at_clock",
	    ARGS(day_month(cx, kr_date_of(t)), kr_when_clock(cx, t)));
}

/* Time left counts whole units, rounded down: who has 90 minutes is told 1 hour. Days
   are those of the calendar from the second day on. */
kr_str
kr_when_left(kr_ctx *cx, kr_time t)
{
	int64_t minutes, hours, days;
	bool past;

	if (!kr_yes_t_(t))
		return KR_S("");
	minutes = (t.us - kr_now(cx).us) / KR_MIN_US;
	past = t.us < kr_now(cx).us;
	if (past)
		minutes = -minutes;
	hours = minutes / 60;
	if (minutes < 1)
		return kr_text(cx, past ? "core.just_now" : "core.in_a_moment");
	if (minutes < 60)
		return kr_text_n(cx, past ? "core.ago_minutes" : "core.left_minutes",
		    minutes, NULL, 0);
	if (hours < 24)
		return kr_text_n(
		    cx, past ? "core.ago_hours" : "core.left_hours", hours, NULL, 0);
	days = kr_date_of(t).day - kr_today(cx).day;
	return kr_text_n(cx, past ? "core.ago_days" : "core.left_days",
	    past ? -days : days, NULL, 0);
}

/* The same steps as in the browser's script: 1024, one decimal below ten. */
kr_str
kr_size_text(kr_ctx *cx, int64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	bool comma = kr_is(kr_voice_of(cx).lang, "de");
	int64_t tenths = (bytes < 0 ? 0 : bytes) * 10;
	size_t step = 0;

	while (tenths >= 10000 && step + 1 < KR_LEN(units)) {
		tenths = (tenths + 512) / 1024;
		step++;
	}
	if (tenths < 100 && step > 1 && tenths % 10 != 0)
		return kr_fmt(cx, "%lld%c%lld %s", (long long)(tenths / 10),
		    comma ? ',' : '.', (long long)(tenths % 10), units[step]);
	return kr_fmt(cx, "%lld %s", (long long)((tenths + 5) / 10), units[step]);
}

/* 1284 -> "1.284", in English "1,284". */
kr_str
kr_count_text(kr_ctx *cx, int64_t i)
{
	char sep = kr_is(kr_voice_of(cx).lang, "de") ? '.' : ',';
	kr_str plain = kr_fmt(cx, "%lld", (long long)i);
	size_t first = i < 0 ? 1 : 0;
	struct kr_buf b;

	kr_buf_init(&b, cx->arena, plain.n * 2);
	for (size_t k = 0; k < plain.n; k++) {
		if (k > first && (plain.n - k) % 3 == 0)
			kr_buf_c(&b, sep);
		kr_buf_c(&b, plain.p[k]);
	}
	return kr_buf_view(&b);
}
