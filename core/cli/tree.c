/* Folders as a whole: removed, given to an account, their files copied. */
#include "cli/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

bool
kr_tree_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	return nftw(path, remove_one, 20, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0;
}

/* nftw() hands nothing through. */
static struct {
	uid_t uid;
	gid_t gid;
} owner;

static int
own_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return lchown(path, owner.uid, owner.gid);
}

bool
kr_tree_own(const char *path, const char *user, const char *group)
{
	const struct passwd *pw;
	const struct group *gr;

	if (geteuid() != 0)
		return true;
	pw = getpwnam(user);
	gr = getgrnam(group);
	if (pw == NULL || gr == NULL)
		return false;
	owner.uid = pw->pw_uid;
	owner.gid = gr->gr_gid;
	return nftw(path, own_one, 20, FTW_PHYS) == 0;
}

static bool
copy_one(struct kr_cli *cli, const char *from, const char *to)
{
	struct stat st;
	kr_str bytes;
	int fd;
	bool ok;

	if (stat(from, &st) != 0 || !S_ISREG(st.st_mode))
		return true;
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 && kr_read_file(cli->said->arena, from, &bytes) &&
	     write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n &&
	     fchmod(fd, st.st_mode & 0777) == 0;
	if (!ok)
		kr_complain(
		    cli, "core.cli.cannot_copy", kr_z(from), kr_z(strerror(errno)));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
kr_files_copy(
    struct kr_cli *cli, const char *from, const char *to, bool (*wanted)(const char *))
{
	DIR *d = opendir(from);
	struct dirent *e;
	bool ok = d != NULL && mkdir(to, 0700) == 0;

	if (!ok)
		kr_complain(
		    cli, "core.cli.cannot_copy", kr_z(from), kr_z(strerror(errno)));
	while (ok && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && wanted(e->d_name))
			ok =
			    copy_one(cli, kr_fmt(cli->said, "%s/%s", from, e->d_name).p,
				kr_fmt(cli->said, "%s/%s", to, e->d_name).p);
	if (d)
		closedir(d);
	return ok;
}
