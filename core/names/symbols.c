/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/names/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/sanitize.h"

/* No kernel function is this long: an address further behind the last symbol belongs to none, such as that of a BPF
 * program where kallsyms does not list them. */
static const uint64_t FUNCTION_BYTES_MAX = 128 << 10;

struct symbol {
	uint64_t address;
	uint32_t name;	 /* offsets into the arena */
	uint32_t module; /* 0: the kernel itself */
};

struct added {
	uint64_t address;
	char *text;
};

struct symbols {
	pthread_mutex_t lock;
	int fd; /* of kallsyms, until it is read */
	bool hidden;
	struct symbol *symbol; /* sorted by address */
	size_t n_symbols;
	char *arena; /* names, each ended by a NUL; starts with an empty one */
	struct added *added; /* sorted by address */
	size_t n_added;
};

struct symbols *symbols_new(void)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	if (pthread_mutex_init(&symbols->lock, NULL)) {
		free(symbols);
		return NULL;
	}
	symbols->fd = -1;
	return symbols;
}

static void forget_file(struct symbols *symbols)
{
	if (symbols->fd >= 0)
		close(symbols->fd);
	symbols->fd = -1;
	free(symbols->symbol);
	symbols->symbol = NULL;
	symbols->n_symbols = 0;
	free(symbols->arena);
	symbols->arena = NULL;
	symbols->hidden = false;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	forget_file(symbols);
	for (size_t i = 0; i < symbols->n_added; i++)
		free(symbols->added[i].text);
	free(symbols->added);
	pthread_mutex_destroy(&symbols->lock);
	free(symbols);
}

int symbols_open(struct symbols *symbols, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	pthread_mutex_lock(&symbols->lock);
	forget_file(symbols);
	symbols->fd = fd;
	pthread_mutex_unlock(&symbols->lock);
	return 0;
}

/* ---- reading kallsyms ---- */

struct text {
	char *bytes; /* ended by a NUL */
	size_t length;
};

/* Reads all of a file whose size is not known before. */
static int read_all(int fd, struct text *text)
{
	size_t room = 8 << 20;
	ssize_t n;

	text->length = 0;
	text->bytes = malloc(room);
	if (!text->bytes)
		return -ENOMEM;
	while ((n = read(fd, text->bytes + text->length, room - 1 - text->length)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text->length += n;
		if (text->length + 1 == room) {
			char *larger = realloc(text->bytes, room * 2);

			if (!larger)
				return -ENOMEM;
			text->bytes = larger;
			room *= 2;
		}
	}
	text->bytes[text->length] = '\0';
	return 0;
}

static const char *skip_hex(const char *p, uint64_t *value)
{
	for (*value = 0;; p++) {
		unsigned int digit = (unsigned char)*p - '0';

		if (digit > 9) {
			digit = ((unsigned char)*p | 0x20) - 'a' + 10;
			if (digit < 10 || digit > 15)
				return p;
		}
		*value = *value << 4 | digit;
	}
}

/* Copies a word to the arena and ends it there. Module and function names are plain ASCII by rights. */
static const char *take_word(const char *p, char end, char **arena)
{
	for (; *p != end && *p != '\n' && *p != '\t' && *p != '\0'; p++)
		*(*arena)++ = *p > ' ' && *p < 0x7f ? *p : '?';
	*(*arena)++ = '\0';
	return p;
}

static bool is_function(const char *type_and_name)
{
	if (!strchr("tTwW", type_and_name[0]))
		return false;
	/* Padding before a function (CONFIG_PREFIX_SYMBOLS), mapping symbols of arm64 and riscv. */
	return strncmp(type_and_name + 2, "__pfx_", 6) != 0 && type_and_name[2] != '$';
}

/*
 * Fills the table from lines "ffffffff81000000 T name\t[module]". The arena cannot overflow: a name and
 * its NUL take less than the line they stand on, and so does a module after the name it belongs to.
 */
static void parse_lines(struct symbols *symbols, const char *p)
{
	char *next = symbols->arena;
	uint32_t module = 0;
	bool any_address = false;
	size_t lines = 0;

	*next++ = '\0';
	for (; *p; p += *p == '\n') {
		struct symbol symbol = { 0 };

		p = skip_hex(p, &symbol.address);
		lines++;
		any_address |= symbol.address != 0;
		if (p[0] == ' ' && p[1] && p[2] == ' ' && is_function(p + 1) && symbol.address) {
			symbol.name = next - symbols->arena;
			p = take_word(p + 3, '\t', &next);
			if (p[0] == '\t' && p[1] == '[') {
				char *name = next;

				p = take_word(p + 2, ']', &next);
				if (strcmp(symbols->arena + module, name) == 0)
					next = name;
				else
					module = name - symbols->arena;
				symbol.module = module;
			}
			symbols->symbol[symbols->n_symbols++] = symbol;
		}
		p = strchrnul(p, '\n');
	}
	symbols->hidden = lines && !any_address;
}

/* By address; of several names for one address the first in the file comes first. */
static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* The kernel's own symbols come in order; modules, at lower addresses, follow. Most need no sorting. */
static int sort_symbols(struct symbols *symbols)
{
	struct symbol *in = symbols->symbol, *out;
	size_t n = symbols->n_symbols, sorted = n ? 1 : 0, a = 0, b;

	while (sorted < n && in[sorted - 1].address <= in[sorted].address)
		sorted++;
	if (sorted == n)
		return 0;
	qsort(in + sorted, n - sorted, sizeof(*in), compare_symbols);
	out = malloc(n * sizeof(*out));
	if (!out)
		return -ENOMEM;
	b = sorted;
	for (size_t i = 0; i < n; i++) {
		if (b == n || (a < sorted && in[a].address <= in[b].address))
			out[i] = in[a++];
		else
			out[i] = in[b++];
	}
	free(in);
	symbols->symbol = out;
	return 0;
}

static size_t count_lines(const struct text *text)
{
	size_t lines = 1;

	for (const char *p = text->bytes; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

/* Called with the lock held. A file that cannot be read leaves addresses without names. */
static void load(struct symbols *symbols)
{
	struct text text = { 0 };
	int fd = symbols->fd;
	int err;

	if (fd < 0)
		return;
	symbols->fd = -1;
	err = read_all(fd, &text);
	close(fd);
	if (err || text.length >= UINT32_MAX)
		goto out;
	symbols->symbol = malloc(count_lines(&text) * sizeof(*symbols->symbol));
	symbols->arena = malloc(text.length + 2);
	err = -ENOMEM;
	if (symbols->symbol && symbols->arena) {
		parse_lines(symbols, text.bytes);
		err = sort_symbols(symbols);
	}
	if (err)
		forget_file(symbols);
out:
	free(text.bytes);
}

/* ---- names given for exact addresses ---- */

/* Where this address is or would go. */
static size_t added_index(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->n_added;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (symbols->added[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const char *added_text(const struct symbols *symbols, uint64_t address)
{
	size_t i = added_index(symbols, address);

	return i < symbols->n_added && symbols->added[i].address == address ? symbols->added[i].text :
									      NULL;
}

/* Called with the lock held. */
static int add(struct symbols *symbols, uint64_t address, const char *text)
{
	size_t i = added_index(symbols, address), n = symbols->n_added;
	struct added *larger;
	char safe[SYMBOL_TEXT_MAX];
	char *copy;

	if (i < n && symbols->added[i].address == address)
		return 0;
	/* Full whenever the number is a power of two. */
	if (!(n & (n - 1))) {
		larger = reallocarray(symbols->added, n ? n * 2 : 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		symbols->added = larger;
	}
	sanitize(safe, sizeof(safe), text, SIZE_MAX);
	copy = strdup(safe);
	if (!copy)
		return -ENOMEM;
	memmove(symbols->added + i + 1, symbols->added + i, (n - i) * sizeof(*symbols->added));
	symbols->added[i] = (struct added){ .address = address, .text = copy };
	symbols->n_added++;
	return 1;
}

int symbols_add(struct symbols *symbols, uint64_t address, const char *text)
{
	int err;

	pthread_mutex_lock(&symbols->lock);
	err = add(symbols, address, text);
	pthread_mutex_unlock(&symbols->lock);
	return err;
}

/* ---- lookup ---- */

/* The function that an address is in, or NULL. */
static const struct symbol *find(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->n_symbols;
	const struct symbol *found;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (symbols->symbol[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	found = &symbols->symbol[low - 1];
	if (address - found->address >= FUNCTION_BYTES_MAX)
		return NULL;
	while (found > symbols->symbol && found[-1].address == found->address)
		found--;
	return found;
}

static size_t format_symbol(const struct symbols *symbols, const struct symbol *symbol,
	uint64_t address, char *buf, size_t size)
{
	const char *name = symbols->arena + symbol->name;
	const char *module = symbols->arena + symbol->module;
	unsigned long long offset = address - symbol->address;

	if (*module)
		return snprintf(buf, size, "%s+0x%llx [%s]", name, offset, module);
	return snprintf(buf, size, "%s+0x%llx", name, offset);
}

static size_t format_locked(
	struct symbols *symbols, uint64_t address, bool with_offset, char *buf, size_t size)
{
	const char *text = added_text(symbols, address);
	const struct symbol *symbol;

	if (text) {
		int name_length = with_offset ? (int)strlen(text) : (int)strcspn(text, "+ ");

		return snprintf(buf, size, "%.*s", name_length, text);
	}
	if (!address)
		return snprintf(buf, size, "unknown");
	load(symbols);
	symbol = find(symbols, address);
	if (!symbol)
		return snprintf(buf, size, "0x%llx", (unsigned long long)address);
	if (with_offset)
		return format_symbol(symbols, symbol, address, buf, size);
	return snprintf(buf, size, "%s", symbols->arena + symbol->name);
}

static size_t format(
	struct symbols *symbols, uint64_t address, bool with_offset, char *buf, size_t size)
{
	size_t length;

	pthread_mutex_lock(&symbols->lock);
	length = format_locked(symbols, address, with_offset, buf, size);
	pthread_mutex_unlock(&symbols->lock);
	if (!size)
		return 0;
	return length < size ? length : size - 1;
}

size_t symbols_format(struct symbols *symbols, uint64_t address, char *buf, size_t size)
{
	return format(symbols, address, true, buf, size);
}

size_t symbols_function(struct symbols *symbols, uint64_t address, char *buf, size_t size)
{
	return format(symbols, address, false, buf, size);
}

bool symbols_hidden(struct symbols *symbols)
{
	bool hidden;

	pthread_mutex_lock(&symbols->lock);
	load(symbols);
	hidden = symbols->hidden;
	pthread_mutex_unlock(&symbols->lock);
	return hidden;
}

size_t symbols_count(struct symbols *symbols)
{
	size_t count;

	pthread_mutex_lock(&symbols->lock);
	load(symbols);
	count = symbols->n_symbols;
	pthread_mutex_unlock(&symbols->lock);
	return count;
}
