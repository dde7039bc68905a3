/* Does a PDF carry script? Browsers run it in their own PDF pages, where it may open
   boxes with its text whatever policy we send along; so such a file is for saving only.

   Script hangs on the name JavaScript, which stands in the plain bytes of the file or
   in an object stream, packed. Object streams are unpacked when they have the form that
   programs write; what has another form is not argued with but counts as script. */
#include "scan.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define UNPACKED_MOST (256 * MIB) /* of all object streams together */

/* The name that is being read, if one is. */
struct name {
	unsigned char text[16]; /* longer ones are none of ours */
	size_t n;
	bool in;
	unsigned escape;     /* digits to come after a '#' */
	unsigned char value; /* of them so far */
};
enum found { NOTHING, SCRIPT, PACKED };

static bool
is_space(unsigned char c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

/* 0x80 and 0xff as chromium's reader has it. */
static bool
ends_name(unsigned char c)
{
	return is_space(c) || c == 0x80 || c == 0xff ||
	       memchr("()<>[]{}/%", c, 10) != NULL;
}

/* As the lenient among the readers do it, which take any character for a digit. */
static unsigned char
digit(unsigned char c)
{
	int up = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;

	return (unsigned char)(up > '9' ? up - 'A' + 10 : up - '0');
}

static bool
is(const struct name *name, const char *text)
{
	return name->n == strlen(text) && memcmp(name->text, text, name->n) == 0;
}

static void
add(struct name *name, unsigned char c)
{
	if (name->escape > 0) {
		name->value = (unsigned char)(name->value * 16 + digit(c));
		if (--name->escape > 0)
			return;
		c = name->value;
	} else if (c == '#') {
		name->escape = 2;
		name->value = 0;
		return;
	}
	if (name->n < sizeof name->text)
		name->text[name->n] = c;
	if (name->n <= sizeof name->text)
		name->n++;
}

/* The next byte; says which name of ours has ended before it. */
static enum found
feed(struct name *name, unsigned char c)
{
	enum found found = NOTHING;

	if (name->in && !ends_name(c)) {
		add(name, c);
		return NOTHING;
	}
	if (name->in)
		found = is(name, "JavaScript") ? SCRIPT
			: is(name, "ObjStm")   ? PACKED
					       : NOTHING;
	*name = (struct name){ .in = c == '/' };
	return found;
}

/* What is packed there has neither script in it nor a stream within the stream. */
static bool
packed_clean(int fd, uint64_t at, uint64_t *room)
{
	unsigned char in[16384], out[65536];
	struct name name = { .in = false };
	z_stream z = { .zalloc = Z_NULL };
	int r = inflateInit(&z);

	while (r == Z_OK) {
		if (z.avail_in == 0) {
			ssize_t n = pread(fd, in, sizeof in, (off_t)at);

			if (n <= 0)
				break;
			at += (uint64_t)n;
			z.next_in = in;
			z.avail_in = (unsigned)n;
		}
		z.next_out = out;
		z.avail_out = sizeof out;
		r = inflate(&z, Z_NO_FLUSH);
		size_t n = sizeof out - z.avail_out;
		if (n > *room)
			break;
		*room -= n;
		for (size_t i = 0; i < n; i++)
			if (feed(&name, out[i]) != NOTHING)
				r = Z_DATA_ERROR;
	}
	inflateEnd(&z);
	return r == Z_STREAM_END && feed(&name, ' ') == NOTHING;
}

/* ── the dictionary of an object stream ── */

static const char *const known[] = { "Filter", "ObjStm", "Type", "N", "First", "Length",
	"Extends" };
enum { FILTER, OBJSTM };

/* Skips a name of the known ones, and counts it. */
static const char *
known_name(const char *p, const char *end, unsigned *count)
{
	const char *from = p;

	while (p < end && !ends_name((unsigned char)*p))
		p++;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == (size_t)(p - from) &&
		    memcmp(known[i], from, (size_t)(p - from)) == 0) {
			count[i]++;
			return p;
		}
	return NULL;
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space((unsigned char)*p))
		p++;
	return p;
}

static const char *
skip(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return p != NULL && (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n
									      : NULL;
}

/* What stands behind /Filter: this one, plain or alone in brackets. */
static const char *
flate_only(const char *p, const char *end)
{
	bool list;

	p = skip_space(p, end);
	list = p < end && *p == '[';
	p = skip(skip_space(p + list, end), end, "/FlateDecode");
	if (p == NULL || p == end || !ends_name((unsigned char)*p))
		return NULL;
	return list ? skip(skip_space(p, end), end, "]") : p;
}

/* From behind "obj": << known names, numbers, brackets >> stream, and a new line.
   Returns where the bytes begin, NULL for anything else. */
static const char *
dictionary(const char *p, const char *end, bool *flate_r)
{
	unsigned count[sizeof known / sizeof *known] = { 0 };

	p = skip(skip_space(p, end), end, "<<");
	while (p != NULL && p < end && *p != '>') {
		unsigned filters = count[FILTER];

		if (*p == '/')
			p = known_name(p + 1, end, count);
		else if (is_space((unsigned char)*p) || memchr("0123456789R[]", *p, 13))
			p++;
		else
			return NULL;
		if (p != NULL && count[FILTER] > filters)
			p = flate_only(p, end);
	}
	p = skip(p, end, ">>");
	p = p != NULL ? skip(skip_space(p, end), end, "stream") : NULL;
	if (p != NULL && p < end && *p == '\r')
		p++;
	p = skip(p, end, "\n");
	if (count[OBJSTM] != 1 || count[FILTER] > 1)
		return NULL;
	*flate_r = count[FILTER] == 1;
	return p;
}

/* The name ObjStm ends at `at`: is it the type of a stream without script? */
static bool
stream_clean(int fd, uint64_t at, uint64_t *room)
{
	char text[1024];
	uint64_t from = at > sizeof text / 2 ? at - sizeof text / 2 : 0;
	ssize_t n = pread(fd, text, sizeof text, (off_t)from);
	size_t before = (size_t)(at - from);
	bool flate = false;

	if (n < (ssize_t)before)
		return false;
	while (before >= 3 && memcmp(text + before - 3, "obj", 3) != 0)
		before--;
	if (before < 3)
		return false;
	const char *p = dictionary(text + before, text + n, &flate);
	if (p == NULL)
		return false;
	/* What is not packed is read where it stands. */
	return !flate || packed_clean(fd, from + (uint64_t)(p - text), room);
}

bool
kr_scan_pdf_script(int fd)
{
	unsigned char bytes[65536];
	struct name name = { .in = false };
	uint64_t at = 0, room = UNPACKED_MOST;
	ssize_t n;

	while ((n = pread(fd, bytes, sizeof bytes, (off_t)at)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			enum found found = feed(&name, bytes[i]);

			if (found == SCRIPT ||
			    (found == PACKED &&
				!stream_clean(fd, at + (uint64_t)i, &room)))
				return true;
		}
		at += (uint64_t)n;
	}
	return n < 0 || feed(&name, ' ') != NOTHING;
}
