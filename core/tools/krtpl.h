/* Parts of krtpl, the template compiler: one template on its way from HTML to C. */
#ifndef KR_TOOLS_KRTPL_H
#define KR_TOOLS_KRTPL_H

#include <stdbool.h>
#include <stddef.h>

#define KR_TPL_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Bytes that grow; the tool lives for one run, so nothing is ever given back. */
struct kr_tpl_buf {
	char *p;
	size_t n, cap;
};
void *kr_tpl_alloc(size_t n);
char *kr_tpl_dup(const char *, size_t n);
void kr_tpl_add(struct kr_tpl_buf *, const char *, size_t n);
void kr_tpl_put(struct kr_tpl_buf *, const char *fmt, ...) KR_TPL_PRINTF(2, 3);
const char *kr_tpl_str(const struct kr_tpl_buf *); /* NUL-ended view */

/* Where in the HTML we stand. A value may stand in TEXT, RCDATA and quoted values. */
enum kr_tpl_state {
	KR_TS_TEXT,
	KR_TS_RCDATA, /* inside <title>, <textarea> */
	KR_TS_RAW,    /* inside <script> */
	KR_TS_TAG_NAME,
	KR_TS_END_NAME,
	KR_TS_IN_TAG,
	KR_TS_ATTR_NAME,
	KR_TS_ATTR_AFTER, /* blank after an attribute name */
	KR_TS_VALUE_START,
	KR_TS_VALUE_DQ,
	KR_TS_VALUE_SQ,
	KR_TS_VALUE_AFTER,
	KR_TS_COMMENT,
	KR_TS_DECL
};

/* What the value of a URL attribute holds so far. */
enum kr_tpl_url {
	KR_TU_EMPTY,
	KR_TU_TEXT,  /* begins with literal text: no value may follow */
	KR_TU_FRAG,  /* begins with #: values may follow */
	KR_TU_LOCAL, /* begins with {% url %}: literal text may follow */
	KR_TU_WHOLE  /* begins with {{ value }}: nothing may follow */
};

struct kr_tpl_attr {
	char *name;
	struct kr_tpl_buf value; /* source text; values as they stand in the template */
	struct kr_tpl_buf plain; /* literal part only */
	bool has_value, hole;
	size_t nopen; /* blocks open where it stands */
	int line;
};

struct kr_tpl_elem {
	const char *name;
	int line;
	unsigned serial;
	bool named;    /* text, aria-label or the like inside */
	bool verbatim; /* svg, code, translate="no": literal letters are no UI text */
	bool svg, pre;
	bool tpl_form; /* {% form %} */
};

#define KR_TPL_DEPTH 64
#define KR_TPL_ATTRS 48
#define KR_TPL_ARGS 48

struct kr_tpl_html {
	enum kr_tpl_state state;
	enum kr_tpl_url url;
	struct kr_tpl_elem stack[KR_TPL_DEPTH];
	size_t depth;
	unsigned serial;
	struct kr_tpl_buf name; /* of the tag being read */
	int tag_line;
	size_t tag_nopen;
	bool need_sep; /* a block tag stands where a name just ended */
	bool slash;
	struct kr_tpl_attr attrs[KR_TPL_ATTRS];
	size_t nattrs;
	bool in_attr_url;
	bool blank;              /* last written byte in text was a blank */
	struct kr_tpl_buf words; /* literal text since the last markup or value */
	int words_line;
	unsigned headings; /* levels the last heading may have had, bit 0: none yet */
	bool h1, any_part, full_page;
};

enum kr_tpl_block { KR_TB_IF, KR_TB_ELSE, KR_TB_EACH, KR_TB_NONE, KR_TB_FORM };

struct kr_tpl_open { /* {% if %}, {% each %}, {% form %} still open */
	enum kr_tpl_block kind;
	int line;
	enum kr_tpl_state state;
	enum kr_tpl_url url;      /* at the beginning */
	enum kr_tpl_url url_join; /* of the branches so far */
	size_t depth;
	unsigned top; /* serial of the innermost element */
	unsigned headings, headings_join;
	unsigned no; /* of the block, for ids in branches that exclude each other */
	unsigned branch;
	bool sep_join;
	char *var, *list; /* each */
	unsigned loop;
};

struct kr_tpl_use { /* an id, a label or a control, to be compared at the end */
	char kind;  /* i id, l label for, c control, k control with id */
	char *value;
	int line;
	unsigned no[KR_TPL_DEPTH], branch[KR_TPL_DEPTH];
	size_t nblocks;
};

struct kr_tpl { /* one template */
	const char *path, *src;
	size_t size, pos;
	int line;
	char kind; /* v view, w wall, p partial, g widget; 0: head not read yet */
	const char *prefix;
	char *name; /* struct and function */
	char *base; /* file name without .html */
	bool titled, failed, head_only;
	int problems;
	struct kr_tpl_html html;
	struct kr_tpl_open open[KR_TPL_DEPTH];
	size_t nopen;
	unsigned block_no, loop_no;
	struct kr_tpl_buf lit; /* literal markup not yet written */
	int lit_line;
	struct kr_tpl_buf code;
	struct kr_tpl_use *uses;
	size_t nuses, uses_cap;
	struct kr_tpl_buf keys, icons; /* what --keys and --icons print */
};

/* krtpl.c: messages. An error ends this template; a warning goes on (and fails the
   build unless -Wno-error). */
void kr_tpl_error(struct kr_tpl *, int line, const char *fmt, ...) KR_TPL_PRINTF(3, 4);
void kr_tpl_warn(struct kr_tpl *, int line, const char *code, const char *fmt, ...)
    KR_TPL_PRINTF(4, 5);

/* krtpl_word.c: the words of one tag, and expressions as C */
struct kr_tpl_word {
	char kind; /* p path, s string, i integer, '=' ==, '|', C constant, 0 end */
	const char *p;
	size_t n;
};
struct kr_tpl_tag {
	struct kr_tpl *t;
	struct kr_tpl_word w[KR_TPL_ARGS];
	size_t n, at;
	int line;
	const char *name; /* for messages */
};
/* The innermost loop with that variable, or the innermost at all (name NULL). */
const struct kr_tpl_open *kr_tpl_loop(
    const struct kr_tpl *, const char *name, size_t n);
bool kr_tpl_words(struct kr_tpl_tag *, const char *p, const char *end);
const struct kr_tpl_word *kr_tpl_peek(const struct kr_tpl_tag *);
bool kr_tpl_is(const struct kr_tpl_word *, const char *);
bool kr_tpl_at_end(struct kr_tpl_tag *); /* else an error */
bool kr_tpl_take_string(struct kr_tpl_tag *, const char *what, struct kr_tpl_word *w_r);
/* A string that goes into C as it stands: a-z, 0-9, _ and what `also` holds. */
bool kr_tpl_take_name(
    struct kr_tpl_tag *, const char *what, const char *also, struct kr_tpl_word *w_r);
/* as_pointer: of the struct the path names, for part and file */
bool kr_tpl_path(struct kr_tpl_tag *, const struct kr_tpl_word *, bool as_pointer,
    struct kr_tpl_buf *c);
bool kr_tpl_take_path(struct kr_tpl_tag *, bool as_pointer, struct kr_tpl_buf *c);
bool kr_tpl_take_value(struct kr_tpl_tag *, struct kr_tpl_buf *c, bool *markup_r);
/* kind: t text, f label of a field (KEY_hint and KEY_choice may follow) */
bool kr_tpl_take_key(struct kr_tpl_tag *, char kind, struct kr_tpl_word *w_r);
bool kr_tpl_take_text(struct kr_tpl_tag *, struct kr_tpl_buf *c);
bool kr_tpl_take_plural(struct kr_tpl_tag *, struct kr_tpl_buf *c);
bool kr_tpl_take_pattern(struct kr_tpl_tag *, struct kr_tpl_buf *c);
bool kr_tpl_take_condition(struct kr_tpl_tag *, struct kr_tpl_buf *c);

/* krtpl_block.c: if, each, form */
void kr_tpl_if(struct kr_tpl_tag *);
void kr_tpl_elif(struct kr_tpl_tag *);
void kr_tpl_else(struct kr_tpl_tag *);
void kr_tpl_each(struct kr_tpl_tag *);
void kr_tpl_none(struct kr_tpl_tag *);
void kr_tpl_end(struct kr_tpl_tag *);
void kr_tpl_form(struct kr_tpl_tag *);
void kr_tpl_endform(struct kr_tpl_tag *);

/* krtpl_tag.c: the other tags, and the file as a whole */
void kr_tpl_compile(struct kr_tpl *);

/* krtpl_emit.c: C code */
void kr_tpl_flush(struct kr_tpl *);
void kr_tpl_stmt(struct kr_tpl *, int line, const char *fmt, ...) KR_TPL_PRINTF(3, 4);
void kr_tpl_signature(struct kr_tpl *, struct kr_tpl_buf *, bool definition);
void kr_tpl_c_string(struct kr_tpl_buf *, const char *, size_t n);

/* krtpl_html.c: the state machine */
void kr_tpl_feed(struct kr_tpl *, const char *, size_t n);
/* Before a block tag (if, each, part ...): ends a name or value that stands before it.
   False (and an error) where no such tag may stand. */
bool kr_tpl_settle(struct kr_tpl *, const char *tag);
/* A value stands here: gives how it is to be written: 't' text, 'a' attribute or
   RCDATA, 'u' whole URL; 0 after an error. `source` is its template text; is_url: it is
   {% url %}. */
char kr_tpl_hole(struct kr_tpl *, const char *source, size_t n, bool is_url);
/* A helper that writes elements stands here: icon, part, field ... */
bool kr_tpl_helper(struct kr_tpl *, const char *tag, bool has_text);
void kr_tpl_push(struct kr_tpl *, const char *name, bool tpl_form);
void kr_tpl_pop(struct kr_tpl *);
void kr_tpl_end_of_file(struct kr_tpl *);

/* krtpl_check.c: what a page must have to be usable by everybody */
const struct kr_tpl_attr *kr_tpl_attr(const struct kr_tpl_html *, const char *name);
bool kr_tpl_void_element(const char *name);
bool kr_tpl_url_attr(const char *name);
void kr_tpl_check_attr(struct kr_tpl *, const struct kr_tpl_attr *);
void kr_tpl_check_open(struct kr_tpl *, const char *name);
void kr_tpl_check_close(struct kr_tpl *, const struct kr_tpl_elem *);
void kr_tpl_check_words(struct kr_tpl *);
void kr_tpl_check_end(struct kr_tpl *);
void kr_tpl_heading(struct kr_tpl *, int level, int line);
bool kr_tpl_has_words(const char *, size_t n);

#endif
