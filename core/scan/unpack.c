/* How libarchive gets to see a file: by pread, and either as a compressed stream or as
   an archive, never both at once. */
#include "unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)

static la_ssize_t
source_read(struct archive *a, void *arg, const void **buf_r)
{
	struct kr_scan_source *s = arg;
	ssize_t n = pread(s->fd, s->buf, CHUNK, (off_t)s->pos);

	if (n < 0) {
		archive_set_error(a, errno, "read");
		return ARCHIVE_FATAL;
	}
	s->pos += (uint64_t)n;
	*buf_r = s->buf;
	return n;
}

static la_int64_t
source_skip(struct archive *a, void *arg, la_int64_t want)
{
	struct kr_scan_source *s = arg;
	uint64_t left = s->pos < s->size ? s->size - s->pos : 0;

	(void)a;
	if (want < 0)
		return 0;
	if ((uint64_t)want < left)
		left = (uint64_t)want;
	s->pos += left;
	return (la_int64_t)left;
}

static la_int64_t
source_seek(struct archive *a, void *arg, la_int64_t offset, int whence)
{
	struct kr_scan_source *s = arg;
	int64_t base = whence == SEEK_CUR   ? (int64_t)s->pos
		       : whence == SEEK_END ? (int64_t)s->size
					    : 0;

	(void)a;
	if (offset < -base || offset > INT64_MAX / 2)
		return ARCHIVE_FATAL;
	s->pos = (uint64_t)(base + offset);
	return (la_int64_t)s->pos;
}

static void
support_streams(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_compress(a);
	archive_read_support_filter_rpm(a);
	archive_read_support_format_raw(a);
}

/* Left out: mtree, warc and cpio, which guess from plain text. */
static void
support_archives(struct archive *a)
{
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	archive_read_support_format_cab(a);
	archive_read_support_format_iso9660(a);
	archive_read_support_format_xar(a);
	archive_read_support_format_lha(a);
	archive_read_support_format_ar(a);
	archive_read_support_format_raw(a);
}

bool
kr_scan_unpack(struct kr_scan_source *s, int fd, uint64_t size, bool stream,
    struct archive_entry **first_r)
{
	struct archive *a = archive_read_new();

	*s = (struct kr_scan_source){ .archive = a, .fd = fd, .size = size };
	s->buf = malloc(CHUNK);
	if (a == NULL || s->buf == NULL) {
		kr_scan_unpack_end(s);
		return false;
	}
	if (stream)
		support_streams(a);
	else
		support_archives(a);
	archive_read_set_callback_data(a, s);
	archive_read_set_read_callback(a, source_read);
	archive_read_set_skip_callback(a, source_skip);
	archive_read_set_seek_callback(a, source_seek);
	s->state = archive_read_open1(a);
	if (s->state >= ARCHIVE_WARN)
		s->state = archive_read_next_header(a, first_r);
	return true;
}

void
kr_scan_unpack_end(struct kr_scan_source *s)
{
	if (s->archive != NULL)
		archive_read_free(s->archive);
	free(s->buf);
	*s = (struct kr_scan_source){ .fd = -1 };
}

bool
kr_scan_is_packed(struct archive *a, bool stream)
{
	if (stream)
		return archive_filter_count(a) > 1; /* one is the file itself */
	return (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_RAW;
}

long
kr_scan_zip_count(int fd, uint64_t size)
{
	enum { END = 22, TAIL = 65535 + END };
	uint64_t n = size < TAIL ? size : TAIL, base = size - n;
	unsigned char *b = malloc(TAIL);
	long count = -1;

	if (b == NULL || n < END || pread(fd, b, n, (off_t)base) != (ssize_t)n)
		n = 0;
	for (uint64_t i = n < END ? 0 : n - END + 1; i-- > 0;) {
		const unsigned char *p = b + i;

		if (memcmp(p, "PK\5\6", 4) != 0 || memcmp(p + 8, p + 10, 2) != 0)
			continue;
		uint64_t dir = p[12] | (uint64_t)p[13] << 8 | (uint64_t)p[14] << 16 |
			       (uint64_t)p[15] << 24;
		if (dir > base + i)
			continue;
		count = p[10] | p[11] << 8;
		break;
	}
	free(b);
	return count == 0xffff ? -1 : count; /* that many: the number is elsewhere */
}
