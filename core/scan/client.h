/* How the rest of Kreide asks the virus scanner about an open file. */
#ifndef KR_SCAN_CLIENT_H
#define KR_SCAN_CLIENT_H

#include "proto.h"

#include <stdbool.h>

/* Asks about the file behind fd (see proto.h for what fd must be) and waits at most
   timeout_ms. False with errno when there is no answer: ETIMEDOUT, ECONNREFUSED or
   ENOENT (no scanner), ECONNRESET (it went away), EPROTO (it talks nonsense), EINVAL.
   No answer means: not scanned. *reply_r is written on success only, its texts are
   NUL-ended and printable ASCII. Going away before the answer cancels the scan. */
bool kr_scan_file(const char *socket, int fd, int timeout_ms,
    struct kr_scan_reply *reply_r) __attribute__((warn_unused_result, nonnull));

/* The same with the extension of the file's name ("pdf"), a hint for signatures. */
bool kr_scan_file_ext(const char *socket, int fd, const char *ext, int timeout_ms,
    struct kr_scan_reply *reply_r) __attribute__((warn_unused_result, nonnull));

/* "clean", "infected", ...: for log lines and tests. */
const char *kr_scan_verdict_name(uint32_t verdict);

#endif
