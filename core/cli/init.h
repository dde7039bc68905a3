/* Founding a real school: its database while nothing else runs yet, its certificate. */
#ifndef KR_CLI_INIT_H
#define KR_CLI_INIT_H

#include "cli/cli.h"

#include <sys/types.h>

/* Runs a program with these words (ended by NULL) and waits; its exit code, -1 = could
   not be started. What it says goes to the file `log`, or with NULL to our stderr. */
int kr_run_program(const char *const *words, const char *log);

/* conf/stack beside the build or the installed tree; NULL: not there. */
const char *kr_stack_script(struct kr_cli *);

/* ── init_db.c ── */
/* Makes the data folder when it is missing and starts MariaDB alone; 0: the reason is
   on stderr, -1: somebody else runs it already. */
pid_t kr_database_start(struct kr_cli *);
void kr_database_stop(pid_t);

/* ── certificate.c ── */
/* Copies certificate and key to HOME/etc; false: the reason is on stderr. */
bool kr_cert_install(struct kr_cli *, const char *cert, const char *key);
/* A certificate of our own for the first minutes, until a real one is there. */
bool kr_cert_placeholder(struct kr_cli *, const char *host, const char *content_host);

#endif
