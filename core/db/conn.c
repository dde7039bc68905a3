/* Connections: opened when first needed, given up quickly when the server is away, and
   taken up again by themselves. */
#include "db/inside.h"

#include <errmsg.h>
#include <errno.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_S 2
#define HANG_US INT64_C(1500000) /* a connect this slow was a hang, not a refusal */
#define CIRCUIT_US INT64_C(5000000)
#define CACHE_DEFAULT 64u

/* All connections lead to the same server: one for all processes when the master shares
   a place, so that a hanging server costs its two seconds once. */
static _Atomic int64_t own_circuit;
static _Atomic int64_t *circuit = &own_circuit;

void
kr_db_circuit_share(_Atomic int64_t *place)
{
	circuit = place;
}

static char *
copy(const char *text)
{
	if (text == NULL)
		return NULL;

	char *p = strdup(text);

	if (p == NULL)
		kr_panic("no memory for a connection");
	return p;
}

struct kr_conn *
kr_conn_new(const struct kr_conn_opt *opt)
{
	struct kr_conn *c = calloc(1, sizeof *c);

	if (c == NULL)
		kr_panic("no memory for a connection");
	c->magic = KR_CONN_MAGIC;
	c->socket = copy(opt->socket);
	c->user = copy(opt->user);
	c->password = copy(opt->password);
	c->schema = copy(opt->schema);
	c->read_only = opt->read_only;
	c->wait_s = opt->wait_s != 0 ? opt->wait_s : opt->read_only ? 2u : 8u;
	c->ncache = opt->cache != 0 ? opt->cache : CACHE_DEFAULT;
	c->cache = calloc(c->ncache, sizeof *c->cache);
	if (c->cache == NULL)
		kr_panic("no memory for a connection");
	return c;
}

void
conn_drop(struct kr_conn *c)
{
	if (c->my == NULL)
		return;
	stmt_drop_all(c);
	mysql_close(c->my);
	c->my = NULL;
	if (c->in_tx) {
		c->in_tx = false;
		memcpy(c->lost, c->unit, sizeof c->lost);
	}
}

void
kr_conn_free(struct kr_conn **conn)
{
	struct kr_conn *c = *conn;

	if (c == NULL)
		return;
	KR_CHECK(c->magic == KR_CONN_MAGIC);
	conn_drop(c);
	if (c->password != NULL)
		kr_wipe(c->password, strlen(c->password));
	free(c->socket);
	free(c->user);
	free(c->password);
	free(c->schema);
	free(c->cache);
	c->magic = 0;
	free(c);
	*conn = NULL;
}

const char *
kr_conn_error(const struct kr_conn *c)
{
	return c->error;
}

unsigned
kr_conn_errno(const struct kr_conn *c)
{
	return c->last;
}

/* After an error of the library's own nobody knows what is still to be read: its next
   statement would only be told "out of sync", for ever. */
bool
conn_is_lost(unsigned number)
{
	return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
	       (number >= CER_MIN_ERROR && number <= CER_MAX_ERROR) ||
	       number == ER_SERVER_SHUTDOWN || number == ER_CONNECTION_KILLED;
}

/* What an error number means to the unit of work when the connection is still good;
   anything else is our fault. */
static const struct meaning {
	unsigned number;
	kr_err err;
	bool retry;
} meanings[] = {
	{ ER_CON_COUNT_ERROR, KR_EUPSTREAM, false },
	{ ER_UNKNOWN_COM_ERROR, KR_EUPSTREAM, false }, /* a cluster node not ready */
	{ ER_TOO_MANY_USER_CONNECTIONS, KR_EUPSTREAM, false },
	{ ER_USER_LIMIT_REACHED, KR_EUPSTREAM, false },
	{ ER_OPTION_PREVENTS_STATEMENT, KR_EUPSTREAM, false }, /* server read-only */
	{ ER_CHECKREAD, KR_ECONFLICT, true },
	{ ER_LOCK_WAIT_TIMEOUT, KR_ECONFLICT, true },
	{ ER_LOCK_DEADLOCK, KR_ECONFLICT, true }, { ER_DUP_ENTRY, KR_ECONFLICT, false },
	{ ER_ROW_IS_REFERENCED_2, KR_ECONFLICT, false },
	{ ER_NO_REFERENCED_ROW_2, KR_ECONFLICT, false },
	{ ER_DISK_FULL, KR_ELIMIT, false }, { ER_RECORD_FILE_FULL, KR_ELIMIT, false },
	/* text beyond ASCII compared with an ascii column: no key of ours */
	{ ER_CANT_AGGREGATE_2COLLATIONS, KR_EINPUT, false },
	{ ER_CANT_AGGREGATE_NCOLLATIONS, KR_EINPUT, false },
	{ ER_STATEMENT_TIMEOUT, KR_ELIMIT, false },
	{ 3024, KR_ELIMIT, false }, /* the same in MySQL's numbering */
};

kr_err
conn_failed(struct kr_conn *c, unsigned number, const char *words, bool say)
{
	c->last = number;
	c->retry = false;
	if (say)
		snprintf(c->error, sizeof c->error, "%u %s", number, words);
	else
		snprintf(c->error, sizeof c->error, "error %u", number);
	for (size_t i = 0; i < KR_LEN(meanings); i++) {
		if (meanings[i].number != number)
			continue;
		c->retry = meanings[i].retry;
		return meanings[i].err;
	}
	return conn_is_lost(number) ? KR_EUPSTREAM : KR_EFAIL;
}

void
conn_circuit_open(const struct kr_conn *c)
{
	*circuit = kr_mono_us() + CIRCUIT_US;
	kr_log_kv(KR_ERROR, "db.hangs", { "user", kr_s(kr_z(c->user)) },
	    { "pause_s", kr_i(CIRCUIT_US / 1000000) });
}

/* A living server greets a new connection at once, whatever its statements do. */
bool
conn_alive(const struct kr_conn *c)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = false;

	if (fd < 0)
		return false;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", c->socket);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char first;

		alive = poll(&p, 1, 250) == 1 && read(fd, &first, 1) == 1;
	}
	close(fd);
	return alive;
}

/* Sets what every session needs. The modes make the server refuse what it would
   otherwise silently cut or round. */
static const char *
session_sql(const struct kr_conn *c)
{
#define KR_SESSION                                                                     \
	"SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,"        \
	"NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	return c->read_only ? KR_SESSION ", autocommit = 1, max_statement_time = 2"
			    : KR_SESSION
		   ", autocommit = 0, innodb_lock_wait_timeout = 3";
#undef KR_SESSION
}

static bool
conn_try(struct kr_conn *c)
{
	unsigned connect_s = CONNECT_S, wait_s = c->wait_s, off = 0;

	if (kr_fault("db.connect")) {
		conn_failed(c, CR_CONNECTION_ERROR, "injected", true);
		return false;
	}
	c->my = mysql_init(NULL);
	if (c->my == NULL)
		kr_panic("no memory for a connection");
	mysql_options(c->my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(c->my, MYSQL_OPT_READ_TIMEOUT, &wait_s);
	mysql_options(c->my, MYSQL_OPT_WRITE_TIMEOUT, &wait_s);
	mysql_options(c->my, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_options(c->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(c->my, NULL, c->user, c->password, c->schema, 0,
		c->socket, CLIENT_FOUND_ROWS) == NULL ||
	    mysql_query(c->my, session_sql(c)) != 0) {
		conn_failed(c, mysql_errno(c->my), mysql_error(c->my), true);
		conn_drop(c);
		return false;
	}
	return true;
}

/* A refused socket answers within microseconds and costs nothing to ask again; only a
   hang opens the circuit. */
kr_err
conn_ready(struct kr_conn *c)
{
	int64_t start = kr_mono_us();

	KR_CHECK(c->magic == KR_CONN_MAGIC);
	if (start < *circuit) /* an open connection would hang just as well */
		return conn_failed(
		    c, CR_CONNECTION_ERROR, "the server hung a moment ago", true);
	if (c->my != NULL)
		return KR_OK;
	if (conn_try(c)) {
		*circuit = 0;
		return KR_OK;
	}
	if (kr_mono_us() - start > HANG_US)
		conn_circuit_open(c);

	/* Wrong password, no such schema: the installation is broken, and the
	   database is no more usable than when it is off. */
	return KR_EUPSTREAM;
}

kr_err
kr_conn_open(struct kr_conn *c)
{
	return conn_ready(c);
}
