/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts of /proc/interrupts, and copies of the files that say where interrupts go, become rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/machine/interrupts.h"
#include "core/model/snapshot.h"

enum {
	PATH_LEN = 512
};
#define SECOND UINT64_C(1000000000)

struct fixture {
	char root[32];
	struct topology topology;
	struct interrupts *interrupts;
	uint64_t now_ns;
};

/* ---- the machine ---- */

static void put_file(const struct fixture *f, const char *name, const char *text)
{
	char path[PATH_LEN], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	for (slash = path + strlen(f->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_affinity(
	const struct fixture *f, int irq, const char *effective, const char *allowed)
{
	char name[64];

	snprintf(name, sizeof(name), "proc/irq/%d/smp_affinity_list", irq);
	put_file(f, name, allowed);
	snprintf(name, sizeof(name), "proc/irq/%d/effective_affinity_list", irq);
	put_file(f, name, effective);
}

/* An interface whose device is at sys/devices/DEVICE. */
static void put_nic(const struct fixture *f, const char *ifname, const char *device)
{
	char path[PATH_LEN], target[128];

	snprintf(path, sizeof(path), "sys/devices/%s/uevent", device);
	put_file(f, path, "");
	snprintf(path, sizeof(path), "sys/class/net/%s/mtu", ifname);
	put_file(f, path, "1500\n");
	snprintf(path, sizeof(path), "%s/sys/class/net/%s/device", f->root, ifname);
	snprintf(target, sizeof(target), "../../../devices/%s", device);
	assert_int_equal(symlink(target, path), 0);
}

static void put_rps(const struct fixture *f, const char *ifname, int queue, const char *mask)
{
	char name[128];

	snprintf(name, sizeof(name), "sys/class/net/%s/queues/rx-%d/rps_cpus", ifname, queue);
	put_file(f, name, mask);
}

static int set_up_cpus(void **state, const struct cpu_place *places, int n)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	strcpy(f->root, "/tmp/interrupts-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	if (places ? topology_set(&f->topology, places, n) : topology_flat(&f->topology, n))
		return -1;
	f->interrupts = interrupts_new(&f->topology, f->root);
	f->now_ns = 1000 * SECOND;
	return !f->interrupts;
}

static int set_up(void **state)
{
	return set_up_cpus(state, NULL, 2);
}

static int set_up_one(void **state)
{
	return set_up_cpus(state, NULL, 1);
}

static int set_up_64(void **state)
{
	return set_up_cpus(state, NULL, 64);
}

/* Possible CPUs 0, 1 and 4. */
static int set_up_sparse(void **state)
{
	static const struct cpu_place places[] = {{.id = 0}, {.id = 1}, {.id = 4}};

	return set_up_cpus(state, places, 3);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	interrupts_free(f->interrupts);
	free(f->topology.cpu);
	free(f);
	return 0;
}

/* ---- asking ---- */

static void take(struct fixture *f, const char *text)
{
	f->now_ns += SECOND;
	assert_int_equal(interrupts_take(f->interrupts, text, f->now_ns), 0);
}

/* The row of this name and place (NULL: any), or NULL. */
static const struct interrupt_row *row(const struct fixture *f, const char *name, const char *where)
{
	for (int i = 0; i < interrupts_count(f->interrupts); i++) {
		const struct interrupt_row *r = interrupts_row(f->interrupts, i);

		if (!strcmp(r->name, name) && (!where || !strcmp(r->where, where)))
			return r;
	}
	return NULL;
}

static void assert_row(
	const struct fixture *f, const char *name, const char *where, uint64_t a, uint64_t b)
{
	const struct interrupt_row *r = row(f, name, where);

	if (!r)
		fail_msg("no row '%s' at '%s'", name, where ? where : "(any)");
	if (r->total[0] != a || r->total[1] != b)
		fail_msg("%s counts %llu and %llu, not %llu and %llu", name,
			(unsigned long long)r->total[0], (unsigned long long)r->total[1],
			(unsigned long long)a, (unsigned long long)b);
}

/* ---- counting ---- */

#define HEAD "           CPU0       CPU1       \n"
#define LOC(a, b) "LOC: " a " " b "   Local timer interrupts\n"
#define DISK(a, b) " 36:  " a "  " b "  IO-APIC   5-edge      disk\n"
#define NET(a, b) " 38:  " a "  " b " PCI-MSIX-0000:00:03.0   1-edge      eth0-rx-0\n"

static void test_only_what_moves_is_kept(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD DISK("100", "200") LOC("7", "8"));
	assert_int_equal(interrupts_count(f->interrupts), 0);
	take(f, HEAD DISK("100", "200") LOC("17", "8"));
	assert_int_equal(interrupts_count(f->interrupts), 1);
	assert_row(f, "LOC", "Local timer interrupts", 10, 0);
	assert_int_equal(interrupts_row(f->interrupts, 0)->key[0], interrupt_key("LOC"));
	take(f, HEAD DISK("101", "205") LOC("17", "9"));
	assert_row(f, "LOC", NULL, 10, 1);
	assert_row(f, "disk", "", 1, 5);
	assert_int_equal(row(f, "disk", NULL)->key[0], 36);
	assert_int_equal(row(f, "disk", NULL)->flags, 0);
}

static void test_wrap_and_new_start(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD DISK("4294967290", "4000"));
	take(f, HEAD DISK("4", "4000"));
	assert_row(f, "disk", NULL, 10, 0);
	/* Requested anew: it counts from 0, and has come to 3 and 50. */
	take(f, HEAD DISK("3", "50"));
	assert_row(f, "disk", NULL, 13, 50);
	take(f, HEAD DISK("3", "4294967295"));
	take(f, HEAD DISK("3", "1"));
	assert_row(f, "disk", NULL, 13, UINT64_C(4294967295) + 2);
}

static void test_lines_that_come_and_go(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD DISK("100", "0") LOC("1", "1"));
	take(f, HEAD DISK("110", "0") LOC("1", "1"));
	/* A new one before the others: all that it has counted is new. */
	take(f, HEAD " 24:  6  7  IO-APIC   1-edge      fresh\n" DISK("110", "1") LOC("1", "1"));
	assert_row(f, "fresh", NULL, 6, 7);
	assert_row(f, "disk", NULL, 10, 1);
	/* Gone, and back with less: and with more than it had. */
	take(f, HEAD LOC("1", "1"));
	assert_row(f, "disk", NULL, 10, 1);
	take(f, HEAD DISK("5", "0") LOC("1", "1"));
	assert_row(f, "disk", NULL, 15, 1);
	take(f, HEAD LOC("1", "1"));
	take(f, HEAD LOC("1", "1") DISK("500", "2"));
	assert_row(f, "disk", NULL, 515, 3);
	assert_int_equal(interrupts_count(f->interrupts), 2);
}

static void test_counts_of_no_cpu(void **state)
{
	struct fixture *f = *state;
	const struct interrupt_row *r;

	take(f, HEAD "NMI:  0  0   Non-maskable interrupts\nERR:  3\nMIS:  0\n");
	take(f, HEAD "NMI:  2  0   Non-maskable interrupts\nERR:  5\nMIS:  0\n");
	assert_row(f, "NMI", "Non-maskable interrupts", 2, 0);
	r = row(f, "ERR", "");
	assert_non_null(r);
	assert_int_equal(r->total[0] + r->total[1], 0);
	assert_int_equal(r->total[2], 2);
	assert_null(row(f, "MIS", NULL));
}

static void test_one_cpu(void **state)
{
	struct fixture *f = *state;

	take(f, "           CPU0       \n  0:  5  IO-APIC   2-edge      timer\nLOC:  9   "
		"Local\nERR:  1\n");
	take(f, "           CPU0       \n  0:  6  IO-APIC   2-edge      timer\nLOC: 11   "
		"Local\nERR:  4\n");
	assert_row(f, "timer", NULL, 1, 0);
	assert_row(f, "LOC", NULL, 2, 0);
	assert_row(f, "ERR", NULL, 0, 3);
}

static void test_64_cpus(void **state)
{
	struct fixture *f = *state;
	char text[8192] = "      ";
	const struct interrupt_row *r;

	for (int round = 0; round < 2; round++) {
		text[6] = '\0';
		for (int cpu = 0; cpu < 64; cpu++)
			sprintf(text + strlen(text), "CPU%-8d", cpu);
		strcat(text, "\n 129:");
		for (int cpu = 0; cpu < 64; cpu++)
			sprintf(text + strlen(text), "%10d ", 1000 + round * cpu);
		strcat(text, " PCI-MSIX-0000:08:00.0  3-edge      mlx5_comp2@pci:0000:08:00.0\n");
		take(f, text);
	}
	r = row(f, "mlx5_comp2@pci:0000:08:00.0", "");
	assert_non_null(r);
	for (int cpu = 0; cpu < 64; cpu++)
		assert_int_equal(r->total[cpu], cpu);
	assert_int_equal(r->total[64], 0);
}

static void test_cpu_that_goes_offline(void **state)
{
	struct fixture *f = *state;
	const struct interrupt_row *r;

	take(f, "  CPU0  CPU1  CPU4\nLOC: 10 20 30   Local\n");
	take(f, "  CPU0  CPU1  CPU4\nLOC: 11 22 33   Local\n");
	take(f, "  CPU0  CPU4\nLOC: 12 34   Local\n");
	r = row(f, "LOC", NULL);
	assert_non_null(r);
	assert_int_equal(r->total[0], 2);
	assert_int_equal(r->total[1], 2);
	assert_int_equal(r->total[2], 4);
	/* Back, where it stopped. */
	take(f, "  CPU0  CPU1  CPU4\nLOC: 12 25 34   Local\n");
	assert_int_equal(r->total[1], 5);
	/* A CPU that is not possible. */
	take(f, "  CPU0  CPU3  CPU4\nLOC: 12 99 35   Local\n");
	assert_int_equal(r->total[0], 2);
	assert_int_equal(r->total[1], 5);
	assert_int_equal(r->total[2], 5);
	assert_int_equal(r->total[3], 0);
}

/* What a CPU counted before it was first seen online is not ours. */
static void test_cpu_that_comes_online(void **state)
{
	struct fixture *f = *state;
	const struct interrupt_row *r;

	take(f, "  CPU0  CPU1\nLOC: 10 20   Local\n");
	take(f, "  CPU0  CPU1  CPU4\nLOC: 11 22 4000   Local\nNEW: 1 2 3   Fresh\n");
	r = row(f, "LOC", NULL);
	assert_non_null(r);
	assert_int_equal(r->total[2], 0);
	/* But a line that is new altogether has counted all of it since. */
	r = row(f, "NEW", NULL);
	assert_non_null(r);
	assert_int_equal(r->total[2], 3);
	take(f, "  CPU0  CPU1  CPU4\nLOC: 11 22 4007   Local\nNEW: 1 2 3   Fresh\n");
	assert_int_equal(row(f, "LOC", NULL)->total[2], 7);
}

/* While the file is read a CPU comes, or goes: no count is taken for another CPU's. */
static void test_cpus_change_within_a_reading(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD DISK("100", "200") LOC("10", "20"));
	take(f, HEAD " 36:  101 201  9  IO-APIC   5-edge      disk\n" LOC("11", "21"));
	assert_null(row(f, "disk", NULL));
	assert_row(f, "LOC", NULL, 1, 1);
	take(f, HEAD DISK("102", "205") "LOC:  12   Local timer interrupts\n");
	assert_row(f, "disk", NULL, 2, 5);
	assert_row(f, "LOC", NULL, 1, 1);
	take(f, HEAD DISK("102", "205") LOC("15", "27"));
	assert_row(f, "LOC", NULL, 5, 7);
	/* A new line that is read so: where it begins is not known. */
	take(f, HEAD " 40:  7000  IO-APIC   6-edge      late\n" DISK("102", "205"));
	take(f, HEAD " 40:  7001  0  IO-APIC   6-edge      late\n" DISK("102", "205"));
	assert_null(row(f, "late", NULL));
	take(f, HEAD " 40:  7002  0  IO-APIC   6-edge      late\n" DISK("102", "205"));
	assert_row(f, "late", NULL, 1, 0);
}

static void test_text_of_something_else(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(interrupts_take(f->interrupts, "", SECOND), -EINVAL);
	assert_int_equal(interrupts_take(f->interrupts, "hello\n", SECOND), -EINVAL);
	assert_int_equal(
		interrupts_take(f->interrupts, "CPU0 CPU1 CPU2 CPU3 CPU4\n", SECOND), -EINVAL);
	take(f, HEAD "no colon\n\n: 1 2 x\nAVERYLONGLABELTHATISNONE: 1 2 x\n  7:\n" DISK("1", "2"));
	take(f, HEAD
		"no colon\n\n: 9 9 x\nAVERYLONGLABELTHATISNONE: 9 9 x\n  7: 4\n" DISK("2", "2"));
	assert_int_equal(interrupts_count(f->interrupts), 1);
	assert_row(f, "disk", NULL, 1, 0);
	/* A line without its end is not taken. */
	take(f, HEAD " 36:  9  9  IO-APIC   5-edge   disk");
	assert_row(f, "disk", NULL, 1, 0);
}

/* ---- names ---- */

static void test_names(void **state)
{
	struct fixture *f = *state;
	char text[1024];

	for (int round = 1; round < 3; round++) {
		snprintf(text, sizeof(text),
			HEAD " 16:  %d 0  IO-APIC  16-fasteoi   ehci_hcd:usb1, uhci_hcd:usb2\n"
			     " 17:  %d 0     GICv3  27 Level     arch_timer\n"
			     " 18:  %d 0  PCI-MSI 65536-edge      nvme0q0\n"
			     " 19:  %d 0  IO-APIC   9-edge    \n"
			     " 20:  %d 0  IO-APIC   3-edge      bad\033]0;x\007 \302\205name\n"
			     " 21:  %d 0  IO-APIC   3-edge      %0200d\n",
			round, round, round, round, round, round, 5);
		take(f, text);
	}
	assert_row(f, "ehci_hcd:usb1, uhci_hcd:usb2", NULL, 1, 0);
	assert_row(f, "arch_timer", NULL, 1, 0);
	assert_row(f, "nvme0q0", NULL, 1, 0);
	assert_row(f, "irq 19", NULL, 1, 0);
	assert_row(f, "bad?]0;x? ?name", NULL, 1, 0);
	assert_int_equal(interrupts_count(f->interrupts), 6);
	assert_int_equal(strlen(interrupts_row(f->interrupts, 5)->name), 63);
}

/* One that was given back keeps its name, one that another driver takes over is another row. */
static void test_who_asks_for_it_changes(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD DISK("1", "0"));
	take(f, HEAD DISK("2", "0"));
	take(f, HEAD " 36:  3 0  IO-APIC   5-edge    \n");
	assert_row(f, "disk", NULL, 2, 0);
	assert_int_equal(interrupts_count(f->interrupts), 1);
	take(f, HEAD " 36:  7 0  IO-APIC   5-edge      tape\n");
	assert_row(f, "disk", NULL, 2, 0);
	assert_row(f, "tape", NULL, 4, 0);
	take(f, HEAD DISK("8", "0"));
	assert_row(f, "disk", NULL, 3, 0);
	assert_int_equal(interrupts_count(f->interrupts), 2);
}

/* ---- places ---- */

static void test_network_queues_are_kept_from_the_start(void **state)
{
	struct fixture *f = *state;

	put_nic(f, "eth0", "pci0000:00/0000:00:03.0");
	put_rps(f, "eth0", 0, "0\n");
	put_affinity(f, 38, "1\n", "1\n");
	take(f, HEAD NET("5", "6") DISK("0", "0"));
	assert_int_equal(interrupts_count(f->interrupts), 1);
	assert_row(f, "eth0-rx-0", "cpu 1, rps off", 0, 0);
	assert_int_equal(
		interrupts_row(f->interrupts, 0)->flags, IRQ_NETWORK | IRQ_ONE_CPU | IRQ_BOUND);
	take(f, HEAD NET("5", "9") DISK("0", "0"));
	assert_row(f, "eth0-rx-0", NULL, 0, 3);
}

static void test_which_interface(void **state)
{
	struct fixture *f = *state;

	put_nic(f, "eth0", "pci0000:00/0000:00:03.0/virtio2");
	put_file(f, "sys/devices/pci0000:00/0000:00:03.0/msi_irqs/38", "msix\n");
	put_file(f, "sys/devices/pci0000:00/0000:00:03.0/msi_irqs/39", "msix\n");
	put_nic(f, "enp8s0f0", "pci0000:00/0000:08:00.0");
	put_nic(f, "enp8s0f1", "pci0000:00/0000:09:00.0");
	put_file(f, "sys/devices/pci0000:00/0000:09:00.0/msi_irqs/50", "msix\n");
	put_nic(f, "old0", "pci0000:00/0000:0a:00.0");
	put_file(f, "sys/devices/pci0000:00/0000:0a:00.0/irq", "11\n");
	/* No device, no interrupt: even with a name that is in one. */
	put_file(f, "sys/class/net/ip/mtu", "1500\n");
	put_affinity(f, 38, "0\n", "0-1\n");
	put_rps(f, "eth0", 0, "00000000,00000003\n");
	put_rps(f, "enp8s0f0", 0, "0\n");
	put_rps(f, "enp8s0f0", 1, "0\n");
	put_rps(f, "enp8s0f0", 2, "1\n");
	put_rps(f, "enp8s0f1", 0, "2\n");
	put_rps(f, "enp8s0f1", 1, "2\n");
	take(f, HEAD " 11: 0 0 IO-APIC 11-fasteoi   old_driver\n"
		     " 38: 0 0 PCI-MSIX-0000:00:03.0   1-edge      virtio2-input.0\n"
		     " 39: 0 0 PCI-MSIX-0000:00:03.0   2-edge      virtio2-output.0\n"
		     " 41: 0 0 PCI-MSIX-0000:00:04.0   2-edge      virtio21-rx\n"
		     " 48: 0 0 PCI-MSI 1-edge      mlx5_comp1@pci:0000:08:00.0\n"
		     " 49: 0 0 PCI-MSI 1-edge      ice-enp8s0f0-TxRx-2\n"
		     " 50: 0 0 PCI-MSI 1-edge      some_name\n"
		     " 51: 0 0 PCI-MSI 1-edge      ahci-ip-x\n");
	assert_int_equal(interrupts_count(f->interrupts), 6);
	assert_row(f, "old_driver", "old0", 0, 0);
	assert_row(f, "virtio2-input.0", "eth0 cpu 0 of 0-1, rps 0-1", 0, 0);
	assert_row(f, "virtio2-output.0", "eth0", 0, 0);
	assert_row(f, "mlx5_comp1@pci:0000:08:00.0", "enp8s0f0 rps off", 0, 0);
	assert_row(f, "ice-enp8s0f0-TxRx-2", "rps 0", 0, 0);
	assert_row(f, "some_name", "enp8s0f1 rps 1", 0, 0);
}

/* Interrupts that several interfaces share are a network's; whose, only the name tells. */
static void test_interfaces_of_one_device(void **state)
{
	struct fixture *f = *state;

	put_nic(f, "a0", "pci0000:00/0000:08:00.0");
	put_nic(f, "b0", "pci0000:00/0000:08:00.0");
	put_file(f, "sys/devices/pci0000:00/0000:08:00.0/msi_irqs/38", "msix\n");
	put_file(f, "sys/devices/pci0000:00/0000:08:00.0/msi_irqs/39", "msix\n");
	take(f, HEAD " 38: 0 0 PCI-MSI 1-edge      shared\n 39: 0 0 PCI-MSI 1-edge      b0-rx-0\n");
	assert_row(f, "shared", "", 0, 0);
	assert_row(f, "b0-rx-0", "", 0, 0);
	assert_int_equal(row(f, "shared", NULL)->flags, IRQ_NETWORK);
}

static void test_an_interface_comes_later(void **state)
{
	struct fixture *f = *state;

	take(f, HEAD NET("5", "6"));
	put_nic(f, "eth0", "pci0000:00/0000:00:03.0");
	take(f, HEAD NET("5", "6"));
	assert_int_equal(interrupts_count(f->interrupts), 0);
	f->now_ns += 10 * SECOND;
	take(f, HEAD NET("5", "6"));
	assert_row(f, "eth0-rx-0", NULL, 0, 0);
}

/* A count on another CPU says that it was moved, at once; the old row stops, and goes on once it is
 * back. */
static void test_moved_to_another_cpu(void **state)
{
	struct fixture *f = *state;

	put_affinity(f, 36, "0\n", "0-1\n");
	take(f, HEAD DISK("1", "0"));
	take(f, HEAD DISK("5", "0"));
	assert_row(f, "disk", "cpu 0 of 0-1", 4, 0);
	put_affinity(f, 36, "1\n", "0-1\n");
	take(f, HEAD DISK("6", "7"));
	assert_row(f, "disk", "cpu 0 of 0-1", 4, 0);
	assert_row(f, "disk", "cpu 1 of 0-1", 1, 7);
	put_affinity(f, 36, "0\n", "0-1\n");
	take(f, HEAD DISK("8", "7"));
	assert_row(f, "disk", "cpu 0 of 0-1", 6, 0);
	assert_int_equal(interrupts_count(f->interrupts), 2);
}

/* A change without counts elsewhere is seen of network queues, within 10 s. */
static void test_settings_change(void **state)
{
	struct fixture *f = *state;

	put_nic(f, "eth0", "pci0000:00/0000:00:03.0");
	put_rps(f, "eth0", 0, "0\n");
	put_affinity(f, 38, "1\n", "0-1\n");
	take(f, HEAD NET("0", "6"));
	take(f, HEAD NET("0", "7"));
	assert_row(f, "eth0-rx-0", "cpu 1 of 0-1, rps off", 0, 1);
	put_affinity(f, 38, "1\n", "1\n");
	put_rps(f, "eth0", 0, "3\n");
	take(f, HEAD NET("0", "9"));
	assert_row(f, "eth0-rx-0", "cpu 1 of 0-1, rps off", 0, 3);
	f->now_ns += 10 * SECOND;
	take(f, HEAD NET("0", "19"));
	assert_row(f, "eth0-rx-0", "cpu 1 of 0-1, rps off", 0, 3);
	assert_row(f, "eth0-rx-0", "cpu 1, rps 0-1", 0, 10);
	assert_int_equal(row(f, "eth0-rx-0", "cpu 1, rps 0-1")->flags,
		IRQ_NETWORK | IRQ_ONE_CPU | IRQ_BOUND);
}

/* Many queues are looked up in turns, each in the end. */
static void test_settings_of_many_queues_change(void **state)
{
	struct fixture *f = *state;
	char text[8192] = HEAD;
	enum {
		QUEUES = 50
	};
	int changed = 0;

	put_nic(f, "eth0", "pci0000:00/0000:00:03.0");
	put_rps(f, "eth0", 0, "0\n");
	for (int i = 0; i < QUEUES; i++)
		sprintf(text + strlen(text), " %d:  0 0 PCI-MSI %d-edge      eth0-q\n", 40 + i, i);
	take(f, text);
	assert_int_equal(interrupts_count(f->interrupts), QUEUES);
	put_rps(f, "eth0", 0, "1\n");
	f->now_ns += 10 * SECOND;
	for (int i = 0; i < 4; i++)
		take(f, text);
	for (int i = 0; i < interrupts_count(f->interrupts); i++)
		changed += !strcmp(interrupts_row(f->interrupts, i)->where, "eth0 rps 0") ||
			   !strcmp(interrupts_row(f->interrupts, i)->where, "rps 0");
	assert_int_equal(changed, QUEUES);
}

/* Rows are few however often it is moved, and no interrupt is lost. */
static void test_moved_for_ever(void **state)
{
	struct fixture *f = *state;
	uint64_t sum = 0;
	char text[256], list[16];

	for (int i = 0; i < 40; i++) {
		sprintf(list, "%d\n", (i + 1) % 2);
		put_affinity(f, 36, list, i % 3 ? "0-1\n" : i % 5 ? list : "0-63\n");
		snprintf(text, sizeof(text), HEAD " 36: %d %d IO-APIC 5-edge      disk\n",
			(i + 1) / 2 * 10, i / 2 * 10);
		take(f, text);
	}
	assert_int_equal(interrupts_count(f->interrupts), IRQ_PLACES_MAX);
	assert_non_null(row(f, "disk", "moves between CPUs"));
	for (int i = 0; i < IRQ_PLACES_MAX; i++)
		sum += interrupts_row(f->interrupts, i)->total[0] +
		       interrupts_row(f->interrupts, i)->total[1];
	assert_int_equal(sum, 390);
}

static void test_long_lists(void **state)
{
	struct fixture *f = *state;

	put_affinity(
		f, 36, "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40\n", "0-63\n");
	put_nic(f, "eth0", "pci0000:00/0000:00:03.0");
	put_rps(f, "eth0", 0, "55555555,55555555\n");
	put_affinity(f, 38, "\n", "0-63\n");
	take(f, "CPU0\n 36: 1 IO-APIC 5-edge      disk\n 38: 1 PCI-MSI 1-edge      eth0-rx-0\n");
	take(f, "CPU0\n 36: 2 IO-APIC 5-edge      disk\n 38: 1 PCI-MSI 1-edge      eth0-rx-0\n");
	assert_non_null(row(f, "disk", "21 CPUs of 0-63"));
	/* Nobody listens yet: where it might go. */
	assert_non_null(row(f, "eth0-rx-0", "cpus 0-63, rps 32 CPUs"));
}

static void test_hostile_interface(void **state)
{
	struct fixture *f = *state;

	put_nic(f, "e\033[31m", "pci0000:00/0000:00:03.0");
	put_file(f, "sys/devices/pci0000:00/0000:00:03.0/msi_irqs/38", "msix\n");
	put_rps(f, "e\033[31m", 0, "zz\n");
	take(f, HEAD " 38: 0 0 PCI-MSI 1-edge      q\n");
	assert_row(f, "q", "e?[31m", 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_OF(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_only_what_moves_is_kept),
		TEST(test_wrap_and_new_start),
		TEST(test_lines_that_come_and_go),
		TEST(test_counts_of_no_cpu),
		TEST_OF(test_one_cpu, set_up_one),
		TEST_OF(test_64_cpus, set_up_64),
		TEST_OF(test_cpu_that_goes_offline, set_up_sparse),
		TEST_OF(test_cpu_that_comes_online, set_up_sparse),
		TEST(test_cpus_change_within_a_reading),
		TEST(test_text_of_something_else),
		TEST(test_names),
		TEST(test_who_asks_for_it_changes),
		TEST(test_network_queues_are_kept_from_the_start),
		TEST(test_which_interface),
		TEST(test_interfaces_of_one_device),
		TEST(test_an_interface_comes_later),
		TEST(test_moved_to_another_cpu),
		TEST(test_settings_change),
		TEST(test_settings_of_many_queues_change),
		TEST(test_moved_for_ever),
		TEST_OF(test_long_lists, set_up_64),
		TEST(test_hostile_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
