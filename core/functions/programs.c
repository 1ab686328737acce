/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/functions.skel.h"
#include "core/functions/kprobe_events.h"
#include "core/probes/program_runs.h"

/* From so many on, kprobes are attached as sets: fewer are let go of in less than a second one by one. */
enum { SETS_FROM = 16 };

static struct function_setting setting_of(const struct function_programs *programs, const struct live_options *options)
{
	return (struct function_setting){
		.options = options,
		.stride = programs->stride,
		.place_mask = programs->n_places - 1,
		.places_probed = programs->means == MEANS_KPROBE,
	};
}

/* Which of its programs an object is to have: all, or only those that are jumped to. Negative errno. */
static int choose_programs(
	const struct function_programs *programs, struct function_object *object, bool entry)
{
	enum bpf_attach_type type = programs->means == MEANS_KPROBE_MULTI ? BPF_TRACE_KPROBE_MULTI : 0;
	struct functions_bpf *kprobe = object->kprobe;

	if (object->fentry)
		return fentry_bind(object, &programs->fentry, entry);
	bpf_program__set_autoload(kprobe->progs.function_entry, entry);
	bpf_program__set_autoload(kprobe->progs.function_return, entry);
	bpf_program__set_autoload(kprobe->progs.kernel_text, entry && programs->means == MEANS_KPROBE);
	return bpf_program__set_expected_attach_type(kprobe->progs.function_count, type)
		       ?: bpf_program__set_expected_attach_type(kprobe->progs.function_entry, type)
		       ?: bpf_program__set_expected_attach_type(kprobe->progs.function_return, type);
}

static int jump_to(const struct function_programs *programs, const struct function_object *body)
{
	uint32_t zero = 0;
	int fd;

	if (body->fentry)
		return fentry_jump(programs->entry, body, &programs->fentry);
	fd = bpf_program__fd(body->kprobe->progs.function_count);
	if (bpf_map_update_elem(
		    bpf_map__fd(programs->entry->kprobe->maps.function_next), &zero, &fd, BPF_ANY))
		return -errno;
	return 0;
}

static void *map_array(const struct bpf_map *map, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static size_t whole_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int map_arrays(struct function_programs *programs)
{
	const struct function_object *entry = programs->entry;

	programs->counts = map_array(function_object_map(entry, "function_counts"), programs->counts_size);
	programs->states = map_array(function_object_map(entry, "function_states"),
		whole_pages(FUNCTIONS_MAX * sizeof(struct function_state)));
	if (!programs->counts || !programs->states)
		return -errno;
	if (entry->fentry)
		return 0;
	programs->inside = map_array(entry->kprobe->maps.inside_counts, programs->inside_size);
	programs->places = map_array(entry->kprobe->maps.function_places, programs->places_size);
	return programs->inside && programs->places ? 0 : -errno;
}

/* The sizes of the arrays that are mapped. */
static int size_arrays(struct function_programs *programs, int max_cpu)
{
	uint32_t entries = programs->stride * (max_cpu + 1), inside = INSIDE_SLOTS * (max_cpu + 1);
	struct functions_bpf *kprobe = programs->entry->kprobe;
	int ret = bpf_map__set_max_entries(function_object_map(programs->entry, "function_counts"), entries);

	programs->counts_size = whole_pages(entries * sizeof(struct packet_count));
	programs->inside_size = whole_pages(inside * sizeof(struct inside_counts));
	programs->places_size = whole_pages(programs->n_places * sizeof(*programs->places));
	if (ret || !kprobe)
		return ret;
	return bpf_map__set_max_entries(kprobe->maps.inside_counts, inside) ?:
		bpf_map__set_max_entries(kprobe->maps.function_places, programs->n_places);
}

static int load_entry(struct function_programs *programs, int max_cpu,
	const struct live_options *options, const struct function_outlet *outlet)
{
	const struct function_setting setting = setting_of(programs, options);

	programs->entry = function_object_open(programs->means, outlet, &setting);
	if (!programs->entry)
		return -errno;
	return choose_programs(programs, programs->entry, true) ?:
		function_object_share(programs->entry, outlet, NULL) ?: size_arrays(programs, max_cpu) ?:
		function_object_load(programs->entry) ?: map_arrays(programs) ?:
		jump_to(programs, programs->entry);
}

/* The least that is not below n. */
static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

int functions_programs_open(struct function_programs *programs, enum functions_means means,
	const struct function_list *list, int max_cpu, const struct live_options *options,
	const struct function_outlet *outlet, struct error *err)
{
	int n_functions, ret;

	memset(programs, 0, sizeof(*programs));
	programs->means = means;
	if (means == MEANS_FENTRY)
		fentry_choose(&programs->fentry, list);
	n_functions = means == MEANS_FENTRY ? programs->fentry.n : function_list_usable(list);
	if (!n_functions)
		return error_set(err, -EOPNOTSUPP, "the kernel binds no program to any of them");
	programs->stride = (n_functions + 3) / 4 * 4;
	programs->n_places = power_of_two(4 * n_functions);
	ret = load_entry(programs, max_cpu, options, outlet);
	if (ret)
		return error_set(
			err, ret, "the kernel refused the function programs: %s", strerror(-ret));
	return 0;
}

int functions_programs_load(const struct function_programs *programs,
	const struct live_options *options, const struct function_outlet *outlet,
	struct function_object **body, struct error *err)
{
	const struct function_setting setting = setting_of(programs, options);
	struct function_object *object = function_object_open(programs->means, outlet, &setting);
	int ret;

	if (!object)
		return error_set(err, -errno, "cannot open the function programs: %s",
			strerror(errno));
	ret = choose_programs(programs, object, false) ?:
		function_object_share(object, outlet, programs->entry) ?: function_object_load(object);
	if (ret) {
		function_object_free(object);
		return error_set(err, ret, "the kernel refused the function programs: %s",
			strerror(-ret));
	}
	*body = object;
	return 0;
}

int functions_programs_jump(struct function_programs *programs, struct function_object *body)
{
	int ret = jump_to(programs, body);

	if (ret)
		return ret;
	function_object_free(programs->body);
	programs->body = body;
	return 0;
}

/* Tells the program at `address` its cookie where attaching cannot (before 5.15). Negative errno. */
static int name_function(
	const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	if (bpf_map_update_elem(bpf_map__fd(programs->entry->kprobe->maps.function_cookies), &address,
		    &cookie, BPF_ANY))
		return -errno;
	return 0;
}

/* False: none of the entries that it may be in is free. */
static bool place(const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	for (unsigned attempt = 0; attempt < FUNCTION_PLACE_TRIES; attempt++) {
		uint64_t *entry = &programs->places[(FUNCTION_PLACE_HASH(address) + attempt) % programs->n_places];

		if (*entry && !FUNCTION_PLACE_IS_OF(*entry, address))
			continue;
		__atomic_store_n(entry, FUNCTION_PLACE(address, cookie), __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

/* Of a set the kernel would tell the skipped runs of its first kprobe only. */
static bool have_events(struct function_programs *programs)
{
	if (programs->events_refused || functions_means_count_misses(MEANS_KPROBE))
		return false;
	if (!programs->events)
		programs->events = kprobe_events_open();
	programs->events_refused = !programs->events;
	return programs->events;
}

static int attach_each(const struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress)
{
	const struct functions_bpf *kprobe = programs->entry->kprobe;
	int ret = attach_kprobes(bpf_program__fd(kprobe->progs.function_entry), bpf_program__fd(kprobe->progs.kernel_text),
		targets, n, links, progress);

	for (int i = 0; i < n && !ret; i++)
		name_function(programs, targets[i].probed, targets[i].cookie);
	return ret;
}

/* What could not be had in a set, once more by itself; what these links are for is then for all targets together. */
static int attach_rest(const struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress)
{
	struct attach_target *rest = calloc(n + 1, sizeof(*rest));
	struct attach_links more = {};
	int *index = calloc(n + 1, sizeof(*index));
	int n_rest = 0, ret = rest && index ? 0 : -ENOMEM;

	for (int i = 0; i < n && !ret; i++) {
		if (!targets[i].error || targets[i].error == -ECANCELED)
			continue;
		index[n_rest] = i;
		rest[n_rest++] = targets[i];
	}
	if (!ret && n_rest)
		ret = attach_each(programs, rest, n_rest, &more, progress);
	for (int i = 0; i < n_rest && !ret; i++)
		targets[index[i]] = rest[i];
	for (int i = 0; i < more.n; i++) {
		if (more.fd[i] < 0)
			continue;
		if (ret)
			close(more.fd[i]);
		else
			ret = attach_links_add(links, more.fd[i]);
	}
	free(more.fd);
	free(index);
	free(rest);
	return ret;
}

/* Programs know a kprobe of a set by its place alone, so what has none is attached by itself. */
static int attach_together(struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress)
{
	const struct functions_bpf *kprobe = programs->entry->kprobe;
	uint32_t link = FUNCTION_COOKIE_LINK(targets[0].cookie);
	int ret;

	for (int i = 0; i < n; i++) {
		attach_place(bpf_program__fd(kprobe->progs.kernel_text), &targets[i]);
		targets[i].error = place(programs, targets[i].probed, targets[i].cookie) ? 0 : -ENOSPC;
	}
	ret = attach_sets(programs->events, link, bpf_program__fd(kprobe->progs.function_entry), targets, n, links, progress);
	return ret ?: attach_rest(programs, targets, n, links, progress);
}

void functions_programs_forget(const struct function_programs *programs, uint32_t link)
{
	if (programs->events)
		kprobe_events_remove(programs->events, link);
}

static int attach_by_kprobes(struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress)
{
	int ret;

	if (n < SETS_FROM || !have_events(programs))
		return attach_each(programs, targets, n, links, progress);
	ret = attach_together(programs, targets, n, links, progress);
	if (!ret)
		return 0;
	/* No cookies for links of events (before 5.15), or none of what it takes. */
	programs->events_refused = true;
	attach_links_close(links, NULL);
	functions_programs_forget(programs, FUNCTION_COOKIE_LINK(targets[0].cookie));
	return attach_each(programs, targets, n, links, progress);
}

int functions_programs_attach(struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress)
{
	const struct function_object *entry = programs->entry;

	if (programs->means == MEANS_FENTRY)
		return fentry_attach(entry, &programs->fentry, targets, n, links, progress);
	if (programs->means == MEANS_KPROBE_MULTI)
		return attach_multi(bpf_program__fd(entry->kprobe->progs.function_entry), targets, n, links, progress);
	return attach_by_kprobes(programs, targets, n, links, progress);
}

int functions_programs_attach_return(
	const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	int ret;

	if (programs->entry->fentry)
		return -EOPNOTSUPP;
	ret = name_function(programs, 0, cookie);
	return ret ?: attach_return(bpf_program__fd(programs->entry->kprobe->progs.function_return),
			      programs->means == MEANS_KPROBE_MULTI, address, cookie);
}

void functions_programs_place(const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	if (programs->means == MEANS_KPROBE_MULTI)
		place(programs, address, cookie);
}

bool functions_means_count_misses(enum functions_means means)
{
	int since = means == MEANS_KPROBE ? 607 : 512, major = 0, minor = 0;
	struct utsname names;

	uname(&names);
	sscanf(names.release, "%d.%d", &major, &minor);
	return major * 100 + minor >= since;
}

static uint64_t missed_by(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.recursion_misses;
}

/* Those that are attached; what they jump to runs as part of them. */
uint64_t functions_programs_missed(const struct function_programs *programs)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	if (programs->entry)
		bpf_object__for_each_program(program, programs->entry->obj)
			missed += missed_by(bpf_program__fd(program));
	return missed;
}

struct program_runs functions_programs_runs(const struct function_programs *programs)
{
	struct bpf_program *program;
	struct program_runs sum = {};

	bpf_object__for_each_program(program, programs->entry->obj) {
		struct program_runs runs = program_runs_of(bpf_program__fd(program));

		sum.n += runs.n;
		sum.ns += runs.ns;
	}
	return sum;
}

void functions_programs_close(struct function_programs *programs)
{
	kprobe_events_close(programs->events);
	if (programs->counts)
		munmap(programs->counts, programs->counts_size);
	if (programs->states)
		munmap(programs->states,
			whole_pages(FUNCTIONS_MAX * sizeof(struct function_state)));
	if (programs->inside)
		munmap(programs->inside, programs->inside_size);
	if (programs->places)
		munmap(programs->places, programs->places_size);
	function_object_free(programs->body);
	function_object_free(programs->entry);
	memset(programs, 0, sizeof(*programs));
}
