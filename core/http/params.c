/* Names and values out of a query or a plain form, decoded exactly once. */
#include "http/params.h"

enum kr_param
kr_param_next(struct kr_arena *arena, kr_str *rest, kr_str *name_r, kr_str *value_r)
{
	kr_str piece, name = { NULL, 0 };

	do {
		if (!kr_split(rest, '&', &piece))
			return KR_PARAM_NONE;
	} while (piece.n == 0);
	if (!kr_split(&piece, '=', &name))
		return KR_PARAM_BAD;
	if (!kr_percent_decode(arena, name, true, name_r) ||
	    !kr_percent_decode(arena, piece, true, value_r))
		return KR_PARAM_BAD;
	return kr_utf8_ok(*name_r) && kr_utf8_ok(*value_r) ? KR_PARAM_ONE
							   : KR_PARAM_BAD;
}

kr_str
kr_param_text(struct kr_arena *arena, kr_str s)
{
	struct kr_buf b;

	kr_buf_init(&b, arena, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\r')
			kr_buf_c(&b, s.p[i]);
		else if (i + 1 == s.n || s.p[i + 1] != '\n')
			kr_buf_c(&b, '\n');
	}
	return kr_nfc(arena, kr_buf_view(&b));
}
