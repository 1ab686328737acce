/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/carry.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cpus.h"
#include "core/functions/reach.h"

static void enter_state(struct live_functions *f, enum functions_state state, int total)
{
	pthread_mutex_lock(&f->lock);
	atomic_store(&f->progress.done, 0);
	f->status.state = state;
	f->status.total = total;
	pthread_mutex_unlock(&f->lock);
}

/* ---- finding ---- */

static int find(struct live_functions *f, struct error *err)
{
	struct function_list list = {};
	struct btf *btf;
	int ret;

	if (f->found)
		return 0;
	enter_state(f, FUNCTIONS_FINDING, 0);
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return error_set(err, -ENOENT, "this kernel has no BTF");
	ret = functions_find(&list, btf, err);
	btf__free(btf);
	if (!ret) {
		f->slot_of = calloc(list.n + 1, sizeof(*f->slot_of));
		f->slots = calloc(list.n + 1, sizeof(*f->slots));
		ret = f->slot_of && f->slots ? 0 : error_set(err, -ENOMEM, "out of memory");
	}
	for (int i = 0; i < list.n && !ret; i++)
		f->slot_of[i] = -1;
	pthread_mutex_lock(&f->lock);
	f->list = list;
	f->found = !ret;
	f->status.found = list.n;
	f->status.left_out = list.n - function_list_usable(&list);
	pthread_mutex_unlock(&f->lock);
	return ret;
}

/* ---- means ---- */

static int open_programs(struct live_functions *f, enum functions_means means, struct error *err)
{
	struct cpus possible;
	int max_cpu = 0, ret = cpus_read(&possible, "/sys/devices/system/cpu/possible");

	if (ret)
		return error_set(
			err, ret, "cannot read which CPUs are possible: %s", strerror(-ret));
	cpus_for_each (id, &possible)
		max_cpu = id;
	pthread_mutex_lock(&f->programs_lock);
	ret = functions_programs_open(
		&f->programs, means, &f->list, max_cpu, &f->options, &f->outlet, err);
	if (ret)
		functions_programs_close(&f->programs);
	pthread_mutex_unlock(&f->programs_lock);
	return ret;
}

/* Attaches to a few single functions until one is accepted. Cookie 0 counts nothing. */
static int try_to_attach(struct live_functions *f)
{
	const struct function_choice core = {.set = FUNCTIONS_CORE};
	int ret = -ENOENT;

	for (int i = 0, tries = 0; i < f->list.n && tries < 3 && ret; i++) {
		const struct function *function = &f->list.function[i];
		struct attach_target target = {
			.address = function->address, .traceable = function->traceable};
		struct attach_links links = {};
		struct attach_progress unseen = {};

		if (function->left_out || !function_choice_has(&core, function->name))
			continue;
		tries++;
		ret = functions_programs_attach(&f->programs, &target, 1, &links, &unseen) ?: target.error;
		attach_links_close(&links, NULL);
	}
	return ret;
}

/*
 * Loads the programs for these means and attaches one, to see whether they can be had. One by fentry has been bound to
 * its function when it is loaded; before 5.13 it could not be attached a second time.
 */
static int try_means(struct live_functions *f, enum functions_means means, struct error *err)
{
	int ret = open_programs(f, means, err);

	if (!ret && means != MEANS_FENTRY)
		ret = try_to_attach(f);
	if (ret) {
		/* With what was prepared for them meanwhile. */
		pthread_mutex_lock(&f->programs_lock);
		function_object_free(f->next_body);
		f->next_body = NULL;
		functions_programs_close(&f->programs);
		pthread_mutex_unlock(&f->programs_lock);
		return ret;
	}
	pthread_mutex_lock(&f->lock);
	f->status.means = means;
	f->misses_known = functions_means_count_misses(means);
	if (means == MEANS_FENTRY)
		f->status.left_out += fentry_leave_out(&f->programs.fentry, &f->list);
	pthread_mutex_unlock(&f->lock);
	return 0;
}

/* Why there are no means, of those that were asked for. */
static int refuse(const struct live_functions *f, int ret, const struct error *why, struct error *err)
{
	enum functions_means asked = f->options.attach;

	if (asked == MEANS_TRACEPOINTS)
		return error_set(err, -EOPNOTSUPP,
			"--attach tracepoints: no function is attached to, tracepoints are shown");
	if (asked)
		return error_set(err, ret, "no function can be attached to by %s: %s", functions_means_name(asked),
			why->text[0] ? why->text : strerror(-ret));
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK))
		return error_set(err, -EOPNOTSUPP,
			"this kernel is built without kprobes: only its skb tracepoints can be "
			"shown");
	return error_set(err, ret, "no function can be attached to: %s",
		why->text[0] ? why->text : strerror(-ret));
}

/* The best means that this kernel offers, or those that were asked for, their programs loaded. */
static int choose_means(struct live_functions *f, struct error *err)
{
	static const enum functions_means order[] = {MEANS_KPROBE_MULTI, MEANS_KPROBE, MEANS_FENTRY};
	struct error why = {};
	int ret = -EOPNOTSUPP;

	if (f->programs.entry)
		return 0;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && !f->tried && ret; i++) {
		if (f->options.attach && f->options.attach != order[i])
			continue;
		ret = try_means(f, order[i], &why);
	}
	f->tried = true;
	return ret ? refuse(f, ret, &why, err) : 0;
}

/* ---- changing the set ---- */

struct change {
	bool *wanted; /* by slot */
	struct attach_target *targets;
	int *slot; /* of each target */
	int n;
	int n_wanted;
};

static void free_change(struct change *change)
{
	free(change->wanted);
	free(change->targets);
	free(change->slot);
}

/* Where packets are followed, so are what ends and what copies them, at whatever functions. */
static bool is_wanted(const struct live_functions *f, const struct function_choice *choice,
	const struct function *function)
{
	if (function_choice_has(choice, function->name))
		return true;
	return f->options.track && function->part && choice->set != FUNCTIONS_NONE;
}

/* Gives each function of the choice a slot and marks it. */
static int want(
	struct live_functions *f, const struct function_choice *choice, struct change *change)
{
	size_t n = f->list.n + 1;

	change->wanted = calloc(n, sizeof(*change->wanted));
	change->targets = calloc(n, sizeof(*change->targets));
	change->slot = calloc(n, sizeof(*change->slot));
	if (!change->wanted || !change->targets || !change->slot)
		return -ENOMEM;
	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < f->list.n; i++) {
		const struct function *function = &f->list.function[i];

		if (function->left_out || !is_wanted(f, choice, function))
			continue;
		if (f->slot_of[i] < 0 && f->n_slots < FUNCTIONS_MAX) {
			functions_programs_place(&f->programs, function->address,
				FUNCTION_COOKIE(f->n_slots, function->argument, function->part, 0));
			f->slots[f->n_slots].function = i;
			f->slot_of[i] = f->n_slots++;
		}
		if (f->slot_of[i] >= 0) {
			change->wanted[f->slot_of[i]] = true;
			change->n_wanted++;
		}
	}
	f->status.wanted = change->n_wanted;
	pthread_mutex_unlock(&f->lock);
	return 0;
}

/* Links for many cannot be taken apart: if one of their functions goes, they go as a whole, and
 * what stays wanted moves to a new link. */
static bool is_broken(
	const struct live_functions *f, const struct group *group, const struct change *change)
{
	if (!group->links.together)
		return false;
	for (int i = 0; i < group->n; i++)
		if (f->slots[group->slot[i]].owner == group->id && !change->wanted[group->slot[i]])
			return true;
	return false;
}

static struct group *group_of(const struct live_functions *f, uint32_t id)
{
	for (int i = 0; i < f->n_groups; i++)
		if (f->groups[i].id == id)
			return &f->groups[i];
	return NULL;
}

static void choose_targets(struct live_functions *f, struct change *change, uint32_t group)
{
	for (int s = 0; s < f->n_slots; s++) {
		const struct slot *slot = &f->slots[s];
		const struct function *function = &f->list.function[slot->function];

		if (!change->wanted[s] ||
			(slot->owner && !is_broken(f, group_of(f, slot->owner), change)))
			continue;
		change->targets[change->n] = (struct attach_target){
			.address = function->address,
			.traceable = function->traceable,
			.cookie = FUNCTION_COOKIE(s, function->argument, function->part, group),
		};
		change->slot[change->n++] = s;
	}
}

/* Keeps a group of what was attached; its slots are those of all targets, in their order. */
static int add_group(
	struct live_functions *f, uint32_t id, struct attach_links *links, struct change *change)
{
	struct group *grown = reallocarray(f->groups, f->n_groups + 1, sizeof(*grown));
	struct group group = {.id = id, .links = *links, .slot = change->slot, .n = change->n};

	if (!grown)
		return -ENOMEM;
	change->slot = NULL;
	f->groups = grown;
	f->groups[f->n_groups++] = group;
	return 0;
}

/* How many groups may be attached to each slot. NULL: no memory. Under the lock. */
static int *count_groups(const struct live_functions *f)
{
	int *n = calloc(f->n_slots + 1, sizeof(*n));

	for (int g = 0; n && g < f->n_groups; g++)
		for (int i = 0; i < f->groups[g].n; i++)
			n[f->groups[g].slot[i]]++;
	return n;
}

/*
 * Tells the programs which group counts at each slot, by one store for each. While groups come and go (not `settled`)
 * there may be several at a function, and each run asks which it is by. Afterwards only where it must, which takes
 * long with kprobe.multi: where there still is more than one. Under the lock.
 */
static void publish_owners(struct live_functions *f, bool settled)
{
	int *groups = settled && f->programs.means != MEANS_FENTRY ? count_groups(f) : NULL;

	for (int s = 0; s < f->n_slots; s++) {
		uint32_t owner = f->silent ? 0 : f->slots[s].owner;

		if (owner && (!groups || groups[s] > 1))
			owner |= FUNCTION_SHARED;
		__atomic_store_n(&f->programs.states[s].owner, owner, __ATOMIC_RELAXED);
	}
	free(groups);
}

/* From here on the new set counts, and nothing else: one store for each function. */
static void hand_over(
	struct live_functions *f, const struct change *change, const int *slot, uint32_t id)
{
	int attached = 0;

	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < change->n; i++) {
		struct function *function = &f->list.function[f->slots[slot[i]].function];

		if (!change->targets[i].error)
			f->slots[slot[i]].owner = id;
		else if (change->targets[i].error != -ECANCELED && !function->left_out &&
			 asprintf(&function->left_out, "the kernel refused it: %s",
				 strerror(-change->targets[i].error)) > 0)
			f->status.left_out++;
	}
	for (int s = 0; s < f->n_slots; s++) {
		if (!change->wanted[s])
			f->slots[s].owner = 0;
		attached += f->slots[s].owner != 0;
	}
	publish_owners(f, false);
	f->status.attached = attached;
	pthread_mutex_unlock(&f->lock);
}

static int attach_new(struct live_functions *f, struct change *change, struct error *err)
{
	uint32_t id = ++f->last_group;
	struct attach_links links = {};
	int ret;

	choose_targets(f, change, id);
	if (!change->n) {
		hand_over(f, change, change->slot, id);
		return 0;
	}
	pthread_mutex_lock(&f->lock);
	publish_owners(f, false);
	pthread_mutex_unlock(&f->lock);
	enter_state(f, FUNCTIONS_ATTACHING, change->n);
	if (f->programs.means != MEANS_KPROBE_MULTI)
		attach_make_room(f->n_slots);
	ret = functions_programs_attach(&f->programs, change->targets, change->n, &links, &f->progress);
	if (!ret) {
		hand_over(f, change, change->slot, id);
		pthread_mutex_lock(&f->lock);
		ret = add_group(f, id, &links, change);
		pthread_mutex_unlock(&f->lock);
	}
	if (ret) {
		attach_links_close(&links, NULL);
		return error_set(err, ret, "cannot attach to functions: %s", strerror(-ret));
	}
	return 0;
}

/* ---- letting go ---- */

/* Moves to `out` the links that nothing is wanted of any more. Under the lock: others look at
 * links. */
static void take_unwanted(struct live_functions *f, struct group *group, struct attach_links *out)
{
	bool any = false;

	for (int i = 0; i < group->n; i++)
		any |= f->slots[group->slot[i]].owner == group->id;
	for (int i = 0; i < group->links.n; i++) {
		bool unwanted = group->links.together ? !any : f->slots[group->slot[i]].owner != group->id;

		if (!unwanted || group->links.fd[i] < 0)
			continue;
		out->fd[out->n++] = group->links.fd[i];
		group->links.fd[i] = -1;
	}
}

/* Writes the ids of those that are gone to `dropped`; returns how many. */
static int drop_empty_groups(struct live_functions *f, uint32_t *dropped)
{
	int kept = 0, n_dropped = 0;

	for (int g = 0; g < f->n_groups; g++) {
		struct group *group = &f->groups[g];
		bool any = false;

		for (int i = 0; i < group->links.n; i++)
			any |= group->links.fd[i] >= 0;
		if (any) {
			f->groups[kept++] = *group;
			continue;
		}
		dropped[n_dropped++] = group->id;
		free(group->links.fd);
		free(group->slot);
	}
	f->n_groups = kept;
	return n_dropped;
}

/* Whatever is unwanted is gone when this returns, and only then does what stays count as the only one there is. */
static void detach_unwanted(struct live_functions *f)
{
	struct attach_links gone = {};
	uint32_t *dropped = calloc(f->n_groups + 1, sizeof(*dropped));
	bool each = true;
	int n = 0, n_dropped;

	for (int g = 0; g < f->n_groups; g++) {
		n += f->groups[g].links.n;
		each &= !f->groups[g].links.together;
	}
	gone.fd = calloc(n + 1, sizeof(*gone.fd));
	if (!gone.fd || !dropped) {
		free(gone.fd);
		free(dropped);
		return; /* they stay attached and count nothing */
	}
	pthread_mutex_lock(&f->lock);
	for (int g = 0; g < f->n_groups; g++)
		take_unwanted(f, &f->groups[g], &gone);
	n_dropped = drop_empty_groups(f, dropped);
	if (f->misses_known)
		f->missed_closed += attach_links_missed(&gone);
	pthread_mutex_unlock(&f->lock);
	if (gone.n)
		enter_state(f, FUNCTIONS_DETACHING, each ? gone.n : 0);
	attach_links_close(&gone, &f->progress);
	for (int i = 0; i < n_dropped; i++)
		functions_programs_forget(&f->programs, dropped[i]);
	free(dropped);
	pthread_mutex_lock(&f->lock);
	publish_owners(f, true);
	pthread_mutex_unlock(&f->lock);
}

int functions_carry_out(struct live_functions *f, const struct function_choice *choice,
	bool explore, struct error *err)
{
	struct change change = {};
	int ret;

	if (choice->set == FUNCTIONS_NONE && !explore && !f->programs.entry)
		return 0;
	ret = find(f, err) ?: choose_means(f, err);
	if (!ret)
		ret = want(f, choice, &change) ? error_set(err, -ENOMEM, "out of memory") : 0;
	if (!ret)
		ret = attach_new(f, &change, err);
	if (!ret && choice->set == FUNCTIONS_GLOBS && !change.n_wanted)
		ret = error_set(err, -ENOENT, "no function that can be attached to matches %s",
			choice->glob[0]);
	free_change(&change);
	if (!ret)
		detach_unwanted(f);
	return ret;
}

/* ---- what it costs ---- */

void functions_measure_reach(struct live_functions *f)
{
	uint64_t ns = 0;

	if (f->reach_tried || !f->n_slots)
		return;
	/* Whoever asks for something else meanwhile is not kept waiting; it is tried again after that. */
	f->reach_tried = functions_reach_measure(f->programs.means, &f->progress.stop, &ns) != -ECANCELED;
	pthread_mutex_lock(&f->lock);
	f->status.reach_ns = ns;
	f->reach_from = functions_programs_runs(&f->programs).n;
	f->changed = true;
	pthread_mutex_unlock(&f->lock);
}
