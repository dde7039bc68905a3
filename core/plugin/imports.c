/* What a plugin's file may contain and ask for, decided before it is opened: calls of
   core by its rights, a handful of the C library, no state of its own. */
#include "plugin/check.h"
#include "plugin/elf.h"

#include <string.h>

/* Left over when a shared object is linked: a pointer to itself and a flag. */
#define WRITABLE_MOST 64u

#define SANITIZED (KR_ASAN != 0)

/* Works on memory and numbers only: no files, no processes, no heap, no clock. */
static const char *const libc_names[] = { "memcpy", "memmove", "memset", "memcmp",
	"memchr", "bcmp", "strlen", "strnlen", "strcmp", "strncmp", "strchr", "strrchr",
	"strstr", "snprintf", "qsort", "bsearch", "__memcpy_chk", "__memmove_chk",
	"__memset_chk", "__snprintf_chk", "__stack_chk_fail", "__cxa_finalize",
	"__gmon_start__", "_ITM_registerTMCloneTable", "_ITM_deregisterTMCloneTable" };

static const char *const libraries[] = { "libkreide.so", "libc.so.6" };

static const char *const sanitizers[] = { "__asan_", "__ubsan_", "__lsan_",
	"__sanitizer_", "__odr_asan" };

/* Calls that only a plugin with the right may import. */
static const struct guarded {
	const char *prefix;
	bool whole; /* the whole name, not a beginning */
	uint32_t right;
	const char *right_name;
} guarded[] = {
	{ "kr_kernel_", false, KR_RIGHT_KERNEL, "KR_RIGHT_KERNEL" },
	{ "kr_notify_", true, KR_RIGHT_NOTIFY, "KR_RIGHT_NOTIFY" },
	{ "kr_attach", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
	{ "kr_detach", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
	{ "kr_files", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
	{ "kr_files_of", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
	{ "kr_in_files", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
	{ "kr_send_zip", true, KR_RIGHT_FILES, "KR_RIGHT_FILES" },
};

static bool
begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool
in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static bool
is_sanitizer(const char *name)
{
	for (size_t i = 0; SANITIZED && i < KR_LEN(sanitizers); i++)
		if (begins(name, sanitizers[i]))
			return true;
	return false;
}

static void
check_import(const char *name, uint32_t rights, struct kr_findings *f)
{
	if (!begins(name, "kr_")) {
		if (!in(name, libc_names, KR_LEN(libc_names)) && !is_sanitizer(name))
			kr_finding(
			    f, "KR-R13", "imports %s, which is not on the list", name);
		return;
	}
	for (size_t i = 0; i < KR_LEN(guarded); i++) {
		const struct guarded *g = &guarded[i];
		bool meant =
		    g->whole ? strcmp(name, g->prefix) == 0 : begins(name, g->prefix);

		if (meant && (rights & g->right) == 0)
			kr_finding(
			    f, "KR-R13", "imports %s without %s", name, g->right_name);
	}
}

static void
check_symbols(const struct kr_elf *e, uint32_t rights, struct kr_findings *f)
{
	for (size_t i = 1; i < e->nsyms; i++) {
		struct kr_elf_symbol s;

		if (!kr_elf_symbol(e, i, &s)) {
			kr_finding(f, "KR-R13", "malformed symbol table");
			return;
		}
		if (!s.defined && s.name[0] != 0)
			check_import(s.name, rights, f);
		else if (s.defined && s.visible &&
			 strcmp(s.name, "kr_plugin_v1") != 0 && !is_sanitizer(s.name))
			kr_finding(f, "KR-R13",
			    "exports %s; only kr_plugin_v1 may be seen", s.name);
	}
}

static void
check_libraries(const struct kr_elf *e, struct kr_findings *f)
{
	for (size_t i = 0; i < e->nneeded; i++) {
		const char *name = kr_elf_needed(e, i);
		bool sanitizer =
		    SANITIZED && name != NULL &&
		    (begins(name, "libasan.") || begins(name, "libubsan."));

		if (name == NULL)
			kr_finding(f, "KR-R13", "malformed list of libraries");
		else if (!in(name, libraries, KR_LEN(libraries)) && !sanitizer)
			kr_finding(f, "KR-R13", "needs the library %s", name);
	}
}

void
kr_check_file(const struct kr_elf *e, uint32_t rights, struct kr_findings *f)
{
	const char *odd = kr_elf_odd_relocation(e);

	if (odd != NULL)
		kr_finding(f, "KR-R13", "%s", odd);
	if (e->text_relocations || kr_elf_executable_data(e))
		kr_finding(f, "KR-R13", "code that can be written");
	/* One entry each is the compiler's own start and end. */
	if (!SANITIZED && (e->init_size > 8 || e->fini_size > 8))
		kr_finding(f, "KR-R13", "code that runs when it is loaded");
	if (!SANITIZED && kr_elf_writable(e) > WRITABLE_MOST)
		kr_finding(f, "KR-R13",
		    "%llu bytes of writable data: state would leak between people",
		    (unsigned long long)kr_elf_writable(e));
	check_libraries(e, f);
	check_symbols(e, rights, f);
}
