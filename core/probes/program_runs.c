/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/program_runs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>

bool object_missed(struct bpf_object *object, uint64_t *missed)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) ||
			size < offsetof(struct bpf_prog_info, recursion_misses) +
				       sizeof(info.recursion_misses))
			return false;
		*missed += info.recursion_misses;
	}
	return true;
}

struct program_runs program_runs_of(int fd)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return (struct program_runs){};
	return (struct program_runs){.n = info.run_cnt, .ns = info.run_time_ns};
}

uint64_t object_run_time(struct bpf_object *object)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, object)
		sum += program_runs_of(bpf_program__fd(program)).ns;
	return sum;
}
