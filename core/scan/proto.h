/* What a client and kreide-scan say to each other: one request with one descriptor, one
   answer, over a SOCK_SEQPACKET unix socket; then the connection is over. */
#ifndef KR_SCAN_PROTO_H
#define KR_SCAN_PROTO_H

#include <stdint.h>

#define KR_SCAN_MAGIC 0x314e534bu /* "KSN1" */
#define KR_SCAN_VERSION 1u

/* 0 is "not scanned", so a zeroed answer never reads as clean. */
enum kr_scan_verdict {
	KR_SCAN_NOT_SCANNED = 0,
	KR_SCAN_CLEAN = 1,     /* the only one that lets a file out of quarantine */
	KR_SCAN_INFECTED = 2,  /* what: the name of the signature */
	KR_SCAN_BOMB = 3,      /* an archive beyond its budget; what: see below */
	KR_SCAN_ENCRYPTED = 4, /* nobody without the password can look inside */
};
#define KR_SCAN_VERDICTS 5

/* `what` is a signature name (INFECTED), empty (CLEAN) or one of these words:
   BOMB         ratio total entries depth overlap name link special
   ENCRYPTED    encrypted-archive encrypted-document
   NOT_SCANNED  no-database bad-database  no signatures loaded
		too-big limits timeout memory crash engine-error
		damaged-archive unsupported-archive  nobody can look inside
		busy stopping  ask again later
		bad-request not-a-file size-mismatch  the caller's mistake */

/* The descriptor must be a regular file open for reading. Sender and scanner share its
   offset, which is undefined afterwards; nobody may write to the file meanwhile. */
struct kr_scan_request {
	uint32_t magic, version;
	uint32_t flags;     /* 0 */
	uint32_t reserved;  /* 0 */
	uint64_t size_hint; /* how long the sender believes the file is; 0 = unknown */
	char name_ext[32]; /* "pdf"; for signatures that look at names, never trusted */
};

/* The type of a PDF that carries script: to be saved, not shown. */
#define KR_SCAN_PDF_SCRIPT "application/x-pdf-script"

struct kr_scan_reply {
	uint32_t magic, verdict;
	char type[128]; /* MIME type of the content, "" when unknown */
	char what[128];
};

_Static_assert(sizeof(struct kr_scan_request) == 56, "no padding on the wire");
_Static_assert(sizeof(struct kr_scan_reply) == 264, "no padding on the wire");

#endif
