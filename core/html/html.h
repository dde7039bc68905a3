/* The inside of the HTML room: the sink, the frame around every page, error pages. */
#ifndef KR_HTML_HTML_H
#define KR_HTML_HTML_H

#include "base/ctx.h"
#include "html/part.h"
#include "html/text.h"
#include <kr/kr.h>

#include "html_templates.h"

/* ── for the rooms above ── */
/* Draws the calm page of a status over whatever the answer held; works without
   database, actor and plugins. Allow, Retry-After and WWW-Authenticate stay as they
   are. */
void kr_error_page(kr_ctx *, int status);

/* ── the sink ── */
struct kr_out {
	kr_ctx *cx;
	struct kr_buf buf;
	char kind; /* p page, w wall, t part of something */
	kr_str title;
	struct kr_form *form; /* inside {% form %} */
	unsigned forms;       /* so far, for ids */
};
kr_out *kr_out_new(kr_ctx *, char kind, size_t room) KR_NONNULL;
/* What was drawn, as markup that is safe as it stands. */
kr_html kr_out_html(kr_out *);
/* A copy for as long as the process lives: of what is the same in every answer. */
kr_str kr_kept(kr_str);
void kr_put(kr_out *, const char *markup); /* literal, NUL-ended */

/* A value as it stands in an address or a control. */
kr_str kr_val_text(kr_ctx *, kr_val);
/* One ready attribute: ` name="value"`. */
void kr_attr(kr_out *, const char *name, kr_str value);
void kr_attr_i(kr_out *, const char *name, int64_t value);

/* ── forms: form.c, field.c, choice.c ── */
struct kr_fault_line { /* an error at a field drawn in this form */
	kr_str id, label, text;
};
struct kr_form {
	const struct kr_route *route; /* NULL: there is none, the form leads nowhere */
	const struct kr_field *in;
	size_t nin;
	bool again;   /* comes back with what was typed */
	unsigned no;  /* on the page */
	size_t begin; /* where in the sink the content begins */
	struct kr_fault_line *faults;
	size_t nfaults;
};
struct kr_control {               /* one field on its way to markup */
	const struct kr_field *f; /* NULL: not declared */
	const char *name, *label_key;
	kr_str id, label, hint, fault;
	kr_str value; /* as text: typed before, else the template's */
	kr_val raw;   /* the template's */
	bool again;
};
/* id, name, required, and what describes it; every control has these. */
void kr_control_attrs(kr_out *, const struct kr_control *);
/* Hint and error below the control. */
void kr_control_below(kr_out *, const struct kr_control *);
/* Was this value among those typed when the form comes back? */
bool kr_control_typed(const kr_out *, const struct kr_control *, kr_str value);
void kr_control_select(kr_out *, const struct kr_control *);
void kr_control_group(kr_out *, const struct kr_control *);
void kr_control_audience(kr_out *, const struct kr_control *);
void kr_control_file(kr_out *, const struct kr_control *);

/* ── dates and numbers as people write them (when.c) ── */
kr_str kr_when_short(kr_ctx *, kr_date);
kr_str kr_when_stamp(kr_ctx *, kr_time); /* 24.11.2026, 8:15 Uhr */
kr_str kr_when_date(kr_ctx *, kr_date);
kr_str kr_when_day(kr_ctx *, kr_date);
kr_str kr_when_clock(kr_ctx *, kr_time);
kr_str kr_when_near(kr_ctx *, kr_time); /* heute, 18:00 Uhr */
kr_str kr_when_left(kr_ctx *, kr_time);
kr_str kr_when_at(kr_ctx *, kr_time);
kr_str kr_size_text(kr_ctx *, int64_t bytes);
kr_str kr_count_text(kr_ctx *, int64_t);

/* ── file marks: "PDF" and the hue of its kind ── */
kr_str kr_ext_text(kr_ctx *, kr_str name);
int kr_ext_hue(kr_str ext);
void kr_file_mark(kr_out *, kr_str name);

/* ── what templates/ show ── */
struct html_item {
	kr_str title, href, icon;
	bool here;
	int16_t order;
};
struct html_head { /* of every page */
	kr_str title, school;
	kr_str css, js, font, favicon;
};
struct html_flash {
	kr_str text;
	kr_html undo; /* a form with one button, or empty */
	bool some;
};
struct html_words {
	kr_str none_; /* nothing: all are texts */
};
struct html_frame {
	struct html_head head;
	struct html_flash flash;
	kr_html words;
	kr_str lang, theme, school, name;
	kr_id person;
	int64_t idle_left, last_left; /* seconds of the session */
	int64_t unread;
	kr_html sign_out;
	KR_ARRAY(struct html_item) nav;
	KR_ARRAY(struct html_item) admin;
	KR_ARRAY(struct html_item) bar;
	kr_html body;
};
struct html_wall {
	struct html_head head;
	struct html_flash flash;
	kr_html words;
	kr_str lang, theme, school, other_lang, other_name, other_href;
	kr_id person; /* who must change a password, say, stands before the board too */
	kr_str imprint, privacy, access;
	bool sheet; /* sign-in: a sheet beside the chalk drawing */
	kr_html body;
};
struct html_typed { /* what was typed, for copying */
	int64_t no;
	kr_str text;
};
struct html_error {
	kr_str title, text, number;
	kr_str login; /* empty: no way in is shown */
	KR_ARRAY(struct html_typed) typed;
	kr_html drawing;
	bool again, wall;
};

/* Draws the frame (kind p), the board with a sheet (w) or the bare board (e) around
   what the sink holds, into the answer. */
void kr_layout(kr_out *);
/* {% form %} with an address and literal attributes of its own. */
void kr_form_open(kr_out *, kr_str action, const char *attributes);

#endif
