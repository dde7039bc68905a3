/* The template compiler: whatever stands in a template, it ends with a message or with
   C that is whole (strings, brackets) and consists of its own statements only, in which
   a value of the page never reaches the sink but through an escaper. The first byte
   chooses the room and the kind: html, core's own pages, a plugin. */
#include "fuzz.h"

/* What it says about broken templates goes nowhere. */
static FILE *nowhere;
#undef stderr
#define stderr nowhere
int krtpl_main(int, char **);
#define main krtpl_main
#include "../../core/tools/krtpl.c"
#undef main
#include "../../core/tools/krtpl_block.c"
#include "../../core/tools/krtpl_check.c"
#include "../../core/tools/krtpl_emit.c"
#include "../../core/tools/krtpl_html.c"
#include "../../core/tools/krtpl_tag.c"
#include "../../core/tools/krtpl_word.c"
#undef stderr
extern FILE *stderr;

/* Every statement that krtpl may write begins like one of these. */
static const char *const own[] = { "(void)", "KR_LIT_(o,", "kr_txt_(o, ", "kr_att_(o, ",
	"kr_txt_url_(o, ", "kr_field_(o, \"", "kr_button_(o, \"", "kr_icon_(o, \"",
	"kr_icon_s_(o, ", "kr_empty_(o, \"", "kr_file_row_(o, ", "kr_page_title_(o, ",
	"kr_form_begin_(o, ", "kr_form_end_(o)", "kr_out *o = kr_page_begin_(cx, ",
	"if ((", "if (v->", "if (e_", "} else if ((", "if (!(", "} else if (!(",
	"} else {", "}", "for (size_t i", "const __typeof__(*",
	"return kr_page_end_(o);", "return kr_status(cx);" };

/* From behind a quote to behind the one that ends it. */
static const char *
string_end(const char *p)
{
	for (; *p != '"'; p++) {
		MUST(*p != 0 && *p != '\n');
		if (*p == '\\')
			MUST(*++p != 0 && *p != '\n');
	}
	return p + 1;
}

/* What follows KR_LIT_(o, is text in quotes and nothing else. */
static void
literal_only(const char *p)
{
	while (*p != ')') {
		if (*p == '"')
			p = string_end(p + 1);
		else
			MUST(*p == ' ' || *p == '\n' || *p == '\t'), p++;
	}
	MUST(p[1] == ';' && p[2] == '\n');
}

static void
statement(const char *p)
{
	while (*p == '\t' || *p == ' ')
		p++;
	if (strncmp(p, "KR_LIT_(o,", 10) == 0)
		literal_only(p + 10);
	for (size_t i = 0; i < KR_LEN(own); i++)
		if (strncmp(p, own[i], strlen(own[i])) == 0)
			return;
	/* {% part %}: a function of this room's templates. */
	if (strncmp(p, "x_", 2) == 0 || strncmp(p, "html_", 5) == 0 ||
	    strncmp(p, "core_", 5) == 0) {
		p += strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
		if (strncmp(p, "(cx, o, ", 8) == 0)
			return;
	}
	fprintf(stderr, "%.*s\n", (int)strcspn(p, "\n"), p);
	MUST(!"a statement of krtpl");
}

static void
whole_c(const char *p)
{
	char open[400];
	size_t depth = 0;
	bool fresh = true;

	while (*p != 0) {
		if (fresh && *p == '\t' && strncmp(p, "\t    \"", 6) != 0)
			statement(p);
		fresh = *p == '\n';
		MUST(strncmp(p, "/*", 2) != 0 && strncmp(p, "//", 2) != 0);
		if (*p == '"') {
			p = string_end(p + 1);
			continue;
		}
		if (*p == '(' || *p == '{' || *p == '[') {
			MUST(depth < sizeof open);
			open[depth++] = *p;
		}
		if (*p == ')' || *p == '}' || *p == ']') {
			char want = *p == ')' ? '(' : *p == '}' ? '{' : '[';

			MUST(depth > 0 && open[--depth] == want);
		}
		p++;
	}
	MUST(depth == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const prefixes[] = { "html", "core", "x" };
	static const char *const kinds[] = { "view", "wall", "partial", "widget" };
	struct kr_tpl_buf src = { 0 };
	struct kr_tpl *t;

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	if (n == 0)
		return 0;
	t = kr_tpl_alloc(sizeof *t);
	t->prefix = prefixes[p[0] % 3];
	t->path = "t.html";
	t->base = kr_tpl_dup("t", 1);
	kr_tpl_put(&src, "{%% %s struct %s_t %%}\n", kinds[p[0] / 3 % 4], t->prefix);
	kr_tpl_add(&src, (const char *)p + 1, n - 1);
	t->src = src.p;
	t->size = src.n;
	warnings_fail = (p[0] & 0x80) != 0; /* most templates have one */
	kr_tpl_compile(t);
	if (!t->failed) {
		struct kr_tpl_buf h = { 0 };

		MUST(t->code.p != NULL && strlen(t->code.p) == t->code.n);
		whole_c(t->code.p);
		kr_tpl_signature(t, &h, false);
		whole_c(h.p);
	}
	while (kept != NULL) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
	return 0;
}
