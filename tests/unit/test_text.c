/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of text on standard output: what is in them, and whose a stack is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/ledger.h"
#include "core/output/text_out.h"
#include "tests/support/made_details.h"
#include "tests/support/scripted.h"

enum { NETIF_RECEIVE_SKB = 0, KFREE_SKB = 3 };

static const struct script_line lines[] = {
	{ 0, SCRIPT_GROW, TABLE_PROBES, NETIF_RECEIVE_SKB, COUNT_PACKETS, 1, 900 },
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, SCRIPT_ALL_CPUS, 20 },
	{ 1, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 1, 5 },
	{ 1, SCRIPT_ADD, TABLE_LOSS, LOSS_SEEN, 0, 1, 5 },
};

struct run {
	struct source *source;
	struct out_stream *stream;
	struct text_out *out;
	struct listener listener;
	FILE *file;
};

static struct run start(unsigned details)
{
	struct script script = script_machine(2, 1);
	struct run run = { .file = tmpfile() };

	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	script.details = true;
	assert_non_null(run.file);
	run.source = scripted_open(&script);
	run.stream = out_stream_new(fileno(run.file));
	run.out = text_out_new(run.stream, run.source->host, details);
	run.listener = text_out_listener(run.out);
	return run;
}

/* All that was written, for free(). */
static char *finish(struct run *run)
{
	char *text = calloc(1, 1 << 20);

	out_stream_flush(run->stream);
	assert_int_equal(out_stream_result(run->stream, NULL), 0);
	assert_true(pread(fileno(run->file), text, (1 << 20) - 1, 0) >= 0);
	fclose(run->file);
	text_out_free(run->out);
	out_stream_free(run->stream);
	source_close(run->source);
	return text;
}

static struct trace_record say_line(struct run *run, int cpu, int probe, uint64_t n)
{
	struct trace_record record;

	scripted_record(&record, cpu, probe, n);
	record.ktime_ns = n;
	run->listener.record(run->listener.context, &record, SCRIPT_REAL_NS + n * 1000);
	return record;
}

static void assert_text(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void a_line_says_what_is_known(void **state)
{
	struct run run = start(0);
	const struct row *drop = catalog_row(run.source->host->catalog, TABLE_DROPS, 0);
	struct trace_record record = say_line(&run, 1, NETIF_RECEIVE_SKB, 1);

	(void)state;
	made_details_add(run.source->host, &record); /* nobody asked for them */
	scripted_record(&record, 0, KFREE_SKB, 2);
	record.packet = 7;
	record.flags |= RECORD_CLONE | RECORD_HAS_REASON | RECORD_HAS_LOCATION;
	record.mark = 0x2a;
	record.location = drop->key[0];
	record.reason = drop->key[1];
	run.listener.record(run.listener.context, &record, SCRIPT_REAL_NS);
	assert_text(finish(&run),
		"14:02:11.000001 cpu=1 netif_receive_skb len=77 TCP 10.0.3.1:51514 > 10.0.9.2:443 [SA] if=eth0 "
		"pid=1001 comm=worker/1 skb=0xffff8881c0ffe100 netns=4026531840\n"
		"14:02:11.000000 cpu=0 kfree_skb len=114 TCP 10.0.3.0:51514 > 10.0.9.2:443 [A] if=eth0 "
		"pid=1000 comm=worker/0 skb=0xffff8881c0ffe200 packet=7 made=clone netns=4026531840 mark=0x2a "
		"reason=NO_SOCKET at=__udp4_lib_rcv+0x3c1\n");
}

static void add_stack(struct run *run, const struct trace_record *line)
{
	struct stack_record stack;

	made_stack(line, &stack);
	assert_true(trace_details_add(run->source->host->details, &stack, sizeof(stack)));
}

static char *without_ends(char *text)
{
	char *to = text;

	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n"), kept = strcspn(line, "\n") < 40 ? n : 40;

		memmove(to, line, kept);
		to[kept] = '\n';
		to += kept + 1;
		line += n + 1;
	}
	*to = '\0';
	return text;
}

/* A second line may come before the first one's stack: then it is said whose it is. */
static void a_stack_follows_its_line(void **state)
{
	struct run run = start(DETAIL_STACK | DETAIL_SKB);
	struct trace_record first, second;

	(void)state;
	first = say_line(&run, 0, KFREE_SKB, 1);
	add_stack(&run, &first);
	second = say_line(&run, 1, NETIF_RECEIVE_SKB, 2);
	say_line(&run, 0, NETIF_RECEIVE_SKB, 3);
	add_stack(&run, &second);
	say_line(&run, 0, NETIF_RECEIVE_SKB, 4);
	assert_text(without_ends(finish(&run)),
		"14:02:11.000001 cpu=0 kfree_skb len=77 T\n"
		"    made_inner+0x10\n"
		"    0xffffffff81000020\n"
		"    0xffffffffc000004d\n"
		"14:02:11.000002 cpu=1 netif_receive_skb \n"
		"14:02:11.000003 cpu=0 netif_receive_skb \n"
		"  stack of skb=0xffff8881c0ffe200 cpu=1:\n"
		"    made_inner+0x10\n"
		"    0xffffffff81000020\n"
		"    0xffffffffc0000072\n"
		"14:02:11.000004 cpu=0 netif_receive_skb \n");
}

/* Their text is that of the packet's screen. */
static void an_sk_buff_follows_its_line(void **state)
{
	struct run run = start(DETAIL_STACK | DETAIL_SKB);
	struct trace_record line = say_line(&run, 0, KFREE_SKB, 1);
	char *text;

	(void)state;
	made_details_add(run.source->host, &line);
	say_line(&run, 0, KFREE_SKB, 2);
	text = finish(&run);
	assert_non_null(strstr(text, "    (struct sk_buff){\n"));
	assert_non_null(strstr(text, "      .len = (unsigned int)77,\n"));
	assert_null(strstr(text, "sk_buff of"));
	free(text);
}

static void an_interval_is_a_line(void **state)
{
	struct run run = start(0);
	struct snapshot *a = scripted_next(run.source), *b = scripted_next(run.source);

	(void)state;
	run.listener.snapshot(run.listener.context, NULL, a);
	run.listener.snapshot(run.listener.context, a, b);
	run.listener.end(run.listener.context, b);
	snapshot_unref(a);
	snapshot_unref(b);
	assert_text(finish(&run),
		"14:02:12 -- SYS 40/s max 20 cpu0 1.0x -- PKT 900/s max 900 cpu1 2.0x -- DROP 0/s -- lost 5\n"
		"skewtop: seen 5 = delivered 0 + ring_full 5 + rate_limited 0 + filtered_out 0\n"
		"skewtop: delivered = kept 0 + overwritten 0; missed 0, map_full 0, malformed 0, not_recorded 0, details_full 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_what_is_known),
		cmocka_unit_test(a_stack_follows_its_line),
		cmocka_unit_test(an_sk_buff_follows_its_line),
		cmocka_unit_test(an_interval_is_a_line),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
