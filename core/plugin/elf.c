/* A small reader of ELF shared objects over a mapped file. It believes nothing: every
   offset and every count is checked against what is there. */
#include "plugin/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE (64 * 1024 * 1024)
#define MOST_SYMBOLS 20000u

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#define R_BASE R_X86_64_RELATIVE
static const uint32_t plain_relocations[] = { R_X86_64_RELATIVE, R_X86_64_GLOB_DAT,
	R_X86_64_JUMP_SLOT, R_X86_64_64 };
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#define R_BASE R_AARCH64_RELATIVE
static const uint32_t plain_relocations[] = { R_AARCH64_RELATIVE, R_AARCH64_GLOB_DAT,
	R_AARCH64_JUMP_SLOT, R_AARCH64_ABS64 };
#else
#error "Kreide knows the relocations of x86-64 and of 64-bit ARM"
#endif

static bool
wrong(struct kr_elf *e, const char *why)
{
	snprintf(e->why, sizeof e->why, "%s", why);
	return false;
}

/* Bytes of the file, or NULL. */
static const void *
in_file(const struct kr_elf *e, uint64_t offset, uint64_t n)
{
	if (offset > e->n || n > e->n - offset)
		return NULL;
	return e->p + offset;
}

static bool
copy_at(const struct kr_elf *e, uint64_t address, void *to, size_t n)
{
	const void *p = kr_elf_at(e, address, n);

	if (p == NULL)
		return false;
	memcpy(to, p, n); /* nothing says that the file is aligned */
	return true;
}

const void *
kr_elf_at(const struct kr_elf *e, uint64_t address, uint64_t n)
{
	for (size_t i = 0; i < e->nseg; i++) {
		const Elf64_Phdr *s = &e->seg[i];

		if (s->p_type != PT_LOAD || address < s->p_vaddr ||
		    address - s->p_vaddr > s->p_filesz ||
		    n > s->p_filesz - (address - s->p_vaddr))
			continue;
		return in_file(e, s->p_offset + (address - s->p_vaddr), n);
	}
	return NULL;
}

const char *
kr_elf_text(const struct kr_elf *e, uint64_t address)
{
	for (size_t i = 0; i < e->nseg; i++) {
		const Elf64_Phdr *s = &e->seg[i];

		if (s->p_type != PT_LOAD || address < s->p_vaddr ||
		    address - s->p_vaddr >= s->p_filesz)
			continue;

		uint64_t most = s->p_filesz - (address - s->p_vaddr);
		const char *p = kr_elf_at(e, address, most);

		return p != NULL && memchr(p, 0, most) != NULL ? p : NULL;
	}
	return NULL;
}

static bool
read_header(struct kr_elf *e)
{
	Elf64_Ehdr h;

	if (e->n < sizeof h)
		return wrong(e, "no shared object");
	memcpy(&h, e->p, sizeof h);
	if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
	    h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB)
		return wrong(e, "no 64-bit shared object");
	if (h.e_type != ET_DYN || h.e_machine != MACHINE)
		return wrong(e, "no shared object for this machine");
	if (h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phnum > KR_ELF_SEGMENTS ||
	    h.e_phnum == 0)
		return wrong(e, "malformed program headers");

	const void *seg =
	    in_file(e, h.e_phoff, (uint64_t)h.e_phnum * sizeof(Elf64_Phdr));

	if (seg == NULL)
		return wrong(e, "program headers beyond the end of the file");
	e->nseg = h.e_phnum;
	memcpy(e->seg, seg, e->nseg * sizeof(Elf64_Phdr));
	for (size_t i = 0; i < e->nseg; i++) {
		const Elf64_Phdr *s = &e->seg[i];

		if (in_file(e, s->p_offset, s->p_filesz) == NULL ||
		    s->p_filesz > s->p_memsz || s->p_vaddr > UINT32_MAX ||
		    s->p_memsz > UINT32_MAX) {
			/* GNU_STACK has no bytes and passes */
			return wrong(e, "a segment beyond the end of the file");
		}
	}
	return true;
}

static bool
dynamic_entry(struct kr_elf *e, const Elf64_Dyn *d)
{
	uint64_t v = d->d_un.d_val;

	switch (d->d_tag) {
	case DT_STRTAB:
		e->strtab = v;
		break;
	case DT_STRSZ:
		e->strsz = v;
		break;
	case DT_SYMTAB:
		e->symtab = v;
		break;
	case DT_GNU_HASH:
		e->gnu_hash = v;
		break;
	case DT_RELA:
		e->rela = v;
		break;
	case DT_RELASZ:
		e->relasz = v;
		break;
	case DT_JMPREL:
		e->jmprel = v;
		break;
	case DT_PLTRELSZ:
		e->pltrelsz = v;
		break;
	case DT_INIT_ARRAYSZ:
		e->init_size = v;
		break;
	case DT_FINI_ARRAYSZ:
		e->fini_size = v;
		break;
	case DT_TEXTREL:
		e->text_relocations = true;
		break;
	case DT_REL:
	case DT_RELR:
		return wrong(e, "relocations of an unusual kind");
	case DT_NEEDED:
		if (e->nneeded == KR_ELF_NEEDED)
			return wrong(e, "too many libraries");
		e->needed[e->nneeded++] = v;
		break;
	default:
		break;
	}
	return true;
}

static bool
read_dynamic(struct kr_elf *e)
{
	const Elf64_Phdr *dyn = NULL;

	for (size_t i = 0; i < e->nseg; i++)
		if (e->seg[i].p_type == PT_DYNAMIC)
			dyn = &e->seg[i];
	if (dyn == NULL)
		return wrong(e, "no dynamic section");
	for (uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn d;

		if (at + sizeof d > dyn->p_filesz ||
		    !copy_at(e, dyn->p_vaddr + at, &d, sizeof d))
			return wrong(e, "dynamic section without an end");
		if (d.d_tag == DT_NULL)
			break;
		if (!dynamic_entry(e, &d))
			return false;
	}
	if (e->strsz == 0 || kr_elf_at(e, e->strtab, e->strsz) == NULL)
		return wrong(e, "no string table");
	if (e->relasz % sizeof(Elf64_Rela) != 0 ||
	    e->pltrelsz % sizeof(Elf64_Rela) != 0 ||
	    (e->relasz > 0 && kr_elf_at(e, e->rela, e->relasz) == NULL) ||
	    (e->pltrelsz > 0 && kr_elf_at(e, e->jmprel, e->pltrelsz) == NULL))
		return wrong(e, "malformed relocations");
	return true;
}

/* The hash table is the only place that tells the number of symbols. */
static bool
count_symbols(struct kr_elf *e)
{
	uint32_t head[4], last = 0,
			  link = 0; /* buckets, first hashed, bloom words, shift */

	if (e->gnu_hash == 0 || !copy_at(e, e->gnu_hash, head, sizeof head))
		return wrong(e, "no GNU hash table");
	if (head[0] > MOST_SYMBOLS || head[1] > MOST_SYMBOLS || head[2] > MOST_SYMBOLS)
		return wrong(e, "malformed GNU hash table");

	uint64_t buckets = e->gnu_hash + sizeof head + (uint64_t)head[2] * 8;
	uint64_t chain = buckets + (uint64_t)head[0] * 4;

	for (uint32_t i = 0; i < head[0]; i++) {
		uint32_t first;

		if (!copy_at(e, buckets + (uint64_t)i * 4, &first, 4))
			return wrong(e, "malformed GNU hash table");
		if (first > last)
			last = first;
	}
	if (last < head[1]) {
		e->nsyms = head[1];
		return true;
	}
	while ((link & 1) == 0) {
		if (last > MOST_SYMBOLS ||
		    !copy_at(e, chain + (uint64_t)(last - head[1]) * 4, &link, 4))
			return wrong(e, "malformed GNU hash table");
		last++;
	}
	e->nsyms = last;
	return true;
}

static const char *
string_at(const struct kr_elf *e, uint64_t offset)
{
	if (offset >= e->strsz)
		return NULL;

	const char *p = kr_elf_at(e, e->strtab + offset, e->strsz - offset);

	return p != NULL && memchr(p, 0, e->strsz - offset) != NULL ? p : NULL;
}

bool
kr_elf_symbol(const struct kr_elf *e, size_t i, struct kr_elf_symbol *s_r)
{
	Elf64_Sym s;

	if (i >= e->nsyms || !copy_at(e, e->symtab + i * sizeof s, &s, sizeof s))
		return false;
	s_r->name = string_at(e, s.st_name);
	s_r->defined = s.st_shndx != SHN_UNDEF;
	s_r->visible = ELF64_ST_VISIBILITY(s.st_other) == STV_DEFAULT &&
		       ELF64_ST_BIND(s.st_info) != STB_LOCAL;
	s_r->value = s.st_value;
	s_r->size = s.st_size;
	return s_r->name != NULL;
}

const char *
kr_elf_needed(const struct kr_elf *e, size_t i)
{
	return i < e->nneeded ? string_at(e, e->needed[i]) : NULL;
}

static bool
read_file(struct kr_elf *e, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return wrong(e, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > LARGEST_FILE) {
		close(fd);
		return wrong(e, "no regular file of a sensible size");
	}
	if ((st.st_mode & S_IWOTH) != 0) {
		close(fd);
		return wrong(e, "the file may be changed by anybody");
	}
	e->n = (size_t)st.st_size;

	void *p = mmap(NULL, e->n, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	if (p == MAP_FAILED)
		return wrong(e, strerror(errno));
	e->p = p;
	return true;
}

bool
kr_elf_open(struct kr_elf *e, const char *path)
{
	memset(e, 0, sizeof *e);
	if (!read_file(e, path))
		return false;
	if (read_header(e) && read_dynamic(e) && count_symbols(e))
		return true;
	kr_elf_close(e);
	return false;
}

void
kr_elf_close(struct kr_elf *e)
{
	if (e->p != NULL)
		(void)munmap((void *)(uintptr_t)e->p, e->n);
	e->p = NULL;
}

static bool
reloc_at(const struct kr_elf *e, uint64_t table, size_t i, Elf64_Rela *r)
{
	return copy_at(e, table + i * sizeof *r, r, sizeof *r);
}

uint64_t
kr_elf_pointer(const struct kr_elf *e, uint64_t address)
{
	for (size_t i = 0; i < e->relasz / sizeof(Elf64_Rela); i++) {
		Elf64_Rela r;

		if (reloc_at(e, e->rela, i, &r) && r.r_offset == address &&
		    ELF64_R_TYPE(r.r_info) == R_BASE)
			return (uint64_t)r.r_addend;
	}
	return 0;
}

static const char *
odd_in(const struct kr_elf *e, uint64_t table, uint64_t size)
{
	for (size_t i = 0; i < size / sizeof(Elf64_Rela); i++) {
		Elf64_Rela r;
		bool plain = false;

		if (!reloc_at(e, table, i, &r))
			return "malformed relocation";
		for (size_t k = 0; k < KR_LEN(plain_relocations); k++)
			plain = plain || ELF64_R_TYPE(r.r_info) == plain_relocations[k];
		if (!plain)
			return "a relocation that runs code or keeps thread data";
		if (ELF64_R_SYM(r.r_info) >= e->nsyms)
			return "a relocation to a symbol that is not listed";
	}
	return NULL;
}

const char *
kr_elf_odd_relocation(const struct kr_elf *e)
{
	const char *odd = odd_in(e, e->rela, e->relasz);

	return odd != NULL ? odd : odd_in(e, e->jmprel, e->pltrelsz);
}

static const void *
note_in(const struct kr_elf *e, const Elf64_Phdr *s, const char *owner, uint32_t type,
    size_t size)
{
	uint64_t at = 0, n = strlen(owner) + 1;

	while (at + sizeof(Elf64_Nhdr) <= s->p_filesz) {
		Elf64_Nhdr h;

		memcpy(&h, e->p + s->p_offset + at, sizeof h);

		uint64_t name = at + sizeof h;
		uint64_t desc = name + (((uint64_t)h.n_namesz + 3) & ~UINT64_C(3));
		uint64_t next = desc + (((uint64_t)h.n_descsz + 3) & ~UINT64_C(3));

		if (next > s->p_filesz)
			return NULL;
		if (h.n_type == type && h.n_namesz == n && h.n_descsz == size &&
		    memcmp(e->p + s->p_offset + name, owner, n) == 0)
			return e->p + s->p_offset + desc;
		at = next;
	}
	return NULL;
}

const void *
kr_elf_note(const struct kr_elf *e, const char *owner, uint32_t type, size_t size)
{
	for (size_t i = 0; i < e->nseg; i++) {
		if (e->seg[i].p_type != PT_NOTE)
			continue;

		const void *found = note_in(e, &e->seg[i], owner, type, size);

		if (found != NULL)
			return found;
	}
	return NULL;
}

/* Size of the section in which KR_STMT lists what there is. Section headers may be
   stripped; then the list counts like other data. */
static uint64_t
statement_list(const struct kr_elf *e)
{
	Elf64_Ehdr h;
	Elf64_Shdr names, s;
	const void *p;

	memcpy(&h, e->p, sizeof h);
	p = in_file(e, h.e_shoff + (uint64_t)h.e_shstrndx * sizeof names, sizeof names);
	if (h.e_shoff == 0 || h.e_shentsize != sizeof names || p == NULL)
		return 0;
	memcpy(&names, p, sizeof names);
	for (size_t i = 0; i < h.e_shnum; i++) {
		static const char name[] = "kr_stmts";

		p = in_file(e, h.e_shoff + i * sizeof s, sizeof s);
		if (p == NULL)
			return 0;
		memcpy(&s, p, sizeof s);
		p = in_file(e, names.sh_offset + s.sh_name, sizeof name);
		if (p != NULL && memcmp(p, name, sizeof name) == 0)
			return s.sh_size;
	}
	return 0;
}

uint64_t
kr_elf_writable(const struct kr_elf *e)
{
	uint64_t sum = 0, list = statement_list(e);

	for (size_t i = 0; i < e->nseg; i++) {
		const Elf64_Phdr *s = &e->seg[i];

		if (s->p_type == PT_LOAD && (s->p_flags & PF_W) != 0)
			sum += s->p_memsz;
		else if (s->p_type == PT_GNU_RELRO)
			sum -= s->p_memsz < sum ? s->p_memsz : sum;
	}
	return sum > list ? sum - list : 0;
}

bool
kr_elf_executable_data(const struct kr_elf *e)
{
	for (size_t i = 0; i < e->nseg; i++) {
		const Elf64_Phdr *s = &e->seg[i];

		if ((s->p_type == PT_LOAD || s->p_type == PT_GNU_STACK) &&
		    (s->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			return true;
	}
	return false;
}
