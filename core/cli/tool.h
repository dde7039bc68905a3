/* Programs of the system that commands run: no shell, no terminal, and they end with
 * us. */
#ifndef KR_CLI_TOOL_H
#define KR_CLI_TOOL_H

#include "cli/cli.h"

#include <sys/types.h>

/* Words ended by NULL; `out` and `log` are files, made anew, for what it prints and
   says; NULL out: to log as well; NULL log: our stderr. Killed when this process is. */
struct kr_tool {
	const char *const *words;
	const char *out, *log;
	bool as_mysql; /* when root: under the account of the database */
};
pid_t kr_tool_start(const struct kr_tool *); /* -1: could not be started */
int kr_tool_wait(pid_t);                     /* exit code; 128: killed; -1: no such */
int kr_tool_run(const struct kr_tool *);     /* both; 127: there is no such program */
bool kr_tool_there(const char *name);
/* The last line with anything in it that a program has said. */
kr_str kr_tool_last(struct kr_cli *, const char *log);

#endif
