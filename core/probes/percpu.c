/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/percpu.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t GUARD = UINT64_C(0x5ca1ab1e0ddba115);

/* What the kernel says where a map type has no batch operations; not in errno.h. */
enum { ENOTSUPP_KERNEL = 524 };

static size_t buffer_bytes(const struct percpu_buffer *buffer)
{
	return percpu_bytes(buffer->value_size, buffer->n_cpus, buffer->n_entries);
}

int percpu_buffer_init(
	struct percpu_buffer *buffer, size_t value_size, int n_cpus, size_t n_entries)
{
	size_t per_entry, bytes;

	memset(buffer, 0, sizeof(*buffer));
	if (!value_size || n_cpus <= 0 || !n_entries)
		return -EINVAL;
	if (__builtin_mul_overflow(percpu_stride(value_size), (size_t)n_cpus, &per_entry) ||
		__builtin_mul_overflow(per_entry, n_entries, &bytes) ||
		__builtin_add_overflow(bytes, sizeof(GUARD), &bytes))
		return -EOVERFLOW;
	/* calloc: pages that no read touches cost nothing. */
	buffer->data = calloc(1, bytes);
	if (!buffer->data)
		return -ENOMEM;
	buffer->value_size = value_size;
	buffer->n_cpus = n_cpus;
	buffer->n_entries = n_entries;
	memcpy(buffer->data + buffer_bytes(buffer), &GUARD, sizeof(GUARD));
	return 0;
}

void percpu_buffer_free(struct percpu_buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

bool percpu_buffer_intact(const struct percpu_buffer *buffer)
{
	return memcmp(buffer->data + buffer_bytes(buffer), &GUARD, sizeof(GUARD)) == 0;
}

int percpu_read(int map_fd, const void *key, struct percpu_buffer *buffer)
{
	if (bpf_map_lookup_elem(map_fd, key, buffer->data))
		return -errno;
	return percpu_buffer_intact(buffer) ? 0 : -EFAULT;
}

/* The kernel's own walk: slower, and the same result. */
static int read_by_key(int map_fd, size_t key_size, unsigned char *keys, struct percpu_buffer *buffer)
{
	size_t entry_bytes = percpu_bytes(buffer->value_size, buffer->n_cpus, 1);
	const void *previous = NULL;
	size_t n = 0;

	while (n < buffer->n_entries) {
		unsigned char *key = keys + n * key_size;

		if (bpf_map_get_next_key(map_fd, previous, key))
			return errno == ENOENT ? (int)n : -errno;
		if (bpf_map_lookup_elem(map_fd, key, buffer->data + n * entry_bytes))
			return -errno;
		if (!percpu_buffer_intact(buffer))
			return -EFAULT;
		previous = key;
		n++;
	}
	return (int)n;
}

int percpu_read_all(int map_fd, size_t key_size, void *keys, struct percpu_buffer *buffer)
{
	size_t entry_bytes = percpu_bytes(buffer->value_size, buffer->n_cpus, 1);
	uint32_t at = 0; /* the kernel's place between calls: a bucket number */
	size_t n = 0;

	while (n < buffer->n_entries) {
		uint32_t count = buffer->n_entries - n;
		int err = bpf_map_lookup_batch(map_fd, n ? &at : NULL, &at,
				  (unsigned char *)keys + n * key_size,
				  buffer->data + n * entry_bytes, &count, NULL)
				  ? -errno
				  : 0;

		if (err == -ENOTSUPP_KERNEL || err == -EINVAL || err == -EOPNOTSUPP)
			return n ? err : read_by_key(map_fd, key_size, keys, buffer);
		if (err && err != -ENOENT && err != -ENOSPC)
			return err;
		if (!percpu_buffer_intact(buffer))
			return -EFAULT;
		n += count;
		if (err) /* ENOENT: the last batch. ENOSPC: the next bucket is larger than what is left */
			break;
	}
	return (int)n;
}
