/* Everything that is declared about one person, as the items of a ZIP (GDPR art. 15,
 * 20).
 */
#ifndef KR_APP_MYDATA_H
#define KR_APP_MYDATA_H

#include "base/ctx.h"
#include <kr/app.h>

/* data.json and the files, in the arena; texts in the language of the acting person.
   Nothing of other persons: columns with their ids are left out, and so are secrets.
   Files that the scanner has not seen yet are named, without their bytes. */
kr_err kr_mydata(kr_ctx *, kr_id person, struct kr_zip_item **items_r, size_t *n_r);
/* "max.schmidt-2026-11-21.zip" */
kr_str kr_mydata_name(kr_ctx *, kr_str account);

#endif
