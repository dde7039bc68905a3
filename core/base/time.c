/* Days and clocks: UTC inside, Europe/Berlin towards people. */
#include "base/ctx.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

static int64_t
clock_us(clockid_t which)
{
	struct timespec ts;

	KR_CHECK(clock_gettime(which, &ts) == 0);
	return (int64_t)ts.tv_sec * SECOND_US + ts.tv_nsec / 1000;
}

int64_t
kr_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
kr_boot_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

kr_time
kr_wall(void)
{
	return (kr_time){ clock_us(CLOCK_REALTIME) };
}

/* Once at start, before the sandbox closes the file system: the C library keeps the
   rules afterwards. Without tzdata it would silently show UTC, so today's European
   rule stands in. */
void
kr_time_zone_init(void)
{
	static bool done;

	if (done)
		return;
	KR_CHECK(setenv("TZ", ":Europe/Berlin", 1) == 0);
	tzset();
	if (strcmp(tzname[0], "CET") != 0) {
		KR_CHECK(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) == 0);
		tzset();
	}
	done = true;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

/* Days from a civil date and back, proleptic Gregorian; after Howard Hinnant's
   "chrono-compatible low-level date algorithms". Years are counted from March. */
kr_date
kr_date_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

	return (kr_date){ (int32_t)(era * 146097 + day_of_era - 719468) };
}

struct kr_civil
kr_civil_date(kr_date date)
{
	int64_t z = (int64_t)date.day + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);
	int64_t weekday = ((int64_t)date.day + 3) % 7; /* 1970-01-01: a Thursday */

	return (struct kr_civil){
		.year = (int)(yoe + era * 400 + (month <= 2)),
		.month = month,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.weekday = (int)(weekday < 0 ? weekday + 7 : weekday),
	};
}

struct kr_civil
kr_civil(kr_time t)
{
	time_t seconds = (time_t)floor_div(t.us, SECOND_US);
	struct tm tm;

	kr_time_zone_init();
	KR_CHECK(localtime_r(&seconds, &tm) != NULL);
	return (struct kr_civil){
		.year = tm.tm_year + 1900,
		.month = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.minute = tm.tm_min,
		.second = tm.tm_sec,
		.weekday = (tm.tm_wday + 6) % 7,
	};
}

kr_date
kr_date_of(kr_time t)
{
	if (t.us == KR_NO_TIME.us)
		return KR_NO_DATE;

	struct kr_civil c = kr_civil(t);

	return kr_date_civil(c.year, c.month, c.day);
}

/* An hour that does not exist (spring) becomes the one after; of an hour that exists
   twice (autumn) the first is meant. */
kr_time
kr_time_at(kr_date date, int minutes)
{
	if (date.day == KR_NO_DATE.day)
		return KR_NO_TIME;

	struct kr_civil c = kr_civil_date(date);
	struct tm tm = {
		.tm_year = c.year - 1900,
		.tm_mon = c.month - 1,
		.tm_mday = c.day,
		.tm_hour = minutes / 60,
		.tm_min = minutes % 60,
		.tm_isdst = -1,
	};

	kr_time_zone_init();

	struct tm summer = tm;
	time_t at = mktime(&tm);

	/* mktime may choose either of the two; ask for summer time explicitly. */
	summer.tm_isdst = 1;

	time_t first = mktime(&summer);

	if (summer.tm_isdst == 1 && first < at)
		at = first;
	return (kr_time){ (int64_t)at * SECOND_US };
}

kr_time
kr_now(const kr_ctx *cx)
{
	return cx->now;
}

kr_date
kr_today(const kr_ctx *cx)
{
	return kr_date_of(cx->now);
}

static bool
part_number(kr_str s, size_t least, size_t most, int *n_r)
{
	int64_t n;

	if (s.n < least || s.n > most || s.p[0] == '-' || !kr_to_i(s, &n))
		return false;
	*n_r = (int)n;
	return true;
}

/* 2026-11-24 or 24.11.2026; years have four digits, so that nobody has to guess. */
bool
kr_date_parse(kr_str text, kr_date *date_r)
{
	kr_str rest = kr_trim(text), part[3], more;
	char sep = rest.n > 4 && rest.p[4] == '-' ? '-' : '.';
	int year, month, day;

	for (size_t i = 0; i < 3; i++)
		if (!kr_split(&rest, sep, &part[i]))
			return false;
	if (kr_split(&rest, sep, &more))
		return false;
	if (sep == '-') {
		if (!part_number(part[0], 4, 4, &year) ||
		    !part_number(part[1], 2, 2, &month) ||
		    !part_number(part[2], 2, 2, &day))
			return false;
	} else if (!part_number(part[2], 4, 4, &year) ||
		   !part_number(part[1], 1, 2, &month) ||
		   !part_number(part[0], 1, 2, &day)) {
		return false;
	}
	/* From 1000 on: what the database's DATE holds. */
	if (year < 1000 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;

	kr_date date = kr_date_civil(year, month, day);

	if (kr_civil_date(date).day != day) /* the 31st of April */
		return false;
	*date_r = date;
	return true;
}

kr_str
kr_date_iso(kr_ctx *cx, kr_date date)
{
	if (date.day == KR_NO_DATE.day)
		return KR_S("");

	struct kr_civil c = kr_civil_date(date);

	return kr_fmt(cx, "%04d-%02d-%02d", c.year, c.month, c.day);
}
