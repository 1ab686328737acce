// SPDX-License-Identifier: GPL-2.0-only
/* Replaces filter_run() in the bytes of a compiled BPF object. libbpf takes a function's
 * instructions from where its symbol begins, and as many as its symbol says; so writing both is
 * all there is to do. What is left of the room belongs to no function and is never loaded. */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>

#include "core/filter/filter.h"

#define FUNCTION "filter_run"

/* Every look into the object goes through here: NULL if any of those bytes lie outside. */
struct image {
	unsigned char *bytes;
	size_t size;
};

static void *at(const struct image *image, uint64_t offset, uint64_t size)
{
	if (offset > image->size || size > image->size - offset)
		return NULL;
	return image->bytes + offset;
}

static const Elf64_Shdr *section(const struct image *image, unsigned int index)
{
	const Elf64_Ehdr *header = at(image, 0, sizeof(*header));

	if (!header || index >= header->e_shnum)
		return NULL;
	return at(image, header->e_shoff + index * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

static int is_bpf(const struct image *image)
{
	const Elf64_Ehdr *header = at(image, 0, sizeof(*header));

	return header && !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_machine == EM_BPF &&
	       header->e_shentsize == sizeof(Elf64_Shdr);
}

static int is_function(
	const struct image *image, const Elf64_Shdr *strings, const Elf64_Sym *symbol)
{
	const char *name = at(image, strings->sh_offset + symbol->st_name, sizeof(FUNCTION));

	return name && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
	       !memcmp(name, FUNCTION, sizeof(FUNCTION));
}

static Elf64_Sym *find_in_table(const struct image *image, const Elf64_Shdr *table)
{
	const Elf64_Shdr *strings = section(image, table->sh_link);
	uint64_t n = table->sh_size / sizeof(Elf64_Sym);
	Elf64_Sym *symbols = at(image, table->sh_offset, table->sh_size);

	for (uint64_t i = 0; symbols && strings && i < n; i++)
		if (is_function(image, strings, &symbols[i]))
			return &symbols[i];
	return NULL;
}

static Elf64_Sym *find_function(const struct image *image)
{
	const Elf64_Shdr *shdr;
	Elf64_Sym *symbol;

	for (unsigned int i = 0; (shdr = section(image, i)); i++) {
		symbol = shdr->sh_type == SHT_SYMTAB ? find_in_table(image, shdr) : NULL;
		if (symbol)
			return symbol;
	}
	return NULL;
}

int filter_inject(const struct filter *filter, void *elf, size_t size)
{
	static const struct bpf_insn accept[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct image image = {.bytes = elf, .size = size};
	const struct bpf_insn *insns = accept;
	size_t n = sizeof(accept) / sizeof(accept[0]);
	const Elf64_Shdr *text;
	Elf64_Sym *symbol;
	void *room;

	if (!is_bpf(&image))
		return -EINVAL;
	symbol = find_function(&image);
	if (!symbol)
		return -ENOENT;
	text = section(&image, symbol->st_shndx);
	room = text ? at(&image, text->sh_offset + symbol->st_value, symbol->st_size) : NULL;
	if (filter)
		insns = filter_insns(filter, &n);
	if (!room || symbol->st_size < n * sizeof(*insns))
		return -EINVAL;
	memcpy(room, insns, n * sizeof(*insns));
	symbol->st_size = n * sizeof(*insns);
	return 0;
}
