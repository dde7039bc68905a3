/* Answers to failed units of work; see errors.c. */
#ifndef KR_HTTP_ERRORS_H
#define KR_HTTP_ERRORS_H

#include "base/ctx.h"

/* Logs the sticky error, forgets it, and makes the page (or the problem document) of it
   the answer. */
void kr_answer_error(kr_ctx *);
/* Protocol routes and the content host: no pages, no redirects to the sign-in. */
bool kr_answers_machine(const kr_ctx *);

#endif
