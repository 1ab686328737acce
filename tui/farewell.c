/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/farewell.h"

static void on_end(void *context, struct snapshot *last)
{
	struct farewell *farewell = context;

	if (!last)
		return;
	farewell->sums = ledger_sum(last);
	farewell->closed = true;
}

struct listener farewell_listener(struct farewell *farewell)
{
	return (struct listener){ .end = on_end, .context = farewell };
}

void farewell_print(const struct farewell *farewell, FILE *to)
{
	const struct ledger_sums *sums = &farewell->sums;
	char books[LEDGER_TEXT_MAX];

	if (farewell->closed && (sums->of[LOSS_SEEN] || sums->lost))
		fputs(ledger_text(sums, books, sizeof(books)), to);
}
