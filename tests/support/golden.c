/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/golden.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIRECTORY "tests/tui/golden"

enum { STYLES_MAX = 256, NAME_MAX_ = 96, SCREENS_MAX = 64 };

struct golden {
	struct vt *vt;
	char session[NAME_MAX_];
	char screen[SCREENS_MAX][NAME_MAX_];
	size_t at[SCREENS_MAX]; /* bytes written when it was looked at */
	int n;
	int differ;
};

static void die(const char *what)
{
	fprintf(stderr, "golden: %s: %s\n", what, strerror(errno));
	abort();
}

static bool writing(void)
{
	const char *wish = getenv("SKEWTOP_GOLDEN");

	return wish && strcmp(wish, "write") == 0;
}

struct golden *golden_begin(struct vt *vt, const char *session)
{
	struct golden *golden = calloc(1, sizeof(*golden));

	if (!golden)
		die("calloc");
	golden->vt = vt;
	snprintf(golden->session, sizeof(golden->session), "%s", session);
	return golden;
}

/* ---- a screen as text ---- */

/* What nobody sees of a blank: versions of ncurses differ in what they leave there. */
static bool looks_blank(const struct vt_cell *cell)
{
	return strcmp(cell->text, " ") == 0 && !cell->reverse && !cell->underline;
}

static void style_text(const struct vt_cell *shown, char *buf, size_t size)
{
	const struct vt_cell blank = { .fg = -1, .bg = shown->bg };
	const struct vt_cell *cell = looks_blank(shown) ? &blank : shown;
	char fg[16] = "-", bg[16] = "-";

	if (cell->fg >= 0)
		snprintf(fg, sizeof(fg), "%d", cell->fg);
	if (cell->bg >= 0)
		snprintf(bg, sizeof(bg), "%d", cell->bg);
	snprintf(buf, size, "fg %s bg %s%s%s%s%s%s", fg, bg, cell->bold ? " bold" : "",
		cell->italic ? " italic" : "", cell->underline ? " underline" : "",
		cell->blink ? " blink" : "", cell->reverse ? " reverse" : "");
}

/* Styles in the order in which they first stand on the screen. */
struct styles {
	char text[STYLES_MAX][64];
	int n;
};

static int style_number(struct styles *styles, const struct vt_cell *cell)
{
	char text[64];

	style_text(cell, text, sizeof(text));
	for (int i = 0; i < styles->n; i++)
		if (strcmp(styles->text[i], text) == 0)
			return i;
	if (styles->n == STYLES_MAX)
		die("too many styles");
	snprintf(styles->text[styles->n], sizeof(text), "%s", text);
	return styles->n++;
}

static void print_runs(const struct vt *vt, int row, struct styles *styles, FILE *to)
{
	int run = 0, style = -1;

	for (int col = 0; col <= vt_cols(vt); col++) {
		struct vt_cell cell;
		int now = -1;

		if (col < vt_cols(vt)) {
			cell = vt_cell(vt, row, col);
			now = style_number(styles, &cell);
		}
		if (now != style && run) {
			fprintf(to, "%s%d:%d", col == run ? "" : " ", style, run);
			run = 0;
		}
		style = now;
		run++;
	}
	fputc('\n', to);
}

static char *screen_text(const struct vt *vt)
{
	struct styles *styles = calloc(1, sizeof(*styles));
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!styles || !to)
		die("open_memstream");
	for (int row = 0; row < vt_rows(vt); row++)
		fprintf(to, "%s\n", vt_line(vt, row));
	fprintf(to, "---- style:cells of each row\n");
	for (int row = 0; row < vt_rows(vt); row++)
		print_runs(vt, row, styles, to);
	fprintf(to, "---- styles\n");
	for (int i = 0; i < styles->n; i++)
		fprintf(to, "%d %s\n", i, styles->text[i]);
	fclose(to);
	free(styles);
	return text;
}

/* ---- files ---- */

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0, n;

	if (!file)
		return NULL;
	text = malloc(1 << 20);
	if (!text)
		die("malloc");
	n = fread(text, 1, (1 << 20) - 1, file);
	size = n;
	text[size] = '\0';
	fclose(file);
	return text;
}

static void write_whole(const char *path, const void *bytes, size_t n)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file))
		die(path);
}

/* The line that begins at *at, which moves on; NULL at the end. */
static const char *next_line(const char **at, int *length)
{
	const char *line = *at, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	*length = end ? (int)(end - line) : (int)strlen(line);
	*at = line + *length + (end ? 1 : 0);
	return line;
}

static void print_difference(const char *name, const char *golden, const char *now)
{
	int golden_length = 0, now_length = 0;

	print_error("%s differs (- golden, + now):\n", name);
	for (int row = 0;; row++) {
		const char *g = next_line(&golden, &golden_length);
		const char *n = next_line(&now, &now_length);

		if (!g && !n)
			return;
		if (g && n && golden_length == now_length && !memcmp(g, n, now_length))
			continue;
		if (g)
			print_error("%3d -%.*s\n", row, golden_length, g);
		if (n)
			print_error("%3d +%.*s\n", row, now_length, n);
	}
}

void golden_screen(struct golden *golden, const char *screen)
{
	char path[256], *now = screen_text(golden->vt), *shall;
	size_t at;

	if (golden->n == SCREENS_MAX)
		die("too many screens");
	vt_bytes(golden->vt, &at);
	snprintf(golden->screen[golden->n], NAME_MAX_, "%.60s-%.30s", golden->session, screen);
	snprintf(path, sizeof(path), DIRECTORY "/%s.txt", golden->screen[golden->n]);
	golden->at[golden->n++] = at;
	if (writing()) {
		write_whole(path, now, strlen(now));
		free(now);
		return;
	}
	shall = read_whole(path);
	if (!shall || strcmp(shall, now)) {
		golden->differ++;
		if (shall)
			print_difference(path, shall, now);
		else
			print_error("there is no %s; `make golden` makes it\n", path);
	}
	free(shall);
	free(now);
}

/* SESSION.bytes, and SESSION.index: its size, then offset and name of each screen. */
static void write_stream(struct golden *golden)
{
	const char *build = getenv("BUILD");
	char path[512], *index = NULL;
	size_t size, n;
	const char *bytes = vt_bytes(golden->vt, &n);
	FILE *to = open_memstream(&index, &size);

	if (!to)
		die("open_memstream");
	fprintf(to, "%d %d\n", vt_cols(golden->vt), vt_rows(golden->vt));
	for (int i = 0; i < golden->n; i++)
		fprintf(to, "%zu %s\n", golden->at[i], golden->screen[i]);
	fclose(to);
	snprintf(path, sizeof(path), "%s/tests/tui/streams", build ? build : "build");
	if (mkdir(path, 0755) && errno != EEXIST)
		die(path);
	snprintf(path, sizeof(path), "%s/tests/tui/streams/%s.bytes", build ? build : "build",
		golden->session);
	write_whole(path, bytes, n);
	snprintf(path, sizeof(path), "%s/tests/tui/streams/%s.index", build ? build : "build",
		golden->session);
	write_whole(path, index, size);
	free(index);
}

void golden_end(struct golden *golden)
{
	int differ = golden->differ;

	write_stream(golden);
	free(golden);
	if (differ)
		fail_msg("%d screens differ; if that is meant: make golden", differ);
}
