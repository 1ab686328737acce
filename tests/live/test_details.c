/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes with trace lines when asked for: kernel stacks and whole sk_buffs, of packets that this
 * process sends to itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/model/ledger.h"
#include "core/source.h"
#include "core/trace/skb_text.h"

enum {
	LINES_MAX = 64
};

struct heard {
	int n;
	struct trace_record line[LINES_MAX];
};

static struct source *open_source(void)
{
	struct live_options options = {.narrow.tgid = getpid()};
	struct error err = {""};
	int status;
	struct source *source = source_live_open(&options, &err, &status);

	if (!source)
		fail_msg("%s", err.text);
	return source;
}

static void select_row(struct source *source, enum table_id table, const char *name)
{
	const struct catalog *catalog = source->host->catalog;
	int found = 0;

	for (int row = 0; row < catalog_count(catalog, table); row++) {
		if (strcmp(catalog_row(catalog, table, row)->name, name) != 0)
			continue;
		assert_int_equal(source->ops->select(source, table, row, true), 0);
		found++;
	}
	assert_int_equal(found, 1);
}

static void select_probe(struct source *source, const char *name)
{
	select_row(source, TABLE_PROBES, name);
}

static void hear(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct heard *heard = context;

	(void)real_ns;
	if (heard->n < LINES_MAX)
		heard->line[heard->n++] = *record;
}

/* A packet of 5 bytes to a port of this machine where nobody listens. */
static void send_one(void)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)), 5);
	close(fd);
}

static void listen_to(struct source *source, struct heard *heard)
{
	memset(heard, 0, sizeof(*heard));
	send_one();
	for (int i = 0; i < 10; i++) {
		source->ops->drain(source, hear, heard);
		usleep(10000);
	}
	assert_true(heard->n > 0);
}

/* A source that has heard lines of net_dev_queue, with these details. */
static struct source *heard_with(unsigned wish, struct heard *heard)
{
	struct source *source = open_source();

	select_probe(source, "net_dev_queue");
	assert_int_equal(source->ops->details(source, wish), 0);
	listen_to(source, heard);
	return source;
}

static bool has(const struct text_lines *lines, const char *text)
{
	for (int i = 0; i < lines->n; i++)
		if (strstr(lines->line[i], text))
			return true;
	return false;
}

static void nothing_comes_unasked(void **state)
{
	struct source *source = open_source();
	struct heard heard;
	struct stack_record stack;
	struct skb_record skb;

	(void)state;
	select_probe(source, "net_dev_queue");
	listen_to(source, &heard);
	assert_false(trace_details_stack(source->host->details, &heard.line[0], &stack));
	assert_false(trace_details_skb(source->host->details, &heard.line[0], &skb));
	source_close(source);
}

static void a_line_has_its_stack(void **state)
{
	struct text_lines lines;
	struct stack_record stack;
	struct heard heard;
	struct source *source = heard_with(DETAIL_STACK, &heard);

	(void)state;
	assert_true(trace_details_stack(source->host->details, &heard.line[0], &stack));
	assert_int_equal(stack_text(source->host->symbols, &stack, &lines), 0);
	assert_true(has(&lines, "udp_sendmsg+0x"));
	assert_true(has(&lines, "ip_output+0x") || has(&lines, "ip_finish_output2+0x"));
	for (int i = 0; i < lines.n && has(&lines, "bpf_"); i++)
		print_message("# %s\n", lines.line[i]);
	assert_false(has(&lines, "bpf_"));
	text_lines_free(&lines);

	/* Of another line there is none. */
	heard.line[0].ktime_ns++;
	assert_false(trace_details_stack(source->host->details, &heard.line[0], &stack));
	source_close(source);
}

static void a_drop_has_its_stack(void **state)
{
	struct source *source = open_source();
	struct stack_record stack;
	struct heard heard;
	int stacks = 0, drops = 0;

	(void)state;
	select_probe(source, "net_dev_queue");
	select_probe(source, "kfree_skb");
	assert_int_equal(source->ops->details(source, DETAIL_DROP_STACK), 0);
	listen_to(source, &heard);
	for (int i = 0; i < heard.n; i++) {
		struct text_lines lines;

		drops += !!(heard.line[i].flags & RECORD_HAS_LOCATION);
		if (!trace_details_stack(source->host->details, &heard.line[i], &stack))
			continue;
		stacks++;
		assert_true(heard.line[i].flags & RECORD_HAS_LOCATION);
		assert_int_equal(stack_text(source->host->symbols, &stack, &lines), 0);
		assert_true(has(&lines, "udp"));
		text_lines_free(&lines);
	}
	assert_true(drops > 0);
	assert_int_equal(stacks, drops);
	source_close(source);
}

/* A source that counts in these functions, and traces them with stacks. */
static struct source *open_functions(const char *const *names, int n)
{
	struct source *source = open_source();
	struct function_choice choice = {};
	struct error err = {""};

	for (int i = 0; i < n; i++)
		assert_true(function_choice_add(&choice, names[i]));
	assert_int_equal(source->ops->functions(source, &choice), 0);
	if (source->ops->functions_wait(source, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < n; i++)
		select_row(source, TABLE_FUNCTIONS, names[i]);
	assert_int_equal(source->ops->details(source, DETAIL_STACK), 0);
	return source;
}

/*
 * Every line of this function has a stack, which is of the function itself; that of the first, which is the packet
 * that was sent (an ICMP error follows it), has all of `through`.
 */
static void expect_stacks(struct source *source, const struct heard *heard, const char *function,
	const char *const *through)
{
	const struct catalog *catalog = source->host->catalog;
	char self[64];
	int found = 0;

	snprintf(self, sizeof(self), "%s+0x", function);
	for (int i = 0; i < heard->n; i++) {
		const struct trace_record *line = &heard->line[i];
		struct stack_record stack;
		struct text_lines lines;

		if (strcmp(catalog_traced(catalog, line->probe)->name, function) != 0)
			continue;
		assert_true(trace_details_stack(source->host->details, line, &stack));
		assert_int_equal(stack_text(source->host->symbols, &stack, &lines), 0);
		assert_true(has(&lines, self));
		for (int t = 0; through[t] && !found; t++)
			if (!has(&lines, through[t])) {
				for (int l = 0; l < lines.n; l++)
					print_message("# %s\n", lines.line[l]);
				fail_msg("%s is not below %s", function, through[t]);
			}
		text_lines_free(&lines);
		found++;
	}
	assert_in_range(found, 1, 2);
}

/* One packet through four functions: on its way out in the context of the sender, on its way in of a softirq. */
static void functions_have_their_stacks(void **state)
{
	static const char *const names[] = {"ip_output", "__dev_queue_xmit", "ip_rcv", "udp_rcv"};
	static const char *const out[] = {"udp_sendmsg+0x", "ip_send_skb+0x", NULL};
	static const char *const in[] = {"__netif_receive_skb", "process_backlog+0x", "net_rx_action+0x", NULL};
	struct source *source = open_functions(names, 4);
	struct heard heard;

	(void)state;
	listen_to(source, &heard);
	expect_stacks(source, &heard, "ip_output", out);
	expect_stacks(source, &heard, "__dev_queue_xmit", out);
	expect_stacks(source, &heard, "ip_rcv", in);
	expect_stacks(source, &heard, "udp_rcv", in);
	source_close(source);
}

static void a_line_has_its_sk_buff(void **state)
{
	struct error err = {""};
	struct text_lines lines;
	struct skb_record skb;
	struct heard heard;
	struct source *source = heard_with(DETAIL_SKB, &heard);

	(void)state;
	assert_true(trace_details_skb(source->host->details, &heard.line[0], &skb));
	assert_in_range(skb.skb_size, 200, ABI_SKB_MAX);
	assert_int_equal(skb_text(source->host->skb_layout, &skb, &lines, &err), 0);
	/* Ethernet, IPv4 and UDP headers and 5 bytes; ETH_P_IP as it stands in memory. */
	assert_true(has(&lines, ".len = (unsigned int)47"));
	assert_true(has(&lines, ".protocol = (__be16)8"));
	assert_true(has(&lines, ".truesize = (unsigned int)"));
	assert_true(has(&lines, "(struct skb_shared_info){"));
	assert_true(has(&lines, ".dataref = (atomic_t){"));
	assert_false(has(&lines, "= (unsigned int)0"));
	assert_false(has(&lines, ".frags"));
	text_lines_free(&lines);
	source_close(source);
}

/* With the few types that go into a recording it reads as with all of the kernel's. */
static void its_layout_is_the_kernels(void **state)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct error err = {""};
	struct text_lines lines, by_kernel;
	struct skb_record skb;
	struct heard heard;
	struct source *source = heard_with(DETAIL_SKB, &heard);

	(void)state;
	assert_true(trace_details_skb(source->host->details, &heard.line[0], &skb));
	memset(skb.bytes, 0xa5, skb.skb_size); /* every member is something */
	assert_int_equal(skb_text(source->host->skb_layout, &skb, &lines, &err), 0);
	assert_int_equal(skb_text(kernel, &skb, &by_kernel, &err), 0);
	assert_in_range(lines.n, 100, 1000);
	assert_int_equal(lines.n, by_kernel.n);
	for (int i = 0; i < lines.n; i++)
		assert_string_equal(lines.line[i], by_kernel.line[i]);
	assert_in_range(btf__type_cnt(source->host->skb_layout), 20, 200);
	text_lines_free(&lines);
	text_lines_free(&by_kernel);
	btf__free(kernel);
	source_close(source);
}

/* A ring that few of them fit in: what a line lacks is counted. */
static void what_found_no_room_is_counted(void **state)
{
	struct live_options options = {.narrow.tgid = getpid(), .ring_bytes = 4096, .details = DETAIL_STACK | DETAIL_SKB};
	struct error err = {""};
	int status, lines = 0, n;
	struct source *source = source_live_open(&options, &err, &status);
	struct trace_details_cursor passed = {};
	union line_detail detail;
	struct snapshot *last;
	uint64_t full;

	(void)state;
	assert_non_null(source);
	select_probe(source, "net_dev_queue");
	for (int i = 0; i < 200; i++) {
		struct heard heard = {};

		send_one();
		/* Now and then there is room again. */
		if (i % 20 == 0)
			while ((n = source->ops->drain(source, hear, &heard)) > 0)
				lines += n;
	}
	assert_int_equal(source->ops->stop(source), 0);
	for (struct heard heard = {}; (n = source->ops->drain(source, hear, &heard)) > 0;)
		lines += n;
	assert_int_equal(source->ops->sample(source, &last, &err), 0);
	while (trace_details_next(source->host->details, options.details, &passed, &detail))
		;
	full = table_sum(&last->table[TABLE_LOSS], LOSS_DETAILS_FULL, 0);
	assert_in_range(lines, 10, 190);
	assert_true(full > 0 && passed.stacks > 0);
	assert_int_equal(passed.stacks + passed.skbs + full, 2 * lines);
	assert_true(ledger_sum(last).lost >= full);
	snapshot_unref(last);
	source_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_comes_unasked),
		cmocka_unit_test(a_line_has_its_stack),
		cmocka_unit_test(a_drop_has_its_stack),
		cmocka_unit_test(a_line_has_its_sk_buff),
		cmocka_unit_test(its_layout_is_the_kernels),
		cmocka_unit_test(what_found_no_room_is_counted),
	};

	const struct CMUnitTest with_functions[] = {
		cmocka_unit_test(functions_have_their_stacks),
	};

	/* Where the kernel has function probes, which the one that runs this may not: tests/kernels/guest-stacks.sh. */
	if (getenv("SKEWTOP_FUNCTIONS"))
		return cmocka_run_group_tests(with_functions, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
