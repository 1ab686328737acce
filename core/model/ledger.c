/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/ledger.h"

#include <stdio.h>

static const char *const names[LOSS_CAUSES] = {
	[LOSS_SEEN] = "seen",
	[LOSS_DELIVERED] = "delivered",
	[LOSS_RING_FULL] = "ring_full",
	[LOSS_RATE_LIMITED] = "rate_limited",
	[LOSS_FILTERED_OUT] = "filtered_out",
	[LOSS_OVERWRITTEN] = "overwritten",
	[LOSS_MISSED] = "missed",
	[LOSS_MAP_FULL] = "map_full",
	[LOSS_MALFORMED] = "malformed",
	[LOSS_NOT_RECORDED] = "not_recorded",
	[LOSS_DETAILS_FULL] = "details_full",
};

const char *loss_name(enum loss_cause cause)
{
	return names[cause];
}

int ledger_catalog(struct catalog *catalog)
{
	for (int cause = 0; cause < LOSS_CAUSES; cause++) {
		const struct row row = { .key = { cause }, .name = names[cause], .where = "" };
		int index = catalog_add(catalog, TABLE_LOSS, &row);

		if (index < 0)
			return index;
	}
	return 0;
}

static uint64_t saturating_difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

struct ledger_sums ledger_sum(const struct snapshot *snapshot)
{
	const struct table *table = &snapshot->table[TABLE_LOSS];
	struct ledger_sums sums = { .missed_known = table->known & LEDGER_KNOWS_MISSED };
	uint64_t accounted;

	for (int cause = 0; cause < LOSS_CAUSES; cause++)
		sums.of[cause] = table_sum(table, cause, 0);
	accounted = sums.of[LOSS_DELIVERED] + sums.of[LOSS_RING_FULL] + sums.of[LOSS_RATE_LIMITED] +
		    sums.of[LOSS_FILTERED_OUT];
	sums.lost = sums.of[LOSS_RING_FULL] + sums.of[LOSS_MISSED] + sums.of[LOSS_MAP_FULL] +
		    sums.of[LOSS_MALFORMED] + sums.of[LOSS_NOT_RECORDED] + sums.of[LOSS_DETAILS_FULL];
	/* While tracing runs, a record may be delivered between the reads of the two counters. */
	sums.in_flight = saturating_difference(sums.of[LOSS_SEEN], accounted);
	sums.kept = saturating_difference(sums.of[LOSS_DELIVERED], sums.of[LOSS_OVERWRITTEN]);
	sums.balanced = sums.of[LOSS_SEEN] == accounted &&
			sums.of[LOSS_OVERWRITTEN] <= sums.of[LOSS_DELIVERED];
	return sums;
}

const char *ledger_text(const struct ledger_sums *l, char *buf, size_t size)
{
	const unsigned long long *of = (const unsigned long long *)l->of;
	char missed[24] = "unknown";

	if (l->missed_known)
		snprintf(missed, sizeof(missed), "%llu", of[LOSS_MISSED]);
	snprintf(buf, size,
		"skewtop: seen %llu = delivered %llu + ring_full %llu + rate_limited %llu + "
		"filtered_out %llu%s\n"
		"skewtop: delivered = kept %llu + overwritten %llu; missed %s, map_full %llu, malformed %llu, "
		"not_recorded %llu, details_full %llu\n",
		of[LOSS_SEEN], of[LOSS_DELIVERED], of[LOSS_RING_FULL], of[LOSS_RATE_LIMITED],
		of[LOSS_FILTERED_OUT], l->balanced ? "" : " (the books do not balance)",
		(unsigned long long)l->kept, of[LOSS_OVERWRITTEN], missed, of[LOSS_MAP_FULL],
		of[LOSS_MALFORMED], of[LOSS_NOT_RECORDED],
		of[LOSS_DETAILS_FULL]);
	return buf;
}
