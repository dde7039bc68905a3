/* Vital signs that any process of the house can see: clock, disk, signatures, backup,
   certificate. One place for their limits. */
#include "app/vital.h"

#include <dirent.h>
#include <kr/kr.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400

static kr_str
number(kr_ctx *cx, int64_t n)
{
	return kr_fmt(cx, "%lld", (long long)n);
}

static int64_t
time_of(const char *home, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", home, name);
	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

static int64_t
days_since(int64_t then)
{
	return (time(NULL) - then) / DAY;
}

/* Whether the clock is kept right, only the system knows; that it is before the day
   this program was built, anybody can see. */
struct kr_sign
kr_sign_clock(const char *lib)
{
	bool behind = time(NULL) < time_of(lib, "kreide") - DAY;

	return (struct kr_sign){ .check = "clock",
		.key = behind ? "core.doctor.clock_behind" : "core.doctor.clock_runs",
		.level = behind ? KR_WRONG : KR_FINE };
}

bool
kr_disk_room(const char *home, int64_t *free_r, int64_t *all_r)
{
	struct statvfs v;

	if (statvfs(home, &v) != 0 || v.f_blocks == 0)
		return false;
	*free_r = (int64_t)(v.f_bavail * v.f_frsize);
	*all_r = (int64_t)(v.f_blocks * v.f_frsize);
	return true;
}

struct kr_sign
kr_sign_disk(kr_ctx *cx, const char *home)
{
	struct kr_sign s = { .check = "disk", .level = KR_WRONG };
	int64_t room, all, mib, percent;

	if (!kr_disk_room(home, &room, &all)) {
		s.key = "core.doctor.disk_unknown";
		return s;
	}
	mib = room >> 20;
	percent = room / (all / 100 + 1);
	s.args[0] = number(cx, mib);
	if (mib < 1024 || percent < 3) {
		s.key = "core.doctor.disk_full";
	} else if (percent < 10) {
		s.level = KR_NOTE;
		s.key = "core.doctor.disk_low";
		s.args[0] = number(cx, percent);
		s.args[1] = number(cx, mib);
	} else {
		s.level = KR_FINE;
		s.key = "core.doctor.disk_ok";
	}
	return s;
}

int64_t
kr_signatures_time(const char *home)
{
	char path[PATH_MAX];
	int64_t newest = 0;
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(path, sizeof path, "%s/sig", home);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size > 0 && st.st_mtime > newest)
			newest = st.st_mtime;
	if (d != NULL)
		closedir(d);
	return newest;
}

struct kr_sign
kr_sign_signatures(kr_ctx *cx, const char *home, bool demo)
{
	int64_t newest = kr_signatures_time(home), days = days_since(newest);
	struct kr_sign s = { .check = "signatures",
		.level = KR_FINE,
		.key = "core.doctor.sig_ok",
		.args = { number(cx, days) } };

	if (newest == 0) {
		s.level = KR_WRONG;
		s.key = "core.doctor.sig_none";
		s.args[0] = kr_fmt(cx, "%s/sig", home);
	} else if (days > 7) {
		s.level = demo ? KR_NOTE : KR_WRONG;
		s.key = "core.doctor.sig_old";
	}
	return s;
}

/* The time of the file is that of the last backup that ended well. */
int64_t
kr_backup_time(const char *home)
{
	return time_of(home, "etc/backup.stamp");
}

bool
kr_backup_failed(const char *home)
{
	return time_of(home, "etc/backup.failed") != 0;
}

struct kr_sign
kr_sign_backup(kr_ctx *cx, const char *home, bool demo)
{
	int64_t last = kr_backup_time(home), days = days_since(last);
	struct kr_sign s = { .check = "backup",
		.level = demo ? KR_NOTE : KR_WRONG,
		.args = { number(cx, days) } };

	if (kr_backup_failed(home)) {
		s.key = "core.doctor.backup_failed";
	} else if (last == 0) {
		s.key = "core.doctor.backup_none";
	} else if (days > 1) {
		s.key = "core.doctor.backup_old";
	} else {
		s.level = KR_FINE;
		s.key = "core.doctor.backup_ok";
	}
	return s;
}

int64_t
kr_certificate_ends(const char *home)
{
	char path[PATH_MAX];
	struct tm tm = { 0 };
	X509 *x = NULL;
	int64_t ends = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/etc/cert.pem", home);
	f = fopen(path, "re");
	if (f != NULL)
		x = PEM_read_X509(f, NULL, NULL, NULL);
	if (x != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
		ends = timegm(&tm);
	X509_free(x);
	if (f != NULL)
		fclose(f);
	return ends;
}

struct kr_sign
kr_sign_certificate(kr_ctx *cx, const char *home)
{
	int64_t ends = kr_certificate_ends(home), left = ends - time(NULL);
	struct kr_sign s = { .check = "certificate",
		.level = KR_WRONG,
		.key = "core.doctor.cert_soon",
		.args = { number(cx, left / DAY) } };

	if (ends == 0) {
		s.key = "core.doctor.cert_none";
		s.args[0] = kr_fmt(cx, "%s/etc/cert.pem", home);
	} else if (left < 0) {
		s.key = "core.doctor.cert_expired";
	} else if (left / DAY >= 14) {
		s.level = KR_FINE;
		s.key = "core.doctor.cert_ok";
	}
	return s;
}
