// SPDX-License-Identifier: GPL-2.0-only
#include "core/filter/trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LICENSE "GPL"
#define LOG_SIZE (64 * 1024)

/* A filter may read this much past a packet's end, as it does with an skb (ebpf.h). */
#define SLACK 128

struct filter_trial {
	int map_fd;
	unsigned char *area; /* the map's only value, mapped here */
	size_t size, used;
	uint64_t address; /* of the same bytes in the kernel */
};

/* Arguments of filter_run(), as words of the tracepoint's context. */
enum {
	CTX_DATA,
	CTX_HEADLEN,
	CTX_WIRELEN,
	CTX_KIND,
	CTX_TAG,
	CTX_WORDS
};

/* A program that stores the address of the map's value in that value. */
static int learn_address(struct filter_trial *trial)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM,
			.dst_reg = BPF_REG_1,
			.src_reg = BPF_PSEUDO_MAP_VALUE,
			.imm = trial->map_fd},
		{0},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int fd, err;

	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "filter_address", LICENSE, insns,
		sizeof(insns) / sizeof(insns[0]), NULL);
	if (fd < 0)
		return fd;
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	if (err)
		return err;
	memcpy(&trial->address, trial->area, sizeof(trial->address));
	return trial->address ? 0 : -EFAULT;
}

int filter_trial_open(size_t size, struct filter_trial **out, char *err, size_t err_size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct filter_trial *trial = calloc(1, sizeof(*trial));
	int result = -ENOMEM;

	if (!trial)
		goto fail;
	trial->size = (size + SLACK + page - 1) / page * page;
	trial->area = MAP_FAILED;
	trial->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "filter_trial", sizeof(uint32_t),
		(uint32_t)trial->size, 1, &opts);
	if (trial->map_fd < 0) {
		result = trial->map_fd;
		goto fail;
	}
	trial->area = mmap(NULL, trial->size, PROT_READ | PROT_WRITE, MAP_SHARED, trial->map_fd, 0);
	if (trial->area == MAP_FAILED) {
		result = -errno;
		goto fail;
	}
	result = learn_address(trial);
	if (result)
		goto fail;
	*out = trial;
	return 0;
fail:
	snprintf(err, err_size, "cannot run BPF programs here: %s%s", strerror(-result),
		result == -EPERM ? " (root, or CAP_BPF and CAP_PERFMON, can)" : "");
	filter_trial_close(trial);
	return result;
}

void filter_trial_close(struct filter_trial *trial)
{
	if (!trial)
		return;
	if (trial->area && trial->area != MAP_FAILED)
		munmap(trial->area, trial->size);
	if (trial->map_fd > 0)
		close(trial->map_fd);
	free(trial);
}

uint64_t filter_trial_put(struct filter_trial *trial, const void *packet, size_t len)
{
	uint64_t address = trial->address + trial->used;

	if (len > trial->size - SLACK - trial->used)
		return 0;
	memcpy(trial->area + trial->used, packet, len);
	trial->used += len;
	return address;
}

void filter_trial_reset(struct filter_trial *trial)
{
	trial->used = 0;
}

/* main: filter_run(ctx[CTX_DATA], ...); the body follows as a function of its own. */
static size_t put_main(struct bpf_insn *insns)
{
	size_t n = 0;

	/* R1 is the context, so it comes last. */
	for (int i = CTX_WORDS - 1; i >= 0; i--)
		insns[n++] = (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_DW,
			.dst_reg = (unsigned char)(BPF_REG_1 + i),
			.src_reg = BPF_REG_1,
			.off = (short)(i * 8)};
	insns[n++] =
		(struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1};
	insns[n++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	return n;
}

/* The last line of the verifier's log that is not its statistics. */
static const char *last_line(char *log)
{
	char *line = log, *keep = log;

	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (strncmp(line, "processed ", 10) && *line)
			keep = line;
	}
	return keep;
}

int filter_trial_load(const struct bpf_insn *body, size_t n, char *err, size_t err_size)
{
	struct bpf_insn *insns = calloc(n + CTX_WORDS + 2, sizeof(*insns));
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	size_t main_n;
	char *log;
	int fd;

	if (!insns) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	main_n = put_main(insns);
	memcpy(&insns[main_n], body, n * sizeof(*insns));
	fd = bpf_prog_load(
		BPF_PROG_TYPE_RAW_TRACEPOINT, "filter_trial", LICENSE, insns, main_n + n, NULL);
	if (fd < 0) {
		log = calloc(1, LOG_SIZE);
		opts.log_level = log ? 1 : 0;
		opts.log_buf = log;
		opts.log_size = log ? LOG_SIZE : 0;
		fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "filter_trial", LICENSE, insns,
			main_n + n, &opts);
		if (fd < 0)
			snprintf(err, err_size, "the kernel refuses the filter: %s",
				log && *log ? last_line(log) : strerror(-fd));
		free(log);
	}
	free(insns);
	return fd;
}

int filter_trial_run(int prog_fd, const struct filter_call *call, uint32_t *verdict)
{
	uint64_t ctx[CTX_WORDS] = {
		[CTX_DATA] = call->data,
		[CTX_HEADLEN] = call->headlen,
		[CTX_WIRELEN] = call->wirelen,
		[CTX_KIND] = call->kind,
		[CTX_TAG] = call->tag,
	};
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = ctx, .ctx_size_in = sizeof(ctx));
	int err = bpf_prog_test_run_opts(prog_fd, &run);

	*verdict = run.retval;
	return err;
}
