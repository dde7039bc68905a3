/* Opening a plugin: first as a file, then as code. A plugin that is refused costs
   nothing but its own pages. */
#include "plugin/check.h"
#include "plugin/elf.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The manifest as it lies in the file. */
struct peek {
	char *name, *version;
	uint32_t rights;
};

/* One row per table of struct kr_plugin. */
static const struct table {
	size_t rows, count, size; /* offsets of the three members */
	size_t ours;
	const char *name;
} tables[] = {
#define KR_ROW(T, m)                                                                   \
	{                                                                              \
		offsetof(struct kr_plugin, m), offsetof(struct kr_plugin, n##m),       \
		    offsetof(struct kr_plugin, size_##m), sizeof(struct T), #m         \
	}
	KR_ROW(kr_perm, perms),
	KR_ROW(kr_route, routes),
	KR_ROW(kr_pdata, pdata),
	KR_ROW(kr_setting, settings),
	KR_ROW(kr_menu, menu),
	KR_ROW(kr_widget, widgets),
	KR_ROW(kr_cron, cron),
	KR_ROW(kr_event, events),
	KR_ROW(kr_hook, hooks),
#undef KR_ROW
};

static void *
keep(size_t n)
{
	void *p = calloc(1, n == 0 ? 1 : n);

	if (p == NULL)
		kr_panic("no memory for a manifest");
	return p;
}

static char *
keep_text(const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		kr_panic("no memory for a manifest");
	return p;
}

/* Rows of another size are copied one by one: what is missing at the end of a row reads
   as zero. Read with a wrong stride, the second permission would be rubbish. */
static bool
adopt_table(struct kr_plugin *to, const struct table *t, struct kr_findings *f)
{
	unsigned char *base = (unsigned char *)to;
	const unsigned char *rows;
	uint16_t n, size;

	memcpy(&rows, base + t->rows, sizeof rows);
	memcpy(&n, base + t->count, sizeof n);
	memcpy(&size, base + t->size, sizeof size);
	if (n == 0)
		return true;
	if (rows == NULL || size == 0 || size > t->ours) {
		kr_finding(f, "KR-R14", "rows of %s have %u bytes, ours %zu", t->name,
		    size, t->ours);
		return false;
	}
	if (size == t->ours)
		return true;

	unsigned char *copy = keep((size_t)n * t->ours);
	const unsigned char *kept = copy;
	uint16_t ours = (uint16_t)t->ours;

	for (size_t i = 0; i < n; i++)
		memcpy(copy + i * t->ours, rows + i * size, size);
	memcpy(base + t->rows, &kept, sizeof kept);
	memcpy(base + t->size, &ours, sizeof ours);
	return true;
}

const struct kr_plugin *
kr_manifest_adopt(const struct kr_plugin *from, struct kr_findings *f)
{
	struct kr_plugin *p = keep(sizeof *p);

	if (from->size < offsetof(struct kr_plugin, perms) || from->size > sizeof *p) {
		kr_finding(f, "KR-R14", "a manifest of %u bytes, ours has %zu",
		    from->size, sizeof *p);
		free(p);
		return NULL;
	}
	memcpy(p, from, from->size);
	p->size = sizeof *p;
	for (size_t i = 0; i < KR_LEN(tables); i++) {
		if (adopt_table(p, &tables[i], f))
			continue;
		free(p);
		return NULL;
	}
	return p;
}

/* ── the file ── */

static bool
note_fits(const struct kr_elf *e, struct kr_findings *f)
{
	size_t head = offsetof(struct kr_note_, abi_major);
	const unsigned char *p =
	    kr_elf_note(e, "Kreide", KR_NOTE_TYPE, sizeof(struct kr_note_) - head);
	struct kr_note_ note;

	memset(&note, 0, sizeof note);
	if (p == NULL) {
		kr_finding(f, "KR-R14", "no note of a Kreide plugin in this file");
		return false;
	}
	memcpy((unsigned char *)&note + head, p, sizeof note - head);
	note.headers[sizeof note.headers - 1] = 0;
	if (note.abi_major != KR_ABI_MAJOR || note.abi_minor > KR_ABI_MINOR) {
		kr_finding(f, "KR-R14",
		    "built for version %u.%u of the contract, ours is %d.%d",
		    note.abi_major, note.abi_minor, KR_ABI_MAJOR, KR_ABI_MINOR);
		return false;
	}
	/* Before 1.0 nothing but equal headers is safe. */
	if (KR_ABI_MAJOR == 0 && strcmp(note.headers, KR_HEADERS_HASH) != 0) {
		kr_finding(f, "KR-R14", "built with other headers (%s, ours %s)",
		    note.headers, KR_HEADERS_HASH);
		return false;
	}
	return true;
}

static const char *
peek_text(const struct kr_elf *e, uint64_t manifest, size_t member)
{
	uint64_t at = kr_elf_pointer(e, manifest + member);

	return at == 0 ? NULL : kr_elf_text(e, at);
}

/* Reads the head of the manifest out of the file. */
static bool
peek_manifest(const struct kr_elf *e, struct peek *peek_r, struct kr_findings *f)
{
	struct kr_elf_symbol s = { 0 };
	bool found = false;

	for (size_t i = 1; i < e->nsyms && !found; i++)
		found = kr_elf_symbol(e, i, &s) && s.defined &&
			strcmp(s.name, "kr_plugin_v1") == 0;

	const void *bytes =
	    found ? kr_elf_at(e, s.value, sizeof(struct kr_plugin)) : NULL;
	const char *name = NULL, *version = NULL;
	struct kr_plugin head;

	if (bytes != NULL) {
		memcpy(&head, bytes, sizeof head);
		name = peek_text(e, s.value, offsetof(struct kr_plugin, name));
		version = peek_text(e, s.value, offsetof(struct kr_plugin, version));
	}
	if (name == NULL || version == NULL || head.size != sizeof head) {
		kr_finding(f, "KR-R14", "no readable manifest kr_plugin_v1");
		return false;
	}
	*peek_r = (struct peek){ keep_text(name), keep_text(version), head.rights };
	return true;
}

static bool
same_name(const char *path, const char *name)
{
	kr_str file = kr_z(strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1);

	return file.n > 3 && kr_is(kr_sub(file, 0, file.n - 3), name);
}

/* Everything that can be known without running it. */
static bool
read_file(const char *path, struct peek *peek_r, struct kr_findings *f)
{
	struct kr_elf e;
	bool good;

	if (!kr_elf_open(&e, path)) {
		kr_finding(f, "KR-R13", "%s", e.why);
		return false;
	}
	good = note_fits(&e, f) && peek_manifest(&e, peek_r, f);
	if (good && !same_name(path, peek_r->name))
		kr_finding(f, "KR-R15",
		    "the file is named otherwise than its manifest (%s)", peek_r->name);
	if (good)
		kr_check_file(&e, peek_r->rights, f);
	kr_elf_close(&e);
	return good && f->n == 0;
}

/* ── the code ── */

static const struct kr_plugin *
open_code(const char *path, const struct peek *peek, struct kr_findings *f)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL) {
		kr_finding(f, "KR-R13", "%s", dlerror());
		return NULL;
	}

	/* Never closed: what it defines is pointed to from everywhere. */
	const struct kr_plugin *p = dlsym(handle, "kr_plugin_v1");

	if (p == NULL) {
		kr_finding(f, "KR-R13", "no kr_plugin_v1");
		return NULL;
	}
	if (p->name == NULL || p->version == NULL || strcmp(p->name, peek->name) != 0 ||
	    strcmp(p->version, peek->version) != 0 || p->rights != peek->rights) {
		kr_finding(f, "KR-R14", "the manifest is not the one in the file");
		return NULL;
	}
	p = kr_manifest_adopt(p, f);
	if (p != NULL)
		kr_check_manifest(p, f);
	return p;
}

/* "tasks" of ".../tasks.so", for reports before the manifest is read. */
static char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = keep_text(slash == NULL ? path : slash + 1);
	size_t n = strlen(name);

	if (n > 3 && strcmp(name + n - 3, ".so") == 0)
		name[n - 3] = 0;
	return name;
}

void
kr_plugin_open(
    const char *path, const char *dir, FILE *report, struct kr_loaded *loaded_r)
{
	char *name = file_name(path);
	struct kr_findings f = { .report = report, .plugin = name };
	const struct kr_plugin *p = NULL;
	struct peek peek = { 0 };

	if (read_file(path, &peek, &f))
		p = open_code(path, &peek, &f);
	free(peek.name);
	free(peek.version);
	*loaded_r = (struct kr_loaded){
		.p = f.n == 0 ? p : NULL,
		.module_bit = (size_t)-1,
		.refused = f.n == 0 ? NULL : keep_text(f.first),
		.name = name,
		.dir = dir,
	};
}
