/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of text that the user types. While it is open it takes every key. */
#ifndef SKEWTOP_TUI_PROMPT_H
#define SKEWTOP_TUI_PROMPT_H

#include "tui/canvas.h"

enum { PROMPT_MAX = 1024 };

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_FIND,
	PROMPT_FILTER,
	PROMPT_SORT,
	PROMPT_CPUS,
	PROMPT_DELAY,
	PROMPT_TIME,
	PROMPT_PACKET_FILTER,
	PROMPT_FUNCTIONS,
	PROMPT_EXPORT,
	PROMPT_OVERWRITE,
};

enum prompt_event { PROMPT_EDITED, PROMPT_DONE, PROMPT_CANCELLED };

struct prompt {
	enum prompt_kind kind; /* PROMPT_NONE: closed */
	char label[200];
	char text[PROMPT_MAX]; /* UTF-8 */
	size_t at;	       /* byte that the cursor stands on */
};

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *label, const char *text);
enum prompt_event prompt_key(struct prompt *prompt, int key);
void prompt_draw(const struct prompt *prompt, const struct canvas *canvas, int y, int x, int width);

#endif
