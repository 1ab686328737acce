/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NAMED_DIR "/run/netns" /* of ip-netns(8) */

/* ---- which one ---- */

/* Opens a file and makes sure that it is a network namespace. */
static int open_nsfs(const char *path, uint32_t *inode)
{
	struct statfs fs;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = -EINVAL;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fstat(fd, &st))
		rc = -errno;
	else if (fs.f_type == NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
		rc = 0;
	if (rc) {
		close(fd);
		return rc;
	}
	*inode = (uint32_t)st.st_ino;
	return fd;
}

uint32_t netns_own(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) ? 0 : (uint32_t)st.st_ino;
}

/* Appends ", word" to a list, or nothing where it would not fit whole. */
static void list_append(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);

	if (used + strlen(word) + 3 <= size)
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}

static void list_named(char *list, size_t size)
{
	DIR *dir = opendir(NAMED_DIR);
	struct dirent *entry;

	list[0] = '\0';
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			list_append(list, size, entry->d_name);
	if (dir)
		closedir(dir);
}

static int open_of_process(const char *pid, uint32_t *inode, struct error *err)
{
	char path[64];
	int fd;

	if (strlen(pid) > 10)
		return error_set(err, -ESRCH, "--netns: there is no process %s", pid);
	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	fd = open_nsfs(path, inode);
	if (fd == -ENOENT)
		return error_set(err, fd, "--netns: there is no process %s", pid);
	if (fd < 0)
		return error_set(err, fd, "--netns: the namespace of process %s cannot be opened: %s",
			pid, strerror(-fd));
	return fd;
}

static int open_named(const char *name, uint32_t *inode, struct error *err)
{
	char path[300], there[160];
	int fd;

	snprintf(path, sizeof(path), NAMED_DIR "/%.255s", name);
	fd = open_nsfs(path, inode);
	if (fd == -EPERM || fd == -EACCES)
		return error_set(err, fd, "--netns: '%s' cannot be opened: %s", name, strerror(-fd));
	list_named(there, sizeof(there));
	if (fd < 0 && there[0])
		return error_set(err, fd, "--netns: no network namespace is called '%s'; there are %s",
			name, there);
	if (fd < 0)
		return error_set(err, fd,
			"--netns: no network namespace is called '%s', none has a name here; a PID or "
			"a path such as /proc/PID/ns/net would do",
			name);
	return fd;
}

int netns_open(const char *word, uint32_t *inode, struct error *err)
{
	int fd;

	if (word[0] && strspn(word, "0123456789") == strlen(word))
		return open_of_process(word, inode, err);
	if (!strchr(word, '/'))
		return open_named(word, inode, err);
	fd = open_nsfs(word, inode);
	if (fd == -EINVAL)
		return error_set(err, fd, "--netns: %s is not a network namespace", word);
	if (fd < 0)
		return error_set(err, fd, "--netns: %s cannot be opened: %s", word, strerror(-fd));
	return fd;
}

/* ---- inside ---- */

struct errand {
	int fd;
	int rc;
	void (*work)(void *context);
	void *context;
};

static void *run_errand(void *arg)
{
	struct errand *errand = arg;

	if (setns(errand->fd, CLONE_NEWNET))
		errand->rc = -errno;
	else
		errand->work(errand->context);
	return NULL;
}

int netns_run(int fd, void (*work)(void *context), void *context)
{
	struct errand errand = { .fd = fd, .work = work, .context = context };
	pthread_t thread;
	struct stat st;
	int rc;

	if (!fstat(fd, &st) && (uint32_t)st.st_ino == netns_own()) {
		work(context);
		return 0;
	}
	rc = pthread_create(&thread, NULL, run_errand, &errand);
	if (rc)
		return -rc;
	pthread_join(thread, NULL);
	return errand.rc;
}

struct interface_query {
	const char *ifname;
	char *names;
	size_t size;
	int found;
};

static void query_interfaces(void *context)
{
	struct interface_query *query = context;
	struct if_nameindex *list = if_nameindex();

	if (!list) {
		query->found = -errno;
		return;
	}
	for (struct if_nameindex *i = list; i->if_index; i++) {
		if (query->names)
			list_append(query->names, query->size, i->if_name);
		if (!strcmp(i->if_name, query->ifname))
			query->found = 1;
	}
	if_freenameindex(list);
}

int netns_has_interface(int fd, const char *ifname, char *names, size_t size)
{
	struct interface_query query = { .ifname = ifname, .names = names, .size = size };
	int rc = 0;

	if (names)
		names[0] = '\0';
	if (fd < 0)
		query_interfaces(&query);
	else
		rc = netns_run(fd, query_interfaces, &query);
	return rc ? rc : query.found;
}

/* ---- all of them ---- */

struct walk {
	netns_visit visit;
	void *context;
	uint32_t *seen; /* inodes visited */
	size_t n_seen;
};

static bool walk_visit(struct walk *walk, const char *path)
{
	uint32_t inode, *seen;
	bool done;
	int fd = open_nsfs(path, &inode);

	if (fd < 0)
		return false;
	for (size_t i = 0; i < walk->n_seen; i++) {
		if (walk->seen[i] == inode) {
			close(fd);
			return false;
		}
	}
	seen = reallocarray(walk->seen, walk->n_seen + 1, sizeof(*seen));
	if (seen) {
		walk->seen = seen;
		seen[walk->n_seen++] = inode;
	}
	done = walk->visit(walk->context, fd, inode);
	close(fd);
	return done;
}

/* Visits the namespaces that the entries of a directory lead to; digits_only: processes of /proc. */
static bool walk_dir(struct walk *walk, const char *dir_path, bool digits_only, const char *suffix)
{
	DIR *dir = opendir(dir_path);
	struct dirent *entry;
	bool done = false;
	char path[320];

	while (dir && !done && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
			(digits_only && entry->d_name[strspn(entry->d_name, "0123456789")]))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir_path, entry->d_name, suffix);
		done = walk_visit(walk, path);
	}
	if (dir)
		closedir(dir);
	return done;
}

bool netns_each(netns_visit visit, void *context)
{
	struct walk walk = { .visit = visit, .context = context };
	bool done = walk_visit(&walk, "/proc/thread-self/ns/net") ||
		    walk_dir(&walk, NAMED_DIR, false, "") ||
		    walk_dir(&walk, "/proc", true, "/ns/net");

	free(walk.seen);
	return done;
}
