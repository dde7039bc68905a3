/* SPDX-License-Identifier: MIT */
/* Runtime of compiled templates. Only generated code calls what ends in `_`: krlint
   refuses those names in hand-written files, so markup exists in templates alone. */
#ifndef KR_HTML_H
#define KR_HTML_H

#include <kr/base.h>

/* A page: everything between begin and end is the inside of <main>; core draws the
   frame around it. The kind is 'p' page in the frame, 'w' wall (sign-in, errors). */
KR_PUBLIC kr_out *kr_page_begin_(kr_ctx *, char kind) KR_NONNULL;
KR_PUBLIC void kr_page_title_(kr_out *, kr_str title);
KR_PUBLIC kr_err kr_page_end_(kr_out *);
KR_PUBLIC kr_ctx *kr_out_ctx_(kr_out *) KR_NONNULL;

KR_PUBLIC void kr_lit_(kr_out *, const char *markup, size_t n);
#define KR_LIT_(o, s) kr_lit_(o, "" s "", sizeof(s) - 1)

/* Text and quoted attributes: escaped for both. */
KR_PUBLIC void kr_txt_s_(kr_out *, kr_str);
KR_PUBLIC void kr_txt_i_(kr_out *, int64_t);
KR_PUBLIC void kr_txt_f_(kr_out *, double);
KR_PUBLIC void kr_txt_d_(kr_out *, kr_date); /* 24.11.2026 */
KR_PUBLIC void kr_txt_t_(kr_out *, kr_time); /* 24.11.2026, 8:15 Uhr */
KR_PUBLIC void kr_txt_h_(kr_out *, kr_html);
#define kr_txt_(o, v)                                                                  \
	_Generic((v), kr_str                                                           \
		 : kr_txt_s_, int64_t                                                  \
		 : kr_txt_i_, int32_t                                                  \
		 : kr_txt_i_, uint32_t                                                 \
		 : kr_txt_i_, uint64_t                                                 \
		 : kr_txt_i_, int16_t                                                  \
		 : kr_txt_i_, uint16_t                                                 \
		 : kr_txt_i_, uint8_t                                                  \
		 : kr_txt_i_, double                                                   \
		 : kr_txt_f_, kr_date                                                  \
		 : kr_txt_d_, kr_time                                                  \
		 : kr_txt_t_, kr_html                                                  \
		 : kr_txt_h_)(o, v)
/* In an attribute or <textarea>: the same, but markup has no place there. */
#define kr_att_(o, v)                                                                  \
	_Generic((v), kr_str                                                           \
		 : kr_txt_s_, int64_t                                                  \
		 : kr_txt_i_, int32_t                                                  \
		 : kr_txt_i_, uint32_t                                                 \
		 : kr_txt_i_, uint64_t                                                 \
		 : kr_txt_i_, int16_t                                                  \
		 : kr_txt_i_, uint16_t                                                 \
		 : kr_txt_i_, uint8_t                                                  \
		 : kr_txt_i_, double                                                   \
		 : kr_txt_f_, kr_date                                                  \
		 : kr_txt_d_, kr_time                                                  \
		 : kr_txt_t_)(o, v)
/* A whole URL from data in href/src: http, https, mailto, tel or local, else "#". */
KR_PUBLIC void kr_txt_url_(kr_out *, kr_str);
/* {% url "/tasks/{}" v.id %}: values percent-encoded into the path. */
KR_PUBLIC kr_str kr_url_(kr_out *, const char *pattern, const kr_val *, size_t n);

/* Filters: {{ v.size | size }}. Each gives text in the person's language. Those for
   time take a kr_date or a kr_time; clock, left and stamp want a kr_time. */
KR_PUBLIC kr_str kr_f_date_d_(kr_out *, kr_date); /* Dienstag, 24. November */
KR_PUBLIC kr_str kr_f_date_t_(kr_out *, kr_time);
KR_PUBLIC kr_str kr_f_day_d_(
    kr_out *, kr_date); /* heute, morgen, Freitag, 4. Dezember */
KR_PUBLIC kr_str kr_f_day_t_(kr_out *, kr_time);
KR_PUBLIC kr_str kr_f_when_d_(kr_out *, kr_date); /* the same as day */
KR_PUBLIC kr_str kr_f_when_t_(kr_out *, kr_time); /* heute, 18:00 Uhr */
KR_PUBLIC kr_str kr_f_iso_d_(kr_out *, kr_date);  /* for <time datetime> */
KR_PUBLIC kr_str kr_f_iso_t_(kr_out *, kr_time);
#define kr_f_time_(o, v, f) _Generic((v), kr_date : f##d_, kr_time : f##t_)(o, v)
#define kr_f_date_(o, v) kr_f_time_(o, v, kr_f_date_)
#define kr_f_day_(o, v) kr_f_time_(o, v, kr_f_day_)
#define kr_f_when_(o, v) kr_f_time_(o, v, kr_f_when_)
#define kr_f_iso_(o, v) kr_f_time_(o, v, kr_f_iso_)
KR_PUBLIC kr_str kr_f_clock_(kr_out *, kr_time);   /* 18:00 Uhr */
KR_PUBLIC kr_str kr_f_left_(kr_out *, kr_time);    /* noch 9 Stunden; vor 2 Tagen */
KR_PUBLIC kr_str kr_f_stamp_(kr_out *, kr_time);   /* 24. November um 9:06 Uhr */
KR_PUBLIC kr_str kr_f_size_(kr_out *, int64_t);    /* 1,8 MB */
KR_PUBLIC kr_str kr_f_initials_(kr_out *, kr_str); /* Mia Öztürk -> MÖ */
KR_PUBLIC int64_t kr_f_hue_(kr_out *, kr_id);      /* 1..8 */
KR_PUBLIC kr_str kr_f_ext_(kr_out *, kr_str);      /* Skizze.jpg -> JPG */
KR_PUBLIC kr_html kr_f_lines_(kr_out *, kr_str);   /* plain text -> <p>, <br>, links */
KR_PUBLIC kr_html kr_f_breaks_(kr_out *, kr_str);  /* file name with <wbr> after _ */

/* Conditions: {% if v.x %}: non-empty text, non-zero number, a set date. */
KR_PUBLIC bool kr_yes_s_(kr_str);
KR_PUBLIC bool kr_yes_i_(int64_t);
KR_PUBLIC bool kr_yes_d_(kr_date);
KR_PUBLIC bool kr_yes_t_(kr_time);
#define kr_yes_(v)                                                                     \
	_Generic((v), kr_str                                                           \
		 : kr_yes_s_, kr_date                                                  \
		 : kr_yes_d_, kr_time                                                  \
		 : kr_yes_t_, default                                                  \
		 : kr_yes_i_)(v)
/* {% if a == b %} between two values of the view. */
KR_PUBLIC bool kr_same_s_(kr_str, kr_str);
KR_PUBLIC bool kr_same_i_(int64_t, int64_t);
KR_PUBLIC bool kr_same_d_(kr_date, kr_date);
#define kr_same_(a, b)                                                                 \
	_Generic((a), kr_str                                                           \
		 : kr_same_s_, kr_date                                                 \
		 : kr_same_d_, default                                                 \
		 : kr_same_i_)(a, b)

/* Texts: {% t "tasks.until" v.due|when %}, {% tn "tasks.n_files" v.n %}. {1}, {2} in
   the message are replaced by the values; the result is escaped where it stands. */
KR_PUBLIC kr_str kr_tr_(kr_out *, const char *key, const kr_str *args, size_t n);
KR_PUBLIC kr_str kr_trn_(
    kr_out *, const char *key, int64_t count, const kr_str *args, size_t n);
KR_PUBLIC kr_str kr_as_text_s_(kr_out *, kr_str);
KR_PUBLIC kr_str kr_as_text_i_(kr_out *, int64_t);
KR_PUBLIC kr_str kr_as_text_d_(kr_out *, kr_date);
KR_PUBLIC kr_str kr_as_text_t_(kr_out *, kr_time);
#define kr_as_text_(o, v)                                                              \
	_Generic((v), kr_str                                                           \
		 : kr_as_text_s_, kr_date                                              \
		 : kr_as_text_d_, kr_time                                              \
		 : kr_as_text_t_, default                                              \
		 : kr_as_text_i_)(o, v)

/* Forms: {% form "/tasks/{}/submit" v.id %} ... {% endform %} writes <form method=post>
   with token and nonce, enctype when the route takes files, and the note on top when
   it comes back with errors. {% field KIND "name" "label.key" value %} writes label,
   control, hint ("label.key_hint" when that text exists), limits from the route's
   declaration, what was typed, and the error. Kinds: text area date datetime number
   check select password file hidden group audience person. */
KR_PUBLIC void kr_form_begin_(kr_out *, const char *pattern, const kr_val *, size_t n);
KR_PUBLIC void kr_form_end_(kr_out *);
KR_PUBLIC void kr_field_(
    kr_out *, const char *kind, const char *name, const char *label_key, kr_val value);
/* {% button "tasks.save" %}: the one primary action; {% button quiet "key" "icon" %}:
   primary, plain, quiet or danger; icon may be NULL. */
KR_PUBLIC void kr_button_(
    kr_out *, const char *style, const char *key, const char *icon);

/* {% icon "clock" %}, {% empty "pencil" "key.title" "key.text" %} */
KR_PUBLIC void kr_icon_(kr_out *, const char *name);
KR_PUBLIC void kr_icon_s_(kr_out *, kr_str name); /* {% icon v.icon %} */
KR_PUBLIC void kr_empty_(
    kr_out *, const char *doodle, const char *title_key, const char *text_key);
/* {% file v.file %}: row of a file with state, open and download link (see app.h). */
struct kr_file;
KR_PUBLIC void kr_file_row_(kr_out *, const struct kr_file *);

/* Makes a value of a template expression, for url and field. */
#define kr_v_(v)                                                                       \
	_Generic((v), kr_str                                                           \
		 : kr_s, bool                                                          \
		 : kr_b, double                                                        \
		 : kr_f, kr_date                                                       \
		 : kr_d, kr_time                                                       \
		 : kr_t, default                                                       \
		 : kr_i)(v)

#endif
