/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/farewell.h"

static void on_end(void *context, struct snapshot *last)
{
	struct farewell *farewell = context;

	farewell->sums = ledger_sum(last);
	farewell->closed = true;
}

struct listener farewell_listener(struct farewell *farewell)
{
	return (struct listener){ .end = on_end, .context = farewell };
}

void farewell_print(const struct farewell *farewell, FILE *to)
{
	const struct ledger_sums *l = &farewell->sums;
	const unsigned long long *of = (const unsigned long long *)l->of;

	if (!farewell->closed || (!of[LOSS_SEEN] && !l->lost))
		return;
	fprintf(to,
		"skewtop: seen %llu = delivered %llu + ring_full %llu + rate_limited %llu + "
		"filtered_out %llu%s\n",
		of[LOSS_SEEN], of[LOSS_DELIVERED], of[LOSS_RING_FULL], of[LOSS_RATE_LIMITED],
		of[LOSS_FILTERED_OUT], l->balanced ? "" : " (the books do not balance)");
	fprintf(to, "skewtop: delivered = kept %llu + overwritten %llu; missed ",
		(unsigned long long)l->kept, of[LOSS_OVERWRITTEN]);
	if (l->missed_known)
		fprintf(to, "%llu", of[LOSS_MISSED]);
	else
		fprintf(to, "unknown");
	fprintf(to, ", map_full %llu, malformed %llu\n", of[LOSS_MAP_FULL], of[LOSS_MALFORMED]);
}
