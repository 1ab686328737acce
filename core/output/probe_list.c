/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/probe_list.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include "core/probes/tracepoints.h"

/* Adds a row for each tracepoint that carries an skb. The number of rows, or negative errno. */
static int find_rows(struct catalog *catalog)
{
	struct tracepoint *found = calloc(PROBE_MAX, sizeof(*found));
	struct btf *btf = btf__load_vmlinux_btf();
	int n = -ENOMEM, left_out;

	if (found && btf)
		n = tracepoints_find(btf, found, PROBE_MAX, &left_out);
	else if (found)
		n = -ENOENT;
	for (int i = 0; i < n; i++) {
		const struct row row = { .key = { i }, .name = found[i].name };

		if (catalog_add(catalog, TABLE_PROBES, &row) < 0)
			n = -ENOMEM;
	}
	btf__free(btf);
	free(found);
	return n;
}

int probe_list_check(const struct options *options, struct error *err)
{
	struct catalog *catalog;
	bool on[PROBE_MAX];
	int n, status = EXIT_OK;

	if (!options->trace.n)
		return EXIT_OK;
	catalog = catalog_new();
	n = catalog ? find_rows(catalog) : -ENOMEM;
	/* What else may be wrong with this kernel is found, and said, by those whose task it is. */
	if (n > 0 && options_match_probes(options, catalog, on, n, err) < 0)
		status = EXIT_BAD_INPUT;
	catalog_free(catalog);
	return status;
}

static const char *counts_as(uint32_t flags)
{
	if (flags & PROBE_RX)
		return "received";
	if (flags & PROBE_TX)
		return "transmitted";
	if (flags & PROBE_DROP)
		return "dropped";
	if (flags & PROBE_CONSUME)
		return "consumed";
	return "seen";
}

static void print_functions(struct source *source, FILE *to)
{
	const struct source_ops *ops = source->ops;
	struct function_entry function;
	struct functions_status status;
	struct error err = { "" };
	bool any = ops->functions_entry && ops->functions_entry(source, 0, &function, &err);

	if (!ops->functions_status) {
		fprintf(to, "%s\n", source->host->functions_note);
		return;
	}
	ops->functions_status(source, &status);
	fprintf(to, "\n%-40s %-12s %s\n", "FUNCTION", "SKB", "ATTACHED");
	for (int i = 0; any; any = ops->functions_entry(source, ++i, &function, &err)) {
		bool can = !function.reason[0] && status.means != MEANS_NONE;

		fprintf(to, "%-40s argument %-3d ", function.name, function.argument + 1);
		if (can)
			fprintf(to, "%s of %s\n", functions_means_name(status.means),
				function.module[0] ? function.module : "the kernel");
		else
			fprintf(to, "no%s%s\n", function.reason[0] ? ": " : "", function.reason);
	}
	fprintf(to, "%d functions take an skb", status.found);
	if (status.means == MEANS_NONE)
		fprintf(to, "; none can be attached to: %s\n", err.text);
	else
		fprintf(to, ", %d of them can be attached to, by %s\n",
			status.found - status.left_out, functions_means_name(status.means));
}

void probe_list_print(struct source *source, FILE *to)
{
	const struct host *host = source->host;
	int n = catalog_count(host->catalog, TABLE_PROBES);

	fprintf(to, "%-32s %-12s %s\n", "PROBE", "PACKETS", "ATTACHED");
	for (int i = 0; i < n; i++) {
		const struct row *row = catalog_row(host->catalog, TABLE_PROBES, i);
		const char *module = row->where[0] ? row->where : "the kernel";

		fprintf(to, "%-32s %-12s ", row->name, counts_as(row->flags));
		if (row->flags & PROBE_ABSENT)
			fprintf(to, "no: %s\n", row->where);
		else
			fprintf(to, "BTF tracepoint of %s\n", module);
	}
	print_functions(source, to);
}
