/* The signature folder: loading it into libclamav, noticing that it changed, and making
   a small one for demonstrations and tests. */
#include "scan.h"

#include <clamav.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Wide enough that the archive budget is what stops an upload, and reported as "limits"
   when something libclamav unpacks itself (a PDF stream, say) still exceeds them. */
static bool
set_limits(struct cl_engine *engine, const struct kr_scan_conf *conf)
{
	const struct {
		enum cl_engine_field field;
		long long value;
	} limit[] = {
		{ CL_ENGINE_MAX_FILESIZE, (long long)(2047 * MIB) },
		{ CL_ENGINE_MAX_SCANSIZE, (long long)(8192 * MIB) },
		{ CL_ENGINE_MAX_FILES, 100000 },
		{ CL_ENGINE_MAX_RECURSION, 25 },
		{ CL_ENGINE_MAX_SCANTIME, conf->scan_seconds * 900LL },
		{ CL_ENGINE_PCRE_MAX_FILESIZE, (long long)(2047 * MIB) },
		/* A scan is a process: nothing to remember, and no way to make one file
		   pass for another by a collision of its cache key. */
		{ CL_ENGINE_DISABLE_CACHE, 1 },
		{ CL_ENGINE_DISABLE_PE_STATS, 1 },
		/* No machine code at run time: the sandbox refuses executable memory.
		 */
		{ CL_ENGINE_BYTECODE_MODE, CL_BYTECODE_MODE_INTERPRETER },
	};

	for (size_t i = 0; i < sizeof limit / sizeof *limit; i++)
		if (cl_engine_set_num(engine, limit[i].field, limit[i].value) !=
		    CL_SUCCESS)
			return false;
	return cl_engine_set_str(engine, CL_ENGINE_TMPDIR, conf->tmp) == CL_SUCCESS;
}

struct cl_engine *
kr_scan_load(const struct kr_scan_conf *conf, unsigned *count_r, const char **why_r)
{
	struct cl_engine *engine = cl_engine_new();
	unsigned count = 0;
	cl_error_t e = CL_EMEM;

	*why_r = "bad-database";
	if (engine != NULL && set_limits(engine, conf))
		e = cl_load(conf->signatures, engine, &count, CL_DB_STDOPT);
	if (e == CL_SUCCESS && count > 0)
		e = cl_engine_compile(engine);
	if (e == CL_SUCCESS && count > 0) {
		*count_r = count;
		return engine;
	}
	/* An empty or missing folder is CL_EOPEN or no signature at all. */
	if (count == 0 && (e == CL_SUCCESS || e == CL_EOPEN))
		*why_r = "no-database";
	char text[64];
	kr_scan_token(text, sizeof text, cl_strerror(e));
	kr_scan_log(
	    "error", "signatures_not_loaded", "reason=%s detail=%s", *why_r, text);
	if (engine != NULL)
		cl_engine_free(engine);
	return NULL;
}

static uint64_t
fnv(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n-- > 0)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

uint64_t
kr_scan_stamp(const char *path, uint32_t *age_days_r)
{
	uint64_t sum = 0;
	time_t newest = 0, now = time(NULL);
	DIR *dir = opendir(path);

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		struct stat st;

		if (e->d_name[0] == '.' ||
		    fstatat(dirfd(dir), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode))
			continue;
		uint64_t h = fnv(0xcbf29ce484222325u, e->d_name, strlen(e->d_name));
		h = fnv(h, &st.st_size, sizeof st.st_size);
		h = fnv(h, &st.st_mtim, sizeof st.st_mtim);
		h = fnv(h, &st.st_ino, sizeof st.st_ino);
		sum += h; /* the order of readdir means nothing */
		if (st.st_mtim.tv_sec > newest)
			newest = st.st_mtim.tv_sec;
	}
	if (dir != NULL)
		closedir(dir);
	*age_days_r =
	    newest > 0 && now > newest ? (uint32_t)((now - newest) / 86400) : 0;
	return sum;
}

/* ── signatures for demonstrations and tests ── */

/* Written down backwards and with every character mirrored, so that neither this file
   nor the program is itself what every scanner in the world looks for. */
void
kr_scan_eicar(char out_r[69])
{
	static const char coded[] =
	    "uWtW{~ZSVYrKLZKrLJMVIVKQ^r[M^[Q^KLrM^\\VZ{\"hv\\\\hvAOwkjGEOCkDO^_zO~PjG";
	static volatile const char mirror =
	    (char)0x9f; /* keeps the compiler from helping */

	for (size_t i = 0; i < 68; i++)
		out_r[i] = (char)(unsigned char)((unsigned char)mirror - coded[67 - i]);
	out_r[68] = '\0';
}

static bool
write_file(int dir, const char *name, const char *text)
{
	char tmp[64];
	int n = snprintf(tmp, sizeof tmp, ".%s.new", name);

	if (n < 0 || (size_t)n >= sizeof tmp)
		return false;
	int fd = openat(
	    dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	bool ok = kr_scan_write_all(fd, text, strlen(text)) && fchmod(fd, 0644) == 0;
	return close(fd) == 0 && ok && renameat(dir, tmp, dir, name) == 0;
}

bool
kr_scan_write_test_signatures(const char *path)
{
	char eicar[69], text[256], hex[2 * 68 + 1];
	unsigned char md5[16];
	unsigned n = sizeof md5;

	kr_scan_eicar(eicar);
	if (cl_init(CL_INIT_DEFAULT) != CL_SUCCESS ||
	    cl_hash_data("md5", eicar, 68, md5, &n) == NULL || n != sizeof md5)
		return false;
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return false;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return false;
	for (size_t i = 0; i < sizeof md5; i++)
		snprintf(hex + 2 * i, 3, "%02x", md5[i]);
	snprintf(text, sizeof text, "%s:68:Kreide.Test.Eicar.File\n", hex);
	bool ok = write_file(dir, "kreide-test.hdb", text);
	for (size_t i = 0; i < 68; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned)(unsigned char)eicar[i]);
	snprintf(text, sizeof text, "Kreide.Test.Eicar:0:*:%s\n", hex);
	ok = ok && write_file(dir, "kreide-test.ndb", text);
	close(dir);
	return ok;
}
