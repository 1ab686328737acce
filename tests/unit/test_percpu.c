/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers for per-CPU values, against a kernel made up here: three functions of libbpf are defined
 * in this file and copy what the real kernel would, so that machines of up to 4096 CPUs can be had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/host.h"
#include "core/probes/percpu.h"

/* The map that the functions below serve. */
static struct {
	size_t value_size;
	int n_cpus; /* possible, as the kernel sees it */
	uint32_t n_entries;
	int batch_errno;    /* 0: there are batch calls */
	uint32_t batch_max; /* entries that one call hands out */
	uint32_t bucket;    /* entries that a batch must have room for */
	int lookups;
	int batches;
} map;

/* Byte `at` of an entry's value on the slot-th CPU: all differ. */
static unsigned char value_byte(uint32_t entry, int slot, size_t at)
{
	return (unsigned char)(entry * 31 + (unsigned)slot * 7 + (unsigned)at + 1);
}

/* Every CPU's value, rounded up to 8 bytes: bpf_percpu_array_copy() and bpf_percpu_hash_copy(). */
static void copy_entry(uint32_t entry, unsigned char *to)
{
	size_t stride = (map.value_size + 7) & ~(size_t)7;

	for (int slot = 0; slot < map.n_cpus; slot++)
		for (size_t at = 0; at < stride; at++)
			to[slot * stride + at] =
				at < map.value_size ? value_byte(entry, slot, at) : 0xee;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	uint32_t entry;

	(void)fd;
	memcpy(&entry, key, sizeof(entry));
	map.lookups++;
	if (entry >= map.n_entries) {
		errno = ENOENT;
		return -1;
	}
	copy_entry(entry, value);
	return 0;
}

int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	uint32_t entry = 0;

	(void)fd;
	if (key) {
		memcpy(&entry, key, sizeof(entry));
		entry++;
	}
	if (entry >= map.n_entries) {
		errno = ENOENT;
		return -1;
	}
	memcpy(next_key, &entry, sizeof(entry));
	return 0;
}

int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
	__u32 *count, const struct bpf_map_batch_opts *opts)
{
	size_t entry_bytes = percpu_bytes(map.value_size, map.n_cpus, 1);
	uint32_t from = 0, room = *count, n = 0;

	(void)fd;
	(void)opts;
	map.batches++;
	if (map.batch_errno) {
		errno = map.batch_errno;
		return -1;
	}
	if (in_batch)
		memcpy(&from, in_batch, sizeof(from));
	if (room < map.bucket) {
		*count = 0;
		errno = ENOSPC;
		return -1;
	}
	while (n < room && n < map.batch_max && from + n < map.n_entries) {
		uint32_t entry = from + n;

		memcpy((unsigned char *)keys + n * sizeof(entry), &entry, sizeof(entry));
		copy_entry(entry, (unsigned char *)values + n * entry_bytes);
		n++;
	}
	*count = n;
	from += n;
	memcpy(out_batch, &from, sizeof(from));
	if (from < map.n_entries)
		return 0;
	errno = ENOENT;
	return -1;
}

static void make_map(size_t value_size, int n_cpus, uint32_t n_entries)
{
	memset(&map, 0, sizeof(map));
	map.value_size = value_size;
	map.n_cpus = n_cpus;
	map.n_entries = n_entries;
	map.batch_max = UINT32_MAX;
}

static void assert_entry(const struct percpu_buffer *buffer, size_t place, uint32_t entry)
{
	for (int slot = 0; slot < buffer->n_cpus; slot++) {
		const unsigned char *value = percpu_value(buffer, place, slot);

		for (size_t at = 0; at < buffer->value_size; at++)
			assert_int_equal(value[at], value_byte(entry, slot, at));
	}
}

/* ---- tests ---- */

static const size_t sizes[] = {1, 3, 4, 7, 8, 9, 12, 16, 31, 64, 5120};
static const int machines[] = {1, 2, 3, 64, 4096};

enum {
	N_SIZES = sizeof(sizes) / sizeof(sizes[0]),
	N_MACHINES = sizeof(machines) / sizeof(machines[0])
};

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(percpu_stride(1), 8);
	assert_int_equal(percpu_stride(8), 8);
	assert_int_equal(percpu_stride(9), 16);
	assert_int_equal(percpu_bytes(12, 3, 1), 48);
	assert_int_equal(percpu_bytes(12, 4096, 2), 16 * 4096 * 2);
}

/* The kernel's copy fits exactly, on every machine and for every size. */
static void test_one_entry(void **state)
{
	const uint32_t key = 0;

	(void)state;
	for (int m = 0; m < N_MACHINES; m++) {
		for (int s = 0; s < N_SIZES; s++) {
			struct percpu_buffer buffer;

			make_map(sizes[s], machines[m], 1);
			assert_int_equal(percpu_buffer_init(&buffer, sizes[s], machines[m], 1), 0);
			assert_true(percpu_buffer_intact(&buffer));
			assert_int_equal(percpu_read(3, &key, &buffer), 0);
			assert_true(percpu_buffer_intact(&buffer));
			assert_entry(&buffer, 0, 0);
			percpu_buffer_free(&buffer);
		}
	}
}

/* A buffer made for one CPU or one word too few is found out, and not used. */
static void test_canary(void **state)
{
	const uint32_t key = 0;
	uint32_t keys[4];

	(void)state;
	for (int s = 0; s < N_SIZES; s++) {
		struct percpu_buffer buffer;

		/* One more word than the buffer has, which is where the guard stands. */
		make_map(8, 4, 1);
		assert_int_equal(percpu_buffer_init(&buffer, 8, 3, 1), 0);
		assert_int_equal(percpu_read(3, &key, &buffer), -EFAULT);
		assert_false(percpu_buffer_intact(&buffer));
		percpu_buffer_free(&buffer);

		make_map(sizes[s], 1, 1);
		assert_int_equal(percpu_buffer_init(&buffer, sizes[s], 1, 1), 0);
		map.value_size = percpu_stride(sizes[s]) + 8;
		assert_int_equal(percpu_read(3, &key, &buffer), -EFAULT);
		percpu_buffer_free(&buffer);

		make_map(sizes[s], 1, 1);
		assert_int_equal(percpu_buffer_init(&buffer, sizes[s], 1, 1), 0);
		map.value_size = percpu_stride(sizes[s]) + 8;
		assert_int_equal(percpu_read_all(3, sizeof(key), keys, &buffer), -EFAULT);
		percpu_buffer_free(&buffer);
	}
}

/* Slot i is the i-th possible CPU, whatever the gaps between their ids. */
static void test_sparse_cpus(void **state)
{
	static const struct cpu_place places[] = {
		{.id = 0}, {.id = 2}, {.id = 3}, {.id = 64}, {.id = 4095}};
	enum {
		N = sizeof(places) / sizeof(places[0])
	};
	struct topology topology = {0};
	struct percpu_buffer buffer;
	const uint32_t key = 0;

	(void)state;
	assert_int_equal(topology_set(&topology, places, N), 0);
	make_map(12, N, 1);
	assert_int_equal(percpu_buffer_init(&buffer, 12, topology.n_cpus, 1), 0);
	assert_int_equal(percpu_read(3, &key, &buffer), 0);
	for (int i = 0; i < N; i++) {
		int slot = topology_slot(&topology, places[i].id);
		const unsigned char *value = percpu_value(&buffer, 0, slot);

		assert_int_equal(slot, i);
		assert_int_equal(value[0], value_byte(0, i, 0));
	}
	assert_int_equal(topology_slot(&topology, 1), -1);
	percpu_buffer_free(&buffer);
	free(topology.cpu);
}

static void assert_all_read(size_t value_size, int n_cpus, uint32_t n_entries, size_t room)
{
	uint32_t *keys = calloc(room, sizeof(*keys));
	struct percpu_buffer buffer;
	int n;

	assert_int_equal(percpu_buffer_init(&buffer, value_size, n_cpus, room), 0);
	n = percpu_read_all(3, sizeof(*keys), keys, &buffer);
	assert_int_equal(n, n_entries < room ? n_entries : room);
	for (int i = 0; i < n; i++) {
		assert_int_equal(keys[i], i);
		assert_entry(&buffer, i, keys[i]);
	}
	assert_true(percpu_buffer_intact(&buffer));
	percpu_buffer_free(&buffer);
	free(keys);
}

static void test_batches(void **state)
{
	(void)state;
	for (int m = 0; m < N_MACHINES; m++) {
		make_map(12, machines[m], 20);
		assert_all_read(12, machines[m], 20, 64);
		assert_int_equal(map.batches, 1);
		assert_int_equal(map.lookups, 0);
		/* Several calls, one empty map, one that fills its buffer to the last entry. */
		make_map(12, machines[m], 20);
		map.batch_max = 7;
		assert_all_read(12, machines[m], 20, 64);
		assert_int_equal(map.batches, 3);
		make_map(12, machines[m], 0);
		assert_all_read(12, machines[m], 0, 64);
		make_map(12, machines[m], 20);
		assert_all_read(12, machines[m], 20, 20);
	}
}

/* Kernels without batch calls say one of these; then it goes key by key. */
static void test_without_batches(void **state)
{
	static const int errnos[] = {524, EINVAL, EOPNOTSUPP};

	(void)state;
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		make_map(9, 3, 20);
		map.batch_errno = errnos[i];
		assert_all_read(9, 3, 20, 64);
		assert_int_equal(map.lookups, 20);
		make_map(9, 3, 20);
		map.batch_errno = errnos[i];
		assert_all_read(9, 3, 20, 20);
	}
}

/* A bucket that does not fit into what is left: what was read before is valid. */
static void test_crowded_bucket(void **state)
{
	(void)state;
	make_map(8, 2, 20);
	map.batch_max = 16;
	map.bucket = 8;
	assert_all_read(8, 2, 16, 20);
}

static void test_errors(void **state)
{
	struct percpu_buffer buffer;
	const uint32_t key = 5;
	uint32_t keys[1];

	(void)state;
	assert_int_equal(percpu_buffer_init(&buffer, 0, 1, 1), -EINVAL);
	assert_int_equal(percpu_buffer_init(&buffer, 8, 0, 1), -EINVAL);
	assert_int_equal(percpu_buffer_init(&buffer, 8, 1, 0), -EINVAL);
	assert_int_equal(percpu_buffer_init(&buffer, SIZE_MAX / 4, 4096, 1), -EOVERFLOW);
	assert_int_equal(percpu_buffer_init(&buffer, 8, 4096, SIZE_MAX / 4096), -EOVERFLOW);
	percpu_buffer_free(&buffer);
	make_map(8, 1, 1);
	assert_int_equal(percpu_buffer_init(&buffer, 8, 1, 1), 0);
	assert_int_equal(percpu_read(3, &key, &buffer), -ENOENT);
	map.batch_errno = EPERM;
	assert_int_equal(percpu_read_all(3, sizeof(key), keys, &buffer), -EPERM);
	percpu_buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_one_entry),
		cmocka_unit_test(test_canary),
		cmocka_unit_test(test_sparse_cpus),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_without_batches),
		cmocka_unit_test(test_crowded_bucket),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
