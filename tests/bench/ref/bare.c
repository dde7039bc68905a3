/* F, Q1, Q5, Q20, LIST500: what libfcgi and Connector/C cost by themselves. Prefork,
   one connection a request, as core does it; the path says what is done: /empty, /q1 to
   /q99 (that many prepared reads by primary key, 10,240 bytes out), /list (one range of
   500 rows, escaped). bare SOCKET WORKERS DATABASE-SOCKET USER   password in the
   environment, BARE_PASSWORD */
#include <fcgiapp.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY = 10240, ROWS = 100000, SPAN = 500 };

struct row {
	long long id, number;
	char words[256];
	unsigned long length;
};
static MYSQL_STMT *one, *range;
static long long from, to;
static struct row row;
static char body[BODY], escaped[256 * 6];
static unsigned seed;

static void
broken(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	_exit(1);
}

static MYSQL_STMT *
prepare(MYSQL *my, const char *sql)
{
	MYSQL_STMT *st = mysql_stmt_init(my);
	MYSQL_BIND in[2] = { { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &from },
		{ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &to } };
	MYSQL_BIND out[3] = { { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &row.id },
		{ .buffer_type = MYSQL_TYPE_STRING,
		    .buffer = row.words,
		    .buffer_length = sizeof row.words,
		    .length = &row.length },
		{ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &row.number } };

	if (mysql_stmt_prepare(st, sql, strlen(sql)) != 0 ||
	    mysql_stmt_bind_param(st, in) != 0 || mysql_stmt_bind_result(st, out) != 0)
		broken(mysql_stmt_error(st));
	return st;
}

static void
connect_to(char **argv)
{
	MYSQL *my = mysql_init(NULL);

	if (mysql_real_connect(my, NULL, argv[4], getenv("BARE_PASSWORD"), "kreide", 0,
		argv[3], 0) == NULL)
		broken(mysql_error(my));
	one = prepare(my, "SELECT id, words, number FROM bench_row WHERE id = ?");
	range = prepare(my, "SELECT id, words, number FROM bench_row"
			    " WHERE id BETWEEN ? AND ? ORDER BY id");
}

static void
run(MYSQL_STMT *st)
{
	if (mysql_stmt_execute(st) != 0)
		broken(mysql_stmt_error(st));
}

static const char *
escape(void)
{
	char *to_p = escaped;

	for (unsigned long i = 0; i < row.length; i++) {
		char c = row.words[i];
		const char *e = c == '<'   ? "&lt;"
				: c == '>' ? "&gt;"
				: c == '&' ? "&amp;"
				: c == '"' ? "&#34;"
					   : NULL;

		if (e == NULL)
			*to_p++ = c;
		else
			while (*e != 0)
				*to_p++ = *e++;
	}
	*to_p = 0;
	return escaped;
}

static void
list(FCGX_Request *rq)
{
	char line[2048];

	from = 1 + rand_r(&seed) % (ROWS - SPAN);
	to = from + SPAN - 1;
	run(range);
	FCGX_PutS("Content-Type: text/html; charset=utf-8\r\n\r\n<ul>", rq->out);
	while (mysql_stmt_fetch(range) == 0) {
		int n = snprintf(line, sizeof line,
		    "\n<li id=\"row-%lld\" class=\"k-row\"><span class=\"k-mark\"></span><div>"
		    "<a class=\"k-t stretched-link\" href=\"/bench/row/%lld\">%s</a>"
		    "<span class=\"k-m\">%lld</span></div></li>",
		    row.id, row.id, escape(), row.number);

		FCGX_PutStr(line, n, rq->out);
	}
	FCGX_PutS("\n</ul>", rq->out);
	mysql_stmt_free_result(range);
}

static void
reads(FCGX_Request *rq, long n)
{
	for (long i = 0; i < n; i++) {
		from = 1 + rand_r(&seed) % ROWS;
		run(one);
		if (mysql_stmt_fetch(one) != 0)
			broken("no such row");
		memcpy(body + i * 256, row.words, row.length);
		mysql_stmt_free_result(one);
	}
	FCGX_PutS("Content-Type: text/plain\r\n\r\n", rq->out);
	FCGX_PutStr(body, BODY, rq->out);
}

static void
serve(int fd)
{
	FCGX_Request rq;

	memset(body, 'x', BODY);
	seed = (unsigned)getpid();
	FCGX_InitRequest(&rq, fd, 0);
	while (FCGX_Accept_r(&rq) == 0) {
		const char *path = FCGX_GetParam("REQUEST_URI", rq.envp);

		path = path == NULL ? "" : path;
		if (strcmp(path, "/list") == 0)
			list(&rq);
		else
			reads(
			    &rq, path[1] == 'q' ? strtol(path + 2, NULL, 10) % 40 : 0);
		FCGX_Finish_r(&rq);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 5 || FCGX_Init() != 0)
		return 2;

	int fd = FCGX_OpenSocket(argv[1], 1024);

	if (fd < 0)
		return 1;
	chmod(argv[1], 0666);
	for (long i = 0; i < strtol(argv[2], NULL, 10); i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		connect_to(argv);
		serve(fd);
		_exit(0);
	}
	while (wait(NULL) > 0)
		continue;
	return 0;
}
