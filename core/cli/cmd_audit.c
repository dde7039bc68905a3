/* kreide audit verify: is the chain of who did what whole? Asked by whoever may read
   its key: root, or the owner of the instance. */
#include "cli/cli.h"

#include "app/audit.h"
#include <errno.h>
#include <string.h>

struct asked {
	uint8_t key[32];
	struct kr_audit_head head;
	struct kr_audit_verdict v;
};

static const char *const kinds[] = { [KR_AUDIT_GOOD] = "good",
	[KR_AUDIT_CHANGED] = "changed",
	[KR_AUDIT_MISSING] = "missing",
	[KR_AUDIT_CUT] = "cut" };

static kr_err
verify(kr_ctx *cx, void *arg)
{
	struct asked *a = arg;

	return kr_audit_verify(cx, a->key, &a->head, &a->v);
}

kr_err
kr_audit_ask(struct kr_work *w, kr_str *text_r, struct kr_audit_verdict *v_r)
{
	struct kr_cli *cli = w->cli;
	struct asked a = { .v = { .kind = KR_AUDIT_GOOD } };
	char key[60];

	if (!kr_audit_key(cli->home, a.key) || !kr_audit_head(cli->home, &a.head)) {
		*text_r = kr_word(cli, "core.audit.no_key", kr_z(strerror(errno)));
		return KR_EDENIED;
	}
	if (kr_work_do(w, verify, &a) != KR_OK)
		return kr_status(&w->cx);
	kr_wipe(a.key, sizeof a.key);
	snprintf(key, sizeof key, "core.audit.is_%s", kinds[a.v.kind]);
	*text_r =
	    kr_word_(cli, key, KR_WORDS(kr_num(cli, a.v.rows), kr_num(cli, a.v.seq)));
	*v_r = a.v;
	return KR_OK;
}

int
kr_cmd_audit(struct kr_cli *cli, int argc, char **argv)
{
	struct kr_args a = { .command = "audit", .least = 1, .most = 1 };
	struct kr_audit_verdict v = { .kind = KR_AUDIT_GOOD };
	struct kr_work w;
	kr_str text;
	kr_err err;
	int code;

	if (!kr_args_of(cli, &a, argc, argv, &code))
		return code;
	if (strcmp(a.words[0], "verify") != 0)
		return kr_usage(cli, "audit");
	if (!kr_work_open(&w, cli, false, &code))
		return code;
	err = kr_audit_ask(&w, &text, &v);
	code = v.kind == KR_AUDIT_GOOD ? KR_X_OK : KR_X_WRONG;
	if (err == KR_EDENIED)
		kr_complain_text(cli, "core.audit.no_key", text);
	if (err != KR_OK)
		code = err == KR_EDENIED ? KR_X_DOWN : kr_work_failed(&w);
	kr_work_close(&w);
	if (err != KR_OK)
		return code;
	if (cli->json)
		(void)kr_print_json(json_pack("{s:s, s:I, s:I, s:I}", "chain",
		    kinds[v.kind], "rows", (json_int_t)v.rows, "seq", (json_int_t)v.seq,
		    "open", (json_int_t)v.open));
	else
		printf("%.*s\n", KR_FMT(text));
	if (v.open > 0)
		kr_complain(cli, "core.audit.open", kr_num(cli, v.open));
	return code;
}
