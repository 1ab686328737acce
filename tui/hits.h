/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the mouse can click: rectangles noted while a frame is drawn, looked up when a click comes. */
#ifndef SKEWTOP_TUI_HITS_H
#define SKEWTOP_TUI_HITS_H

enum hit_kind {
	HIT_NONE,
	HIT_ACTION, /* arg: enum action */
	HIT_TAB,    /* arg: index of the view */
	HIT_COLUMN, /* arg: column of the table */
	HIT_ROW,    /* arg: place in the table */
	HIT_LINE,   /* arg: row of the pane */
};

enum { HITS_MAX = 512 };

struct hit {
	enum hit_kind kind;
	int y, x, h, w;
	int arg;
};

struct hits {
	struct hit list[HITS_MAX];
	int n;
};

/* `hits` may be NULL. */
static inline void hits_add(struct hits *hits, enum hit_kind kind, int y, int x, int h, int w, int arg)
{
	if (hits && hits->n < HITS_MAX)
		hits->list[hits->n++] = (struct hit){ kind, y, x, h, w, arg };
}

/* The newest hit that covers a cell; kind HIT_NONE if there is none. */
static inline struct hit hits_at(const struct hits *hits, int y, int x)
{
	for (int i = hits->n - 1; i >= 0; i--) {
		const struct hit *hit = &hits->list[i];

		if (y >= hit->y && y < hit->y + hit->h && x >= hit->x && x < hit->x + hit->w)
			return *hit;
	}
	return (struct hit){ HIT_NONE };
}

#endif
