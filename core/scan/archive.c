/* The budget for archives: walks through everything packed inside, however deep, and
   stops at the first sign of a bomb; libclamav alone calls a gigabyte of zeros clean.
 */
#include "scan.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TOTAL (1024 * MIB)
#define MAX_RATIO 100
#define RATIO_FLOOR                                                                    \
	(32 * MIB) /* so little unpacked harms nobody, whatever the ratio              \
		    */
#define MAX_ENTRIES 10000
#define MAX_DEPTH 4
#define MAX_NAME 255 /* one component */
#define MAX_PATH_LEN 1024

/* Parts by which an office document in a zip is known, if libmagic missed it. */
enum { PART_TYPES = 1, PART_WORD = 2, PART_XL = 4, PART_PPT = 8 };

struct walk {
	struct kr_scan_child *child;
	struct kr_scan_reply *reply;
	uint64_t total, allowed; /* bytes unpacked so far, and at most */
	unsigned entries, parts;
	char mimetype[96];
};

static bool
stop(struct walk *w, uint32_t verdict, const char *what)
{
	kr_scan_reply_raise(w->reply, verdict, what);
	return false;
}

/* libarchive gave up: because of a password, for lack of memory, or of damage. */
static bool
stop_on_error(struct walk *w, struct archive *a)
{
	const char *text = archive_error_string(a);

	if (archive_read_has_encrypted_entries(a) > 0 ||
	    (text != NULL && strcasestr(text, "encrypt") != NULL))
		return stop(w, KR_SCAN_ENCRYPTED, "encrypted-archive");
	if (archive_errno(a) == ENOMEM)
		return stop(w, KR_SCAN_NOT_SCANNED, "memory");
	return stop(w, KR_SCAN_NOT_SCANNED, "damaged-archive");
}

/* Would unpacking leave its folder? A backslash separates too: it does on the pupils'
   machines, and old programs for them write it. */
static bool
name_ok(const char *name)
{
	size_t n = 0, all = strlen(name);

	if (all == 0 || all > MAX_PATH_LEN || name[0] == '/' || name[0] == '\\')
		return false;
	if (((name[0] | 0x20) >= 'a' && (name[0] | 0x20) <= 'z') && name[1] == ':')
		return false;
	for (const char *p = name;; p++) {
		if (*p != '/' && *p != '\\' && *p != '\0') {
			n++;
			continue;
		}
		if (n > MAX_NAME || (n == 2 && memcmp(p - 2, "..", 2) == 0))
			return false;
		if (*p == '\0')
			return true;
		n = 0;
	}
}

static bool
check_entry(struct walk *w, struct archive *a, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);

	if (++w->entries > MAX_ENTRIES)
		return stop(w, KR_SCAN_BOMB, "entries");
	/* "/" is how a library of object files calls its index; nobody unpacks those.
	 */
	bool library =
	    (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR;
	if (name == NULL || (!library && !name_ok(name)))
		return stop(w, KR_SCAN_BOMB, "name");
	if (archive_entry_hardlink(e) != NULL || archive_entry_symlink(e) != NULL ||
	    archive_entry_filetype(e) == AE_IFLNK)
		return stop(w, KR_SCAN_BOMB, "link");
	if (archive_entry_filetype(e) != AE_IFREG &&
	    archive_entry_filetype(e) != AE_IFDIR)
		return stop(w, KR_SCAN_BOMB, "special");
	return true;
}

static void
note_part(struct walk *w, const char *name)
{
	static const struct {
		const char *prefix;
		unsigned part;
	} known[] = {
		{ "[Content_Types].xml", PART_TYPES },
		{ "word/", PART_WORD },
		{ "xl/", PART_XL },
		{ "ppt/", PART_PPT },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(name, known[i].prefix, strlen(known[i].prefix)) == 0)
			w->parts |= known[i].part;
}

/* Unpacks one member into the spool file, counting. */
static bool
spool_member(struct walk *w, struct archive *a, int spool, uint64_t *size_r)
{
	const void *block;
	size_t n;
	la_int64_t at;
	uint64_t size = 0;
	int r;

	if (ftruncate(spool, 0) != 0)
		return stop(w, KR_SCAN_NOT_SCANNED, "engine-error");
	while ((r = archive_read_data_block(a, &block, &n, &at)) == ARCHIVE_OK) {
		/* A hole counts like the zeros it stands for. */
		if (at < 0 || (uint64_t)at > MAX_TOTAL || n > MAX_TOTAL)
			return stop(w, KR_SCAN_BOMB, "total");
		uint64_t end = (uint64_t)at + n;
		if (end > size) {
			w->total += end - size;
			size = end;
		}
		if (w->total > w->allowed)
			return stop(w, KR_SCAN_BOMB,
			    w->allowed == MAX_TOTAL ? "total" : "ratio");
		for (size_t done = 0; done < n;) {
			ssize_t k = pwrite(spool, (const char *)block + done, n - done,
			    (off_t)at + (off_t)done);
			if (k <= 0)
				return stop(w, KR_SCAN_NOT_SCANNED, "engine-error");
			done += (size_t)k;
		}
	}
	if (r != ARCHIVE_EOF)
		return stop_on_error(w, a);
	if (ftruncate(spool, (off_t)size) != 0)
		return stop(w, KR_SCAN_NOT_SCANNED, "engine-error");
	*size_r = size;
	return true;
}

/* An OpenDocument file with a password says so in its list of parts. */
static bool
manifest_encrypted(int spool, uint64_t size)
{
	static const char word[] = "encryption-data";
	char buf[4096];
	off_t at = 0;

	while ((uint64_t)at < size) {
		ssize_t n = pread(spool, buf, sizeof buf, at);

		if (n < (ssize_t)sizeof word)
			return false;
		if (memmem(buf, (size_t)n, word, sizeof word - 1) != NULL)
			return true;
		at +=
		    n - (ssize_t)sizeof word + 1; /* a word may lie across two reads */
	}
	return false;
}

static bool walk_file(struct walk *w, int fd, uint64_t size, unsigned depth);

/* The first member of OpenDocument and EPUB names the type; libmagic wants it at one
   exact place. */
static void
note_mimetype(struct walk *w, int spool, uint64_t size)
{
	char text[sizeof w->mimetype] = "";

	if (size >= sizeof text || pread(spool, text, size, 0) != (ssize_t)size)
		return;
	if (strncmp(text, "application/vnd.oasis.opendocument.", 35) == 0 ||
	    strcmp(text, "application/epub+zip") == 0)
		kr_scan_token(w->mimetype, sizeof w->mimetype, text);
}

static bool
walk_member(struct walk *w, struct archive *a, struct archive_entry *e, int spool,
    unsigned depth)
{
	const char *name = archive_entry_pathname(e);
	uint64_t size = 0;

	if (!check_entry(w, a, e))
		return false;
	if (archive_entry_is_encrypted(e)) {
		kr_scan_reply_raise(w->reply, KR_SCAN_ENCRYPTED, "encrypted-archive");
		return true; /* the others may still be a bomb */
	}
	if (archive_entry_filetype(e) == AE_IFDIR)
		return true;
	if (!spool_member(w, a, spool, &size))
		return false;
	if (depth == 1)
		note_part(w, name);
	if (depth == 1 && w->entries == 1 && strcmp(name, "mimetype") == 0)
		note_mimetype(w, spool, size);
	if (strcmp(name, "META-INF/manifest.xml") == 0 &&
	    manifest_encrypted(spool, size))
		kr_scan_reply_raise(w->reply, KR_SCAN_ENCRYPTED, "encrypted-document");
	return size == 0 || walk_file(w, spool, size, depth + 1);
}

static int
open_spool(struct walk *w)
{
	int fd = open(w->child->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		stop(w, KR_SCAN_NOT_SCANNED, "engine-error");
	return fd;
}

/* x.gz: what comes out is looked at like any other file. */
static bool
walk_stream(struct walk *w, struct kr_scan_source *s, unsigned depth)
{
	int filters = archive_filter_count(s->archive) - 1; /* one is the file itself */
	char mark[5] = "";
	uint64_t size = 0;

	depth += filters > 1 ? (unsigned)filters - 1 : 0; /* x.gz.gz */
	if (depth > MAX_DEPTH)
		return stop(w, KR_SCAN_BOMB, "depth");
	if (++w->entries > MAX_ENTRIES)
		return stop(w, KR_SCAN_BOMB, "entries");
	int spool = open_spool(w);
	if (spool < 0)
		return false;
	bool go = spool_member(w, s->archive, spool, &size);
	/* x.tar.gz counts as one archive. */
	if (go && pread(spool, mark, sizeof mark, 257) == (ssize_t)sizeof mark &&
	    memcmp(mark, "ustar", sizeof mark) == 0)
		go = walk_file(w, spool, size, depth);
	else if (go && size > 0)
		go = walk_file(w, spool, size, depth + 1);
	close(spool);
	return go;
}

static bool
walk_archive(
    struct walk *w, struct kr_scan_source *s, struct archive_entry *e, unsigned depth)
{
	struct archive *a = s->archive;
	long seen = 0;

	if (depth > MAX_DEPTH)
		return stop(w, KR_SCAN_BOMB, "depth");
	int spool = open_spool(w);
	if (spool < 0)
		return false;
	bool go;
	int r;
	do {
		seen++;
		go = walk_member(w, a, e, spool, depth);
		if (!go)
			break;
		r = archive_read_next_header(a, &e);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN && r != ARCHIVE_EOF)
			go = stop_on_error(w, a);
	} while (go && r != ARCHIVE_EOF);
	close(spool);
	/* libarchive shows packed bytes once, even if many names point to them. */
	if (go &&
	    (archive_format(a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP &&
	    kr_scan_zip_count(s->fd, s->size) > seen)
		return stop(w, KR_SCAN_BOMB, "overlap");
	return go;
}

/* Does libmagic, too, take the file for an archive? Then one that libarchive cannot
   read is damaged; otherwise a few bytes only looked like the start of one. */
static bool
looks_packed(const struct kr_scan_child *child, int fd)
{
	static const char *const types[] = { "application/zip", "application/x-zip",
		"application/gzip", "application/x-gzip", "application/x-bzip2",
		"application/x-xz", "application/zstd", "application/x-lzma",
		"application/x-lzip", "application/x-lz4", "application/x-compress",
		"application/x-7z-compressed", "application/x-rar", "application/x-tar",
		"application/x-gtar", "application/x-ustar", "application/x-lha",
		"application/x-lzh-compressed", "application/vnd.ms-cab-compressed",
		"application/x-iso9660-image", "application/x-xar", "application/x-rpm",
		"application/java-archive", "application/epub+zip",
		"application/vnd.android.package-archive" };
	const char *type = kr_scan_type(child, fd);

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return strncmp(type, "application/vnd.openxmlformats-", 31) == 0 ||
	       strncmp(type, "application/vnd.oasis.opendocument.", 35) == 0;
}

enum walked { OVER, NOT_PACKED, UNPACKED };

/* One way of unpacking a file, if it is packed that way. */
static enum walked
walk_as(struct walk *w, int fd, uint64_t size, unsigned depth, bool stream)
{
	struct kr_scan_source s;
	struct archive_entry *e = NULL;
	bool go = true, packed = false;

	if (!kr_scan_unpack(&s, fd, size, stream, &e)) {
		stop(w, KR_SCAN_NOT_SCANNED, "memory");
		return OVER;
	}
	if (s.state == ARCHIVE_EOF) {
		/* an archive without members, or zeros that could be the end of one */
	} else if (s.state < ARCHIVE_WARN) {
		if (looks_packed(w->child, fd))
			go = stop_on_error(w, s.archive);
	} else if (kr_scan_is_packed(s.archive, stream)) {
		packed = true;
		go = stream ? walk_stream(w, &s, depth) : walk_archive(w, &s, e, depth);
	}
	kr_scan_unpack_end(&s);
	return !go ? OVER : packed ? UNPACKED : NOT_PACKED;
}

/* False when the walk is over: nothing that follows can change the verdict. */
static bool
walk_file(struct walk *w, int fd, uint64_t size, unsigned depth)
{
	enum walked how = walk_as(w, fd, size, depth, true);
	bool go;

	if (how == NOT_PACKED)
		how = walk_as(w, fd, size, depth, false);
	go = how != OVER;
	/* What lies at the bottom is scanned by itself: libclamav's own unpackers know
	   less (Debian's has no rar, no lzma in a zip, and misses what a truncated zip
	   still holds). The outermost file is scanned as a whole afterwards. */
	if (how == NOT_PACKED && depth > 1) {
		char type[64];

		kr_scan_token(type, sizeof type, kr_scan_type(w->child, fd));
		kr_scan_closed(w->child, fd, type, w->reply);
		kr_scan_clam(w->child, fd, w->reply);
		go = w->reply->verdict != KR_SCAN_INFECTED;
	}
	return go;
}

static void
refine_type(const struct walk *w, struct kr_scan_reply *reply)
{
	static const struct {
		unsigned part;
		const char *type;
	} office[] = {
		{ PART_WORD, "wordprocessingml.document" },
		{ PART_XL, "spreadsheetml.sheet" },
		{ PART_PPT, "presentationml.presentation" },
	};

	if (strcmp(reply->type, "application/zip") != 0 &&
	    strcmp(reply->type, "application/octet-stream") != 0)
		return;
	if (w->mimetype[0] != '\0')
		kr_scan_token(reply->type, sizeof reply->type, w->mimetype);
	for (size_t i = 0; i < sizeof office / sizeof *office; i++)
		if (w->parts == (PART_TYPES | office[i].part))
			snprintf(reply->type, sizeof reply->type,
			    "application/vnd.openxmlformats-officedocument.%s",
			    office[i].type);
}

void
kr_scan_archive(struct kr_scan_child *child, struct kr_scan_reply *reply)
{
	struct walk w = { .child = child, .reply = reply };

	w.allowed = child->size * MAX_RATIO;
	if (w.allowed < RATIO_FLOOR)
		w.allowed = RATIO_FLOOR;
	if (w.allowed > MAX_TOTAL)
		w.allowed = MAX_TOTAL;
	if (child->size > 0)
		walk_file(&w, child->fd, child->size, 1);
	refine_type(&w, reply);
}
