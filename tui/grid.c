/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/frame.h"
#include "tui/hits.h"

enum {
	CELL_MAX = 160,
	MARGIN = 2, /* for the signs of the selection and of marks */
};

void grid_init(struct grid *grid, const struct grid_ops *ops, int sort)
{
	memset(grid, 0, sizeof(*grid));
	grid->ops = ops;
	grid->sort = sort;
	grid->at_top = true;
	grid->at = -1;
}

void grid_free(struct grid *grid)
{
	free(grid->order);
	memset(grid, 0, sizeof(*grid));
}

/* ---- which columns ---- */

/* The one that shows a column's figures: no two show the same. */
static int shown_as(const struct grid *grid, int column)
{
	/* A key may come before the first drawing. */
	int twin = grid->ops->twin && grid->rows ? grid->ops->twin(grid->rows, column) : -1;

	return twin >= 0 && !(grid->hidden_columns >> twin & 1) ? twin : column;
}

static uint32_t hidden_now(const struct grid *grid, const struct frame *frame)
{
	uint32_t hidden = grid->hidden_columns;

	for (int c = 0; c < grid->ops->n_columns; c++)
		if (shown_as(grid, c) != c || (frame->plain && grid->ops->columns[c].picture))
			hidden |= UINT32_C(1) << c;
	return hidden;
}

/* ---- which rows, in which order ---- */

/*
 * Of the columns that are drawn, or a row would be there for no reason that can be seen; but of a cell all of it:
 * what its column cuts off is marked.
 */
static bool row_has(const struct grid *grid, int index, const char *text)
{
	for (int c = 0; c < grid->ops->n_columns; c++) {
		char cell[CELL_MAX];

		if (!grid->ops->columns[c].text || !(grid->drawn_columns >> c & 1))
			continue;
		grid->ops->cell(grid->rows, index, c, cell, sizeof(cell));
		if (strcasestr(cell, text))
			return true;
	}
	return false;
}

static bool passes_filter(const struct grid *grid, int index)
{
	const char *text = grid->filter;

	if (!text[0] || (text[0] == '!' && !text[1]))
		return true;
	return text[0] == '!' ? !row_has(grid, index, text + 1) : row_has(grid, index, text);
}

static int compare_text(const struct grid *grid, int a, int b, int column)
{
	char x[CELL_MAX], y[CELL_MAX];

	grid->ops->cell(grid->rows, a, column, x, sizeof(x));
	grid->ops->cell(grid->rows, b, column, y, sizeof(y));
	return strcmp(x, y);
}

static int compare_rows(const void *pa, const void *pb, void *context)
{
	const struct grid *grid = context;
	int a = *(const int *)pa, b = *(const int *)pb, order;

	if (grid->ops->columns[grid->sort].text) {
		order = compare_text(grid, a, b, grid->sort);
	} else {
		double x = grid->ops->number(grid->rows, a, grid->sort);
		double y = grid->ops->number(grid->rows, b, grid->sort);

		order = x > y ? -1 : x < y;
	}
	if (grid->reverse)
		order = -order;
	/* Rows come in a sensible order, which equals keep. */
	return order ? order : (a > b) - (a < b);
}

static void find_selection(struct grid *grid)
{
	grid->at = grid->n ? 0 : -1;
	for (int i = 0; i < grid->n && !grid->at_top; i++)
		if (grid->ops->identity(grid->rows, grid->order[i]) == grid->selected)
			grid->at = i;
	if (grid->at >= 0)
		grid->selected = grid->ops->identity(grid->rows, grid->order[grid->at]);
}

int grid_arrange(struct grid *grid, const void *rows, int n, const struct frame *frame, bool hide_idle)
{
	if (n > grid->room) {
		int *order = realloc(grid->order, n * sizeof(*order));

		if (!order)
			return -ENOMEM;
		grid->order = order;
		grid->room = n;
	}
	grid->rows = rows;
	grid->layout = layout_make(grid->ops->columns, grid->ops->n_columns, hidden_now(grid, frame),
		grid->first_column, frame->width - MARGIN);
	grid->drawn_columns = layout_drawn(&grid->layout);
	grid->n_all = n;
	grid->n = grid->n_idle = grid->n_filtered = 0;
	for (int i = 0; i < n; i++) {
		if (!passes_filter(grid, i))
			grid->n_filtered++;
		else if (hide_idle && grid->ops->idle && grid->ops->idle(rows, i))
			grid->n_idle++;
		else
			grid->order[grid->n++] = i;
	}
	qsort_r(grid->order, grid->n, sizeof(*grid->order), compare_rows, grid);
	find_selection(grid);
	return 0;
}

int grid_selected(const struct grid *grid)
{
	return grid->at >= 0 && grid->at < grid->n ? grid->order[grid->at] : -1;
}

/* ---- drawing ---- */

static void draw_title(const struct grid *grid, const struct canvas *canvas, int y, int x, int width,
	int c)
{
	const struct column *column = &grid->ops->columns[c];
	bool sorted = c == shown_as(grid, grid->sort);
	enum theme_role role = sorted ? ROLE_HIGHLIGHT : ROLE_TITLE;
	const char *other = grid->ops->title ? grid->ops->title(grid->rows, c) : NULL;
	char title[32];

	snprintf(title, sizeof(title), "%s%s", other ? other : column->title,
		sorted ? (grid->reverse ? " ^" : " v") : "");
	if (column->text || column->picture)
		canvas_role(canvas, y, x, width, role, title);
	else
		/* The mark may take a cell of the gap. */
		canvas_right(canvas, y, x - 1, width + 1, role, title);
	hits_add(canvas->hits, HIT_COLUMN, y, x, 1, width, c);
}

static void draw_row(const struct grid *grid, const struct canvas *canvas, int y, struct area area, int place)
{
	const struct layout *layout = &grid->layout;
	int index = grid->order[place], x = area.x + MARGIN;
	bool selected = place == grid->at;
	bool marked = grid_marked(grid, index);
	char cell[CELL_MAX];

	if (selected)
		canvas_blank(canvas, y, area.x, area.w, ROLE_SELECTED);
	canvas_role(canvas, y, area.x, MARGIN, selected ? ROLE_SELECTED : marked ? ROLE_MARK : ROLE_TEXT,
		selected && marked ? ">*" : selected ? ">" : marked ? "*" : "");
	for (int i = 0; i < layout->n; i++) {
		int c = layout->column[i];
		int width = layout->width[i];
		enum theme_role role;

		if (grid->ops->columns[c].picture) {
			grid->ops->draw(grid->rows, index, c, canvas, y, x, width);
		} else {
			role = grid->ops->cell(grid->rows, index, c, cell, sizeof(cell));
			if (selected)
				role = ROLE_SELECTED;
			if (grid->ops->columns[c].text)
				canvas_cut(canvas, y, x, width, role, cell);
			else
				canvas_right(canvas, y, x, width, role, cell);
		}
		x += width + COLUMN_GAP;
	}
	hits_add(canvas->hits, HIT_ROW, y, area.x, 1, area.w, place);
}

static void scroll_to_selection(struct grid *grid, int height)
{
	grid->height = height > 0 ? height : 1;
	if (grid->at >= 0 && grid->at < grid->top)
		grid->top = grid->at;
	if (grid->at >= grid->top + grid->height)
		grid->top = grid->at - grid->height + 1;
	if (grid->top > grid->n - grid->height)
		grid->top = grid->n - grid->height;
	if (grid->top < 0)
		grid->top = 0;
}

/* What of the table is not on screen; "" if all is. */
static void describe_rest(const struct grid *grid, const char *more, char *buf, size_t size)
{
	int below = grid->n - grid->top - grid->height;
	size_t used = 0;

	buf[0] = '\0';
	if (below > 0)
		used = snprintf(buf, size, "... %d more%s", below, more);
	if (grid->top && used < size)
		used += snprintf(buf + used, size - used, "%s%d above", used ? ", " : "... ", grid->top);
	if (grid->n_idle && used < size)
		used += snprintf(buf + used, size - used, "%s%d idle (i: show)", used ? ", " : "... ",
			grid->n_idle);
	if (grid->filter[0] && used < size)
		snprintf(buf + used, size - used, "%s%d filtered by '%s'", used ? ", " : "... ",
			grid->n_filtered, grid->filter);
}

void grid_draw(struct grid *grid, const struct canvas *canvas, struct area area, const char *more)
{
	struct area head = area_take_top(&area, 1);
	const struct layout *layout = &grid->layout;
	char rest[200];
	int x = head.x + MARGIN;

	if (!head.h)
		return;
	for (int i = 0; i < layout->n; i++) {
		draw_title(grid, canvas, head.y, x, layout->width[i], layout->column[i]);
		x += layout->width[i] + COLUMN_GAP;
	}
	scroll_to_selection(grid, area.h);
	describe_rest(grid, more, rest, sizeof(rest));
	if (rest[0] && area.h > 1) {
		struct area foot = area_take_bottom(&area, 1);

		scroll_to_selection(grid, area.h);
		describe_rest(grid, more, rest, sizeof(rest));
		canvas_cut(canvas, foot.y, foot.x + 1, foot.w - 1, ROLE_DIM, rest);
	}
	for (int i = 0; i < area.h && grid->top + i < grid->n; i++)
		draw_row(grid, canvas, area.y + i, area, grid->top + i);
}

/* ---- acting ---- */

void grid_select(struct grid *grid, int place)
{
	if (!grid->n)
		return;
	if (place >= grid->n)
		place = grid->n - 1;
	if (place < 0)
		place = 0;
	grid->at = place;
	grid->at_top = false;
	grid->selected = grid->ops->identity(grid->rows, grid->order[place]);
}

static bool move_selection(struct grid *grid, enum action action)
{
	int page = grid->height > 1 ? grid->height - 1 : 1;

	switch (action) {
	case ACTION_DOWN:
		grid_select(grid, grid->at + 1);
		return true;
	case ACTION_UP:
		grid_select(grid, grid->at - 1);
		return true;
	case ACTION_PAGE_DOWN:
		grid_select(grid, grid->at + page);
		return true;
	case ACTION_PAGE_UP:
		grid_select(grid, grid->at - page);
		return true;
	case ACTION_LAST:
		grid_select(grid, grid->n - 1);
		return true;
	case ACTION_FIRST:
		grid_select(grid, 0);
		grid->at_top = true;
		return true;
	default:
		return false;
	}
}

/* To the next column on screen: sorting by what cannot be seen would only confuse. */
static void move_sort(struct grid *grid, int step)
{
	int n = grid->ops->n_columns, from = shown_as(grid, grid->sort);

	for (int i = 1; i <= n; i++) {
		int c = (from + i * step + i * n) % n;

		if (grid->ops->columns[c].picture || !(grid->drawn_columns & UINT32_C(1) << c))
			continue;
		grid->sort = c;
		grid->reverse = false;
		return;
	}
}

void grid_click_column(struct grid *grid, int column)
{
	if (grid->ops->columns[column].picture)
		return;
	grid->reverse = column == shown_as(grid, grid->sort) && !grid->reverse;
	grid->sort = column;
}

static void toggle_mark(struct grid *grid)
{
	for (int i = 0; i < grid->n_marks; i++) {
		if (grid->mark[i] == grid->selected) {
			grid->mark[i] = grid->mark[--grid->n_marks];
			return;
		}
	}
	if (grid->n_marks < GRID_MARKS)
		grid->mark[grid->n_marks++] = grid->selected;
}

bool grid_act(struct grid *grid, enum action action)
{
	if (move_selection(grid, action))
		return true;
	switch (action) {
	case ACTION_LEFT:
		grid->first_column -= grid->first_column > 0;
		return true;
	case ACTION_RIGHT:
		grid->first_column += grid->first_column < grid->ops->n_columns - 2;
		return true;
	case ACTION_SORT_LEFT:
		move_sort(grid, -1);
		return true;
	case ACTION_SORT_RIGHT:
		move_sort(grid, 1);
		return true;
	case ACTION_REVERSE:
		grid->reverse = !grid->reverse;
		return true;
	case ACTION_MARK:
		if (grid->at >= 0) {
			toggle_mark(grid);
			grid_select(grid, grid->at + 1);
		}
		return true;
	case ACTION_UNMARK:
		grid->n_marks = 0;
		return true;
	default:
		return false;
	}
}

bool grid_find(struct grid *grid, const char *text, int step, bool from_here)
{
	int start = grid->at < 0 ? 0 : grid->at;

	snprintf(grid->find, sizeof(grid->find), "%s", text);
	for (int i = from_here ? 0 : 1; text[0] && i <= grid->n && grid->n; i++) {
		int place = ((start + i * step) % grid->n + grid->n) % grid->n;

		if (row_has(grid, grid->order[place], text)) {
			grid_select(grid, place);
			return true;
		}
	}
	return false;
}

void grid_filter(struct grid *grid, const char *text)
{
	snprintf(grid->filter, sizeof(grid->filter), "%s", text);
}

bool grid_marked(const struct grid *grid, int index)
{
	uint64_t identity;

	if (!grid->n_marks)
		return false;
	identity = grid->ops->identity(grid->rows, index);
	for (int i = 0; i < grid->n_marks; i++)
		if (grid->mark[i] == identity)
			return true;
	return false;
}

bool grid_sort_by(struct grid *grid, const char *name)
{
	for (int c = 0; c < grid->ops->n_columns; c++) {
		const struct column *column = &grid->ops->columns[c];

		if (column->picture || !name[0])
			continue;
		if (strncasecmp(column->id, name, strlen(name)) == 0 ||
			strncasecmp(column->title, name, strlen(name)) == 0) {
			grid->sort = c;
			grid->reverse = false;
			return true;
		}
	}
	return false;
}

void grid_sort_names(const struct grid *grid, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int c = 0; c < grid->ops->n_columns && used < size; c++)
		if (!grid->ops->columns[c].picture)
			used += snprintf(buf + used, size - used, "%s%s", used ? " " : "",
				grid->ops->columns[c].id);
}
