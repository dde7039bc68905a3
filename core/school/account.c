/* Account names: vorname.nachname in plain ASCII, numbered where a name is taken. */
#include "school/internal.h"

/* All names that begin like this one; "anna.schmidt" has at most a few dozen. */
KR_STMT(q_like, "ss", "s",
    "SELECT account FROM core_person WHERE account >= ? AND account < ?");

struct row {
	kr_str account;
};
static const struct kr_col cols[] = { KR_COL(struct row, account) };

/* Letters, digits and inner hyphens of a name; the rest goes. */
static kr_str
name_part(struct kr_arena *arena, kr_str name, bool first_word_only)
{
	kr_str ascii = kr_trim(kr_translit(arena, name));
	struct kr_buf b;

	kr_buf_init(&b, arena, ascii.n + 1);
	for (size_t i = 0; i < ascii.n; i++) {
		char c = ascii.p[i];

		if (c == ' ' && first_word_only && b.n > 0)
			break;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (c == '-' && b.n > 0 && b.p[b.n - 1] != '-'))
			kr_buf_c(&b, c);
	}
	while (b.n > 0 && b.p[b.n - 1] == '-')
		b.n--;
	return kr_buf_view(&b);
}

/* Cut so that a number of four digits still fits behind it; no hyphen at the end. */
static kr_str
cut(kr_str s, size_t max)
{
	s = kr_sub(s, 0, max);
	while (s.n > 0 && s.p[s.n - 1] == '-')
		s.n--;
	return s;
}

kr_str
kr_account_base(struct kr_arena *arena, kr_str given, kr_str family)
{
	size_t room = KR_ACCOUNT_MAX - 4 - 1;
	kr_str g = name_part(arena, given, true), f = name_part(arena, family, false);
	struct kr_buf b;

	/* A name without a single Latin letter still needs an account. */
	if (g.n == 0)
		g = KR_S("konto");
	if (f.n == 0)
		f = KR_S("konto");
	g = cut(g, room / 2);
	f = cut(f, room - g.n);
	kr_buf_init(&b, arena, KR_ACCOUNT_MAX + 1);
	kr_buf_str(&b, g);
	kr_buf_c(&b, '.');
	kr_buf_str(&b, f);
	return kr_buf_view(&b);
}

kr_str
kr_account_name(kr_ctx *cx, kr_str given, kr_str family)
{
	kr_str base = kr_account_base(cx->arena, given, family), end;
	/* ':' comes right after '9': every name of digits behind the base lies before.
	 */
	kr_rows *rows =
	    kr_query(cx, &q_like, kr_s(base), kr_s(kr_fmt(cx, "%.*s:", KR_FMT(base))));
	size_t n = kr_rows_n(rows);
	bool *taken = kr_alloc(cx, n + 3, sizeof *taken);
	struct row row;
	int64_t no;

	while (kr_next(rows, cols, &row)) {
		end = kr_sub(row.account, base.n, KR_ACCOUNT_MAX);
		if (end.n == 0)
			taken[1] = true;
		else if (kr_to_i(end, &no) && no >= 2 && (size_t)no < n + 3)
			taken[no] = true;
	}
	if (!taken[1])
		return base;
	for (no = 2; (size_t)no < n + 2 && taken[no]; no++)
		;
	return kr_fmt(cx, "%.*s%lld", KR_FMT(base), (long long)no);
}
