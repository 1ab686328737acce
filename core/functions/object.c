// SPDX-License-Identifier: GPL-2.0-only
#include "core/functions/object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/fentry.skel.h"
#include "bpf/functions.skel.h"
#include "core/filter/filter.h"
#include "core/probes/track.h"

/* ---- outlet ---- */

static int make_image(struct function_image *image, const void *elf, size_t size, const struct filter *filter)
{
	image->size = size;
	image->elf = malloc(size);
	if (!image->elf)
		return -ENOMEM;
	memcpy(image->elf, elf, size);
	return filter_inject(filter, image->elf, size);
}

int function_outlet_init(struct function_outlet *outlet, const struct trace_maps *maps,
	const struct filter *filter)
{
	size_t kprobe_size, fentry_size;
	const void *kprobe = functions_bpf__elf_bytes(&kprobe_size);
	const void *fentry = fentry_bpf__elf_bytes(&fentry_size);

	*outlet = (struct function_outlet){
		.maps = {
			.ring = fcntl(maps->ring, F_DUPFD_CLOEXEC, 3),
			.stats = fcntl(maps->stats, F_DUPFD_CLOEXEC, 3),
			.selected = fcntl(maps->selected, F_DUPFD_CLOEXEC, 3),
			.tracked = fcntl(maps->tracked, F_DUPFD_CLOEXEC, 3),
		},
		.filter_set = filter_set(filter),
	};
	if (outlet->maps.ring < 0 || outlet->maps.stats < 0 || outlet->maps.selected < 0 ||
		outlet->maps.tracked < 0)
		return -EMFILE;
	return make_image(&outlet->kprobe, kprobe, kprobe_size, filter) ?:
		make_image(&outlet->fentry, fentry, fentry_size, filter);
}

void function_outlet_free(struct function_outlet *outlet)
{
	close(outlet->maps.ring);
	close(outlet->maps.stats);
	close(outlet->maps.selected);
	close(outlet->maps.tracked);
	free(outlet->kprobe.elf);
	free(outlet->fentry.elf);
	*outlet = (struct function_outlet)FUNCTION_OUTLET_NONE;
}

/* ---- open ---- */

/* As a skeleton's open() does it, but from other bytes. */
static int open_from(struct bpf_object_skeleton *skeleton, const struct function_image *image)
{
	int ret;

	skeleton->data = image->elf;
	skeleton->data_sz = image->size;
	ret = bpf_object__open_skeleton(skeleton, NULL);
	/* libbpf has taken what it needs. */
	skeleton->data = NULL;
	skeleton->data_sz = 0;
	return ret;
}

static int open_kprobe(struct function_object *object, const struct function_image *image)
{
	int ret;

	object->kprobe = calloc(1, sizeof(*object->kprobe));
	if (!object->kprobe)
		return -ENOMEM;
	ret = functions_bpf__create_skeleton(object->kprobe) ?: open_from(object->kprobe->skeleton, image);
	object->obj = object->kprobe->obj;
	return ret;
}

static int open_fentry(struct function_object *object, const struct function_image *image)
{
	int ret;

	object->fentry = calloc(1, sizeof(*object->fentry));
	if (!object->fentry)
		return -ENOMEM;
	ret = fentry_bpf__create_skeleton(object->fentry) ?: open_from(object->fentry->skeleton, image);
	object->obj = object->fentry->obj;
	return ret;
}

/* Of either kind, whose read-only data has the same members at different places. */
#define CONFIGURE(rodata, setting, outlet)                                                         \
	do {                                                                                       \
		(rodata)->narrow = (setting)->options->narrow;                                     \
		(rodata)->trace_config = trace_config((setting)->options->trace_rate);             \
		(rodata)->filter_set = (outlet)->filter_set;                                       \
		(rodata)->function_stride = (setting)->stride;                                     \
		(rodata)->tracking = (setting)->options->track;                                    \
		(rodata)->track_cpu_bits = track_cpu_bits();                                       \
	} while (0)

/* A quarter of a second's lines may come at once, as for the packet probes. */
static struct trace_config trace_config(uint64_t rate)
{
	if (!rate)
		return (struct trace_config){ 0 };
	return (struct trace_config){ .interval_ns = UINT64_C(1000000000) / rate ?: 1, .burst_ns = 250000000 };
}

struct function_object *function_object_open(
	enum functions_means means, const struct function_outlet *outlet, const struct function_setting *setting)
{
	struct function_object *object = calloc(1, sizeof(*object));
	int ret = -ENOMEM;

	if (object)
		ret = means == MEANS_FENTRY ? open_fentry(object, &outlet->fentry) :
					      open_kprobe(object, &outlet->kprobe);
	if (ret) {
		function_object_free(object);
		errno = -ret;
		return NULL;
	}
	if (object->fentry) {
		CONFIGURE(object->fentry->rodata, setting, outlet);
	} else {
		CONFIGURE(object->kprobe->rodata, setting, outlet);
		object->kprobe->rodata->function_place_mask = setting->place_mask;
		object->kprobe->rodata->function_places_probed = setting->places_probed;
	}
	return object;
}

/* ---- maps ---- */

struct bpf_map *function_object_map(const struct function_object *object, const char *name)
{
	return bpf_object__find_map_by_name(object->obj, name);
}

static int reuse(struct bpf_map *map, int fd)
{
	return fd < 0 ? -ENOENT : bpf_map__reuse_fd(map, fd);
}

/* The outlet's, or the one of the same name in the other object. Configurations are each object's own. */
static int share_map(struct bpf_map *map, const struct function_outlet *outlet, const struct function_object *from)
{
	const struct {
		const char *name;
		int fd;
	} outlets[] = {
		{ "trace_ring", outlet->maps.ring },
		{ "trace_stats", outlet->maps.stats },
		{ "trace_selected", outlet->maps.selected },
		{ "tracked", outlet->maps.tracked },
	};
	const char *name = bpf_map__name(map);
	const struct bpf_map *other;

	for (size_t i = 0; i < sizeof(outlets) / sizeof(outlets[0]); i++)
		if (!strcmp(name, outlets[i].name))
			return reuse(map, outlets[i].fd);
	if (!from || !bpf_map__autocreate(map) || strstr(name, ".rodata"))
		return 0;
	other = function_object_map(from, name);
	return other ? reuse(map, bpf_map__fd(other)) : -ENOENT;
}

int function_object_share(struct function_object *object, const struct function_outlet *outlet,
	const struct function_object *from)
{
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, object->obj) {
		ret = share_map(map, outlet, from);
		if (ret)
			break;
	}
	return ret;
}

int function_object_load(struct function_object *object)
{
	return object->fentry ? fentry_bpf__load(object->fentry) : functions_bpf__load(object->kprobe);
}

void function_object_free(struct function_object *object)
{
	if (!object)
		return;
	functions_bpf__destroy(object->kprobe);
	fentry_bpf__destroy(object->fentry);
	free(object);
}
