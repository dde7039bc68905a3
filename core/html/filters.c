/* Filters of templates: {{ value | filter }}. */
#include "html/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

kr_str
kr_f_date_d_(kr_out *o, kr_date d)
{
	return kr_when_date(o->cx, d);
}

kr_str
kr_f_date_t_(kr_out *o, kr_time t)
{
	return kr_yes_t_(t) ? kr_when_date(o->cx, kr_date_of(t)) : KR_S("");
}

kr_str
kr_f_day_d_(kr_out *o, kr_date d)
{
	return kr_when_day(o->cx, d);
}

kr_str
kr_f_day_t_(kr_out *o, kr_time t)
{
	return kr_yes_t_(t) ? kr_when_day(o->cx, kr_date_of(t)) : KR_S("");
}

kr_str
kr_f_when_d_(kr_out *o, kr_date d)
{
	return kr_when_day(o->cx, d);
}

kr_str
kr_f_when_t_(kr_out *o, kr_time t)
{
	return kr_when_near(o->cx, t);
}

kr_str
kr_f_clock_(kr_out *o, kr_time t)
{
	return kr_when_clock(o->cx, t);
}

kr_str
kr_f_left_(kr_out *o, kr_time t)
{
	return kr_when_left(o->cx, t);
}

kr_str
kr_f_stamp_(kr_out *o, kr_time t)
{
	return kr_when_at(o->cx, t);
}

kr_str
kr_f_iso_d_(kr_out *o, kr_date d)
{
	return kr_date_iso(o->cx, d);
}

/* 2026-11-24T18:00+01:00: local time with its offset, as <time datetime> wants it. */
kr_str
kr_f_iso_t_(kr_out *o, kr_time t)
{
	struct kr_civil c;
	int64_t local, offset;

	if (!kr_yes_t_(t))
		return KR_S("");
	c = kr_civil(t);
	local = (int64_t)kr_date_civil(c.year, c.month, c.day).day * 1440 +
		c.hour * 60 + c.minute;
	offset = local - (t.us >= 0 ? t.us / KR_MIN_US : -(-t.us / KR_MIN_US));
	return kr_fmt(o->cx, "%04d-%02d-%02dT%02d:%02d%c%02d:%02d", c.year, c.month,
	    c.day, c.hour, c.minute, offset < 0 ? '-' : '+',
	    (int)((offset < 0 ? -offset : offset) / 60),
	    (int)((offset < 0 ? -offset : offset) % 60));
}

kr_str
kr_f_size_(kr_out *o, int64_t bytes)
{
	return kr_size_text(o->cx, bytes);
}

/* The first character at p, with its continuation bytes. */
static kr_str
character(kr_str s, size_t at)
{
	size_t n = 1;

	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xc0) == 0x80)
		n++;
	return kr_sub(s, at, n);
}

/* First letters of the first and the last word; small ASCII ones are raised. */
kr_str
kr_f_initials_(kr_out *o, kr_str name)
{
	kr_str rest = kr_trim(name), word, first = KR_S(""), last = KR_S("");
	struct kr_buf b;

	while (kr_split(&rest, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (first.n == 0)
			first = character(word, 0);
		else
			last = character(word, 0);
	}
	kr_buf_init(&b, o->cx->arena, 8);
	kr_buf_str(&b, first);
	kr_buf_str(&b, last);
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = (char)toupper((unsigned char)b.p[i]);
	return kr_buf_view(&b);
}

int64_t
kr_f_hue_(kr_out *o, kr_id id)
{
	(void)o;
	return (int64_t)(((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15)) >> 61) + 1;
}

/* ── files ── */
kr_str
kr_ext_text(kr_ctx *cx, kr_str name)
{
	struct kr_buf b;

	for (size_t i = name.n; i > 1 && name.n - i <= 4; i--) {
		if (!isalnum((unsigned char)name.p[i - 1]) && name.p[i - 1] != '.')
			break;
		if (name.p[i - 1] != '.' || i == name.n)
			continue;
		kr_buf_init(&b, cx->arena, 8);
		for (size_t k = i; k < name.n; k++)
			kr_buf_c(&b, (char)toupper((unsigned char)name.p[k]));
		return kr_buf_view(&b);
	}
	return KR_S("");
}

/* The same hues as in the browser's list of chosen files. */
int
kr_ext_hue(kr_str ext)
{
	static const struct {
		const char *ext;
		int hue;
	} kinds[] = { { "PDF", 2 }, { "DOC", 1 }, { "DOCX", 1 }, { "ODT", 1 },
		{ "RTF", 1 }, { "XLS", 3 }, { "XLSX", 3 }, { "ODS", 3 }, { "CSV", 3 },
		{ "PPT", 4 }, { "PPTX", 4 }, { "ODP", 4 }, { "KEY", 4 }, { "MP4", 5 },
		{ "MOV", 5 }, { "WEBM", 5 }, { "MP3", 5 }, { "M4A", 5 }, { "OGG", 5 },
		{ "WAV", 5 }, { "JPG", 6 }, { "JPEG", 6 }, { "PNG", 6 }, { "GIF", 6 },
		{ "WEBP", 6 }, { "HEIC", 6 }, { "SVG", 6 } };

	for (size_t i = 0; i < KR_LEN(kinds); i++)
		if (kr_is(ext, kinds[i].ext))
			return kinds[i].hue;
	return 8;
}

kr_str
kr_f_ext_(kr_out *o, kr_str name)
{
	return kr_ext_text(o->cx, name);
}

/* A long name may break behind its joints: <wbr> after _ . and -. */
kr_html
kr_f_breaks_(kr_out *o, kr_str name)
{
	kr_out *part = kr_out_new(o->cx, 't', name.n + 32);
	size_t from = 0;

	for (size_t i = 0; i + 1 < name.n; i++) {
		if (strchr("_.-", name.p[i]) == NULL || name.p[i] == '\0')
			continue;
		kr_txt_s_(part, kr_sub(name, from, i + 1 - from));
		KR_LIT_(part, "<wbr>");
		from = i + 1;
	}
	kr_txt_s_(part, kr_sub(name, from, name.n));
	return kr_out_html(part);
}
