/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/inside_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/model/inside.h"
#include "core/model/rates.h"
#include "core/output/number.h"
#include "tui/spark.h"

/* Figures of the interval on screen, or of all time where nothing returned in it. */
struct period {
	struct inside_figures figures;
	double seconds; /* 0: all time */
};

const char *inside_time(double ns, char *buf, size_t size)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double n = ns / units[i].ns;

		if (n < 0.9995)
			continue;
		snprintf(buf, size, n < 99.95 ? "%.1f%s" : "%.0f%s", n, units[i].unit);
		return buf;
	}
	snprintf(buf, size, "%.0fns", ns);
	return buf;
}

bool inside_known(const struct frame *frame, int row)
{
	struct inside_figures figures;

	return frame->newer && inside_gather(frame->host->catalog, frame->newer, row, &figures);
}

static struct period period_of(const struct frame *frame, int row)
{
	struct period period = { .seconds = rates_interval(frame->older, frame->newer) / 1e9 };
	struct inside_figures older, newer;

	inside_gather(frame->host->catalog, frame->newer, row, &newer);
	period.figures = newer;
	if (frame->older && inside_gather(frame->host->catalog, frame->older, row, &older))
		inside_difference(&period.figures, &older);
	if (!frame->older || !period.figures.returned) {
		period.figures = newer;
		period.seconds = 0;
	}
	return period;
}

static void draw_times(const struct period *p, const struct canvas *canvas, struct area line)
{
	const struct inside_figures *f = &p->figures;
	char rate[48], text[4][NUMBER_MAX], count[NUMBER_MAX], percent[NUMBER_MAX], share[48] = "";

	if (p->seconds > 0) {
		snprintf(rate, sizeof(rate), "%s/s", number_count(f->calls / p->seconds, count, sizeof(count)));
		snprintf(share, sizeof(share), "   %s%% of a cpu",
			number_percent(f->total_ns / p->seconds / 1e7, percent, sizeof(percent)));
	} else {
		snprintf(rate, sizeof(rate), "%s so far", number_count(f->calls, count, sizeof(count)));
	}
	canvas_printf(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT,
		"inside %s   p50 %s  p90 %s  p99 %s  longest %s%s", rate,
		inside_time(inside_quantile(f, 0.5), text[0], sizeof(text[0])),
		inside_time(inside_quantile(f, 0.9), text[1], sizeof(text[1])),
		inside_time(inside_quantile(f, 0.99), text[2], sizeof(text[2])),
		inside_time(f->longest_ns, text[3], sizeof(text[3])), share);
}

/* From the first bucket that has any to the last, one cell each. */
static void draw_histogram(const struct period *p, const struct canvas *canvas, struct area line)
{
	float values[INSIDE_BUCKETS];
	char from[NUMBER_MAX], to[NUMBER_MAX];
	int first = -1, last = 0, n, used;

	for (int b = 0; b < INSIDE_BUCKETS; b++) {
		if (!p->figures.bucket[b])
			continue;
		first = first < 0 ? b : first;
		last = b;
	}
	if (first < 0)
		return;
	used = canvas_printf(canvas, line.y, line.x + 1, line.w - 1, ROLE_DIM, "times  %s ",
		inside_time(inside_bucket_from(first), from, sizeof(from)));
	n = last - first + 1;
	if (n > line.w - used - 12)
		n = line.w - used - 12;
	if (n <= 0)
		return;
	for (int i = 0; i < n; i++)
		values[i] = p->figures.bucket[first + i] ? p->figures.bucket[first + i] : NAN;
	spark_bars(canvas, line.y, line.x + 1 + used, values, n);
	canvas_printf(canvas, line.y, line.x + 2 + used + n, line.w - used - n - 2, ROLE_DIM, "%s",
		inside_bucket_to(first + n - 1) == UINT64_MAX ?
			"and more" :
			inside_time(inside_bucket_to(first + n - 1), to, sizeof(to)));
}

static void draw_returns(const struct period *p, const struct canvas *canvas, struct area line)
{
	const struct inside_figures *f = &p->figures;
	char text[256] = "returned", percent[NUMBER_MAX], unreturned[80] = "";
	size_t used = strlen(text);

	for (int i = 0; i < f->n_values && used < sizeof(text); i++)
		if (f->value[i].count)
			used += snprintf(text + used, sizeof(text) - used, "  %s %s%%", f->value[i].name,
				number_percent(100.0 * f->value[i].count / f->returned, percent,
					sizeof(percent)));
	if (f->other && used < sizeof(text))
		used += snprintf(text + used, sizeof(text) - used, "  others %s%%",
			number_percent(100.0 * f->other / f->returned, percent, sizeof(percent)));
	if (!f->n_values && !f->other && used < sizeof(text))
		used += snprintf(text + used, sizeof(text) - used, f->returned ? "  nothing" : "  not yet");
	if (f->calls > f->returned)
		snprintf(unreturned, sizeof(unreturned), "  (%llu still inside or not seen to return)",
			(unsigned long long)(f->calls - f->returned));
	canvas_printf(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT, "%s%s", text,
		p->seconds > 0 ? "" : unreturned);
}

void inside_draw(const struct frame *frame, int row, const struct canvas *canvas, struct area area)
{
	static void (*const draw[INSIDE_LINES])(const struct period *p, const struct canvas *canvas,
		struct area line) = { draw_times, draw_histogram, draw_returns };
	struct period period = period_of(frame, row);

	for (int i = 0; i < INSIDE_LINES && area.h > 0; i++)
		draw[i](&period, canvas, area_take_top(&area, 1));
}
