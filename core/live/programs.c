/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/live/programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/programs.skel.h"
#include "core/base/sanitize.h"
#include "core/live/live.h"
#include "core/live/programs_find.h"
#include "core/machine/netns.h"
#include "core/probes/libbpf_said.h"
#include "core/probes/program_runs.h"

enum { ROWS_MAX = 1024, NAME_SIZE = 128 };

/* A program that is or was attached somewhere. Never taken out: its rows stay. */
struct watched {
	uint32_t id;
	char name[NAME_SIZE];
	char why[64]; /* why it cannot be traced, "" it can */
	struct programs_bpf *ours; /* attached to it, NULL: not (any more) */
	struct bpf_link *link;
	int fd;		     /* of the program, where only its runs are counted; else -1 */
	uint64_t runs_before; /* when that began */
	uint64_t runs;	     /* since then */
	bool here;	     /* attached to some interface now */
};

/* A row: one program at one interface. */
struct placed {
	struct program_place place;
	int watched;
};

struct live_programs {
	int netns;	/* descriptor */
	uint32_t inode; /* of it */
	pthread_t thread;
	bool started;
	struct programs_bpf *maps; /* no programs in it: the tables of all others */
	int stats_fd;		   /* the kernel counts runs while it is open, -1 */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool quit;
	uint64_t looks; /* done */
	struct watched *watched;
	int n_watched;
	struct placed *placed;
	int n_placed;
	uint64_t missed_closed; /* by programs of ours that are gone */

	/* the collector's */
	struct percpu_buffer counts, full;
	struct program_key key[ROWS_MAX];
};

/* ---- one program ---- */

/* Its function's whole name, as BTF has it: the one in the program's info is cut to 15 letters. */
static int function_name(int fd, const struct bpf_prog_info *info, char *buf, size_t size)
{
	struct bpf_prog_info wanted = { .nr_func_info = 1, .func_info_rec_size = info->func_info_rec_size };
	struct bpf_func_info func = { 0 };
	__u32 length = sizeof(wanted);
	const struct btf_type *type;
	struct btf *btf;

	if (!info->btf_id)
		return -ENOENT;
	wanted.func_info = (uintptr_t)&func;
	wanted.func_info_rec_size = sizeof(func);
	if (bpf_obj_get_info_by_fd(fd, &wanted, &length))
		return -errno;
	btf = btf__load_from_kernel_by_id(info->btf_id);
	type = btf ? btf__type_by_id(btf, func.type_id) : NULL;
	if (type)
		snprintf(buf, size, "%s", btf__name_by_offset(btf, type->name_off));
	btf__free(btf);
	return type ? 0 : -ENOENT;
}

static int share_maps(struct programs_bpf *object, const struct programs_bpf *from)
{
	return bpf_map__reuse_fd(object->maps.program_counts, bpf_map__fd(from->maps.program_counts)) ?:
		bpf_map__reuse_fd(object->maps.programs_full, bpf_map__fd(from->maps.programs_full));
}

/* Attaches to the return of a program. Negative errno. */
static int trace(struct live_programs *p, struct watched *w, int fd, bool xdp, const char *function)
{
	struct programs_bpf *object = programs_bpf__open();
	struct bpf_program *program;
	int ret;

	if (!object)
		return -errno;
	program = xdp ? object->progs.xdp_leaves : object->progs.tc_leaves;
	bpf_program__set_autoload(xdp ? object->progs.tc_leaves : object->progs.xdp_leaves, false);
	object->rodata->program_id = w->id;
	libbpf_listen();
	ret = bpf_program__set_attach_target(program, fd, function) ?: share_maps(object, p->maps) ?:
		programs_bpf__load(object);
	if (!ret) {
		w->link = bpf_program__attach_trace(program);
		ret = w->link ? 0 : -errno;
	}
	if (ret)
		programs_bpf__destroy(object);
	else
		w->ours = object;
	return ret;
}

/* The kernel's own count, which it keeps for every program while asked to. Takes the descriptor. */
static void count_runs(struct live_programs *p, struct watched *w, int fd)
{
	if (p->stats_fd < 0)
		p->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	w->fd = fd;
	w->runs_before = program_runs_of(fd).n;
}

/* A program that was not seen before. */
static void begin(struct live_programs *p, struct watched *w, enum program_kind kind)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	char function[NAME_SIZE] = "";
	int fd = bpf_prog_get_fd_by_id(w->id), ret;

	w->fd = -1;
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size)) {
		snprintf(w->why, sizeof(w->why), "%s", strerror(errno));
		snprintf(w->name, sizeof(w->name), "id %u", w->id);
		if (fd >= 0)
			close(fd);
		return;
	}
	ret = function_name(fd, &info, function, sizeof(function));
	if (ret)
		snprintf(function, sizeof(function), "%.*s", (int)sizeof(info.name), info.name);
	sanitize(w->name, sizeof(w->name), function, strlen(function));
	if (!w->name[0])
		snprintf(w->name, sizeof(w->name), "id %u", w->id);
	if (ret)
		snprintf(w->why, sizeof(w->why), "it has no BTF");
	else if ((ret = trace(p, w, fd, kind <= PROGRAM_XDP_OFFLOADED, function)))
		snprintf(w->why, sizeof(w->why), "%s", strerror(-ret));
	if (ret)
		count_runs(p, w, fd);
	else
		close(fd);
}

static void let_go(struct live_programs *p, struct watched *w)
{
	if (w->ours)
		object_missed(w->ours->obj, &p->missed_closed);
	bpf_link__destroy(w->link);
	programs_bpf__destroy(w->ours);
	if (w->fd >= 0) {
		w->runs += program_runs_of(w->fd).n - w->runs_before;
		close(w->fd);
	}
	w->link = NULL;
	w->ours = NULL;
	w->fd = -1;
}

/* ---- all of them: the thread ---- */

static int find_watched(const struct live_programs *p, uint32_t id)
{
	int i = 0;

	while (i < p->n_watched && p->watched[i].id != id)
		i++;
	return i;
}

static bool is_placed(const struct live_programs *p, const struct program_place *place)
{
	for (int i = 0; i < p->n_placed; i++)
		if (p->placed[i].place.id == place->id && p->placed[i].place.ifindex == place->ifindex)
			return true;
	return false;
}

/* One that was let go of is at an interface again: its figures go on from where they stood. */
static void begin_again(struct live_programs *p, struct watched *w, enum program_kind kind)
{
	struct watched anew = { .id = w->id, .runs = w->runs, .here = true };

	begin(p, &anew, kind);
	pthread_mutex_lock(&p->lock);
	*w = anew;
	pthread_mutex_unlock(&p->lock);
}

/* A program that is new is attached to before it can be seen here; only this thread adds. */
static int watch(struct live_programs *p, const struct program_place *place)
{
	int i = find_watched(p, place->id);
	struct watched *grown, w = { .id = place->id, .here = true, .fd = -1 };

	if (i < p->n_watched) {
		p->watched[i].here = true;
		if (!p->watched[i].ours && p->watched[i].fd < 0)
			begin_again(p, &p->watched[i], place->kind);
		return i;
	}
	begin(p, &w, place->kind);
	pthread_mutex_lock(&p->lock);
	grown = reallocarray(p->watched, p->n_watched + 1, sizeof(*grown));
	if (grown) {
		p->watched = grown;
		p->watched[p->n_watched++] = w;
	}
	pthread_mutex_unlock(&p->lock);
	if (grown)
		return i;
	let_go(p, &w);
	return -ENOMEM;
}

static int place(struct live_programs *p, const struct program_place *at)
{
	int watched = watch(p, at), ret = 0;
	struct placed *grown;

	if (watched < 0 || is_placed(p, at) || p->n_placed == ROWS_MAX)
		return watched < 0 ? watched : 0;
	pthread_mutex_lock(&p->lock);
	grown = reallocarray(p->placed, p->n_placed + 1, sizeof(*grown));
	if (grown) {
		p->placed = grown;
		p->placed[p->n_placed++] = (struct placed){ .place = *at, .watched = watched };
	} else {
		ret = -ENOMEM;
	}
	pthread_mutex_unlock(&p->lock);
	return ret;
}

static void let_go_of_the_gone(struct live_programs *p)
{
	for (int i = 0; i < p->n_watched; i++) {
		if (p->watched[i].here)
			continue;
		pthread_mutex_lock(&p->lock);
		let_go(p, &p->watched[i]);
		pthread_mutex_unlock(&p->lock);
	}
}

static int look(struct live_programs *p)
{
	struct program_places places;
	int ret = programs_find(p->netns, &places);

	for (int i = 0; i < p->n_watched && !ret; i++)
		p->watched[i].here = false;
	for (int i = 0; i < places.n && !ret; i++)
		ret = place(p, &places.place[i]);
	if (!ret)
		let_go_of_the_gone(p);
	program_places_free(&places);
	return ret;
}

static void *work(void *context)
{
	struct live_programs *p = context;
	bool quit = false;

	while (!quit) {
		struct timespec until;

		look(p); /* a failure is one of this moment: a second later there is another */
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_mutex_lock(&p->lock);
		p->looks++;
		pthread_cond_broadcast(&p->wake);
		while (!p->quit && pthread_cond_timedwait(&p->wake, &p->lock, &until) != ETIMEDOUT)
			;
		quit = p->quit;
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

/* ---- life ---- */

static int open_namespace(struct live_programs *p, const char *netns, struct error *err)
{
	p->netns = netns_open(netns ? netns : "/proc/self/ns/net", &p->inode, err);
	return p->netns < 0 ? p->netns : 0;
}

struct live_programs *live_programs_new(const char *netns, struct error *err)
{
	struct live_programs *p = calloc(1, sizeof(*p));
	pthread_condattr_t clock;

	if (!p) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	p->netns = p->stats_fd = -1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &clock);
	pthread_condattr_destroy(&clock);
	if (!open_namespace(p, netns, err))
		return p;
	live_programs_free(p);
	return NULL;
}

/* The tables alone. */
static int load_maps(struct live_programs *p)
{
	struct programs_bpf *maps = programs_bpf__open();
	int ret;

	if (!maps)
		return -errno;
	bpf_program__set_autoload(maps->progs.xdp_leaves, false);
	bpf_program__set_autoload(maps->progs.tc_leaves, false);
	ret = programs_bpf__load(maps);
	if (ret)
		programs_bpf__destroy(maps);
	else
		p->maps = maps;
	return ret;
}

/* It hears no signals: those are for the threads that end the program. */
static int start_thread(struct live_programs *p)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = -pthread_create(&p->thread, NULL, work, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	p->started = !ret;
	return ret;
}

int live_programs_watch(struct live_programs *p, bool wait, struct error *err)
{
	int ret;

	if (p->started)
		return 0;
	ret = load_maps(p) ?: start_thread(p);
	if (ret)
		return error_set(err, ret, "tc and XDP programs cannot be watched: %s", strerror(-ret));
	pthread_mutex_lock(&p->lock);
	while (wait && !p->looks)
		pthread_cond_wait(&p->wake, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

void live_programs_detach(struct live_programs *p)
{
	if (!p->started)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->started = false;
	for (int i = 0; i < p->n_watched; i++)
		let_go(p, &p->watched[i]);
	if (p->stats_fd >= 0)
		close(p->stats_fd);
	p->stats_fd = -1;
}

void live_programs_free(struct live_programs *p)
{
	if (!p)
		return;
	live_programs_detach(p);
	programs_bpf__destroy(p->maps);
	percpu_buffer_free(&p->counts);
	percpu_buffer_free(&p->full);
	free(p->watched);
	free(p->placed);
	if (p->netns >= 0)
		close(p->netns);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ---- reading ---- */

/* The row of a program at an interface, which is added if it was not there. */
static int row_of(struct live *live, struct snapshot *snapshot, const struct placed *at)
{
	const struct live_programs *p = live->programs;
	const struct watched *w = &p->watched[at->watched];
	char where[160];
	struct row row = {
		.key = { at->place.id, (uint64_t)p->inode << 32 | at->place.ifindex },
		.flags = w->why[0] ? PROGRAM_RUNS_ONLY : 0,
		.name = w->name,
		.where = where,
	};

	snprintf(where, sizeof(where), "%s on %s%s%s%s", program_kind_name(at->place.kind),
		at->place.ifname, w->why[0] ? " (runs only: " : "", w->why, w->why[0] ? ")" : "");
	return snapshot_row(snapshot, live->host->catalog, TABLE_PROGRAMS, &row);
}

static void put_counts(const struct live_programs *p, struct snapshot *snapshot, int row, int entry)
{
	struct table *t = &snapshot->table[TABLE_PROGRAMS];

	for (int slot = 0; slot < p->counts.n_cpus; slot++) {
		const struct program_count *counts = percpu_value(&p->counts, entry, slot);

		table_values(t, row, PROGRAM_PACKETS)[slot] = counts->packets;
		table_values(t, row, PROGRAM_BYTES)[slot] = counts->bytes;
		for (int v = 0; v < VERDICTS; v++)
			table_values(t, row, PROGRAM_VERDICTS + v)[slot] = counts->verdict[v];
	}
}

/* All runs of the program stand in the row of its first place. */
static void put_runs(const struct live_programs *p, struct snapshot *snapshot, int row, const struct placed *at)
{
	const struct watched *w = &p->watched[at->watched];
	uint64_t runs = w->runs + (w->fd >= 0 ? program_runs_of(w->fd).n - w->runs_before : 0);

	for (const struct placed *before = p->placed; before < at; before++)
		if (before->watched == at->watched)
			return;
	table_values(&snapshot->table[TABLE_PROGRAMS], row, PROGRAM_PACKETS)[p->counts.n_cpus] = runs;
}

/* Which of the table's entries is of a program at an interface; -1: none yet. */
static int entry_of(const struct live_programs *p, const struct program_place *place, int n_entries)
{
	for (int e = 0; e < n_entries; e++)
		if (p->key[e].id == place->id && p->key[e].ifindex == place->ifindex &&
			p->key[e].netns == p->inode)
			return e;
	return -1;
}

/* Counted, but with no row to stand in: which there are when there is no more room for rows, and then stay. */
static void enter_rowless(const struct live_programs *p, struct snapshot *snapshot, int entry)
{
	struct table *loss = &snapshot->table[TABLE_LOSS];

	for (int slot = 0; slot < p->counts.n_cpus; slot++) {
		const struct program_count *counts = percpu_value(&p->counts, entry, slot);

		table_values(loss, LOSS_MAP_FULL, 0)[slot] += counts->packets;
	}
}

static int read_rows(struct live *live, struct snapshot *snapshot, int n_entries)
{
	const struct live_programs *p = live->programs;
	bool shown[ROWS_MAX] = { false };

	for (int i = 0; i < p->n_placed; i++) {
		const struct placed *at = &p->placed[i];
		int row = row_of(live, snapshot, at), entry = entry_of(p, &at->place, n_entries);

		if (row < 0)
			return row;
		put_runs(p, snapshot, row, at);
		if (entry < 0)
			continue;
		put_counts(p, snapshot, row, entry);
		shown[entry] = true;
	}
	for (int e = 0; e < n_entries && p->n_placed == ROWS_MAX; e++)
		if (p->key[e].netns == p->inode && !shown[e])
			enter_rowless(p, snapshot, e);
	return 0;
}

static int read_full(struct live_programs *p, struct snapshot *snapshot)
{
	uint32_t zero = 0;
	int ret = percpu_read(bpf_map__fd(p->maps->maps.programs_full), &zero, &p->full);

	for (int slot = 0; slot < p->full.n_cpus && !ret; slot++)
		table_values(&snapshot->table[TABLE_LOSS], LOSS_MAP_FULL, 0)[slot] +=
			*(const uint64_t *)percpu_value(&p->full, 0, slot);
	return ret;
}

static int make_buffers(struct live_programs *p, int n_cpus)
{
	if (p->counts.data)
		return 0;
	return percpu_buffer_init(&p->counts, sizeof(struct program_count), n_cpus, ROWS_MAX) ?:
		percpu_buffer_init(&p->full, sizeof(uint64_t), n_cpus, 1);
}

int live_programs_read(struct live *live, struct snapshot *snapshot)
{
	struct live_programs *p = live->programs;
	int n, ret;

	if (!p->maps)
		return 0;
	ret = make_buffers(p, live->host->topology.n_cpus);
	if (ret)
		return ret;
	n = percpu_read_all(bpf_map__fd(p->maps->maps.program_counts), sizeof(p->key[0]), p->key, &p->counts);
	if (n < 0)
		return n;
	for (int column = 0; column < table_schema(TABLE_PROGRAMS)->n_columns; column++)
		snapshot_know(snapshot, TABLE_PROGRAMS, column);
	pthread_mutex_lock(&p->lock);
	ret = read_rows(live, snapshot, n) ?: read_full(p, snapshot);
	pthread_mutex_unlock(&p->lock);
	return ret;
}

uint64_t live_programs_run_time(struct live_programs *p)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < p->n_watched; i++)
		if (p->watched[i].ours)
			sum += object_run_time(p->watched[i].ours->obj);
	pthread_mutex_unlock(&p->lock);
	return sum;
}

void live_programs_missed(struct live_programs *p, uint64_t *missed)
{
	pthread_mutex_lock(&p->lock);
	*missed += p->missed_closed;
	for (int i = 0; i < p->n_watched; i++)
		if (p->watched[i].ours)
			object_missed(p->watched[i].ours->obj, missed);
	pthread_mutex_unlock(&p->lock);
}
