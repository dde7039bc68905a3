/* Commands: what they share. Each runs as root or as the owner of the instance, with a
   system actor, straight on the database. Texts come from the catalogue, as on pages.
 */
#ifndef KR_CLI_CLI_H
#define KR_CLI_CLI_H

#include "auth/auth.h"
#include "db/db.h"
#include "plugin/registry.h"
#include "school/school.h"

#include <jansson.h>
#include <stdio.h>

/* Exit codes of every command. */
enum {
	KR_X_OK = 0,
	KR_X_WRONG = 1,   /* what was given cannot be used; a finding */
	KR_X_USAGE = 2,   /* not how the command is called */
	KR_X_REFUSED = 3, /* stopped by a safety threshold; --force overrides */
	KR_X_DOWN = 4     /* database or instance not available */
};

struct kr_cli {
	const char *home; /* absolute path of the instance */
	const char *lib;  /* folder of the running program */
	bool json;
	kr_str lang;         /* "de" or "en", from LC_ALL, LC_MESSAGES, LANG */
	struct kr_ctx *said; /* a context for texts alone, as long as the process */
};

struct kr_command {
	const char *name; /* texts: core.cli.help_NAME, core.cli.usage_NAME */
	int (*run)(struct kr_cli *, int argc, char **argv); /* argv[0] = name */
	bool hidden;
};
extern const struct kr_command kr_commands[]; /* ended by name NULL */

/* ── options ── */
struct kr_opt {
	const char *name; /* "dry-run" */
	char type;        /* s: const char **, b: bool * */
	void *to;
};
/* Fills the options; what is left goes to args_r. --home, --json and --help are known
   to every command. KR_X_OK, or the exit code to return at once in *exit_r (false). */
struct kr_args {
	const char *command;
	const struct kr_opt *opts;
	size_t nopts;
	const char *words[32]; /* what is no option */
	size_t n, least, most; /* how many words there may be */
};
bool kr_args_of(struct kr_cli *, struct kr_args *, int argc, char **argv, int *exit_r);
int kr_usage(struct kr_cli *, const char *command); /* to stderr; KR_X_USAGE */

/* ── texts ── */
#define KR_WORDS(...)                                                                  \
	((const kr_str[]){ { NULL, 0 }, ##__VA_ARGS__ }) + 1,                          \
	    sizeof((const kr_str[]){ { NULL, 0 }, ##__VA_ARGS__ }) / sizeof(kr_str) -  \
		1
kr_str kr_word_(struct kr_cli *, const char *key, const kr_str *args, size_t n);
#define kr_word(cli, key, ...) kr_word_(cli, key, KR_WORDS(__VA_ARGS__))
kr_str kr_words_n(struct kr_cli *, const char *key, int64_t count); /* with plural */
/* A line to stdout; nothing with --json. */
void kr_say_(struct kr_cli *, const char *key, const kr_str *args, size_t n);
#define kr_say(cli, key, ...) kr_say_(cli, key, KR_WORDS(__VA_ARGS__))
/* A line to stderr: with "kreide: " in front, or with --json {"code": key, "message"}.
 */
void kr_complain_text(struct kr_cli *, const char *key, kr_str text);
void kr_complain_(struct kr_cli *, const char *key, const kr_str *args, size_t n);
#define kr_complain(cli, key, ...) kr_complain_(cli, key, KR_WORDS(__VA_ARGS__))
kr_str kr_num(struct kr_cli *, int64_t);
/* Rows with aligned columns; the header is a list of keys ended by NULL. */
struct kr_table;
struct kr_table *kr_table_new(struct kr_cli *, const char *const *header);
void kr_table_row(struct kr_table *, const kr_str *cells);
void kr_table_print(struct kr_table *);
const char *kr_below(struct kr_cli *, const char *folder, const char *name);
int kr_print_json(json_t *); /* prints and drops it; KR_X_OK */
json_t *kr_json_str(kr_str);

/* ── work on the database ── */
struct kr_work {
	struct kr_cli *cli;
	struct kr_app app; /* plugins only when asked for */
	struct kr_arena *arena;
	struct kr_conn *rw, *auth;
	struct kr_actor actor;
	struct kr_ctx cx; /* of the running unit of work */
	bool in_unit;
};
/* Configuration and plugins without a database; false: the reason is on stderr. */
bool kr_load_plugins(struct kr_cli *, struct kr_app *app_r, int *exit_r);
/* Reads the configuration, loads the plugins when asked for, and checks that the
   database answers. False: the reason is on stderr, *exit_r is what to return. */
bool kr_work_open(struct kr_work *, struct kr_cli *, bool plugins, int *exit_r);
/* Runs fn in a transaction, again when others were in between, and commits; the arena
   with its results lives until the next call. */
kr_err kr_work_do(struct kr_work *, kr_err (*fn)(kr_ctx *, void *), void *arg);
/* After a failed kr_work_do: a sentence on stderr; the exit code. */
int kr_work_failed(struct kr_work *);
void kr_work_close(struct kr_work *);
/* As another database user on one schema; NULL and a line on stderr: no password file.
 */
struct kr_conn *kr_work_conn(struct kr_cli *, const char *user, const char *schema);

/* ── small things that several commands need ── */
/* "pupil,teacher" -> bits; false: a word that is no role. */
bool kr_roles_read(const char *text, uint32_t *roles_r);
kr_str kr_roles_text(kr_ctx *, uint32_t roles); /* "pupil,teacher" */
/* A file that did not exist before, readable by its owner only. */
FILE *kr_private_file(struct kr_cli *, const char *path);
/* Absolute, also when it does not exist yet; in the arena of the texts. Under a very
   long home the working directory changes when the database is opened (paths of sockets
   are short), so names of files become absolute before. */
const char *kr_absolute(struct kr_cli *, const char *path);
char *kr_path(const struct kr_cli *, const char *below_home); /* malloc */

/* ── commands ── */
int kr_cmd_check(struct kr_cli *, int argc, char **argv);
int kr_cmd_migrate(struct kr_cli *, int argc, char **argv);
int kr_cmd_import(struct kr_cli *, int argc, char **argv);
int kr_cmd_module(struct kr_cli *, int argc, char **argv);
/* Without a key: all settings of the module. */
int kr_cmd_setting(
    struct kr_cli *, const char *module, const char *key, const char *value);
int kr_cmd_user(struct kr_cli *, int argc, char **argv);
int kr_cmd_demo(struct kr_cli *, int argc, char **argv);
int kr_cmd_init(struct kr_cli *, int argc, char **argv);
int kr_cmd_audit(struct kr_cli *, int argc, char **argv);
int kr_cmd_backup(struct kr_cli *, int argc, char **argv);
int kr_cmd_restore(struct kr_cli *, int argc, char **argv);
int kr_cmd_certificate(struct kr_cli *, int argc, char **argv);
int kr_cmd_status(struct kr_cli *, int argc, char **argv);
int kr_cmd_doctor(struct kr_cli *, int argc, char **argv);
int kr_cmd_routes(struct kr_cli *, int argc, char **argv);
int kr_cmd_docs(struct kr_cli *, int argc, char **argv);

/* uacme calls this program with five words to publish a challenge. True: that was it.
 */
bool kr_acme_hook(int argc, char **argv, int *exit_r);
/* The audit chain, for `audit verify` and `doctor`: a sentence and the verdict.
   KR_EDENIED: the key cannot be read; text_r says so too. */
struct kr_audit_verdict;
kr_err kr_audit_ask(struct kr_work *, kr_str *text_r, struct kr_audit_verdict *v_r);
/* Shared by migrate, demo and init: brings the database up to date. */
int kr_migrate_all(struct kr_cli *, FILE *report);
/* The account of the database that we are by our uid: root, or the user's own name. */
const char *kr_administrator(void);

#endif
