/* Reading a shared object as a file, before a byte of it may run. */
#ifndef KR_PLUGIN_ELF_H
#define KR_PLUGIN_ELF_H

#include "base/base.h"

#include <elf.h>

#define KR_ELF_SEGMENTS 32
#define KR_ELF_NEEDED 16

struct kr_elf {
	const unsigned char *p; /* the mapped file; nothing below points elsewhere */
	size_t n;
	Elf64_Phdr seg[KR_ELF_SEGMENTS];
	size_t nseg;
	uint64_t strtab, strsz, symtab, gnu_hash;
	uint64_t rela, relasz, jmprel, pltrelsz, init_size, fini_size;
	bool text_relocations;
	uint64_t needed[KR_ELF_NEEDED]; /* offsets in strtab */
	size_t nneeded;
	size_t nsyms;
	char why[200]; /* what was wrong, for kr_elf_open() */
};

struct kr_elf_symbol {
	const char *name;
	bool defined, visible;
	uint64_t value, size;
};

/* False with e->why; each offset in the file is checked against its size. */
bool kr_elf_open(struct kr_elf *, const char *path);
void kr_elf_close(struct kr_elf *);
/* Bytes at an address as they will be mapped; NULL when not wholly in the file. */
const void *kr_elf_at(const struct kr_elf *, uint64_t address, uint64_t n);
/* NUL-ended text at an address; NULL when it does not end in the file. */
const char *kr_elf_text(const struct kr_elf *, uint64_t address);
/* What the pointer at this address will hold, counted from the load address; 0: NULL or
   something outside. */
uint64_t kr_elf_pointer(const struct kr_elf *, uint64_t address);
/* Symbol number i (1 .. nsyms - 1); false when it is malformed. */
bool kr_elf_symbol(const struct kr_elf *, size_t i, struct kr_elf_symbol *);
const char *kr_elf_needed(const struct kr_elf *, size_t i);
/* Description of a note by owner and type; NULL: none of that size. */
const void *kr_elf_note(
    const struct kr_elf *, const char *owner, uint32_t type, size_t size);
/* Bytes that stay writable after loading, without the list of statements. */
uint64_t kr_elf_writable(const struct kr_elf *);
bool kr_elf_executable_data(const struct kr_elf *); /* a segment both w and x */
/* Only relocations that fill in addresses; NULL, or what else there is. */
const char *kr_elf_odd_relocation(const struct kr_elf *);

#endif
