/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/load_memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MB = 1 << 20,
	LOAD_ROOM = 32 * MB, /* two loads at a time; also malloc's largest M_MMAP_THRESHOLD */
	USUAL_PIECE = 4 * MB, /* what malloc's own adjustment would come to with our snapshots */
};

/* The heap grows by this much at once, and is asked to be of huge pages there. */
static void make_room(void)
{
	void *room = malloc(LOAD_ROOM - MB);
	uintptr_t page = sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)room + page - 1) & ~(page - 1);

	if (room)
		madvise((void *)start, LOAD_ROOM - 2 * MB, MADV_HUGEPAGE);
	free(room);
}

void load_memory_keep(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, LOAD_ROOM);
	mallopt(M_TRIM_THRESHOLD, 8 * LOAD_ROOM);
	make_room();
}

void load_memory_return(void)
{
	mallopt(M_MMAP_THRESHOLD, USUAL_PIECE);
	mallopt(M_TRIM_THRESHOLD, 2 * USUAL_PIECE);
	malloc_trim(0);
}
