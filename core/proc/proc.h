/* Processes and privileges: the master and what it forks. */
#ifndef KR_PROC_PROC_H
#define KR_PROC_PROC_H

#include "plugin/registry.h"

#include <sys/types.h>

/* `kreide serve`: opens the sockets, forks the pools, auth and jobs, and watches them
   until TERM. Returns the exit code. */
int kr_cmd_serve(const struct kr_config *, int argc, char **argv);

/* A socket's path has room for 107 bytes. Under a long home this makes it the working
   directory and returns a short name of it that every process forked from here can use;
   else the home itself. */
const char *kr_home_short(const char *home);

enum kr_class {
	KR_C_PAGE, /* the first five are web workers */
	KR_C_SAVE,
	KR_C_SLOW,
	KR_C_MUST,
	KR_C_SIGN,
	KR_C_AUTH,
	KR_C_KEYS,
	KR_C_JOBS,
	KR_CLASSES
};
extern const char *const kr_class_names[KR_CLASSES];

/* ── sockets.c: opened once, inherited by every master after this one ── */
struct kr_sockets {
	int fd[KR_CLASSES];
};
bool kr_sockets_open(struct kr_sockets *, const char *home, char *why_r, size_t why_n);
void kr_sockets_remove(const char *home);
/* Through exec: the descriptors, named in the environment. */
void kr_sockets_keep(const struct kr_sockets *);
bool kr_sockets_kept(struct kr_sockets *);

/* ── privilege.c ── */
/* Gives up what the class does not need, for good: account and groups (when started as
   root), capabilities, new privileges, core dumps, memory without end. Ends with the
   master. False with errno when anything of it fails. */
bool kr_become(enum kr_class, pid_t master);
/* The master keeps what it needs to fork, drop, kill, and to read the passwords of all
   accounts again when HUP makes it exec itself: four capabilities. It gains no new
   ones, and the system calls that nobody here ever needs are gone. */
bool kr_master_limit(void);
bool kr_account(const char *name, uid_t *uid_r, gid_t *gid_r);

/* ── places.c: Landlock, by class: files that are not on the list cannot be opened.
   Needs no_new_privs; true without effect where the kernel has none. ── */
bool kr_places(enum kr_class, const struct kr_config *);

/* ── sandbox.c: seccomp, by class: what is not on the list fails with EPERM ── */
bool kr_sandbox(enum kr_class);
bool kr_sandbox_master(void);

/* ── worker.c ── */
struct kr_web { /* what a web worker gets from the master */
	struct kr_app *app;
	struct kr_board *board;
	size_t seat;
	int listen_fd;
	pid_t master;
	enum kr_class class;
	const char *ro_password, *rw_password;
};
_Noreturn void kr_worker_main(const struct kr_web *);

/* ── master.c ── */
struct kr_serving {
	struct kr_app app;
	struct kr_sockets sockets;
	const char *exe, *home; /* for the exec after HUP: paths that outlive it */
	const char *ro_password, *rw_password;
};
int kr_master_run(struct kr_serving *);

#endif
