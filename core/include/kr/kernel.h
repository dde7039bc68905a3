/* SPDX-License-Identifier: MIT */
/* What first-party administration pages may change (KR_RIGHT_KERNEL). Every function
   works in the transaction of the context, writes audit, and raises the rights epoch
   where rights depend on it. */
#ifndef KR_KERNEL_H
#define KR_KERNEL_H

#include <kr/base.h>
#include <kr/school.h>

/* ── persons and groups ── */
struct kr_person_new {
	kr_str given, family;
	uint32_t roles;
	kr_str source, key; /* import profile and stable id there; may be empty */
	kr_str account;     /* empty: made from the name */
	kr_str shorthand;   /* a teacher's "SMT"; may be empty */
};
KR_PUBLIC kr_id kr_kernel_person_add(kr_ctx *, const struct kr_person_new *);
KR_PUBLIC void kr_kernel_person_rename(kr_ctx *, kr_id, kr_str given, kr_str family);
KR_PUBLIC void kr_kernel_person_lock(kr_ctx *, kr_id, bool locked); /* ends sessions */
KR_PUBLIC void kr_kernel_person_leave(
    kr_ctx *, kr_id); /* leaver: no sign-in, kept 90 days */
KR_PUBLIC void kr_kernel_person_return(kr_ctx *, kr_id);
KR_PUBLIC void kr_kernel_person_roles(kr_ctx *, kr_id, uint32_t roles);
KR_PUBLIC kr_id kr_kernel_group(kr_ctx *, kr_str kind, kr_str name); /* found or made */
KR_PUBLIC void kr_kernel_member(kr_ctx *, kr_id group, kr_id person, enum kr_member);
KR_PUBLIC void kr_kernel_unmember(kr_ctx *, kr_id group, kr_id person);
KR_PUBLIC void kr_kernel_guardian(kr_ctx *, kr_id guardian, kr_id child);
/* Ends it yesterday; what began today goes without a trace. */
KR_PUBLIC void kr_kernel_unguardian(kr_ctx *, kr_id guardian, kr_id child);
KR_PUBLIC void kr_kernel_year(kr_ctx *, kr_str name, kr_date starts, kr_date ends);
KR_PUBLIC void kr_kernel_holiday(kr_ctx *, kr_str name, kr_date first, kr_date last);
/* One-time activation code, shown once: "XXXX-XXXX-XXXX-XXXX". Asks the auth process
   (web) or the auth database (commands). False: refused, context failed. */
KR_PUBLIC bool kr_kernel_code(kr_ctx *, kr_id person, char code_r[20]);

/* ── modules and policy ── */
struct kr_module {
	kr_str name, title, intro; /* title, intro: texts in the person's language */
	bool system;               /* administration: always open */
	kr_str refused;            /* why the loader refused it; empty: loaded */
	kr_id policy;              /* current one; 0 = closed */
	uint32_t roles;            /* for whom: any of these roles ... */
	kr_str groups;             /* ... or member of these groups, "7b, Chor" */
	kr_date from, until;       /* until: KR_NO_DATE = open end */
	kr_str decision;           /* "Schulkonferenz vom 12.11.2026, TOP 4" */
	kr_date decided;
	kr_str opened_by;
	kr_time opened_at;
	size_t settings; /* how many the school may change */
};
/* All that are installed, core itself first. */
KR_PUBLIC struct kr_module *kr_kernel_modules(kr_ctx *, size_t *n_r);
struct kr_policy_new {
	kr_str module;
	uint32_t roles; /* 0 and no groups: refused */
	const kr_id *groups;
	size_t ngroups;
	kr_date from, until;
	kr_str decision; /* required: the school's decision in words */
	kr_date decided;
};
/* Opens or re-opens: the former policy ends, its row stays as proof. */
KR_PUBLIC kr_err kr_kernel_module_open(kr_ctx *, const struct kr_policy_new *);
KR_PUBLIC kr_err kr_kernel_module_close(kr_ctx *, kr_str module);

/* Page and deed of a module's settings, both at one path: GET draws the form, POST (a
   route with KR_R_SETTINGS, whose `again` draws it once more) saves what has changed,
   an audit row for each key, and goes back to `back`. KR_ENOTFOUND: no such module, or
   nothing to set. */
KR_PUBLIC kr_err kr_kernel_settings_page(kr_ctx *, kr_str module, kr_str back);
KR_PUBLIC kr_err kr_kernel_settings_save(kr_ctx *, kr_str module, kr_str back);

/* ── import: plan first, then apply the same plan ── */
struct kr_import_row { /* one planned change or error */
	char kind;     /* n new, c changed, m moved, l leaver, e error */
	uint32_t row;  /* line of the file, 0 for leavers */
	/* n: was = the account of a leaver who returns, becomes = class; c: names
	   before and after; m: classes before and after; l: was = class; e: was = {1}
	   of message */
	kr_str name, was, becomes;
	kr_str column, message; /* errors: message is a key */
};
struct kr_import_plan {
	kr_str profile;
	uint32_t rows, unchanged, fresh, changed, moved, leavers, errors;
	bool stopped; /* threshold: 0 rows or > 20 % leavers; apply needs `force` */
	KR_ARRAY(struct kr_import_row) list;
	void *state_; /* parsed rows, for apply */
};
/* Reads and compares; changes nothing. Whatever is wrong with the file, with one cell
   or with all of it, is an error row of the list (row 0: the file as such); with any of
   them nothing is planned. Fails with KR_EINPUT for an unknown profile only. */
KR_PUBLIC kr_err kr_kernel_import_plan(
    kr_ctx *, kr_str profile, kr_str file_bytes, struct kr_import_plan *plan_r);
/* Applies a plan without errors in one transaction. New persons get activation codes:
 *codes_r lists them (account, code, name, class), to be printed once. */
struct kr_import_code {
	kr_id person;
	kr_str name, account, group, code;
};
KR_PUBLIC kr_err kr_kernel_import_apply(kr_ctx *, const struct kr_import_plan *,
    bool force, struct kr_import_code **codes_r, size_t *ncodes_r);

/* ── what administration pages need besides ── */
/* Ends every session of a person: a lost telephone, a forgotten sign-out. */
KR_PUBLIC void kr_kernel_person_sign_out(kr_ctx *, kr_id);
/* Bytes of a file that the acting person has just uploaded and that no object holds
   yet, whatever the scanner has said so far: to be read (import), never to be shown.
   Not his, in use or swept: bytes_r->p is NULL, which the page has to say. KR_ELIMIT:
   larger than max (at most 20 MiB). */
KR_PUBLIC kr_err kr_kernel_file_bytes(
    kr_ctx *, kr_id file, size_t max, kr_str *bytes_r);
/* The text of a key, {1} replaced, where no template is at hand: what the kernel gave
   (kr_import_row.message), cells of a spreadsheet. */
KR_PUBLIC kr_str kr_kernel_text(kr_ctx *, kr_str key, kr_str arg);
/* What stands on paper that leaves the house: "Gesamtschule Lindenhof" and the address
   as people type it, "schule.example". */
struct kr_instance {
	kr_str school, address;
};
KR_PUBLIC struct kr_instance kr_kernel_instance(kr_ctx *);

/* ── health: how the instance is, for its administration; nothing about people ── */
struct kr_vital {
	kr_str check, level, text; /* "disk"; "fine", "note" or "wrong"; a sentence */
};
/* Workers that answer one kind of request: page, save, slow, must, sign. */
struct kr_pool {
	kr_str name;
	int64_t workers, busy, waiting; /* waiting: requests in front of them */
};
/* What a request is worth when there is too much to do: extra, page, save, slow, sign,
   must. Since the start of the service. */
struct kr_lane_state {
	kr_str name;
	int64_t taken, shed, waited_us; /* shed: answered 503; waited_us: of both */
};
struct kr_circuit { /* a route that answers 503 by itself, after three crashes */
	kr_str route;
	int64_t left_s;
};
struct kr_health {
	KR_ARRAY(struct kr_vital) vitals; /* what is wrong first */
	KR_ARRAY(struct kr_pool) pools;
	KR_ARRAY(struct kr_circuit) circuits;
	KR_ARRAY(struct kr_lane_state) lanes; /* who is shed first, first */
	int64_t routes;
	int64_t events, late, set_aside; /* of the background: due, overdue, given up */
	int64_t files;                   /* that wait for the virus scanner */
	kr_str cron_failed;              /* "news.sweep, tasks.remind", or empty */
	int64_t disk_free, disk_all;     /* bytes; 0: not known */
	/* Seconds since 1970; 0: never, or none. */
	int64_t backup, signatures, certificate, now;
	bool backup_failed; /* the last one */
	kr_str version;
};
KR_PUBLIC struct kr_health *kr_kernel_health(kr_ctx *) KR_NONNULL;
/* Of it only vitals, late, set_aside and cron_failed: what a tile needs. */
KR_PUBLIC struct kr_health *kr_kernel_vitals(kr_ctx *) KR_NONNULL;
/* Answers with the same as OpenMetrics text, for machines. */
KR_PUBLIC kr_err kr_kernel_health_metrics(kr_ctx *);

#endif
