/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/canvas.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct area area_take_top(struct area *area, int h)
{
	struct area top = *area;

	if (h < 0)
		h = 0;
	top.h = h < area->h ? h : area->h;
	area->y += top.h;
	area->h -= top.h;
	return top;
}

struct area area_take_bottom(struct area *area, int h)
{
	struct area bottom = *area;

	if (h < 0)
		h = 0;
	bottom.h = h < area->h ? h : area->h;
	bottom.y = area->y + area->h - bottom.h;
	area->h -= bottom.h;
	return bottom;
}

/* Length of the character at `text` and its columns; what the locale cannot read is one of each. */
static size_t measure(const char *text, int *columns)
{
	wchar_t wide;
	mbstate_t state = { 0 };
	size_t length;

	*columns = 1;
	if (!(*text & 0x80))
		return 1;
	length = mbrtowc(&wide, text, MB_LEN_MAX, &state);
	if (length == (size_t)-1 || length == (size_t)-2 || length == 0)
		return 1;
	*columns = wcwidth(wide);
	if (*columns < 0)
		*columns = 1;
	return length;
}

int text_columns(const char *text)
{
	int total = 0;

	while (*text) {
		int columns;

		text += measure(text, &columns);
		total += columns;
	}
	return total;
}

/* Whether the byte begins a character (UTF-8). */
static bool begins_character(char byte)
{
	return (byte & 0xc0) != 0x80;
}

/* Text as a terminal without UTF-8 can show it: '?' for each character beyond ASCII. */
static int add_ascii(WINDOW *window, int width, const char *text)
{
	int used = 0;

	for (; *text && used < width; text++) {
		if (!begins_character(*text))
			continue;
		waddch(window, *text & 0x80 ? '?' : (unsigned char)*text);
		used++;
	}
	return used;
}

int canvas_text(const struct canvas *canvas, int y, int x, int width, struct paint paint,
	const char *text)
{
	size_t length = 0;
	int used = 0;

	if (x >= getmaxx(canvas->window) || y >= getmaxy(canvas->window) || y < 0 || x < 0)
		return 0;
	if (width > getmaxx(canvas->window) - x)
		width = getmaxx(canvas->window) - x;
	if (width <= 0)
		return 0;
	paint_set(canvas->window, paint);
	wmove(canvas->window, y, x);
	if (!canvas->utf8)
		return add_ascii(canvas->window, width, text);
	while (text[length]) {
		int columns;
		size_t n = measure(text + length, &columns);

		if (used + columns > width)
			break;
		used += columns;
		length += n;
	}
	waddnstr(canvas->window, text, (int)length);
	return used;
}

int canvas_role(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text)
{
	return canvas_text(canvas, y, x, width, colour_role(canvas->colour, role), text);
}

/* Up to the last character that is no blank: nobody misses those that follow. */
static int inked_columns(const char *text)
{
	int total = text_columns(text);

	for (size_t length = strlen(text); length && text[length - 1] == ' '; length--)
		total--;
	return total;
}

int canvas_cut(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text)
{
	int used = canvas_role(canvas, y, x, width, role, text);

	if (width > 1 && inked_columns(text) > width)
		canvas_role(canvas, y, x + width - 1, 1, role, canvas_mark(canvas));
	return used;
}

const char *canvas_mark(const struct canvas *canvas)
{
	return canvas->utf8 ? "\u2026" : "~";
}

int canvas_whole(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text)
{
	return inked_columns(text) <= width ? canvas_role(canvas, y, x, width, role, text) : 0;
}

int canvas_printf(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_cut(canvas, y, x, width, role, text);
}

void canvas_right(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text)
{
	int columns = text_columns(text);

	if (columns < width)
		canvas_role(canvas, y, x + width - columns, columns, role, text);
	else
		canvas_role(canvas, y, x, width, role, text);
}

void canvas_blank(const struct canvas *canvas, int y, int x, int width, enum theme_role role)
{
	if (y < 0 || y >= getmaxy(canvas->window) || x < 0 || width <= 0)
		return;
	paint_set(canvas->window, colour_role(canvas->colour, role));
	mvwhline(canvas->window, y, x, ' ', width);
}

void canvas_rule(const struct canvas *canvas, int y, int x, int width, const char *title)
{
	if (y < 0 || y >= getmaxy(canvas->window) || x < 0 || width <= 0)
		return;
	if (canvas->plain) {
		canvas_cut(canvas, y, x, width, ROLE_GRAPH, title);
		return;
	}
	paint_set(canvas->window, colour_role(canvas->colour, ROLE_LINE));
	mvwhline(canvas->window, y, x, '-', width);
	if (!title[0] || width <= 6)
		return;
	canvas_role(canvas, y, x + 2, 1, ROLE_GRAPH, " ");
	x += canvas_cut(canvas, y, x + 3, width - 6, ROLE_GRAPH, title);
	canvas_role(canvas, y, x + 3, 1, ROLE_GRAPH, " ");
}
