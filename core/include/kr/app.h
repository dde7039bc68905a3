/* SPDX-License-Identifier: MIT */
/* The helper layer: lists, forms, saving, files, notices, audit, settings. */
#ifndef KR_APP_H
#define KR_APP_H

#include <kr/base.h>
#include <kr/school.h>

struct kr_entity; /* plugin.h */

/* Ready pages, permission-, CSRF- and audit-aware. */
struct kr_list_opt {
	const char *title, *intro; /* keys; NULL: the entity's */
	const char *row_href;      /* "/lost/{}": row title links there */
	const char *new_href;      /* primary action, shown when perm_write is held */
	const char *new_label;     /* key */
	const char *empty_title, *empty_text;
};
KR_PUBLIC kr_err kr_list(
    kr_ctx *, const struct kr_entity *, const struct kr_list_opt *);
KR_PUBLIC kr_err kr_form(kr_ctx *, const struct kr_entity *, kr_id or_0);
KR_PUBLIC kr_err kr_show(kr_ctx *, const struct kr_entity *, kr_id);
/* Validates, inserts or updates (409 when `rev` moved), writes audit, flash, location
   /NAME/{id}. Returns the row id in *id_r when not NULL. */
KR_PUBLIC kr_err kr_save(kr_ctx *, const struct kr_entity *, kr_id or_0, kr_id *id_r);
KR_PUBLIC kr_err kr_trash(kr_ctx *, const struct kr_entity *, kr_id);   /* waste bin */
KR_PUBLIC kr_err kr_restore(kr_ctx *, const struct kr_entity *, kr_id); /* and back */

/* Files. Bytes are core's; a plugin handles ids. */
enum kr_file_state {
	KR_FILE_WAITING,
	KR_FILE_CLEAN
}; /* waiting: "wird noch geprüft" */
struct kr_file {
	kr_id id, owner, object;
	kr_str name, type;
	int64_t size;
	kr_time created;
	uint8_t scan; /* enum kr_file_state */
	kr_str view; /* image, pdf, text, video, audio: shown in the page; empty: not */
	kr_str url;  /* signed, to look at, on the content host; empty: download only */
	kr_str download; /* signed, as attachment */
};
/* Binds a pending file to an object of this plugin; from now on it lives as long as
   the object. `slot` tells material from hand-in from feedback. */
KR_PUBLIC void kr_attach(
    kr_ctx *, const struct kr_entity *, kr_id object, const char *slot, kr_id file);
KR_PUBLIC void kr_detach(kr_ctx *, const struct kr_entity *, kr_id object, kr_id file);
/* Files of an object, oldest first, that the acting person may see: clean ones, and his
   own that still wait for the scanner. Call it only after the object's guard passed. */
KR_PUBLIC struct kr_file *kr_files(
    kr_ctx *, const struct kr_entity *, kr_id object, const char *slot, size_t *n_r);
/* The same for many objects in one query: objects is a list of kr_ids(). */
KR_PUBLIC struct kr_file *kr_files_of(
    kr_ctx *, const struct kr_entity *, kr_val objects, const char *slot, size_t *n_r);
/* One ZIP of many files, streamed by a slow worker: name is the path inside. */
struct kr_zip_item {
	kr_id file;  /* 0: text below */
	kr_str path; /* "7b_Lesetagebuch/Öztürk_Mia/skizze.jpg" */
	kr_str text;
};
KR_PUBLIC kr_err kr_send_zip(
    kr_ctx *, kr_str name, const struct kr_zip_item *, size_t n);

/* Notices: in-app and live, within a second after commit. The text is the message
   "key" of the plugin with {1}.. replaced, dates and times as the reader writes them;
   href is a local path. Never sent to the
   acting person. */
struct kr_notify_what_ {
	const char *i18n;
	kr_str href;
};
KR_PUBLIC void kr_notify_(kr_ctx *, const struct kr_audience *, struct kr_notify_what_,
    const kr_val *, size_t n);
#define kr_notify(cx, who, i18n, href, ...)                                            \
	kr_notify_(                                                                    \
	    cx, who, ((struct kr_notify_what_){ i18n, href }), KR_ARGS(__VA_ARGS__))

/* Events: KR_IN_TX hooks run now and may refuse (see kr_status()); for the others a row
   is written in the same transaction, and they run after commit in `jobs` (see kr_hook
   in plugin.h). Name and types of the arguments must be those of the manifest. */
KR_PUBLIC void kr_emit_(kr_ctx *, const char *event, const kr_val *, size_t n);
#define kr_emit(cx, event, ...) kr_emit_(cx, event, KR_ARGS(__VA_ARGS__))

/* Append-only audit row in the same transaction; saves write their own. */
KR_PUBLIC void kr_audit(kr_ctx *, const char *action, kr_id object);

/* A setting of this plugin or of core, as the school has it; i and b as numbers. No
   query, but for the first one after a change. */
KR_PUBLIC int64_t kr_setting_i(kr_ctx *, const char *key);
KR_PUBLIC kr_str kr_setting_s(kr_ctx *, const char *key);

/* A stored audience (field type 'a'): its id goes into a column of the plugin and the
   scope says: t.audience_id IN (SELECT audience_id FROM core_my_audience
   WHERE person_id = :me). */
KR_PUBLIC kr_str kr_audience_title(kr_ctx *, kr_id audience);

/* A revocable address for machines (iCal): returns it whole, with its secret, made for
   the acting person at first use; kr_feed_revoke() makes a new one next time. */
KR_PUBLIC kr_str kr_feed_url(kr_ctx *, const char *route_path);
KR_PUBLIC void kr_feed_revoke(kr_ctx *, const char *route_path);
/* iCalendar by libical: begin, add, send. */
typedef struct kr_ical kr_ical;
KR_PUBLIC kr_ical *kr_ical_new(kr_ctx *, kr_str calendar_name) KR_NONNULL;
struct kr_ical_event {
	kr_str uid; /* the same for ever, and no other's: "task-7@kreide" */
	kr_str title, text, url; /* text and url may be empty */
	kr_time start, end, changed;
};
KR_PUBLIC void kr_ical_add(kr_ical *, const struct kr_ical_event *);
KR_PUBLIC kr_err kr_ical_send(kr_ical *);

#endif
