/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "core/functions/kprobe_events.h"

/* ---- one call for many ---- */

struct multi {
	int prog_fd;
	struct attach_target *targets;
	struct attach_links *links;
	struct attach_progress *progress;
};

int attach_links_add(struct attach_links *links, int fd)
{
	int *grown = reallocarray(links->fd, links->n + 1, sizeof(*links->fd));

	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	links->fd = grown;
	links->fd[links->n++] = fd;
	return 0;
}

static int link_multi(const struct multi *m, int from, int n)
{
	const char *name = m->targets[from].name;
	unsigned long *addresses = calloc(n, sizeof(*addresses));
	__u64 *cookies = calloc(n, sizeof(*cookies));
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int fd = -ENOMEM;

	for (int i = 0; addresses && cookies && i < n; i++) {
		addresses[i] = m->targets[from + i].address;
		cookies[i] = m->targets[from + i].cookie;
	}
	if (addresses && cookies) {
		opts.kprobe_multi.addrs = name ? NULL : addresses;
		opts.kprobe_multi.syms = name ? &name : NULL;
		opts.kprobe_multi.cookies = cookies;
		opts.kprobe_multi.cnt = n;
		fd = bpf_link_create(m->prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	}
	free(addresses);
	free(cookies);
	return fd;
}

static void mark(const struct multi *m, int from, int n, int error)
{
	for (int i = from; i < from + n; i++)
		m->targets[i].error = error;
	atomic_fetch_add(&m->progress->done, n);
}

/* One address that the kernel will not have fails the whole call: halve until it is alone. */
static int attach_range(const struct multi *m, int from, int n)
{
	int fd, ret;

	if (atomic_load(&m->progress->stop)) {
		mark(m, from, n, -ECANCELED);
		return 0;
	}
	fd = link_multi(m, from, n);
	if (fd >= 0) {
		mark(m, from, n, 0);
		m->links->together = true;
		return attach_links_add(m->links, fd);
	}
	if (fd == -EOPNOTSUPP || fd == -ENOMEM || fd == -EPERM)
		return fd;
	if (n == 1) {
		mark(m, from, 1, fd);
		return 0;
	}
	ret = attach_range(m, from, n / 2);
	return ret ? ret : attach_range(m, from + n / 2, n - n / 2);
}

int attach_multi(int prog_fd, struct attach_target *targets, int n, struct attach_links *links,
	struct attach_progress *progress)
{
	const struct multi m = {prog_fd, targets, links, progress};

	return n ? attach_range(&m, 0, n) : 0;
}

static int return_multi(int prog_fd, uint64_t address, uint64_t cookie)
{
	unsigned long at = address;
	__u64 told = cookie;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.flags = BPF_F_KPROBE_MULTI_RETURN,
		.kprobe_multi.addrs = &at, .kprobe_multi.cookies = &told, .kprobe_multi.cnt = 1);

	return bpf_link_create(prog_fd, 0, BPF_TRACE_KPROBE_MULTI, &opts);
}

/* ---- many calls at once ---- */

/*
 * Threads, each of which waits for the kernel most of its time: for a lock that is had in turn, or for grace periods.
 * A kprobe is registered and then enabled, and whenever nobody waits for kprobe_mutex the kernel's optimizer takes it
 * and holds it through a grace period. With a thread for each kprobe all are registered before the first is enabled:
 * 1478 in 28 s instead of 47 (6.1, emulated), where 256 threads are no better than 32.
 */
enum {
	ATTACHING_MAX = 2048,
	CLOSING_MAX = 32,
	STACK_SIZE = 64 << 10,
};

struct crew {
	void (*work)(struct crew *crew, int index);
	int n;
	int most; /* threads */
	atomic_int next;
	struct attach_progress *progress;
	/* attaching */
	int prog_fd;
	int text_fd;
	int perf_type;
	struct attach_target *targets;
	int *fd;
};

static void *run_worker(void *context)
{
	struct crew *crew = context;

	for (;;) {
		int i = atomic_fetch_add(&crew->next, 1);

		if (i >= crew->n)
			return NULL;
		crew->work(crew, i);
		if (crew->progress)
			atomic_fetch_add(&crew->progress->done, 1);
	}
}

/* The calling thread works too, so that it gets done even if no thread can be had. */
static void run_crew(struct crew *crew)
{
	pthread_t thread[ATTACHING_MAX];
	int wanted = crew->n < crew->most ? crew->n : crew->most, n = 0;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (n < wanted - 1 && !pthread_create(&thread[n], &attr, run_worker, crew))
		n++;
	pthread_attr_destroy(&attr);
	run_worker(crew);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

/* The type of perf's events on functions, from sysfs; -EOPNOTSUPP: the kernel has no kprobes. */
static int kprobe_type(void)
{
	FILE *f = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type;

	if (!f)
		return -EOPNOTSUPP;
	if (fscanf(f, "%d", &type) != 1)
		type = -EOPNOTSUPP;
	fclose(f);
	return type;
}

static int open_event(int type, uint64_t flags, uint64_t address, const char *name)
{
	struct perf_event_attr attr = {
		.type = type,
		.config = flags,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
		.kprobe_func = (uintptr_t)name,
		.kprobe_addr = address, /* with a name the distance from it: the member is the same */
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The descriptor that keeps it attached: a link, before 5.15 the event itself. */
static int link_event(int event, int prog_fd, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	int fd = bpf_link_create(prog_fd, event, BPF_PERF_EVENT, &opts);

	if (fd >= 0) {
		close(event);
		return fd;
	}
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, prog_fd) ||
		ioctl(event, PERF_EVENT_IOC_ENABLE, 0)) {
		fd = -errno;
		close(event);
		return fd;
	}
	return event;
}

/* Four bytes of kernel text; 0: not known. */
static uint32_t text_at(int text_fd, uint64_t address)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &address, .ctx_size_in = sizeof(address));

	return text_fd < 0 || bpf_prog_test_run_opts(text_fd, &run) ? 0 : run.retval;
}

/* How many instructions of one byte that push a register stand there: 0x50 (push %rax) to 0x57. */
static int pushes_at(int text_fd, uint64_t address)
{
	uint32_t text = text_at(text_fd, address);
	int n = 0;

	while (n < 4 && (text >> 8 * n & 0xf8) == 0x50)
		n++;
	return n;
}

static void set_place(struct attach_target *target, uint64_t address, int pushes)
{
	target->probed = address;
	target->cookie = FUNCTION_COOKIE_WITH_PUSHES(target->cookie, pushes);
}

/*
 * On x86 a traceable function begins with a 5-byte no-operation, behind a 4-byte one where the
 * kernel checks indirect branches. A kprobe on it goes through ftrace, which for each rewrites its
 * whole table of functions; one on the instruction behind it is a breakpoint of its own, later a
 * jump, and sees the same registers. In the middle of an instruction the kernel refuses (EILSEQ),
 * so the shorter distance is tried first where the text is not read: it can only succeed where it is right.
 *
 * Programs find the instruction pointer one byte on, as after a breakpoint. Behind an instruction of one byte that
 * is the next one, and where the first is a push the kernel would look for the caller one word off and give a stack
 * of one frame. So these are left behind too: they change neither arguments nor what comes before them.
 */
static int open_behind_entry(struct crew *crew, struct attach_target *target)
{
	static const int offsets[] = {5, 9};
	int fd = -EILSEQ;

#ifdef __x86_64__
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]) && fd == -EILSEQ; i++) {
		int pushes = pushes_at(crew->text_fd, target->address + offsets[i]);

		set_place(target, target->address + offsets[i] + pushes, pushes);
		fd = open_event(crew->perf_type, 0, target->probed, target->name);
	}
#endif
	return fd;
}

static int open_target(struct crew *crew, struct attach_target *target)
{
	int fd = target->traceable ? open_behind_entry(crew, target) : -EILSEQ;

	if (fd < 0) {
		set_place(target, target->address, 0);
		fd = open_event(crew->perf_type, 0, target->probed, target->name);
	}
	return fd;
}

static void attach_one(struct crew *crew, int i)
{
	struct attach_target *target = &crew->targets[i];
	int fd;

	crew->fd[i] = -1;
	target->error = -ECANCELED;
	if (atomic_load(&crew->progress->stop))
		return;
	fd = open_target(crew, target);
	if (fd >= 0 && atomic_load(&crew->progress->stop)) {
		close(fd);
		return;
	}
	if (fd >= 0)
		fd = link_event(fd, crew->prog_fd, target->cookie);
	target->error = fd < 0 ? fd : 0;
	crew->fd[i] = fd < 0 ? -1 : fd;
}

int attach_kprobes(int prog_fd, int text_fd, struct attach_target *targets, int n, struct attach_links *links,
	struct attach_progress *progress)
{
	struct crew crew = {
		.work = attach_one,
		.n = n,
		.most = ATTACHING_MAX,
		.progress = progress,
		.prog_fd = prog_fd,
		.text_fd = text_fd,
		.perf_type = kprobe_type(),
		.targets = targets,
	};

	if (crew.perf_type < 0)
		return crew.perf_type;
	crew.fd = calloc(n + 1, sizeof(*crew.fd));
	if (!crew.fd)
		return -ENOMEM;
	run_crew(&crew);
	links->fd = crew.fd;
	links->n = n;
	return 0;
}

/* ---- one call for some hundred ---- */

/*
 * While it arms or lets go of a set the kernel has no time for other tracers, and nobody sees progress: some 50 ms
 * for this many (6.1, emulated).
 */
enum { SET_SIZE = 256 };

void attach_place(int text_fd, struct attach_target *target)
{
	set_place(target, target->address, 0);
#ifdef __x86_64__
	if (target->traceable && text_fd >= 0) {
		/* endbr64 */
		uint64_t behind = target->address + (text_at(text_fd, target->address) == 0xfa1e0ff3 ? 9 : 5);
		int pushes = pushes_at(text_fd, behind);

		set_place(target, behind + pushes, pushes);
	}
#endif
}

/* Returns how many were. */
static int define_set(const struct kprobe_events *events, uint32_t group, int set, struct attach_target *targets,
	int n, struct attach_progress *progress)
{
	int defined = 0;

	for (int i = 0; i < n; i++) {
		if (targets[i].error)
			continue;
		targets[i].error = atomic_load(&progress->stop) ?
			-ECANCELED : kprobe_events_define(events, group, set, targets[i].probed);
		defined += !targets[i].error;
		atomic_fetch_add(&progress->done, !targets[i].error);
	}
	return defined;
}

int attach_sets(const struct kprobe_events *events, uint32_t group, int prog_fd, struct attach_target *targets,
	int n, struct attach_links *links, struct attach_progress *progress)
{
	int ret = 0;

	links->together = true;
	for (int from = 0; from < n && !ret; from += SET_SIZE) {
		int set = from / SET_SIZE, size = n - from < SET_SIZE ? n - from : SET_SIZE, fd;

		if (!define_set(events, group, set, targets + from, size, progress))
			continue;
		fd = kprobe_events_arm(events, group, set, prog_fd, FUNCTION_COOKIE(0, 0, 0, group));
		ret = fd < 0 ? fd : attach_links_add(links, fd);
	}
	return ret;
}

/* ---- letting go ---- */

static void close_one(struct crew *crew, int i)
{
	if (crew->fd[i] >= 0)
		close(crew->fd[i]);
}

void attach_links_close(struct attach_links *links, struct attach_progress *progress)
{
	struct crew crew = {
		.work = close_one, .n = links->n, .most = CLOSING_MAX, .progress = progress, .fd = links->fd};

	if (links->n)
		run_crew(&crew);
	free(links->fd);
	*links = (struct attach_links){};
}

/* ---- what the kernel says of them ---- */

/* struct bpf_link_info as of 6.7, of which the headers we build with may know less. */
struct link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 pad;
	union {
		struct {
			__u64 addrs;
			__u32 count;
			__u32 flags;
			__u64 missed;
		} multi;
		struct {
			__u32 type;
			__u32 pad;
			__u64 func_name;
			__u32 name_len;
			__u32 offset;
			__u64 addr;
			__u64 missed;
		} kprobe;
		__u8 room[128];
	};
};

uint64_t attach_link_missed(int fd)
{
	struct link_info info = {};
	__u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	if (info.type == BPF_LINK_TYPE_KPROBE_MULTI)
		return info.multi.missed;
	return info.type == BPF_LINK_TYPE_PERF_EVENT ? info.kprobe.missed : 0;
}

uint64_t attach_links_missed(const struct attach_links *links)
{
	uint64_t missed = 0;

	for (int i = 0; i < links->n; i++)
		missed += attach_link_missed(links->fd[i]);
	return missed;
}

/* A return is known to perf's event by bit 0: see /sys/bus/event_source/devices/kprobe/format/retprobe. */
int attach_return(int prog_fd, bool multi, uint64_t address, uint64_t cookie)
{
	int type, fd;

	if (multi)
		return return_multi(prog_fd, address, cookie);
	type = kprobe_type();
	fd = type < 0 ? type : open_event(type, 1, address, NULL);
	return fd < 0 ? fd : link_event(fd, prog_fd, cookie);
}

int attach_make_room(int n)
{
	struct rlimit limit;
	rlim_t need = n + 512;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur >= need)
		return 0;
	limit.rlim_cur = need;
	if (limit.rlim_max < need)
		limit.rlim_max = need;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}
