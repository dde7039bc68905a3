/* What the files of this room share and nobody else needs. */
#ifndef KR_SCHOOL_INTERNAL_H
#define KR_SCHOOL_INTERNAL_H

#include "school/school.h"
#include <kr/app.h>

#define KR_BATCH ((size_t)5000) /* persons per statement */

struct kr_id_list { /* grows in the arena of the context */
	kr_id *p;
	size_t n, cap;
};
void kr_id_list_add(kr_ctx *, struct kr_id_list *, kr_id);
size_t kr_unique_ids(kr_id *, size_t n); /* sorts in place; the new number */

/* A text of a person or group: trimmed, one blank where there were several, NFC.
   False when it is empty, longer than `max` characters or holds control characters. */
bool kr_clean_text(kr_ctx *, kr_str, size_t max, kr_str *text_r);
/* Control characters, and those that turn the direction of text or hide in it. */
bool kr_has_hidden(kr_str);

/* A new activation code, from the auth process (pages) or its database (commands). */
bool kr_code_for(kr_ctx *, kr_id person, kr_str account, char code_r[20]);
/* State alone, without the closure: for imports, which refresh once at the end. */
void kr_person_state_left(kr_ctx *, kr_id);
void kr_person_state_back(kr_ctx *, kr_id);
void kr_person_set_name(kr_ctx *, kr_id, kr_str given, kr_str family, kr_str shorthand);

#endif
