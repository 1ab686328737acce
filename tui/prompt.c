/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/prompt.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "tui/keys.h"

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *label, const char *text)
{
	prompt->kind = kind;
	snprintf(prompt->label, sizeof(prompt->label), "%s", label);
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->at = strlen(prompt->text);
}

static bool continues(char byte)
{
	return (byte & 0xc0) == 0x80;
}

static size_t before(const struct prompt *prompt, size_t at)
{
	while (at && continues(prompt->text[--at]))
		;
	return at;
}

static size_t after(const struct prompt *prompt, size_t at)
{
	if (prompt->text[at])
		at++;
	while (continues(prompt->text[at]))
		at++;
	return at;
}

static void cut(struct prompt *prompt, size_t from, size_t to)
{
	memmove(prompt->text + from, prompt->text + to, strlen(prompt->text + to) + 1);
	prompt->at = from;
}

static void insert(struct prompt *prompt, int key)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t length = strlen(prompt->text), n = wcrtomb(bytes, (wchar_t)key, &state);

	if (n == (size_t)-1 || length + n >= sizeof(prompt->text))
		return;
	memmove(prompt->text + prompt->at + n, prompt->text + prompt->at, length - prompt->at + 1);
	memcpy(prompt->text + prompt->at, bytes, n);
	prompt->at += n;
}

static size_t word_before(const struct prompt *prompt)
{
	size_t at = prompt->at;

	while (at && prompt->text[at - 1] == ' ')
		at--;
	while (at && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

enum { CTRL_A = 1, CTRL_D = 4, CTRL_E = 5, CTRL_K = 11, CTRL_U = 21, CTRL_W = 23, DELETE = 127 };

static void edit(struct prompt *prompt, int key)
{
	switch (key) {
	case KEY_SPECIAL + KEY_LEFT:
		prompt->at = before(prompt, prompt->at);
		break;
	case KEY_SPECIAL + KEY_RIGHT:
		prompt->at = after(prompt, prompt->at);
		break;
	case KEY_SPECIAL + KEY_HOME:
	case CTRL_A:
		prompt->at = 0;
		break;
	case KEY_SPECIAL + KEY_END:
	case CTRL_E:
		prompt->at = strlen(prompt->text);
		break;
	case KEY_SPECIAL + KEY_BACKSPACE:
	case DELETE:
	case '\b':
		cut(prompt, before(prompt, prompt->at), prompt->at);
		break;
	case KEY_SPECIAL + KEY_DC:
	case CTRL_D:
		cut(prompt, prompt->at, after(prompt, prompt->at));
		break;
	case CTRL_U:
		cut(prompt, 0, prompt->at);
		break;
	case CTRL_K:
		prompt->text[prompt->at] = '\0';
		break;
	case CTRL_W:
		cut(prompt, word_before(prompt), prompt->at);
		break;
	default:
		if (key < KEY_SPECIAL && iswprint(key))
			insert(prompt, key);
		break;
	}
}

enum prompt_event prompt_key(struct prompt *prompt, int key)
{
	if (key == KEY_ESCAPE) {
		prompt->kind = PROMPT_NONE;
		return PROMPT_CANCELLED;
	}
	if (key == '\r' || key == '\n' || key == KEY_SPECIAL + KEY_ENTER)
		return PROMPT_DONE;
	edit(prompt, key);
	return PROMPT_EDITED;
}

void prompt_draw(const struct prompt *prompt, const struct canvas *canvas, int y, int x, int width)
{
	char head[PROMPT_MAX];
	const char *text = prompt->text;
	/* The label gives way to what is typed, a blank before and two cells behind it, down to half the width. */
	int label = width - text_columns(text) - 3;
	int used, at;

	if (label < width / 2)
		label = width / 2;
	used = canvas_cut(canvas, y, x, label, ROLE_HIGHLIGHT, prompt->label);
	used += canvas_role(canvas, y, x + used, width - used, ROLE_TEXT, " ");
	snprintf(head, sizeof(head), "%.*s", (int)prompt->at, prompt->text);
	/* A long text moves to the left, so that its cursor stays on screen. */
	while (text_columns(head) > width - used - 2 && head[0]) {
		size_t n = 1;

		while (continues(head[n]))
			n++;
		memmove(head, head + n, strlen(head + n) + 1);
		text += n;
	}
	at = x + used + text_columns(head);
	canvas_role(canvas, y, x + used, width - used, ROLE_TEXT, text);
	canvas_role(canvas, y, at, 1, ROLE_SELECTED, prompt->text[prompt->at] ? text + strlen(head) : " ");
}
