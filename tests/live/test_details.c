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
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/skb_text.h"
#include "core/source.h"

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

static void select_probe(struct source *source, const char *name)
{
	const struct catalog *catalog = source->host->catalog;

	for (int row = 0; row < catalog_count(catalog, TABLE_PROBES); row++)
		if (strcmp(catalog_row(catalog, TABLE_PROBES, row)->name, name) == 0)
			assert_int_equal(source->ops->select(source, TABLE_PROBES, row, true), 0);
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
	struct source *source = open_source();
	struct text_lines lines;
	struct stack_record stack;
	struct heard heard;

	(void)state;
	select_probe(source, "net_dev_queue");
	assert_int_equal(source->ops->details(source, DETAIL_STACK), 0);
	listen_to(source, &heard);
	assert_true(trace_details_stack(source->host->details, &heard.line[0], &stack));
	assert_int_equal(stack_text(source->host->symbols, &stack, &lines), 0);
	assert_true(has(&lines, "udp_sendmsg+0x"));
	assert_true(has(&lines, "ip_output+0x") || has(&lines, "ip_finish_output2+0x"));
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

static void a_line_has_its_sk_buff(void **state)
{
	struct source *source = open_source();
	struct error err = {""};
	struct text_lines lines;
	struct skb_record skb;
	struct heard heard;

	(void)state;
	select_probe(source, "net_dev_queue");
	assert_int_equal(source->ops->details(source, DETAIL_SKB), 0);
	listen_to(source, &heard);
	assert_true(trace_details_skb(source->host->details, &heard.line[0], &skb));
	assert_in_range(skb.skb_size, 200, ABI_SKB_MAX);
	assert_int_equal(skb_text(&skb, &lines, &err), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_comes_unasked),
		cmocka_unit_test(a_line_has_its_stack),
		cmocka_unit_test(a_drop_has_its_stack),
		cmocka_unit_test(a_line_has_its_sk_buff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
