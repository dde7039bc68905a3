/* SPDX-License-Identifier: MIT */
/* The manifest: one const struct from which core reads everything about a plugin. */
#ifndef KR_PLUGIN_H
#define KR_PLUGIN_H

#include <kr/app.h>
#include <kr/base.h>
#include <kr/db.h>
#include <kr/http.h>
#include <kr/school.h>

/* Before 1.0 core and plugin must be built from equal headers (KR_HEADERS_HASH).
   From 1.0: MAJOR = something removed or changed, MINOR = something added at the END.
   2026-11-21  0.1  first manifest */
#define KR_ABI_MAJOR 0
#define KR_ABI_MINOR 1

typedef kr_err kr_handler(kr_ctx *);
/* May this person touch this row? KR_ENOTFOUND when not: ids cannot be probed. */
typedef kr_err kr_guard(kr_ctx *, kr_id object);
/* The arguments of kr_emit(), with their types, NULL as NULL; n of them: a row written
   by an older version of the emitter may hold fewer than its event declares now. */
typedef kr_err kr_hook_fn(kr_ctx *, const kr_val *args, size_t n);
typedef kr_err kr_render_fn(kr_ctx *, kr_out *);

/* Data classes and what erasure does with them (GDPR art. 17, 20, 30). */
enum kr_pd {
	KR_PD_NONE,    /* not about a person */
	KR_PD_REF,     /* id of a person */
	KR_PD_NAME,    /* identifies: name, account */
	KR_PD_CONTENT, /* written by or about a person */
	KR_PD_META,    /* time, state: says what a person did */
	KR_PD_SECRET   /* hash, key, token */
};
/* When the person is erased: the row goes; the column becomes empty and the row stays,
   nobody's; or nothing happens, because the school has to prove it. */
enum kr_erase { KR_ERASE_ROW, KR_ERASE_NULL, KR_ERASE_KEEP };
#define KR_BIN_DAYS 30    /* in the waste bin, then gone */
#define KR_LEAVER_DAYS 90 /* after somebody has left, then erased */

/* Permission: which roles hold it by default once the module is open to them. */
struct kr_perm {
	const char *id, *title; /* "tasks.write", key */
	uint32_t roles;         /* KR_ROLE_... */
};

/* Field of a form or query. Types: s line, m many lines, i integer, b box, d date,
   t date and time, c choice, I list of ids, g group, p person, a audience, f files,
   w password (never shown again, never logged). min/max: characters of s, m, w (max is
   needed), value of i (0, 0: any), max alone the number of files of f (0: one); of the
   others 0. KR_F_REQ: must be there. A max that the school may lower is the value of an
   own setting of type i, `max_from`; `max` stays what it can be at most. */
struct kr_field {
	const char *name;
	char type;
	int32_t min, max;
	uint32_t flags;
	const char *const *choices; /* NULL-ended, for c; texts are LABEL_choice keys */
	const char *max_from;       /* "tasks.max_files"; NULL: max as it stands */
};
#define KR_F_REQ 1u

enum {
	KR_R_PUBLIC = 1u << 0, /* for anybody, signed in or not: perm must be NULL */
	KR_R_SLOW = 1u << 1,   /* pool of uploads, archives, exports: 300 s */
	KR_R_MUST = 1u << 2,   /* pool of hand-ins, confirmations; public: of sign-in */
	KR_R_GET_WRITE =
	    1u << 3,          /* a GET that writes: machine check in front, `why` set */
	KR_R_PROTO = 1u << 4, /* machine client: no cookie, no page, protocol errors */
	KR_R_BEARER = 1u << 5,   /* ... authenticated by Authorization: Bearer */
	KR_R_FEED = 1u << 6,     /* ... by the secret of a revocable address */
	KR_R_ANY = 1u << 7,      /* every signed-in person: perm must be NULL */
	KR_R_CONTENT = 1u << 8,  /* content host only */
	KR_R_SETTINGS = 1u << 9, /* takes `module` and every setting there is as fields;
				    KR_RIGHT_KERNEL only */
	KR_R_EXTRA = 1u << 10,   /* the first to get 503 when there is too much to do:
				    previews, feeds, counters (and any search, ?q=) */
	KR_R_WATCH = 1u << 11 /* by which the school is watched: the last to get it */
};

/* A route. perm is required (or KR_R_PUBLIC / KR_R_ANY); a path with {id} needs an
   entity (its read or write scope is asked) or a guard; otherwise the plugin does not
   load. `again` draws the page that holds the form when the input was refused. */
struct kr_route {
	enum kr_method method;
	const char *path, *perm;
	kr_handler *run;
	kr_handler *again;
	kr_guard *guard;
	const struct kr_entity *entity;
	const struct kr_field *in;
	size_t nin;
	uint32_t flags, max_body; /* bytes; 0: 64 KiB, with files the school's limit */
	const char *why;          /* reason of KR_R_PUBLIC and KR_R_GET_WRITE */
};
#define KR_IN(fields) .in = fields, .nin = KR_LEN(fields)

/* A property of an entity: column, form field, list column, export field in one. */
struct kr_prop {
	const char *name; /* column */
	char type;        /* as in kr_field, without f and w */
	const char *label;
	int32_t min, max;
	uint32_t flags;
	const char *const *choices;
	enum kr_pd pd;
	int16_t
	    keep_days; /* after the row's last change, then empty; 0: with the row */
};
enum {
	KR_P_REQ = 1u << 0,
	KR_P_LIST = 1u << 1,   /* column of the list */
	KR_P_SORT = 1u << 2,   /* sortable: NOT NULL and indexed */
	KR_P_SEARCH = 1u << 3, /* the list's search box looks here */
	KR_P_TITLE = 1u << 4,  /* names the row */
	KR_P_FILTER = 1u << 5, /* choice or bool: a filter of the list */
	KR_P_SYSTEM = 1u << 6, /* set by code, not in the form */
	KR_P_ME = 1u << 7      /* set to the acting person at insert */
};

/* An entity: a table core can list, show, edit, export and erase. Every table has
   id BIGINT AUTO_INCREMENT, rev INT, created/changed DATETIME(6), deleted_at NULL.
   Scopes are SQL over alias t with :me, :today, :now; they are AND-ed into every
   generated statement and asked before a handler with {id} runs. */
struct kr_entity {
	const char *name, *table, *title;
	const struct kr_prop *props;
	size_t nprops;
	const char *scope_read, *scope_write;
	const char *perm_read, *perm_write;
	uint32_t flags;
	int16_t keep_days; /* after the last change; 0: until deleted */
	/* When its person is erased: that is whom the p property with KR_P_ME names, or
	   each p property if none has it. KR_ERASE_NULL: the row stays, the person's id
	   becomes 0. Other persons named in a row are always blanked like that. */
	enum kr_erase erase;
};
enum {
	KR_E_ATTACH = 1u << 0, /* may hold files */
	KR_E_TRASH = 1u << 1   /* waste bin instead of DELETE */
};
#define KR_PROPS(p) .props = p, .nprops = KR_LEN(p)

/* Personal data outside entities: one row per column. `subject` is the column that
   holds the person's id, in the same table; purpose and basis appear in the record of
   processing. Core acts on it: export, erasure and, keep_days after `since`, deletion.
 */
struct kr_pdata {
	const char *table, *column, *subject, *purpose, *basis;
	enum kr_pd kind;
	enum kr_erase erase;
	int16_t keep_days; /* then the row goes, or with KR_ERASE_NULL the column */
	const char *since; /* a time of the row; NULL: its changed, or else created */
};

/* What the school may set for the whole module, on the page Module or by `kreide module
   set`; read with kr_setting_i() and kr_setting_s(), in all processes at once. Texts
   are keys: title, TITLE_hint for a sentence of help, TITLE_choice for each choice. */
struct kr_setting {
	const char *key; /* "tasks.max_files" */
	char type;       /* i number, b yes or no ("1", "0"), s line, c choice */
	const char *def; /* holds until the school sets something else */
	const char *title;
	int32_t min, max;           /* i: value; s: characters, at most 500 */
	const char *const *choices; /* NULL-ended, for c */
};
struct kr_menu {
	const char *title, *href, *icon, *perm;
	int16_t order; /* 100s: teaching; 900s: administration */
	uint32_t flags;
};
enum { KR_M_ADMIN = 1u };
struct kr_widget { /* tile of the start page; rendering nothing hides it */
	const char *id, *title, *perm;
	kr_render_fn *run;
	int16_t order;
	char column; /* a, b or c */
};
struct kr_cron {
	const char *id;
	const char *when; /* "hourly", "daily 03:10", "every 5m" */
	kr_handler *run;  /* anything but KR_OK rolls back; next try at the next turn */
	uint16_t timeout_s; /* then the process is killed; 0: 60. One that was killed or
			       crashed rests for ten times as long. */
};
/* Something that happened, for others to act on. One letter per argument, as in
   kr_val; each may be NULL. */
struct kr_event {
	const char *name, *args; /* "tasks.submitted", "ii" */
};
enum kr_when { KR_AFTER, KR_IN_TX };
/* KR_IN_TX runs inside kr_emit(), in the emitter's transaction: anything but KR_OK
   refuses the deed, and the person sees the page of that error (kr_in_bad(): the form
   again). Only for plugins named in needs.
   KR_AFTER runs in `jobs` after commit, as the person who acted, for 30 s at most; the
   hooks of one plugin on one event in their order and in one transaction. An error, a
   crash or a hang undoes it and is tried again after 2 s, 8 s, 32 s ... (8 times in
   half a day, then the event is set aside until the next reload; after 90 days it
   goes). So what a hook writes is there exactly once, but what it does outside the
   database happens at least once: give it a key that repeats. Events wait for a plugin
   that has been taken out; they may overtake each other. */
struct kr_hook {
	const char *event;
	kr_hook_fn *run;
	enum kr_when when;
};

/* What a plugin may ask of core; the import allow-list follows from it. */
enum {
	KR_RIGHT_FILES = 1u,
	KR_RIGHT_NOTIFY = 2u,
	KR_RIGHT_KERNEL = 4u /* first-party administration pages: kr_kernel_* */
};

#define KR_TABLE(T, name)                                                              \
	const struct T *name;                                                          \
	uint16_t n##name;                                                              \
	uint16_t size_##name /* of one row, as the plugin was compiled */

struct kr_plugin {
	uint32_t size; /* sizeof(struct kr_plugin) as compiled */
	uint16_t abi_major, abi_minor;
	const char *headers;       /* KR_HEADERS_HASH as compiled */
	const char *name;          /* "tasks": URL, table, permission and log prefix */
	const char *title, *intro; /* keys: name and one sentence for the policy page */
	const char *version;
	uint32_t schema;          /* needs its migrations up to this number */
	uint32_t rights;          /* KR_RIGHT_... */
	uint32_t flags;           /* KR_PL_... */
	const char *const *needs; /* { "files", NULL } */
	KR_TABLE(kr_perm, perms);
	KR_TABLE(kr_route, routes);
	KR_TABLE(kr_pdata, pdata);
	KR_TABLE(kr_setting, settings);
	KR_TABLE(kr_menu, menu);
	KR_TABLE(kr_widget, widgets);
	KR_TABLE(kr_cron, cron);
	KR_TABLE(kr_event, events);
	KR_TABLE(kr_hook, hooks);
	const struct kr_entity *const *entities;               /* NULL-ended */
	const struct kr_stmt *const *stmts, *const *stmts_end; /* filled by KR_PLUGIN */
};
enum { KR_PL_SYSTEM = 1u /* always open, without a policy: administration */ };

#define KR_TAB(name, array)                                                            \
	.name = array, .n##name = (uint16_t)KR_LEN(array),                             \
	.size_##name = (uint16_t)sizeof((array)[0])

/* What the loader reads first, from the file, before anything of it is mapped: it says
   whether the rest can be understood. Name, version, rights and needs are then read
   from the manifest itself, still in the file. */
struct kr_note_ {
	uint32_t name_size, size, type;
	char name[8];
	uint16_t abi_major, abi_minor;
	char headers[20];
};
#define KR_NOTE_TYPE 0x4b52u

/* KR_PLUGIN(.name = "tasks", ...): defines the single export of the .so. */
#define KR_PLUGIN(...)                                                                 \
	static const struct kr_note_ kr_note_ __attribute__((section(".note.kreide"),  \
	    aligned(4), used)) = { sizeof "Kreide", sizeof(struct kr_note_) - 20,      \
		KR_NOTE_TYPE, "Kreide", KR_ABI_MAJOR, KR_ABI_MINOR, KR_HEADERS_HASH }; \
	KR_PUBLIC extern const struct kr_plugin kr_plugin_v1;                          \
	const struct kr_plugin kr_plugin_v1 = { .size = sizeof(struct kr_plugin),      \
		.abi_major = KR_ABI_MAJOR,                                             \
		.abi_minor = KR_ABI_MINOR,                                             \
		.headers = KR_HEADERS_HASH,                                            \
		.stmts = __start_kr_stmts,                                             \
		.stmts_end = __stop_kr_stmts,                                          \
		__VA_ARGS__ }
#ifndef KR_HEADERS_HASH /* given by the Makefile, or by pkg-config --cflags kreide */
#define KR_HEADERS_HASH "unset"
#endif

#endif
