/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of a .theme file. btop reads it without looking at line ends or blanks, so neither do we. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "tui/theme_keys.h"

struct span {
	const char *at;
	size_t n;
};

static const char *const key_names[KEY_COUNT] = {
#define KEY(name) [KEY_##name] = #name,
	THEME_KEYS(KEY)
#undef KEY
};

const char *theme_key_name(int key)
{
	return key_names[key];
}

int theme_key_find(const char *key, size_t length)
{
	for (int i = 0; i < KEY_COUNT; i++)
		if (strlen(key_names[i]) == length && !strncasecmp(key_names[i], key, length))
			return i;
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static struct span trim(struct span text)
{
	while (text.n && is_blank(text.at[0])) {
		text.at++;
		text.n--;
	}
	while (text.n && is_blank(text.at[text.n - 1]))
		text.n--;
	return text;
}

static void skip(struct span *text, size_t n)
{
	text->at += n;
	text->n -= n;
}

/* Takes `c`, with blanks before it. False, and nothing taken, if something else stands there. */
static bool take(struct span *text, char c)
{
	struct span rest = trim(*text);

	if (!rest.n || rest.at[0] != c)
		return false;
	skip(&rest, 1);
	*text = rest;
	return true;
}

/* ---- values --------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* #RRGGBB or #GG, without the #. */
static bool parse_hex(struct theme_colour *colour, struct span digits)
{
	uint32_t value = 0;

	if (digits.n != 6 && digits.n != 2)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		int digit = hex_digit(digits.at[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	if (digits.n == 2)
		value *= 0x010101;
	*colour = (struct theme_colour){ THEME_RGB, value };
	return true;
}

static bool take_channel(struct span *text, uint32_t *channel)
{
	size_t n = 0;

	*channel = 0;
	while (n < text->n && n < 4 && isdigit((unsigned char)text->at[n]))
		*channel = *channel * 10 + (uint32_t)(text->at[n++] - '0');
	skip(text, n);
	return n && *channel <= 255;
}

/* "R G B", with blanks or commas between. */
static bool parse_decimal(struct theme_colour *colour, struct span text)
{
	uint32_t value = 0, channel;

	for (int i = 0; i < 3; i++) {
		const char *before = text.at;

		while (i && text.n && (is_blank(text.at[0]) || text.at[0] == ','))
			skip(&text, 1);
		if ((i && text.at == before) || !take_channel(&text, &channel))
			return false;
		value = value << 8 | channel;
	}
	if (text.n)
		return false;
	*colour = (struct theme_colour){ THEME_RGB, value };
	return true;
}

/* "red", "bright red", "bright-red", "bright_red". */
static bool parse_palette(struct theme_colour *colour, struct span text)
{
	static const char *const names[8] = {
		"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
	};
	static const char bright[] = "bright";
	uint32_t base = 0;

	if (text.n > sizeof(bright) && !strncasecmp(text.at, bright, sizeof(bright) - 1) &&
		strchr(" \t-_", text.at[sizeof(bright) - 1])) {
		base = 8;
		skip(&text, sizeof(bright));
		text = trim(text);
	}
	for (uint32_t i = 0; i < 8; i++) {
		if (strlen(names[i]) != text.n || strncasecmp(names[i], text.at, text.n))
			continue;
		*colour = (struct theme_colour){ THEME_PALETTE, base + i };
		return true;
	}
	return false;
}

bool theme_value_parse(struct theme_colour *colour, const char *value, size_t length)
{
	struct span text = trim((struct span){ value, length });

	if (!text.n) {
		*colour = (struct theme_colour){ THEME_OWN, 0 };
		return true;
	}
	if (text.at[0] == '#')
		return parse_hex(colour, (struct span){ text.at + 1, text.n - 1 });
	if (isdigit((unsigned char)text.at[0]))
		return parse_decimal(colour, text);
	return parse_palette(colour, text);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* What stands in the brackets of theme[key]; the word before them does not matter, nor does case. */
static bool take_key(struct span *line, struct span *key)
{
	const char *open = memchr(line->at, '[', line->n);
	const char *close;

	if (!open)
		return false;
	skip(line, (size_t)(open + 1 - line->at));
	close = memchr(line->at, ']', line->n);
	if (!close)
		return false;
	*key = trim((struct span){ line->at, (size_t)(close - line->at) });
	skip(line, (size_t)(close + 1 - line->at));
	if (key->n >= 2 && is_quote(key->at[0]) && key->at[key->n - 1] == key->at[0]) {
		skip(key, 1);
		key->n--;
	}
	return key->n > 0;
}

/* Between quotes, up to the end of the line where the closing one is missing; or a bare word. */
static struct span value_of(struct span rest)
{
	const char *end = NULL;

	rest = trim(rest);
	if (rest.n && is_quote(rest.at[0])) {
		char quote = rest.at[0];

		skip(&rest, 1);
		end = memchr(rest.at, quote, rest.n);
	} else if (rest.n) {
		end = memchr(rest.at + 1, '#', rest.n - 1);
	}
	if (end)
		rest.n = (size_t)(end - rest.at);
	return rest;
}

/* NULL, or what is wrong with the line. */
static const char *parse_line(struct theme_values *values, struct span line)
{
	struct span key, value;
	int row;

	line = trim(line);
	if (!line.n || line.at[0] == '#')
		return NULL;
	if (memchr(line.at, '\0', line.n))
		return "holds a NUL";
	if (!take_key(&line, &key) || !take(&line, '='))
		return "is not theme[key]=\"value\"";
	row = theme_key_find(key.at, key.n);
	if (row < 0)
		return NULL;
	value = value_of(line);
	if (!theme_value_parse(&values->colour[row], value.at, value.n))
		return "has no colour (#RRGGBB, #GG, \"R G B\" or nothing)";
	values->given[row] = true;
	return NULL;
}

static void warn(struct theme *theme, int line, const char *problem)
{
	theme->n_warnings++;
	error_set(&theme->warning, 0, "theme %s: line %d %s", theme->name, line, problem);
}

/* Takes the line off the front; a line ends at \n, \r or \r\n. */
static struct span take_line(struct span *text)
{
	struct span line = *text;
	size_t n = 0;

	while (n < text->n && text->at[n] != '\n' && text->at[n] != '\r')
		n++;
	line.n = n;
	skip(text, n);
	if (text->n >= 2 && text->at[0] == '\r' && text->at[1] == '\n')
		skip(text, 1);
	if (text->n)
		skip(text, 1);
	return line;
}

void theme_parse(struct theme *theme, const char *name, const char *text, size_t length)
{
	struct theme_values values = { .given = { false } };
	struct span rest = { text, length };

	memset(theme, 0, sizeof(*theme));
	sanitize(theme->name, sizeof(theme->name), name, strlen(name));
	if (rest.n >= 3 && !memcmp(rest.at, "\xef\xbb\xbf", 3))
		skip(&rest, 3);
	for (int line = 1; rest.n; line++) {
		const char *problem = parse_line(&values, take_line(&rest));

		if (problem)
			warn(theme, line, problem);
	}
	theme_fill(theme, &values);
}
