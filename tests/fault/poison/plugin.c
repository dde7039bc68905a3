/* Poison: a plugin whose pages crash, loop, fill their memory and the stack. Each costs
   its own route and its own worker, and nobody else anything. */
#include <kr/kr.h>

static const struct kr_prop props[] = {
	{ "word", 's', "poison.word", 1, 80, KR_P_REQ | KR_P_LIST | KR_P_TITLE, NULL,
	    KR_PD_NONE, 0 },
};
static const struct kr_entity dose = { .name = "dose",
	.table = "poison_dose",
	.title = "poison.title",
	KR_PROPS(props),
	.scope_read = "TRUE",
	.scope_write = "TRUE",
	.perm_read = "poison.use",
	.perm_write = "poison.use" };

static kr_err
fine(kr_ctx *cx)
{
	return kr_list(cx, &dose,
	    &(const struct kr_list_opt){ .row_href = "/poison/{}",
		.empty_title = "poison.title",
		.empty_text = "poison.title" });
}

static kr_err
show(kr_ctx *cx)
{
	return kr_show(cx, &dose, kr_object(cx));
}

static kr_err
crash(kr_ctx *cx)
{
	(void)cx;
	__builtin_trap();
}

static kr_err
loop(kr_ctx *cx)
{
	(void)cx;
	for (volatile int i = 0;; i++)
		;
}

/* Never gives back, as an arena never does before the end of the request. */
static kr_err
leak(kr_ctx *cx)
{
	for (;;)
		kr_alloc(cx, 1 << 20, 1);
}

static int
deep(volatile int *up)
{
	volatile int here[1024] = { *up + 1 };

	return deep(here) + here[0];
}

static kr_err
recurse(kr_ctx *cx)
{
	volatile int zero = 0;

	(void)cx;
	return deep(&zero) == 1 ? KR_OK : KR_EFAIL;
}

static const struct kr_perm perms[] = {
	{ "poison.use", "poison.perm_use", KR_ROLE_ALL },
};
static const struct kr_route routes[] = {
	{ KR_GET, "/poison", "poison.use", fine, .entity = &dose },
	{ KR_GET, "/poison/{id}", "poison.use", show, .entity = &dose },
	{ KR_GET, "/poison/crash", "poison.use", crash },
	{ KR_GET, "/poison/loop", "poison.use", loop },
	{ KR_GET, "/poison/leak", "poison.use", leak },
	{ KR_GET, "/poison/recurse", "poison.use", recurse },
};
static const struct kr_entity *const entities[] = { &dose, NULL };

KR_PLUGIN(.name = "poison", .title = "poison.title", .intro = "poison.intro",
    .version = "1.0", .schema = 1, KR_TAB(perms, perms), KR_TAB(routes, routes),
    .entities = entities);
