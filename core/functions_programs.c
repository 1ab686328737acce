/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/functions.skel.h"
#include "core/filter.h"
#include "core/live_track.h"

int function_outlet_init(struct function_outlet *outlet, const struct trace_maps *maps,
	const struct filter *filter)
{
	const void *elf = functions_bpf__elf_bytes(&outlet->elf_size);

	outlet->maps = (struct trace_maps){
		.ring = fcntl(maps->ring, F_DUPFD_CLOEXEC, 3),
		.stats = fcntl(maps->stats, F_DUPFD_CLOEXEC, 3),
		.selected = fcntl(maps->selected, F_DUPFD_CLOEXEC, 3),
		.tracked = fcntl(maps->tracked, F_DUPFD_CLOEXEC, 3),
	};
	outlet->filter_set = filter_set(filter);
	outlet->elf = malloc(outlet->elf_size);
	if (!outlet->elf)
		return -ENOMEM;
	memcpy(outlet->elf, elf, outlet->elf_size);
	if (outlet->maps.ring < 0 || outlet->maps.stats < 0 || outlet->maps.selected < 0 ||
		outlet->maps.tracked < 0)
		return -EMFILE;
	return filter_inject(filter, outlet->elf, outlet->elf_size);
}

void function_outlet_free(struct function_outlet *outlet)
{
	close(outlet->maps.ring);
	close(outlet->maps.stats);
	close(outlet->maps.selected);
	close(outlet->maps.tracked);
	free(outlet->elf);
	*outlet = (struct function_outlet)FUNCTION_OUTLET_NONE;
}

/* As functions_bpf__open() does it, but from the outlet's bytes. */
static struct functions_bpf *open_object(const struct function_outlet *outlet)
{
	struct functions_bpf *object = calloc(1, sizeof(*object));
	int ret;

	if (!object)
		return NULL;
	ret = functions_bpf__create_skeleton(object);
	if (!ret) {
		object->skeleton->data = outlet->elf;
		object->skeleton->data_sz = outlet->elf_size;
		ret = bpf_object__open_skeleton(object->skeleton, NULL);
		/* libbpf has taken what it needs. */
		object->skeleton->data = NULL;
		object->skeleton->data_sz = 0;
	}
	if (!ret)
		return object;
	functions_bpf__destroy(object);
	errno = -ret;
	return NULL;
}

/* A quarter of a second's lines may come at once, as for the packet probes. */
static void configure(struct functions_bpf *object, const struct function_programs *programs,
	const struct live_options *options, const struct function_outlet *outlet)
{
	struct trace_config *trace = (void *)&object->rodata->trace_config;

	memcpy((void *)&object->rodata->narrow, &options->narrow, sizeof(options->narrow));
	memcpy((void *)&object->rodata->function_stride, &programs->stride, sizeof(programs->stride));
	object->rodata->function_place_mask = programs->n_places - 1;
	memcpy((void *)&object->rodata->filter_set, &outlet->filter_set, sizeof(outlet->filter_set));
	object->rodata->tracking = options->track;
	object->rodata->track_cpu_bits = track_cpu_bits();
	if (options->trace_rate) {
		trace->interval_ns = UINT64_C(1000000000) / options->trace_rate ?: 1;
		trace->burst_ns = 250000000;
	}
}

static int set_means(struct functions_bpf *object, enum functions_means means)
{
	enum bpf_attach_type type = means == MEANS_KPROBE_MULTI ? BPF_TRACE_KPROBE_MULTI : 0;

	return bpf_program__set_expected_attach_type(object->progs.function_count, type)
		       ?: bpf_program__set_expected_attach_type(object->progs.function_entry, type)
		       ?: bpf_program__set_expected_attach_type(object->progs.function_return, type);
}

static int share_outlet(struct functions_bpf *object, const struct function_outlet *outlet)
{
	return bpf_map__reuse_fd(object->maps.trace_ring, outlet->maps.ring) ?:
		bpf_map__reuse_fd(object->maps.trace_stats, outlet->maps.stats) ?:
		bpf_map__reuse_fd(object->maps.trace_selected, outlet->maps.selected) ?:
		bpf_map__reuse_fd(object->maps.tracked, outlet->maps.tracked);
}

/* A second body shares all maps with the first. */
static int share_maps(struct functions_bpf *object, const struct functions_bpf *from)
{
	return bpf_map__reuse_fd(object->maps.function_next, bpf_map__fd(from->maps.function_next)) ?:
		bpf_map__reuse_fd(object->maps.function_counts,
			bpf_map__fd(from->maps.function_counts)) ?:
		bpf_map__reuse_fd(object->maps.function_states,
			bpf_map__fd(from->maps.function_states)) ?:
		bpf_map__reuse_fd(object->maps.function_cookies,
			bpf_map__fd(from->maps.function_cookies)) ?:
		bpf_map__reuse_fd(object->maps.function_places,
			bpf_map__fd(from->maps.function_places)) ?:
		bpf_map__reuse_fd(object->maps.inside_calls, bpf_map__fd(from->maps.inside_calls)) ?:
		bpf_map__reuse_fd(object->maps.inside_counts, bpf_map__fd(from->maps.inside_counts));
}

static int jump_to(const struct function_programs *programs, const struct functions_bpf *body)
{
	uint32_t zero = 0;
	int fd = bpf_program__fd(body->progs.function_count);

	if (bpf_map_update_elem(
		    bpf_map__fd(programs->entry->maps.function_next), &zero, &fd, BPF_ANY))
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
	programs->counts = map_array(programs->entry->maps.function_counts, programs->counts_size);
	programs->states = map_array(programs->entry->maps.function_states,
		whole_pages(FUNCTIONS_MAX * sizeof(struct function_state)));
	programs->inside = map_array(programs->entry->maps.inside_counts, programs->inside_size);
	programs->places = map_array(programs->entry->maps.function_places, programs->places_size);
	return programs->counts && programs->states && programs->inside && programs->places ? 0 : -errno;
}

static int load_entry(struct function_programs *programs, int max_cpu,
	const struct live_options *options, const struct function_outlet *outlet)
{
	struct functions_bpf *object = open_object(outlet);
	uint32_t entries = programs->stride * (max_cpu + 1), inside = INSIDE_SLOTS * (max_cpu + 1);

	if (!object)
		return -errno;
	programs->entry = object;
	programs->counts_size = whole_pages(entries * sizeof(struct packet_count));
	programs->inside_size = whole_pages(inside * sizeof(struct inside_counts));
	programs->places_size = whole_pages(programs->n_places * sizeof(*programs->places));
	configure(object, programs, options, outlet);
	bpf_program__set_autoload(object->progs.kernel_text, programs->means == MEANS_KPROBE);
	return set_means(object, programs->means) ?: share_outlet(object, outlet) ?:
		bpf_map__set_max_entries(object->maps.function_counts, entries) ?:
		bpf_map__set_max_entries(object->maps.inside_counts, inside) ?:
		bpf_map__set_max_entries(object->maps.function_places, programs->n_places) ?:
		functions_bpf__load(object) ?: map_arrays(programs) ?: jump_to(programs, object);
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
	int n_functions, int max_cpu, const struct live_options *options,
	const struct function_outlet *outlet, struct error *err)
{
	int ret;

	memset(programs, 0, sizeof(*programs));
	programs->means = means;
	programs->stride = (n_functions + 3) / 4 * 4;
	programs->n_places = means == MEANS_KPROBE_MULTI ? power_of_two(4 * n_functions) : 1;
	ret = load_entry(programs, max_cpu, options, outlet);
	if (ret)
		return error_set(
			err, ret, "the kernel refused the function programs: %s", strerror(-ret));
	return 0;
}

int functions_programs_load(const struct function_programs *programs,
	const struct live_options *options, const struct function_outlet *outlet,
	struct functions_bpf **body, struct error *err)
{
	struct functions_bpf *object = open_object(outlet);
	int ret;

	if (!object)
		return error_set(err, -errno, "cannot open the function programs: %s",
			strerror(errno));
	configure(object, programs, options, outlet);
	bpf_program__set_autoload(object->progs.function_entry, false);
	bpf_program__set_autoload(object->progs.function_return, false);
	bpf_program__set_autoload(object->progs.kernel_text, false);
	ret = set_means(object, programs->means) ?: share_outlet(object, outlet) ?:
		share_maps(object, programs->entry) ?: functions_bpf__load(object);
	if (ret) {
		functions_bpf__destroy(object);
		return error_set(err, ret, "the kernel refused the function programs: %s",
			strerror(-ret));
	}
	*body = object;
	return 0;
}

int functions_programs_jump(struct function_programs *programs, struct functions_bpf *body)
{
	int ret = jump_to(programs, body);

	if (ret)
		return ret;
	functions_bpf__destroy(programs->body);
	programs->body = body;
	return 0;
}

void functions_programs_discard(struct functions_bpf *body)
{
	functions_bpf__destroy(body);
}

int functions_programs_fd(const struct function_programs *programs)
{
	return bpf_program__fd(programs->entry->progs.function_entry);
}

int functions_programs_return_fd(const struct function_programs *programs)
{
	return bpf_program__fd(programs->entry->progs.function_return);
}

int functions_programs_text_fd(const struct function_programs *programs)
{
	return bpf_program__fd(programs->entry->progs.kernel_text);
}

int functions_programs_name(
	const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	if (bpf_map_update_elem(bpf_map__fd(programs->entry->maps.function_cookies), &address,
		    &cookie, BPF_ANY))
		return -errno;
	return 0;
}

void functions_programs_place(const struct function_programs *programs, uint64_t address, uint64_t cookie)
{
	if (programs->means != MEANS_KPROBE_MULTI)
		return;
	for (unsigned attempt = 0; attempt < FUNCTION_PLACE_TRIES; attempt++) {
		uint64_t *place = &programs->places[(FUNCTION_PLACE_HASH(address) + attempt) % programs->n_places];

		if (*place)
			continue;
		__atomic_store_n(place, FUNCTION_PLACE(address, cookie), __ATOMIC_RELAXED);
		return;
	}
}

static uint64_t missed_by(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.recursion_misses;
}

uint64_t functions_programs_missed(const struct function_programs *programs)
{
	if (!programs->entry)
		return 0;
	return missed_by(functions_programs_fd(programs)) +
	       missed_by(functions_programs_return_fd(programs));
}

void functions_programs_close(struct function_programs *programs)
{
	if (programs->counts)
		munmap(programs->counts, programs->counts_size);
	if (programs->states)
		munmap(programs->states,
			whole_pages(FUNCTIONS_MAX * sizeof(struct function_state)));
	if (programs->inside)
		munmap(programs->inside, programs->inside_size);
	if (programs->places)
		munmap(programs->places, programs->places_size);
	functions_bpf__destroy(programs->body);
	functions_bpf__destroy(programs->entry);
	memset(programs, 0, sizeof(*programs));
}
