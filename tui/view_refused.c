/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that take an skb and are not counted when all are asked for: each with its reason. */
#include <stdio.h>
#include <stdlib.h>

#include "core/functions/choice.h"
#include "tui/grid.h"
#include "tui/view.h"

enum { NAME, ARGUMENT, MODULE, WHY };

static const struct column columns[] = {
	[NAME] = { .id = "name", .title = "FUNCTION", .width = 28, .most = 48, .text = true },
	[ARGUMENT] = { .id = "arg", .title = "ARG", .width = 3, .rank = 1 },
	[MODULE] = { .id = "module", .title = "MODULE", .width = 10, .most = 20, .rank = 2, .text = true },
	[WHY] = { .id = "why", .title = "WHY NOT", .width = 32, .most = 90, .text = true },
};

struct refused_view {
	struct app *app;
	struct grid grid;
	struct function_entry *entry;
	int n;
	int left_out; /* what the status said when the entries were taken */
};

static enum theme_role cell(const void *rows, int index, int column, char *buf, size_t size)
{
	const struct function_entry *entry = (const struct function_entry *)rows + index;

	switch (column) {
	case NAME:
		snprintf(buf, size, "%s", entry->name);
		return ROLE_TEXT;
	case ARGUMENT:
		snprintf(buf, size, "%d", entry->argument + 1);
		return ROLE_DIM;
	case MODULE:
		snprintf(buf, size, "%s", entry->module);
		return ROLE_DIM;
	default:
		snprintf(buf, size, "%s", entry->reason);
		return ROLE_TEXT;
	}
}

static double number(const void *rows, int index, int column)
{
	return column == ARGUMENT ? ((const struct function_entry *)rows)[index].argument : 0;
}

static uint64_t identity(const void *rows, int index)
{
	(void)rows;
	return index;
}

static const struct grid_ops grid = {
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.cell = cell,
	.number = number,
	.identity = identity,
};

static void *open_refused(struct app *app, const void *argument)
{
	struct refused_view *v = calloc(1, sizeof(*v));

	(void)argument;
	if (!v)
		return NULL;
	v->app = app;
	v->left_out = -1;
	grid_init(&v->grid, &grid, NAME);
	return v;
}

static void close_refused(struct app *app, void *state)
{
	struct refused_view *v = state;

	(void)app;
	if (!v)
		return;
	grid_free(&v->grid);
	free(v->entry);
	free(v);
}

/* They change only when a set is attached. */
static int prepare(void *state, const struct frame *frame)
{
	struct refused_view *v = state;
	int n = frame->functions.left_out;

	if (n != v->left_out) {
		struct function_entry *entry = calloc(n + 1, sizeof(*entry));

		if (!entry)
			return -1;
		free(v->entry);
		v->entry = entry;
		v->left_out = n;
		for (v->n = 0; v->n < n && app_refused_function(v->app, v->n, &entry[v->n]); v->n++)
			;
	}
	return grid_arrange(&v->grid, v->entry, v->n, frame, false);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct refused_view *v = state;
	struct area head = area_take_top(&area, 1);

	if (!frame->functions.found) {
		canvas_cut(canvas, head.y, head.x + 1, head.w - 1, ROLE_DIM,
			frame->host->functions_note[0] ? frame->host->functions_note :
							 "no functions were looked for");
		return;
	}
	canvas_printf(canvas, head.y, head.x + 1, head.w - 1, ROLE_TITLE,
		"%d of %d functions that take an skb are left out", v->n, frame->functions.found);
	grid_draw(&v->grid, canvas, area, "");
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	(void)app;
	(void)frame;
	return grid_act(&((struct refused_view *)state)->grid, action);
}

static struct focus focus(void *state)
{
	return (struct focus){ .grid = &((struct refused_view *)state)->grid };
}

static const char *path(void *state, char *buf, size_t size)
{
	(void)state;
	snprintf(buf, size, "Functions > left out");
	return buf;
}

const struct view_ops view_refused = {
	.name = "refused",
	.title = "Left out",
	.box = ROLE_BOX_FUNCTIONS,
	.functions = true,
	.open = open_refused,
	.close = close_refused,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.focus = focus,
	.path = path,
};
