// SPDX-License-Identifier: GPL-2.0-only
#include "core/functions/fentry.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/fentry.skel.h"

/* ---- which ---- */

/* Whether the kernel lets a program be bound to it: a program that does nothing is. Negative errno. */
static int try_function(const struct function *function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		.attach_btf_id = function->type_id);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "fentry_try", "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Why a function that is not left out is not in the set, NULL: it may be. */
static const char *why_not(const struct function *function, const struct fentry_set *set, char *buf, size_t size)
{
	const struct function_choice core = { .set = FUNCTIONS_CORE };
	int ret;

	if (!function_choice_has(&core, function->name))
		return "by fentry only the core set is attached to";
	if (function->module[0])
		return "by fentry only functions of the kernel itself are attached to";
	ret = try_function(function);
	if (!ret && set->n < FENTRY_MAX)
		return NULL;
	snprintf(buf, size, "the kernel refused it: %s", strerror(ret ? -ret : ENOSPC));
	return buf;
}

void fentry_choose(struct fentry_set *set, const struct function_list *list)
{
	char buf[96];

	for (int i = 0; i < list->n; i++)
		if (!list->function[i].left_out && !why_not(&list->function[i], set, buf, sizeof(buf)))
			set->function[set->n++] = &list->function[i];
}

static bool is_in(const struct fentry_set *set, const struct function *function)
{
	for (int i = 0; i < set->n; i++)
		if (set->function[i] == function)
			return true;
	return false;
}

int fentry_leave_out(const struct fentry_set *set, struct function_list *list)
{
	char buf[96];
	int n = 0;

	for (int i = 0; i < list->n; i++) {
		struct function *function = &list->function[i];

		if (function->left_out || is_in(set, function))
			continue;
		function->left_out = strdup(why_not(function, set, buf, sizeof(buf)) ?: "the kernel refused it");
		n += function->left_out != NULL;
	}
	return n;
}

/* ---- programs ---- */

static struct bpf_program *program(const struct function_object *object, const char *kind, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "fentry_%s_%d", kind, number);
	return bpf_object__find_program_by_name(object->obj, name);
}

static struct bpf_map *jump_table(const struct function_object *object, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "fentry_next_%d", number);
	return bpf_object__find_map_by_name(object->obj, name);
}

static int bind_program(struct bpf_program *program, const struct function *function)
{
	if (!function)
		return bpf_program__set_autoload(program, false);
	return bpf_program__set_attach_target(program, 0, function->name);
}

int fentry_bind(struct function_object *object, const struct fentry_set *set, bool entry)
{
	int ret = 0;

	for (int i = 0; i < FENTRY_MAX && !ret; i++) {
		const struct function *function = i < set->n ? set->function[i] : NULL;

		if (function) {
			object->fentry->rodata->fentry_argument[i] = function->argument;
			object->fentry->rodata->fentry_part[i] = function->part;
		}
		ret = bpf_map__set_autocreate(jump_table(object, i), function && entry) ?:
			bind_program(program(object, "count", i), function) ?:
			bind_program(program(object, "entry", i), entry ? function : NULL);
	}
	return ret;
}

int fentry_jump(const struct function_object *entry, const struct function_object *body, const struct fentry_set *set)
{
	uint32_t zero = 0;

	for (int i = 0; i < set->n; i++) {
		int fd = bpf_program__fd(program(body, "count", i));

		if (bpf_map_update_elem(bpf_map__fd(jump_table(entry, i)), &zero, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* ---- attaching ---- */

static int number_of(const struct fentry_set *set, uint64_t address)
{
	for (int i = 0; i < set->n; i++)
		if (set->function[i]->address == address)
			return i;
	return -1;
}

static int attach_one(const struct function_object *entry, int number, uint64_t cookie)
{
	if (number < 0)
		return -ENOENT;
	__atomic_store_n(&entry->fentry->bss->fentry_cookie[number], cookie, __ATOMIC_RELAXED);
	return bpf_raw_tracepoint_open(NULL, bpf_program__fd(program(entry, "entry", number)));
}

int fentry_attach(const struct function_object *entry, const struct fentry_set *set, struct attach_target *targets,
	int n, struct attach_links *links, struct attach_progress *progress)
{
	links->fd = calloc(n + 1, sizeof(*links->fd));
	if (!links->fd)
		return -ENOMEM;
	links->n = n;
	atomic_store(&progress->done, 0);
	for (int i = 0; i < n; i++) {
		struct attach_target *target = &targets[i];

		links->fd[i] = atomic_load(&progress->stop) ?
				       -ECANCELED :
				       attach_one(entry, number_of(set, target->address), target->cookie);
		target->error = links->fd[i] < 0 ? links->fd[i] : 0;
		if (links->fd[i] < 0)
			links->fd[i] = -1;
		atomic_fetch_add(&progress->done, 1);
	}
	return 0;
}
