/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet costs: sent over a veth pair with nothing attached, counted, and with a trace
 * record at one probe; and how fast records are drained into the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/model/ledger.h"
#include "core/trace/log.h"
#include "tests/support/bench.h"
#include "tests/support/generator.h"
#include "tests/support/live.h"
#include "tests/support/worker.h"

enum {
	PACKETS = 10000,
	ROUNDS = 7,
	TURNS = 5, /* of counting and tracing per round */
	RING = 128 << 20
};

enum state {
	BASE,
	COUNTED,
	TRACED,
	STATES
};

struct bench {
	struct test_net net;
	struct worker *worker;
	uint64_t *sent_ns; /* shared: CPU time of the worker's last job */
	double ns[STATES][ROUNDS * TURNS];
	double drain_ns[ROUNDS * TURNS]; /* per record */
	struct trace_log *log;
};

static void send_packets(void *context, uint64_t cpu)
{
	struct bench *bench = context;
	const struct flood flood = {.net = &bench->net, .packets = PACKETS, .cpu = (int)cpu};
	uint64_t from = bench_cpu_ns();

	if (generate_flood(&flood))
		abort();
	*bench->sent_ns = bench_cpu_ns() - from;
}

static double send_once(struct bench *bench)
{
	worker_do(bench->worker, 0);
	return (double)*bench->sent_ns / PACKETS;
}

static void keep(void *context, const struct trace_record *record, uint64_t real_ns)
{
	trace_log_append(context, record, real_ns);
}

/* ns of CPU time per record. */
static double drain(struct bench *bench, struct source *source)
{
	uint64_t from = bench_cpu_ns();
	int n, all = 0;

	while ((n = source->ops->drain(source, keep, bench->log)) > 0)
		all += n;
	return all ? (double)(bench_cpu_ns() - from) / all : 0;
}

static void run_round(struct bench *bench, int round)
{
	const struct live_options options = {
		.narrow.netns = bench->net.sender.inode,
		.ring_bytes = RING,
	};
	struct source *source;
	int probe;

	for (int turn = 0; turn < TURNS; turn++)
		bench->ns[BASE][round * TURNS + turn] = send_once(bench);
	source = live_open(&options);
	probe = live_probe(source, "net_dev_queue");
	for (int turn = 0; turn < TURNS; turn++) {
		int i = round * TURNS + turn;

		bench->ns[COUNTED][i] = send_once(bench);
		source->ops->select(source, TABLE_PROBES, probe, true);
		bench->ns[TRACED][i] = send_once(bench);
		source->ops->select(source, TABLE_PROBES, probe, false);
		bench->drain_ns[i] = drain(bench, source);
	}
	source_close(source);
}

static struct figures difference(const struct bench *bench, enum state a, enum state b)
{
	double values[ROUNDS * TURNS];

	for (int i = 0; i < ROUNDS * TURNS; i++)
		values[i] = bench->ns[a][i] - bench->ns[b][i];
	return figures_of(values, ROUNDS * TURNS);
}

static void report(struct bench *bench)
{
	struct figures counted = difference(bench, COUNTED, BASE);
	struct figures traced = difference(bench, TRACED, COUNTED);
	struct figures base = figures_of(bench->ns[BASE], ROUNDS * TURNS);
	struct figures drained = figures_of(bench->drain_ns, ROUNDS * TURNS);

	printf("%d UDP packets over veth, %d times, median (quartiles):\n", PACKETS,
		ROUNDS * TURNS);
	printf("  nothing attached             %7.0f ns per packet\n", base.median);
	printf("  counted at every tracepoint  %+7.0f ns (%+.0f to %+.0f), %.0f %%\n",
		counted.median, counted.low, counted.high, 100 * counted.median / base.median);
	printf("  a trace record at one probe  %+7.0f ns (%+.0f to %+.0f)\n", traced.median,
		traced.low, traced.high);
	printf("  drained into the log         %7.0f ns per record: %.1f million records/s\n",
		drained.median, 1000 / drained.median);
}

int main(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int cpus[2], n = process_cpus(cpus, 2);

	test_net_make(&bench->net);
	bench->sent_ns = process_shared(sizeof(*bench->sent_ns));
	bench->worker = worker_start(cpus[0], send_packets, bench);
	process_pin(cpus[n - 1]);
	bench->log = trace_log_new(TRACE_LOG_LINES);
	for (int round = 0; round < ROUNDS; round++)
		run_round(bench, round);
	report(bench);
	worker_stop(bench->worker);
	trace_log_free(bench->log);
	test_net_remove(&bench->net);
	free(bench);
	return 0;
}
