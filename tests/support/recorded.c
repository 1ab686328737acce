/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/ledger.h"
#include "core/recording/write.h"

static const struct script_line lines[] = {
	{ 0, SCRIPT_RAMP, TABLE_SYSCALLS, 0, SYSCALL_CALLS, .value = 4000 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, SCRIPT_ALL_CPUS, 900 },
	{ 0, SCRIPT_TRACE, TABLE_PROBES, .row = 0, .cpu = 1, .value = 4 },
	{ 1, SCRIPT_TRACE, TABLE_PROBES, .row = 3, .cpu = 2, .value = 2 },
	{ 2, SCRIPT_OFFLINE, .cpu = 3 },
	{ 2, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 1, 5 },
	{ 3, SCRIPT_KNOWN, TABLE_SYSCALLS, .column = SYSCALL_ERRORS },
	{ 4, SCRIPT_ONLINE, .cpu = 3 },
	{ 9, .verb = SCRIPT_END },
};

struct script recorded_machine(void)
{
	struct script script = script_machine(4, 2);

	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	script.trace_all = true;
	script.details = true;
	script.narrowed = "netns web, pid 77";
	return script;
}

void recorded_script(const char *path, struct keeper *heard)
{
	const struct recording_options recording = { .path = path };
	struct collector_options options = { .n_listeners = 2 };
	struct script script = recorded_machine();
	struct source *source = scripted_open(&script);
	struct error err = { "" };
	struct collector *collector;
	struct recording *r;
	int status;

	r = recording_create(&recording, &err, &status);
	assert_non_null(r);
	assert_int_equal(status, EXIT_OK);
	assert_int_equal(recording_start(r, source->host, true, &err), 0);
	options.listener[0] = keeper_listener(heard);
	options.listener[1] = recording_listener(r);
	collector = collector_start(source, &options, &err);
	assert_non_null(collector);
	assert_true(scripted_wait(collector, 9));
	while (!collector_ended(collector, &err))
		usleep(1000);
	collector_stop(collector);
	assert_int_equal(recording_finish(r, &err), 0);
	assert_int_equal(recording_state(r).records, heard->n_records);
	assert_string_equal(err.text, "");
	collector_free(collector);
	recording_free(r);
}
