/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading per-CPU maps. A look-up copies round_up(value size, 8) bytes for every possible CPU, not for
 * every online one; a smaller buffer is overwritten by the kernel without a word (bpf_percpu_array_copy
 * and bpf_percpu_hash_copy in kernel/bpf). Buffers are therefore made here, by that rule, and carry a
 * guard word behind their end that is checked after every read.
 */
#ifndef SKEWTOP_PERCPU_H
#define SKEWTOP_PERCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes from one CPU's value to the next. */
static inline size_t percpu_stride(size_t value_size)
{
	return (value_size + 7) / 8 * 8;
}

/* Bytes that the kernel writes for n_entries entries. */
static inline size_t percpu_bytes(size_t value_size, int n_cpus, size_t n_entries)
{
	return percpu_stride(value_size) * (size_t)n_cpus * n_entries;
}

/* Values of n_entries entries x n_cpus possible CPUs, followed by a guard word. */
struct percpu_buffer {
	unsigned char *data;
	size_t value_size;
	size_t n_entries;
	int n_cpus;
};

/* -EINVAL for a size of 0, -EOVERFLOW, -ENOMEM. */
int percpu_buffer_init(
	struct percpu_buffer *buffer, size_t value_size, int n_cpus, size_t n_entries);
void percpu_buffer_free(struct percpu_buffer *buffer);

/* False if something wrote past the end. */
bool percpu_buffer_intact(const struct percpu_buffer *buffer);

/* The value of entry `entry` for the slot-th possible CPU. */
static inline const void *percpu_value(const struct percpu_buffer *buffer, size_t entry, int slot)
{
	return buffer->data +
	       (entry * buffer->n_cpus + slot) * percpu_stride(buffer->value_size);
}

/* Reads one entry into entry 0 of the buffer. Negative errno; -EFAULT if the guard was overwritten. */
int percpu_read(int map_fd, const void *key, struct percpu_buffer *buffer);

/*
 * Reads every entry of a per-CPU hash: keys into `keys` (n_entries x key_size bytes), values into the
 * buffer; returns how many. One batch call where the kernel has it (per-CPU hash since 5.6), else key
 * by key. An entry added meanwhile may be missed until the next read, none is read twice.
 * Negative errno; -EFAULT as above.
 */
int percpu_read_all(int map_fd, size_t key_size, void *keys, struct percpu_buffer *buffer);

#endif
