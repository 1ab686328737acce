/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/irq_places.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/sanitize.h"

/* A hardware interface. */
struct nic {
	char name[IFNAMSIZ];
	char device[64]; /* "0000:08:00.0", "virtio2" */
	int *irq;
	int n_irqs;
};

struct irq_places {
	char *root;
	struct nic *nic;
	int n_nics;
};

struct irq_places *irq_places_new(const char *root)
{
	struct irq_places *places = calloc(1, sizeof(*places));

	if (!places)
		return NULL;
	places->root = strdup(root);
	if (!places->root) {
		free(places);
		return NULL;
	}
	return places;
}

static void forget_nics(struct irq_places *places)
{
	for (int i = 0; i < places->n_nics; i++)
		free(places->nic[i].irq);
	free(places->nic);
	places->nic = NULL;
	places->n_nics = 0;
}

void irq_places_free(struct irq_places *places)
{
	if (!places)
		return;
	forget_nics(places);
	free(places->root);
	free(places);
}

__attribute__((format(printf, 3, 4))) static const char *path_of(
	const struct irq_places *places, char path[PATH_MAX], const char *format, ...)
{
	int length = snprintf(path, PATH_MAX, "%s/", places->root);
	va_list args;

	if (length >= PATH_MAX)
		length = PATH_MAX - 1;
	va_start(args, format);
	vsnprintf(path + length, PATH_MAX - length, format, args);
	va_end(args);
	return path;
}

/* ---- interfaces ---- */

static void add_irq(struct nic *nic, int irq)
{
	int *more = reallocarray(nic->irq, nic->n_irqs + 1, sizeof(*more));

	if (!more)
		return;
	nic->irq = more;
	nic->irq[nic->n_irqs++] = irq;
}

static void add_msi_irqs(const struct irq_places *places, struct nic *nic, const char *above)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(
		path_of(places, path, "sys/class/net/%s/device/%smsi_irqs", nic->name, above));

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			add_irq(nic, atoi(entry->d_name));
	if (dir)
		closedir(dir);
}

/* Reads the start of a small file; false if there is none. */
static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Message-signalled, or the one line that a device without them has. */
static void find_irqs(const struct irq_places *places, struct nic *nic)
{
	char path[PATH_MAX], text[32];

	add_msi_irqs(places, nic, "");
	/* A virtio device is a child of the PCI device that interrupts. */
	if (!nic->n_irqs && !strncmp(nic->device, "virtio", 6))
		add_msi_irqs(places, nic, "../");
	if (!nic->n_irqs &&
		read_text(path_of(places, path, "sys/class/net/%s/device/irq", nic->name), text,
			sizeof(text)) &&
		atoi(text) > 0)
		add_irq(nic, atoi(text));
}

void irq_places_scan(struct irq_places *places)
{
	char path[PATH_MAX], target[PATH_MAX];
	DIR *dir = opendir(path_of(places, path, "sys/class/net"));
	struct dirent *entry;

	forget_nics(places);
	while (dir && (entry = readdir(dir))) {
		struct nic nic = {.n_irqs = 0}, *more;
		ssize_t n;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(nic.name))
			continue;
		/* What has no device (veth, bridge) has no interrupt. */
		n = readlink(path_of(places, path, "sys/class/net/%s/device", entry->d_name),
			target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		more = reallocarray(places->nic, places->n_nics + 1, sizeof(*more));
		if (!more)
			break;
		target[n] = '\0';
		places->nic = more;
		strcpy(nic.name, entry->d_name);
		snprintf(nic.device, sizeof(nic.device), "%.63s",
			strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
		find_irqs(places, &nic);
		places->nic[places->n_nics++] = nic;
	}
	if (dir)
		closedir(dir);
}

static bool has_irq(const struct nic *nic, int irq)
{
	for (int i = 0; i < nic->n_irqs; i++)
		if (nic->irq[i] == irq)
			return true;
	return false;
}

/* Whether `word` stands in `text` with nothing that could be part of a name on either side. */
static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; n && (p = strstr(p, word)); p++)
		if ((p == text || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
			return true;
	return false;
}

bool irq_places_network(
	const struct irq_places *places, int irq, const char *name, char ifname[IFNAMSIZ])
{
	const struct nic *named = NULL, *numbered = NULL;
	int n = 0;

	for (int i = 0; i < places->n_nics; i++) {
		const struct nic *nic = &places->nic[i];

		if (has_word(name, nic->name) || has_word(name, nic->device))
			named = nic;
		if (has_irq(nic, irq)) {
			numbered = nic;
			n++;
		}
	}
	/* Several interfaces of one device share its interrupts: then only the name can tell. */
	if (!named && n == 1)
		named = numbered;
	if (ifname)
		strcpy(ifname, named ? named->name : "");
	return named || n;
}

/* ---- RPS ---- */

enum {
	RPS_TEXT = 64
};

/* "00000000,0000000f": words of 32 CPUs, the highest first. */
static bool parse_mask(const char *text, struct cpus *set)
{
	int n = (int)strcspn(text, "\n"), bit = 0;

	memset(set, 0, sizeof(*set));
	for (int i = n - 1; i >= 0; i--) {
		int digit;

		if (text[i] == ',')
			continue;
		if (!isxdigit((unsigned char)text[i]))
			return false;
		digit = isdigit((unsigned char)text[i])
				? text[i] - '0'
				: tolower((unsigned char)text[i]) - 'a' + 10;
		for (int k = 0; k < 4; k++)
			if (digit >> k & 1 && bit + k < CPU_ID_MAX)
				cpus_add(set, bit + k);
		bit += 4;
	}
	return bit > 0;
}

/* A list of CPUs that may be too long: then how many they are. */
static void cpus_words(const struct cpus *set, char *text, size_t size)
{
	if (cpus_format(set, text, size) >= (int)size)
		snprintf(text, size, "%d CPUs", cpus_count(set));
}

/* What one queue does; false: there is no such queue, or no RPS in this kernel. */
static bool rps_of_queue(
	const struct irq_places *places, const char *ifname, int queue, char text[RPS_TEXT])
{
	char path[PATH_MAX], mask[CPU_ID_MAX / 4 + CPU_ID_MAX / 32 + 2], list[32];
	struct cpus set;

	path_of(places, path, "sys/class/net/%s/queues/rx-%d/rps_cpus", ifname, queue);
	if (!read_text(path, mask, sizeof(mask)) || !parse_mask(mask, &set))
		return false;
	cpus_words(&set, list, sizeof(list));
	snprintf(text, RPS_TEXT, "rps %s", list[0] ? list : "off");
	return true;
}

/* The queue that a name ends in ("eth0-rx-7", "mlx5_comp7@pci:0000:08:00.0"), or -1. */
static int queue_in_name(const char *name)
{
	size_t end = strcspn(name, "@,"), start = end;

	while (start && isdigit((unsigned char)name[start - 1]))
		start--;
	return start && end > start && end - start < 6 ? atoi(name + start) : -1;
}

static bool receives(const char *name)
{
	return strcasestr(name, "rx") || !(strcasestr(name, "tx") || strcasestr(name, "output") ||
						 strcasestr(name, "config"));
}

enum {
	QUEUES_MAX = 4096
};

static void rps_words(
	const struct irq_places *places, const char *ifname, const char *name, char text[RPS_TEXT])
{
	int queue = queue_in_name(name);
	char other[RPS_TEXT];

	text[0] = '\0';
	if (!ifname[0] || !receives(name) ||
		(queue >= 0 && rps_of_queue(places, ifname, queue, text)) ||
		!rps_of_queue(places, ifname, 0, text))
		return;
	/* The name does not tell which queue: all of them. */
	for (queue = 1; queue < QUEUES_MAX && rps_of_queue(places, ifname, queue, other); queue++) {
		if (strcmp(text, other) != 0) {
			strcpy(text, "rps differs");
			return;
		}
	}
}

/* ---- affinity ---- */

/* "cpu 39 of 0-63": where it goes, and where it might. */
static void affinity_words(
	const struct irq_places *places, int irq, struct irq_place *place, char *text, size_t size)
{
	struct cpus allowed;
	char path[PATH_MAX], list[48], among[48];
	bool choice;
	int n;

	text[0] = '\0';
	if (cpus_read(&allowed, path_of(places, path, "proc/irq/%d/smp_affinity_list", irq)))
		memset(&allowed, 0, sizeof(allowed));
	/* Absent on kernels whose interrupt controllers deliver where they are allowed to; empty
	 * while nobody listens. */
	if (cpus_read(&place->effective,
		    path_of(places, path, "proc/irq/%d/effective_affinity_list", irq)) ||
		!cpus_count(&place->effective))
		place->effective = allowed;
	n = cpus_count(&place->effective);
	if (!n)
		return;
	choice = memcmp(&allowed, &place->effective, sizeof(allowed)) != 0 && cpus_count(&allowed);
	place->one_cpu = n == 1;
	place->bound = n == 1 && !choice;
	cpus_words(&place->effective, list, sizeof(list));
	cpus_words(&allowed, among, sizeof(among));
	snprintf(text, size, "%s%s%s%s",
		n == 1		    ? "cpu "
		: strchr(list, 'C') ? ""
				    : "cpus ",
		list, choice ? " of " : "", choice ? among : "");
}

void irq_places_find(
	const struct irq_places *places, int irq, const char *name, struct irq_place *out)
{
	char ifname[IFNAMSIZ], affinity[112], rps[RPS_TEXT], text[256];

	memset(out, 0, sizeof(*out));
	out->network = irq_places_network(places, irq, name, ifname);
	affinity_words(places, irq, out, affinity, sizeof(affinity));
	rps_words(places, ifname, name, rps);
	if (has_word(name, ifname))
		ifname[0] = '\0';
	snprintf(text, sizeof(text), "%s%s%s%s%s", ifname,
		ifname[0] && (affinity[0] || rps[0]) ? " " : "", affinity,
		affinity[0] && rps[0] ? ", " : "", rps);
	sanitize(out->text, sizeof(out->text), text, sizeof(text));
}
