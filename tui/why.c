/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/why.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What goes elsewhere now and then (a queue that was moved meanwhile) does not count. */
static const double ALL_OF_IT = 0.95;

/* Whether `word` stands in `text` by itself. */
static bool names(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; n && (p = strstr(p, word)); p++)
		if ((p == text || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
			return true;
	return false;
}

/* By how much a row has grown on a group's CPUs, and on all. */
static uint64_t grown_there(const struct frame *frame, const struct cpu_groups *groups, int group,
	int row, uint64_t *everywhere)
{
	const struct table *older = &frame->older->table[TABLE_INTERRUPTS];
	const struct table *newer = &frame->newer->table[TABLE_INTERRUPTS];
	uint64_t there = 0;

	*everywhere = 0;
	for (int slot = 0; slot < groups->n_slots; slot++) {
		uint64_t then = table_at(older, row, 0, slot), now = table_at(newer, row, 0, slot);

		if (now <= then)
			continue;
		*everywhere += now - then;
		if (groups->of_slot[slot] == group)
			there += now - then;
	}
	return there;
}

const char *why_interrupt(const struct frame *frame, const struct cpu_groups *groups, int group,
	const struct row *interface, char buf[WHY_MAX])
{
	const struct row *most = NULL;
	uint64_t largest = 0;

	buf[0] = '\0';
	if (!frame->older || !interface ||
		!table_knows(&frame->older->table[TABLE_INTERRUPTS], 0) ||
		!table_knows(&frame->newer->table[TABLE_INTERRUPTS], 0))
		return buf;
	for (int i = 0; i < frame->newer->table[TABLE_INTERRUPTS].n_rows; i++) {
		const struct row *row = catalog_row(frame->host->catalog, TABLE_INTERRUPTS, i);
		uint64_t everywhere, there;

		if (!(row->flags & IRQ_NETWORK) ||
			!(names(row->name, interface->name) || names(row->where, interface->name)))
			continue;
		there = grown_there(frame, groups, group, i, &everywhere);
		if (there <= largest)
			continue;
		largest = there;
		most = row->flags & IRQ_ONE_CPU && (double)there >= ALL_OF_IT * (double)everywhere
			       ? row
			       : NULL;
	}
	if (most)
		snprintf(buf, WHY_MAX, "irq %.48s %s there%s", most->name,
			most->flags & IRQ_BOUND ? "is bound" : "comes",
			strstr(most->where, "rps off") ? ", rps off" : "");
	return buf;
}
