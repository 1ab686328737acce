/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/pane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/output/number.h"
#include "tui/hits.h"

int pane_init(struct pane *pane, const struct line_choice *choice)
{
	memset(pane, 0, sizeof(*pane));
	pane->choice = *choice;
	pane->follow = true;
	pane->stale = true;
	pane->height = 1;
	pane->line = calloc(PANE_LINES, sizeof(*pane->line));
	return pane->line ? 0 : -ENOMEM;
}

void pane_free(struct pane *pane)
{
	free(pane->line);
	memset(pane, 0, sizeof(*pane));
}

/* ---- which lines ---- */

struct match {
	const struct frame *frame;
	const struct line_choice *choice;
	const char *text;  /* must (or with `!` must not) be in the line; "" any */
	const char *text2; /* as well */
	uint32_t columns;  /* to look at: those that are drawn */
};

static bool has_text(const struct match *m, const struct trace_record *record, const char *text)
{
	char line[1024];

	if (!text[0] || (text[0] == '!' && !text[1]))
		return true;
	line_text(m->frame->host, record, m->columns, line, sizeof(line));
	return text[0] == '!' ? !strcasestr(line, text + 1) : !!strcasestr(line, text);
}

static uint32_t flags_of_probe(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return row && record->probe < PROBE_MAX ? row->flags : 0;
}

static bool matches(void *context, const struct trace_record *record)
{
	const struct match *m = context;
	const struct line_choice *c = m->choice;

	if ((c->by_probe && record->probe != c->probe) ||
		(c->by_location && record->location != c->location) ||
		(c->by_reason && record->reason != c->reason) ||
		(c->by_interface &&
			(record->netns != c->netns || record->ifindex != c->ifindex)))
		return false;
	if (c->probe_flags && !(flags_of_probe(m->frame->host, record) & c->probe_flags))
		return false;
	if (m->frame->shown && !cpus_has(m->frame->shown, (int)record->cpu))
		return false;
	return has_text(m, record, m->text) && has_text(m, record, m->text2);
}

static struct match match_of(const struct pane *pane, const struct frame *frame, const char *find)
{
	return (struct match){
		.frame = frame,
		.choice = &pane->choice,
		.text = pane->filter,
		.text2 = find,
		.columns = pane->drawn_columns,
	};
}

/* The newest lines of from ... upto, at most `max`, appended to those on screen. */
static void append_newest(struct pane *pane, const struct frame *frame, uint64_t from, uint64_t upto,
	int max)
{
	struct match match = match_of(pane, frame, "");
	uint64_t found[PANE_LINES];
	size_t n;

	if (upto < from)
		return;
	n = trace_log_select(frame->log, from, upto, matches, &match, found, max);
	if (pane->n + (int)n > max) {
		int drop = pane->n + (int)n - max;

		if (drop > pane->n)
			drop = pane->n;
		memmove(pane->line, pane->line + drop, (pane->n - drop) * sizeof(*pane->line));
		pane->n -= drop;
		pane->at -= drop;
	}
	for (size_t i = 0; i < n; i++)
		pane->n += trace_log_read(frame->log, found[i], &pane->line[pane->n]);
}

static void clamp_selection(struct pane *pane)
{
	if (pane->follow || pane->at >= pane->n)
		pane->at = pane->n - 1;
	if (pane->at < 0)
		pane->at = 0;
}

/* Shows the lines that end with `upto`, the newest at the bottom. */
static void show_upto(struct pane *pane, const struct frame *frame, uint64_t upto)
{
	pane->n = 0;
	append_newest(pane, frame, 0, upto, pane->height);
	pane->seen = upto + 1;
	pane->stale = false;
}

/* Looks up the lines for a pane of `height` rows and these columns. */
static void update(struct pane *pane, const struct frame *frame, int height, uint32_t columns)
{
	struct trace_range range = trace_log_range(frame->log);
	bool other; /* than those on screen */

	if (height > PANE_LINES)
		height = PANE_LINES;
	if (height < 1)
		height = 1;
	other = height != pane->height || (pane->filter[0] && columns != pane->drawn_columns);
	pane->height = height;
	pane->drawn_columns = columns;
	pane->newest = range.end < frame->log_end ? range.end : frame->log_end;
	if (pane->stale || (other && (pane->follow || !pane->n)) || pane->seen > pane->newest) {
		pane->n = 0;
		if (pane->newest)
			show_upto(pane, frame, pane->newest - 1);
		pane->seen = pane->newest;
		pane->stale = false;
	} else if (other) {
		show_upto(pane, frame, pane->line[pane->n - 1].sequence);
	} else if (pane->follow && pane->newest > pane->seen) {
		append_newest(pane, frame, pane->seen, pane->newest - 1, height);
		pane->seen = pane->newest;
	}
	clamp_selection(pane);
}

/* ---- drawing ---- */

static bool is_marked(const struct pane *pane, uint64_t sequence)
{
	for (int i = 0; i < pane->n_marks; i++)
		if (pane->mark[i] == sequence)
			return true;
	return false;
}

/* Draws the hit of a search over the cell that it is in. */
static void draw_found(const struct canvas *canvas, int y, int x, int width, const char *cell,
	const char *find)
{
	const char *hit = find[0] ? strcasestr(cell, find) : NULL;
	char before[256], text[PANE_TEXT];
	int offset;

	if (!hit || (size_t)(hit - cell) >= sizeof(before))
		return;
	snprintf(before, sizeof(before), "%.*s", (int)(hit - cell), cell);
	snprintf(text, sizeof(text), "%.*s", (int)strlen(find), hit);
	offset = text_columns(before);
	canvas_role(canvas, y, x + offset, width - offset, ROLE_MATCH, text);
}

static enum theme_role role_of(const struct frame *frame, const struct trace_record *record)
{
	return flags_of_probe(frame->host, record) & PROBE_DROP ? ROLE_WARN : ROLE_TEXT;
}

/* The head says hour and minute once, so that lines have room for more than their time. */
static const char *minute_text(uint64_t real_ns, char *buf, size_t size)
{
	clock_text(real_ns, 0, buf, size);
	buf[6] = '\0'; /* "14:02:" */
	return buf;
}

/* "11.001200"; with its minute where that is not the newest line's, "01:59.998". */
static const char *short_time(
	const struct pane *pane, const struct trace_line *line, char *buf, size_t size)
{
	const uint64_t minute = UINT64_C(60000000000);
	bool same = line->real_ns / minute == pane->line[pane->n - 1].real_ns / minute;
	char text[32];

	clock_text(line->real_ns, 6, text, sizeof(text));
	snprintf(buf, size, "%.9s", text + (same ? 6 : 3));
	return buf;
}

static void draw_line(const struct pane *pane, const struct frame *frame, const struct canvas *canvas,
	const struct layout *layout, struct area area, int i)
{
	const struct trace_line *line = &pane->line[i];
	bool selected = i == pane->at && !pane->follow, marked = is_marked(pane, line->sequence);
	enum theme_role role = selected ? ROLE_SELECTED : role_of(frame, &line->record);
	int y = area.y + i, x = area.x + 2;
	struct packet packet;

	packet_decode(&packet, &line->record);
	if (selected)
		canvas_blank(canvas, y, area.x, area.w, ROLE_SELECTED);
	canvas_role(canvas, y, area.x, 2, marked && !selected ? ROLE_MARK : role,
		selected && marked ? ">*" : selected ? ">" : marked ? "*" : "");
	for (int k = 0; k < layout->n; k++) {
		int c = layout->column[k], width = layout->width[k];
		char buf[LINE_CELL_MAX];
		const char *cell = c == LINE_TIME ?
					   short_time(pane, line, buf, sizeof(buf)) :
					   line_cell(frame->host, line, &packet, c, buf, sizeof(buf));

		if (line_columns[c].text)
			canvas_cut(canvas, y, x, width, role, cell);
		else
			canvas_right(canvas, y, x, width, role, cell);
		if (line_columns[c].text)
			draw_found(canvas, y, x, width, cell, pane->find);
		x += width + COLUMN_GAP;
	}
	hits_add(canvas->hits, HIT_LINE, y, area.x, 1, area.w, i);
}

/* Whether it follows, and what of the events is not among the lines. */
static void draw_foot(const struct pane *pane, const struct frame *frame, const struct canvas *canvas,
	struct area foot)
{
	const struct ledger_sums *l = &frame->ledger;
	char held[NUMBER_MAX], full[NUMBER_MAX], text[200], newer[48] = "";
	uint64_t more = pane->n ? pane->newest - pane->line[pane->n - 1].sequence - 1 : 0;

	if (more)
		snprintf(newer, sizeof(newer), ", %llu newer", (unsigned long long)more);
	snprintf(text, sizeof(text), "%s%s; held back %s, ring full %s",
		pane->follow ? "FOLLOW on, up stops it" : "standing still, G follows",
		pane->follow ? "" : newer,
		number_count(l->of[LOSS_RATE_LIMITED], held, sizeof(held)),
		number_count(l->of[LOSS_RING_FULL], full, sizeof(full)));
	canvas_rule(canvas, foot.y, foot.x, foot.w, text);
}

static bool shows_followed(const struct pane *pane)
{
	for (int i = 0; i < pane->n; i++)
		if (pane->line[i].record.packet)
			return true;
	return false;
}

static struct layout layout_of(const struct pane *pane, int width)
{
	return layout_make(line_columns, LINE_COLUMNS,
		pane->hidden_columns | (pane->followed ? 0 : 1u << LINE_PACKET), pane->first_column, width);
}

/* Looks up the lines, and makes the columns for them: where packets are followed there is one more. */
static struct layout lay_out(struct pane *pane, const struct frame *frame, int height, int width)
{
	struct layout layout = layout_of(pane, width);

	update(pane, frame, height, layout_drawn(&layout));
	if (pane->n && shows_followed(pane) != pane->followed) {
		pane->followed = !pane->followed;
		layout = layout_of(pane, width);
		update(pane, frame, height, layout_drawn(&layout));
	}
	return layout;
}

void pane_draw(struct pane *pane, const struct frame *frame, const struct canvas *canvas,
	struct area area)
{
	struct area head = area_take_top(&area, 1), foot = area_take_bottom(&area, 1);
	struct layout layout = lay_out(pane, frame, area.h, area.w - 2);
	char minute[16];
	int x = head.x + 2;

	for (int k = 0; head.h && k < layout.n; k++) {
		const struct column *column = &line_columns[layout.column[k]];

		if (layout.column[k] == LINE_TIME)
			canvas_role(canvas, head.y, x, layout.width[k], ROLE_TITLE,
				pane->n ? minute_text(pane->line[pane->n - 1].real_ns, minute,
						  sizeof(minute)) :
					  column->title);
		else if (column->text)
			canvas_role(canvas, head.y, x, layout.width[k], ROLE_TITLE, column->title);
		else
			canvas_right(canvas, head.y, x, layout.width[k], ROLE_TITLE, column->title);
		x += layout.width[k] + COLUMN_GAP;
	}
	pane->drawn_y = area.y;
	for (int i = 0; i < pane->n && i < area.h; i++)
		draw_line(pane, frame, canvas, &layout, area, i);
	if (!pane->n && area.h)
		canvas_cut(canvas, area.y, area.x + 2, area.w - 2, ROLE_DIM,
			pane->filter[0] ? "no line has that in a column on screen" : "no lines yet");
	if (foot.h)
		draw_foot(pane, frame, canvas, foot);
}

const struct trace_line *pane_selected(const struct pane *pane)
{
	return pane->n && pane->at >= 0 && pane->at < pane->n ? &pane->line[pane->at] : NULL;
}

/* ---- acting ---- */

/* The nth matching line before (step -1) or after a sequence number; false if there are none. */
static bool nth_from(struct pane *pane, const struct frame *frame, uint64_t sequence, int step, int n,
	const char *find, uint64_t *out)
{
	struct match match = match_of(pane, frame, find);
	uint64_t found[PANE_LINES];
	size_t got;

	if (step < 0) {
		if (!sequence)
			return false;
		got = trace_log_select(frame->log, 0, sequence - 1, matches, &match, found, n);
		if (got)
			*out = found[0];
		return got > 0;
	}
	if (pane->newest <= sequence + 1)
		return false;
	got = trace_log_select_oldest(
		frame->log, sequence + 1, pane->newest - 1, matches, &match, found, n);
	if (got)
		*out = found[got - 1];
	return got > 0;
}

static void stop_following(struct pane *pane)
{
	if (pane->follow)
		pane->at = pane->n - 1;
	pane->follow = false;
}

/* Shows the lines from `first` on. */
static void show_from(struct pane *pane, const struct frame *frame, uint64_t first)
{
	struct match match = match_of(pane, frame, "");
	uint64_t found[PANE_LINES];
	size_t n;

	if (pane->newest <= first)
		return;
	n = trace_log_select_oldest(
		frame->log, first, pane->newest - 1, matches, &match, found, pane->height);
	if (n)
		show_upto(pane, frame, found[n - 1]);
}

static void scroll_up(struct pane *pane, const struct frame *frame, int lines)
{
	uint64_t first;

	stop_following(pane);
	if (!pane->n)
		return;
	pane->at -= lines;
	if (pane->at >= 0)
		return;
	if (nth_from(pane, frame, pane->line[0].sequence, -1, -pane->at, "", &first))
		show_from(pane, frame, first);
	pane->at = 0;
}

static void scroll_down(struct pane *pane, const struct frame *frame, int lines)
{
	uint64_t last;
	int over;

	if (pane->follow || !pane->n)
		return;
	pane->at += lines;
	over = pane->at - (pane->n - 1);
	if (over <= 0)
		return;
	if (nth_from(pane, frame, pane->line[pane->n - 1].sequence, 1, over, "", &last))
		show_upto(pane, frame, last);
	pane->at = pane->n - 1;
}

static void to_oldest(struct pane *pane, const struct frame *frame)
{
	stop_following(pane);
	show_from(pane, frame, 0);
	pane->at = 0;
}

void pane_select(struct pane *pane, int row)
{
	stop_following(pane);
	if (row >= 0 && row < pane->n)
		pane->at = row;
}

static void toggle_mark(struct pane *pane)
{
	const struct trace_line *line = pane_selected(pane);

	if (!line)
		return;
	for (int i = 0; i < pane->n_marks; i++) {
		if (pane->mark[i] == line->sequence) {
			pane->mark[i] = pane->mark[--pane->n_marks];
			return;
		}
	}
	if (pane->n_marks < PANE_MARKS)
		pane->mark[pane->n_marks++] = line->sequence;
}

bool pane_act(struct pane *pane, const struct frame *frame, enum action action)
{
	int page = pane->height > 1 ? pane->height - 1 : 1;

	switch (action) {
	case ACTION_UP:
		scroll_up(pane, frame, 1);
		return true;
	case ACTION_DOWN:
		scroll_down(pane, frame, 1);
		return true;
	case ACTION_PAGE_UP:
		scroll_up(pane, frame, page);
		return true;
	case ACTION_PAGE_DOWN:
		scroll_down(pane, frame, page);
		return true;
	case ACTION_FIRST:
		to_oldest(pane, frame);
		return true;
	case ACTION_LAST:
		pane->follow = pane->stale = true;
		return true;
	case ACTION_FOLLOW:
		if (pane->follow)
			stop_following(pane);
		else
			pane->follow = pane->stale = true;
		return true;
	case ACTION_LEFT:
		pane->first_column -= pane->first_column > 0;
		return true;
	case ACTION_RIGHT:
		pane->first_column += pane->first_column < LINE_COLUMNS - 2;
		return true;
	case ACTION_MARK:
		stop_following(pane);
		toggle_mark(pane);
		return true;
	case ACTION_UNMARK:
		pane->n_marks = 0;
		return true;
	default:
		return false;
	}
}

bool pane_find(struct pane *pane, const struct frame *frame, const char *text, int step,
	bool from_here)
{
	const struct trace_line *from = pane_selected(pane);
	uint64_t found;

	snprintf(pane->find, sizeof(pane->find), "%s", text);
	if (!text[0] || !from ||
		!nth_from(pane, frame, from->sequence - (from_here ? step : 0), step, 1, text, &found))
		return false;
	pane->follow = false;
	for (int i = 0; i < pane->n; i++) {
		if (pane->line[i].sequence == found) {
			pane->at = i;
			return true;
		}
	}
	show_upto(pane, frame, found);
	pane->at = pane->n - 1;
	return true;
}

void pane_filter(struct pane *pane, const char *text)
{
	snprintf(pane->filter, sizeof(pane->filter), "%s", text);
	pane->stale = true;
}

size_t pane_sequences(const struct pane *pane, const struct frame *frame, uint64_t *out, size_t max)
{
	struct match match = match_of(pane, frame, "");

	if (pane->n_marks) {
		size_t n = (size_t)pane->n_marks < max ? (size_t)pane->n_marks : max;

		memcpy(out, pane->mark, n * sizeof(*out));
		return n;
	}
	return pane->newest ? trace_log_select(frame->log, 0, pane->newest - 1, matches, &match, out, max) :
			      0;
}
