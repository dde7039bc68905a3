/* Views of core's pages, for their templates. */
#ifndef KR_PAGES_PAGES_H
#define KR_PAGES_PAGES_H

#include "pages/start.h"

struct core_login {
	kr_str to;      /* local path to go on to */
	kr_str problem; /* one sentence; empty: none */
};
struct core_activate {
	kr_str code, problem;
};
struct core_welcome { /* second step: the code is good */
	kr_str given, account, code, problem;
	bool pupil; /* shorter passwords are enough */
};
struct core_signed_out {
	bool nothing_;
};
struct core_password {
	kr_str account; /* for password managers */
};

struct core_fact { /* a line of the profile */
	kr_str what, is;
};
struct core_session_row {
	kr_id id;
	kr_str agent, net;
	kr_time seen, created;
	bool here;
};
struct core_token_row {
	kr_id id;
	kr_str label;
	kr_time created, used, expires;
};
struct core_feed_row {
	kr_str route, module;
	kr_time created;
};
struct core_profile {
	kr_id id;
	kr_str name, account, lang, theme;
	KR_ARRAY(struct core_fact) facts;
	KR_ARRAY(struct core_fact) rights;
	KR_ARRAY(struct core_session_row) sessions;
	bool others; /* there are sessions elsewhere */
	KR_ARRAY(struct core_token_row) tokens;
	bool machines;    /* there are tokens or addresses */
	bool tokens_away; /* the auth process does not answer */
	kr_str new_token; /* shown once */
	KR_ARRAY(struct core_feed_row) feeds;
};

#endif
