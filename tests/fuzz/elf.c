/* Reading a plugin's file before it is opened: whatever it says, nothing outside of it
   is looked at (the file lies in memory of its exact size), texts end within it, and
   the checks end. */
#include "fuzz.h"

#define read_file elf_read_file
#include "../../core/plugin/elf.c"
#undef read_file
#include "../../core/plugin/load.c"

static struct kr_elf elf;

static void
inside(const void *p, size_t n)
{
	const unsigned char *b = p;

	MUST(b >= elf.p && b <= elf.p + elf.n && n <= (size_t)(elf.p + elf.n - b));
}

static void
symbols(void)
{
	struct kr_elf_symbol s;
	unsigned sum = 0;

	MUST(elf.nsyms <= MOST_SYMBOLS + 1);
	for (size_t i = 0; i < elf.nsyms + 2 && i < 400; i++) {
		if (!kr_elf_symbol(&elf, i, &s))
			continue;
		MUST(i < elf.nsyms && s.name != NULL);
		inside(s.name, strlen(s.name) + 1);
		sum += kr_elf_pointer(&elf, s.value) != 0;
		if (kr_elf_text(&elf, s.value) != NULL)
			inside(kr_elf_text(&elf, s.value),
			    strlen(kr_elf_text(&elf, s.value)) + 1);
		if (kr_elf_at(&elf, s.value, s.size) != NULL)
			inside(kr_elf_at(&elf, s.value, s.size), s.size);
	}
	for (size_t i = 0; i < elf.nneeded + 1; i++)
		if (kr_elf_needed(&elf, i) != NULL)
			inside(
			    kr_elf_needed(&elf, i), strlen(kr_elf_needed(&elf, i)) + 1);
	MUST(sum <= 400);
}

static void
manifest(void)
{
	struct kr_findings f = { .plugin = "x" };
	struct peek peek = { 0 };

	if (kr_elf_note(&elf, "Kreide", KR_NOTE_TYPE, 24) != NULL)
		inside(kr_elf_note(&elf, "Kreide", KR_NOTE_TYPE, 24), 24);
	(void)note_fits(&elf, &f);
	if (peek_manifest(&elf, &peek, &f)) {
		MUST(peek.name != NULL && peek.version != NULL);
		kr_check_file(&elf, peek.rights, &f);
		free(peek.name);
		free(peek.version);
	}
	kr_check_file(&elf, 0, &f);
	MUST(memchr(f.first, 0, sizeof f.first) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	memset(&elf, 0, sizeof elf);
	elf.p = p;
	elf.n = n;
	if (n > 0 && read_header(&elf) && read_dynamic(&elf) && count_symbols(&elf)) {
		symbols();
		manifest();
	} else {
		MUST(n == 0 || elf.why[0] != 0);
	}
	return 0;
}
