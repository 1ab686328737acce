/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/find.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"

static void free_function(struct function *f)
{
	free(f->name);
	free(f->module);
	free(f->left_out);
}

void function_list_free(struct function_list *list)
{
	for (int i = 0; i < list->n; i++)
		free_function(&list->function[i]);
	free(list->function);
	memset(list, 0, sizeof(*list));
}

/* The first reason stays. Out of memory it is left out all the same: a name of no address is. */
__attribute__((format(printf, 2, 3))) static void leave_out(
	struct function *f, const char *format, ...)
{
	va_list args;

	if (f->left_out)
		return;
	va_start(args, format);
	if (vasprintf(&f->left_out, format, args) < 0)
		f->left_out = strdup("out of memory");
	va_end(args);
}

/* ---- BTF ---- */

static const struct btf_type *strip(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static __u32 strip_id(const struct btf *btf, __u32 id)
{
	const struct btf_type *t;

	while ((t = btf__type_by_id(btf, id)) && (btf_is_mod(t) || btf_is_typedef(t)))
		id = t->type;
	return id;
}

static bool is_skb_pointer(const struct btf *btf, const struct btf_type *t)
{
	if (!btf_is_ptr(t))
		return false;
	t = strip(btf, t->type);
	return t && (btf_is_struct(t) || btf_is_fwd(t)) &&
	       strcmp(btf__name_by_offset(btf, t->name_off), "sk_buff") == 0;
}

/* Registers that a value takes: none if it goes by memory (System V ABI, AAPCS64: above 16 bytes).
 */
static int registers_of(const struct btf *btf, __u32 id, const struct btf_type *t)
{
	__s64 size;

	if (!btf_is_composite(t) && !btf_is_int(t))
		return 1;
	size = btf__resolve_size(btf, id);
	if (size > 16)
		return 0;
	return size > 8 ? 2 : 1;
}

/* A structure of more than 16 bytes is returned through a pointer in the first register. */
static bool returns_by_memory(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_type *t = proto->type ? strip(btf, proto->type) : NULL;

	return t && btf_is_composite(t) && btf__resolve_size(btf, proto->type) > 16;
}

/* What is returned in a register; a module's enums have numbers only. */
static struct return_type return_type(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_type *t = proto->type ? strip(btf, proto->type) : NULL;
	struct return_type type = {.kind = RETURN_NOTHING};

	if (!t || btf_is_composite(t))
		return type;
	type.size = btf_is_ptr(t) ? sizeof(void *) : t->size;
	if (btf_is_ptr(t))
		type.kind = RETURN_POINTER;
	else if (btf_is_enum(t) && !btf__base_btf(btf))
		type.kind = RETURN_ENUM;
	else if (btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL)
		type.kind = RETURN_BOOL;
	else
		type.kind = btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED ? RETURN_SIGNED :
										     RETURN_UNSIGNED;
	if (type.kind == RETURN_ENUM)
		type.type_id = strip_id(btf, proto->type);
	return type;
}

/* The register argument that holds the skb, or -1. */
static int skb_argument(const struct btf *btf, const struct btf_type *proto)
{
	const struct btf_param *param = btf_params(proto);
	int at = returns_by_memory(btf, proto);

	for (int i = 0; i < btf_vlen(proto) && at < FUNCTION_ARGUMENTS; i++) {
		const struct btf_type *t = param[i].type ? strip(btf, param[i].type) : NULL;
		int n;

		if (!t)
			break; /* "..." */
		if (is_skb_pointer(btf, t))
			return at;
		n = registers_of(btf, param[i].type, t);
		/* What does not fit into the registers that are left goes by memory as a whole. */
		at += at + n <= FUNCTION_ARGUMENTS ? n : 0;
	}
	return -1;
}

/* A copy tells of its origin, not of the skb that is being made. */
static void play_part(struct function *f, const char *name)
{
	static const struct {
		const char *name;
		unsigned part;
	} parts[] = {
		{"kfree_skbmem", FUNCTION_ENDS_SKB},
		{"kfree_skb_partial", FUNCTION_ENDS_SKB},
		{"napi_skb_cache_put", FUNCTION_ENDS_SKB},
		{"skb_release_data", FUNCTION_ENDS_BYTES},
		{"__copy_skb_header", FUNCTION_COPIES},
		{"skb_copy_header", FUNCTION_COPIES},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(name, parts[i].name))
			f->part = parts[i].part;
	if (f->part == FUNCTION_COPIES)
		f->argument = 1;
}

static int append(struct function_list *list, const char *name, const char *module, uint32_t type_id,
	int argument, struct return_type returns)
{
	struct function f = {.type_id = type_id, .argument = argument, .returns = returns};

	play_part(&f, name);
	if (list->n == list->capacity) {
		int capacity = list->capacity ? list->capacity * 2 : 1024;
		struct function *grown =
			reallocarray(list->function, capacity, sizeof(*list->function));

		if (!grown)
			return -ENOMEM;
		list->function = grown;
		list->capacity = capacity;
	}
	f.name = strdup(name);
	f.module = strdup(module);
	if (!f.name || !f.module) {
		free_function(&f);
		return -ENOMEM;
	}
	list->function[list->n++] = f;
	return 0;
}

int function_list_scan(
	struct function_list *list, const struct btf *btf, unsigned first_type, const char *module)
{
	for (unsigned id = first_type; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_type *proto;
		int argument, ret;

		if (!btf_is_func(t))
			continue;
		proto = btf__type_by_id(btf, t->type);
		if (!proto || !btf_is_func_proto(proto))
			continue;
		argument = skb_argument(btf, proto);
		if (argument < 0)
			continue;
		ret = append(list, btf__name_by_offset(btf, t->name_off), module, id, argument,
			return_type(btf, proto));
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- order and names ---- */

static int by_name(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return strcmp(x->name, y->name) ?: strcmp(x->module, y->module);
}

void function_list_sort(struct function_list *list)
{
	int kept = 0;

	if (!list->n)
		return;
	qsort(list->function, list->n, sizeof(*list->function), by_name);
	for (int i = 1; i < list->n; i++) {
		struct function *f = &list->function[i];

		if (by_name(&list->function[kept], f) == 0) {
			leave_out(&list->function[kept], "BTF has several functions of this name");
			free_function(f);
		} else {
			list->function[++kept] = *f;
		}
	}
	list->n = kept + 1;
}

static int name_only(const void *key, const void *element)
{
	return strcmp(key, ((const struct function *)element)->name);
}

/* The function of this name and module, or NULL. */
static struct function *lookup(
	const struct function_list *list, const char *name, const char *module)
{
	struct function *f =
		bsearch(name, list->function, list->n, sizeof(*list->function), name_only);

	if (!f)
		return NULL;
	while (f > list->function && strcmp(f[-1].name, name) == 0)
		f--;
	for (; f < list->function + list->n && strcmp(f->name, name) == 0; f++)
		if (strcmp(f->module, module) == 0)
			return f;
	return NULL;
}

/* ---- files of the kernel ---- */

/* Cuts "[module]" out of what follows a name; "" where there is none. */
static const char *module_in(char *rest)
{
	char *open = rest ? strchr(rest, '[') : NULL;
	char *end = open ? strchr(open, ']') : NULL;

	if (!end)
		return "";
	*end = '\0';
	return open + 1;
}

struct line_reader {
	void (*line)(struct function_list *list, char *line, void *context);
	void *context;
};

static int read_lines(
	struct function_list *list, const char *path, const struct line_reader *reader)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "re");
	int ret;

	if (!f)
		return -errno;
	setvbuf(f, NULL, _IOFBF, 1 << 18);
	while (getline(&line, &size, f) > 0)
		reader->line(list, line, reader->context);
	ret = ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	return ret;
}

/* "ffffffff81234560 T name\t[module]"; `context` is set once an address is not 0. */
static void take_symbol(struct function_list *list, char *line, void *context)
{
	char *rest = line, *address = strsep(&rest, " "), *type = strsep(&rest, " ");
	char *name = strsep(&rest, " \t\n");
	struct function *f;

	if (!name || !type || !strchr("tTwW", *type))
		return;
	f = lookup(list, name, module_in(rest));
	if (!f)
		return;
	f->symbols++;
	f->address = strtoull(address, NULL, 16);
	*(bool *)context |= f->address != 0;
}

static int by_address(const void *a, const void *b)
{
	const struct function *x = *(struct function *const *)a, *y = *(struct function *const *)b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return by_name(x, y);
}

static int leave_out_aliases(struct function_list *list)
{
	struct function **sorted = calloc(list->n + 1, sizeof(struct function *));
	int n = 0;

	if (!sorted)
		return -ENOMEM;
	for (int i = 0; i < list->n; i++)
		if (!list->function[i].left_out)
			sorted[n++] = &list->function[i];
	qsort(sorted, n, sizeof(struct function *), by_address);
	for (int i = 1, first = 0; i < n; i++) {
		if (sorted[i]->address == sorted[first]->address)
			leave_out(sorted[i], "is the same code as %s", sorted[first]->name);
		else
			first = i;
	}
	free(sorted);
	return 0;
}

int function_list_locate(struct function_list *list, const char *path, struct error *err)
{
	bool any = false;
	const struct line_reader reader = {take_symbol, &any};
	int ret = read_lines(list, path, &reader);

	if (ret)
		return error_set(err, ret, "cannot read %s: %s", path, strerror(-ret));
	if (list->n && !any)
		return error_set(err, -EPERM,
			"the kernel hides the addresses of its functions (sysctl "
			"kernel.kptr_restrict)");
	for (int i = 0; i < list->n; i++) {
		struct function *f = &list->function[i];

		if (!f->symbols)
			leave_out(f, "has no symbol: inlined, or changed by the compiler");
		else if (f->symbols > 1)
			leave_out(f, "%d functions have this name", f->symbols);
	}
	if (leave_out_aliases(list))
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* "name" or "name [module]" */
static void take_traceable(struct function_list *list, char *line, void *context)
{
	char *rest = line, *name = strsep(&rest, " \t\n");
	struct function *f = lookup(list, name, module_in(rest));

	(void)context;
	if (f)
		f->traceable = true;
}

int function_list_keep_traceable(struct function_list *list, const char *path)
{
	const struct line_reader reader = {take_traceable, NULL};
	int ret = read_lines(list, path, &reader);

	for (int i = 0; i < list->n && !ret; i++)
		if (!list->function[i].traceable)
			leave_out(&list->function[i], "the kernel does not let it be traced");
	return ret;
}

/* "0xffffffff81000990-0xffffffff810009b0\tname" */
static void take_range(struct function_list *list, char *line, void *context)
{
	char *end = NULL;
	uint64_t from = strtoull(line, &end, 16);
	uint64_t to = *end == '-' ? strtoull(end + 1, NULL, 16) : 0;

	(void)context;
	for (int i = 0; i < list->n && to > from; i++) {
		struct function *f = &list->function[i];

		if (f->address && f->address >= from && f->address < to)
			leave_out(f, "is on the kernel's kprobe blacklist");
	}
}

int function_list_drop_blacklisted(struct function_list *list, const char *path)
{
	const struct line_reader reader = {take_range, NULL};

	return read_lines(list, path, &reader);
}

int function_list_usable(const struct function_list *list)
{
	int n = 0;

	for (int i = 0; i < list->n; i++)
		n += !list->function[i].left_out;
	return n;
}

/* ---- the running kernel ---- */

static int scan_modules(struct function_list *list, struct btf *vmlinux)
{
	DIR *dir = opendir("/sys/kernel/btf");
	int ret = 0;

	for (struct dirent *e = dir ? readdir(dir) : NULL; e && !ret; e = readdir(dir)) {
		struct btf *btf;

		if (e->d_name[0] == '.' || strcmp(e->d_name, "vmlinux") == 0)
			continue;
		btf = btf__load_module_btf(e->d_name, vmlinux);
		if (!btf)
			continue; /* unloaded meanwhile, or built against another kernel */
		ret = function_list_scan(list, btf, btf__type_cnt(vmlinux), e->d_name);
		btf__free(btf);
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int keep_traceable(struct function_list *list)
{
	int ret = function_list_keep_traceable(
		list, "/sys/kernel/tracing/available_filter_functions");

	return ret ? function_list_keep_traceable(
			     list, "/sys/kernel/debug/tracing/available_filter_functions")
		   : 0;
}

int functions_find(struct function_list *list, struct btf *vmlinux, struct error *err)
{
	int ret = function_list_scan(list, vmlinux, 1, "") ?: scan_modules(list, vmlinux);

	if (ret)
		return error_set(err, ret, "out of memory");
	function_list_sort(list);
	ret = function_list_locate(list, "/proc/kallsyms", err);
	if (ret)
		return ret;
	keep_traceable(list);
	function_list_drop_blacklisted(list, "/sys/kernel/debug/kprobes/blacklist");
	return 0;
}
