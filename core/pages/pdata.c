/* What core keeps about people: every column of its tables, for the record of
   processing. `kreide check` compares it with the database, so a new column cannot be
   forgotten. */
#include "pages/handlers.h"

#define SCHOOL "running the school: who is who, in which class and course"
#define OPERATE "running the platform safely"
#define SIGN_IN "letting in the right person, and nobody else"
#define FILES "keeping the files that people hand in and give out"
#define TELL "telling people what concerns them"
#define PROOF "proving who decided or changed what"
#define BY_LAW "Art. 6 (1) e GDPR with school law"

/* Columns of a person's row; `who` holds the person's id. */
#define REF(t, c, why, days)                                                           \
	{                                                                              \
		t, c, c, why, BY_LAW, KR_PD_REF, KR_ERASE_ROW, days                    \
	}
/* The same, with the column that the days are counted from. */
#define UNTIL(t, c, why, days, since)                                                  \
	{                                                                              \
		t, c, c, why, BY_LAW, KR_PD_REF, KR_ERASE_ROW, days, since             \
	}
#define NAME(t, c, who, why, days)                                                     \
	{                                                                              \
		t, c, who, why, BY_LAW, KR_PD_NAME, KR_ERASE_ROW, days                 \
	}
#define META(t, c, who, why, days)                                                     \
	{                                                                              \
		t, c, who, why, BY_LAW, KR_PD_META, KR_ERASE_ROW, days                 \
	}
#define TEXT(t, c, who, why, days)                                                     \
	{                                                                              \
		t, c, who, why, BY_LAW, KR_PD_CONTENT, KR_ERASE_ROW, days              \
	}
#define SECRET(t, c, who, why, days)                                                   \
	{                                                                              \
		t, c, who, why, BY_LAW, KR_PD_SECRET, KR_ERASE_ROW, days               \
	}
/* Who did something for the school: stays as proof, a number that leads to no name once
   the person is erased. */
#define DEED(t, c)                                                                     \
	{                                                                              \
		t, c, c, PROOF, BY_LAW, KR_PD_REF, KR_ERASE_KEEP, 0                    \
	}
#define DEED_META(t, c, who)                                                           \
	{                                                                              \
		t, c, who, PROOF, BY_LAW, KR_PD_META, KR_ERASE_KEEP, 0                 \
	}
/* The other columns of a table, or all of them, say nothing about a person. */
#define REST(t)                                                                        \
	{                                                                              \
		.table = t, .column = "*", .kind = KR_PD_NONE                          \
	}

const struct kr_pdata kr_core_pdata[KR_CORE_PDATA_N] = {
	/* persons: KR_LEAVER_DAYS after somebody has left, with all that leads to them
	 */
	NAME("core_person", "account", "id", SCHOOL, KR_LEAVER_DAYS),
	NAME("core_person", "given", "id", SCHOOL, KR_LEAVER_DAYS),
	NAME("core_person", "family", "id", SCHOOL, KR_LEAVER_DAYS),
	NAME("core_person", "short", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "roles", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "state", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "lang", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "theme", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "address", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "source", "id", SCHOOL, KR_LEAVER_DAYS),
	NAME("core_person", "source_key", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "created", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "changed", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "left_at", "id", SCHOOL, KR_LEAVER_DAYS),
	META("core_person", "activated_at", "id", SCHOOL, KR_LEAVER_DAYS),
	REF("core_membership", "person_id", SCHOOL, 0),
	META("core_membership", "group_id", "person_id", SCHOOL, 0),
	META("core_membership", "role", "person_id", SCHOOL, 0),
	META("core_membership", "from_day", "person_id", SCHOOL, 0),
	META("core_membership", "until_day", "person_id", SCHOOL, 0),
	REF("core_guardian", "guardian_id", SCHOOL, 0),
	REF("core_guardian", "child_id", SCHOOL, 0),
	META("core_guardian", "from_day", "child_id", SCHOOL, 0),
	META("core_guardian", "until_day", "child_id", SCHOOL, 0),
	REF("core_my_group", "person_id", SCHOOL, 0),
	META("core_my_group", "group_id", "person_id", SCHOOL, 0),
	META("core_my_group", "role", "person_id", SCHOOL, 0),
	REF("core_my_child", "guardian_id", SCHOOL, 0),
	REF("core_my_child", "child_id", SCHOOL, 0),
	REF("core_my_childs_group", "guardian_id", SCHOOL, 0),
	REF("core_my_childs_group", "child_id", SCHOOL, 0),
	META("core_my_childs_group", "group_id", "child_id", SCHOOL, 0),
	REF("core_my_audience", "person_id", TELL, 0),
	META("core_my_audience", "audience_id", "person_id", TELL, 0),
	REST("core_audience"),
	REST("core_audience_part"), /* may name a person by id: kr_forget() knows */

	/* signing in, and being signed in */
	UNTIL("core_session", "person_id", OPERATE, 1, "expires"),
	SECRET("core_session", "hash", "person_id", OPERATE, 1),
	SECRET("core_session", "csrf", "person_id", OPERATE, 1),
	META("core_session", "created", "person_id", OPERATE, 1),
	META("core_session", "seen", "person_id", OPERATE, 1),
	META("core_session", "fresh", "person_id", OPERATE, 1),
	META("core_session", "expires", "person_id", OPERATE, 1),
	META("core_session", "net", "person_id", OPERATE, 1),
	META("core_session", "agent", "person_id", OPERATE, 1),
	REF("core_person_right", "person_id", OPERATE, 0),
	META("core_person_right", "bits", "person_id", OPERATE, 0),
	META("core_person_right", "valid_until", "person_id", OPERATE, 0),
	REST("core_person_right"),
	SECRET("kreide_auth.credential", "hash", "person_id", SIGN_IN, 0),
	META("kreide_auth.credential", "changed", "person_id", SIGN_IN, 0),
	SECRET("kreide_auth.code", "hash", "person_id", SIGN_IN, 90),
	META("kreide_auth.code", "created", "person_id", SIGN_IN, 90),
	META("kreide_auth.code", "expires", "person_id", SIGN_IN, 90),
	META("kreide_auth.code", "used_at", "person_id", SIGN_IN, 90),
	SECRET("kreide_auth.token", "hash", "person_id", SIGN_IN, 365),
	META("kreide_auth.token", "label", "person_id", SIGN_IN, 365),
	META("kreide_auth.token", "created", "person_id", SIGN_IN, 365),
	META("kreide_auth.token", "last_used", "person_id", SIGN_IN, 365),
	META("kreide_auth.token", "expires", "person_id", SIGN_IN, 365),
	SECRET("kreide_auth.device", "hash", "person_id", SIGN_IN, 180),
	META("kreide_auth.device", "seen", "person_id", SIGN_IN, 180),
	REST("kreide_auth.attempt"), /* hashes of names as typed, and of networks */
	REF("core_feed", "person_id", OPERATE, 0),
	META("core_feed", "route", "person_id", OPERATE, 0),
	SECRET("core_feed", "salt", "person_id", OPERATE, 0),
	SECRET("core_feed", "hash", "person_id", OPERATE, 0),
	META("core_feed", "created", "person_id", OPERATE, 0),
	REF("core_start", "person_id", OPERATE, 0),
	META("core_start", "tiles", "person_id", OPERATE, 0),
	META("core_start", "changed", "person_id", OPERATE, 0),
	REF("core_nonce", "person_id", OPERATE, 1),
	META("core_nonce", "location", "person_id", OPERATE, 1),
	META("core_nonce", "created", "person_id", OPERATE, 1),
	REST("core_nonce"),

	/* files, notices, what is still to be done */
	/* a file lives as long as the object that holds it; what nothing holds goes */
	{ "core_file", "owner_id", "owner_id", FILES, BY_LAW, KR_PD_REF, KR_ERASE_NULL,
	    0 },
	{ "core_file", "name", "owner_id", FILES, BY_LAW, KR_PD_CONTENT, KR_ERASE_KEEP,
	    0 },
	{ "core_file", "created", "owner_id", FILES, BY_LAW, KR_PD_META, KR_ERASE_KEEP,
	    0 },
	REST("core_file"), /* with the bytes, under store_key */
	REST("core_attachment"),
	REF("core_notice", "person_id", TELL, 90),
	/* the words of whoever caused it: titles, his name */
	TEXT("core_notice", "args", "actor_id", TELL, 90),
	META("core_notice", "href", "person_id", TELL, 90),
	META("core_notice", "created", "person_id", TELL, 90),
	META("core_notice", "read_at", "person_id", TELL, 90),
	REF("core_notice", "actor_id", TELL, 90),
	REST("core_notice"),
	REF("core_unread", "person_id", TELL, 0),
	UNTIL("core_outbox", "actor_id", TELL, 7, "done_at"),
	TEXT("core_outbox", "args", "actor_id", TELL, 7),
	META("core_outbox", "created", "actor_id", TELL, 7),
	REST("core_outbox"),

	/* decisions and changes */
	DEED("core_policy", "opened_by"),
	DEED("core_policy", "closed_by"),
	REST("core_policy"),
	DEED("core_import", "actor_id"),
	REST("core_import"),
	DEED("core_setting", "changed_by"),
	REST("core_setting"),
	DEED("kreide_audit.entry", "actor_id"),
	DEED_META("kreide_audit.entry", "at", "actor_id"),
	DEED_META("kreide_audit.entry", "module", "actor_id"),
	DEED_META("kreide_audit.entry", "action", "actor_id"),
	REST("kreide_audit.entry"),

	/* the school's own order: no person in it */
	REST("core_cron"),
	REST("core_epoch"),
	REST("core_group"),
	REST("core_group_in"),
	REST("core_holiday"),
	REST("core_migration"),
	REST("core_policy_group"),
	REST("core_right"),
	REST("core_room"),
	REST("core_year"),
};
