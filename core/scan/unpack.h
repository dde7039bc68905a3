/* Looking into packed files with libarchive. */
#ifndef KR_SCAN_UNPACK_H
#define KR_SCAN_UNPACK_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>

/* A file being unpacked; read by pread, so nobody's offset moves. */
struct kr_scan_source {
	struct archive *archive;
	int fd, state; /* state: how well reading the first header went */
	uint64_t pos, size;
	void *buf;
};

/* Opens the file as a compressed stream or as an archive and reads its first header.
   False: no memory. */
bool kr_scan_unpack(struct kr_scan_source *, int fd, uint64_t size, bool stream,
    struct archive_entry **first_r);
void kr_scan_unpack_end(struct kr_scan_source *);

/* After a successful open: is it what we looked for, or any other file? */
bool kr_scan_is_packed(struct archive *, bool stream);

/* How many members the directory at a zip's end claims, -1 if it does not say. */
long kr_scan_zip_count(int fd, uint64_t size);

#endif
