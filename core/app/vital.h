/* What is well and what is not with an instance: `kreide doctor` says it to a terminal,
   the page of the administration and /health/metrics to others. Nothing about people.
 */
#ifndef KR_APP_VITAL_H
#define KR_APP_VITAL_H

#include <kr/base.h>

enum kr_sign_level { KR_FINE, KR_NOTE, KR_WRONG };
struct kr_sign {
	const char *check, *key; /* "disk"; a text of the catalogue */
	enum kr_sign_level level;
	kr_str args[2];
};
/* `demo`: what a demo school need not have is a note. Texts are in the arena. */
struct kr_sign kr_sign_clock(const char *lib);
struct kr_sign kr_sign_disk(kr_ctx *, const char *home);
struct kr_sign kr_sign_signatures(kr_ctx *, const char *home, bool demo);
struct kr_sign kr_sign_backup(kr_ctx *, const char *home, bool demo);
/* How long it still holds; whom it is for, doctor asks. */
struct kr_sign kr_sign_certificate(kr_ctx *, const char *home);

/* Seconds since the epoch; 0: never, or none there. */
int64_t kr_backup_time(const char *home);
bool kr_backup_failed(const char *home); /* the last one */
int64_t kr_signatures_time(const char *home);
int64_t kr_certificate_ends(const char *home);
bool kr_disk_room(const char *home, int64_t *free_r, int64_t *all_r); /* bytes */

#endif
