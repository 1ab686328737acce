/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libinih reads; it also tells which line holds which key, through a line reader of ours. So what is
 * rewritten is exactly what was read, and everything else is copied.
 */
#include "tui/config_text.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sanitize.h"

/* What a line holds: a single value (its key), a list (its place in config->list), or nothing of ours. */
enum slot_kind { SLOT_NONE, SLOT_VALUE, SLOT_LIST };

struct slot {
	enum slot_kind kind;
	int index;
};

struct line {
	const char *text; /* with its \n; the last may have none */
	size_t length;
	struct slot slot;
	bool has_key;
	bool continues; /* goes on with the value of a line above */
	bool outdent;	/* would go on with what is added above it */
};

struct lines {
	struct line *line;
	int n;
	int next; /* to be given to libinih; the handler is called for the one before */
	int n_skipped;
	struct config *config;
	char section[CONFIG_WORD_MAX], name[CONFIG_WORD_MAX]; /* of the value last read */
	struct slot slot;
};

void config_note(struct config *config, const char *format, ...)
{
	char text[sizeof(config->note[0].text)];
	va_list args;

	if (config->n_notes < CONFIG_NOTES_MAX) {
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		sanitize(config->note[config->n_notes].text, sizeof(text), text, sizeof(text));
	}
	config->n_notes++;
}

static void note(struct config *config, int line, const char *format, const char *what,
	const char *more)
{
	char text[200];

	snprintf(text, sizeof(text), format, what, more);
	config_note(config, "config line %d: %s", line, text);
}

/* As libinih sees it. */
static bool is_blank(char c)
{
	return c != '\n' && isspace((unsigned char)c);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* fgets(3) for libinih. A line that would not fit, or holds a NUL, is shown to it as a comment. */
static char *next_line(char *buf, int size, void *user)
{
	struct lines *lines = user;
	struct line *line;

	if (lines->next == lines->n)
		return NULL;
	line = &lines->line[lines->next++];
	if (line->length + 2 > (size_t)size || memchr(line->text, '\0', line->length)) {
		note(lines->config, lines->next, "%s%s",
			memchr(line->text, '\0', line->length) ? "holds a NUL" : "is too long", "");
		lines->n_skipped++;
		return strcpy(buf, "#\n");
	}
	memcpy(buf, line->text, line->length);
	strcpy(buf + line->length, line->length && line->text[line->length - 1] == '\n' ? "" : "\n");
	return buf;
}

static void remember_unknown(struct lines *lines, const char *section, const char *name)
{
	struct config *config = lines->config;
	struct config_unknown *unknown;

	note(config, lines->next, "\"%.80s\" is no key that skewtop knows; it is kept%s", name, "");
	if (config->n_unknown == CONFIG_UNKNOWN_MAX)
		return;
	unknown = &config->unknown[config->n_unknown++];
	unknown->line = lines->next;
	sanitize(unknown->section, sizeof(unknown->section), section, strlen(section));
	sanitize(unknown->name, sizeof(unknown->name), name, strlen(name));
}

static struct slot read_value(struct lines *lines, const char *section, const char *name,
	const char *value)
{
	int key = section[0] ? -1 : config_key_find(name);

	if (key < 0) {
		remember_unknown(lines, section, name);
		return (struct slot){ SLOT_NONE, 0 };
	}
	if (config_key_parse(lines->config, key, value))
		return (struct slot){ SLOT_VALUE, key };
	note(lines->config, lines->next, "%s takes %s", name, config_key_accepts(key));
	return (struct slot){ SLOT_NONE, 0 };
}

static struct slot read_list(struct lines *lines, enum config_section section, const char *name,
	const char *value, bool continues)
{
	int rc = config_list_add(lines->config, section, name, value, !continues);

	if (!rc)
		return (struct slot){ SLOT_LIST, config_list_find(lines->config, section, name) };
	note(lines->config, lines->next, "%.40s %s", name,
		rc == -ENOSPC ? "is more than can be kept in mind" : "has a word that cannot be one");
	return (struct slot){ SLOT_NONE, 0 };
}

/* An indented line after a key goes on with its value, as libinih has it. */
static bool goes_on(const struct lines *lines, const char *section, const char *name)
{
	return is_blank(lines->line[lines->next - 1].text[0]) && lines->name[0] &&
		!strncmp(lines->name, name, sizeof(lines->name) - 1) &&
		!strncmp(lines->section, section, sizeof(lines->section) - 1);
}

static int take_value(void *user, const char *section, const char *name, const char *value)
{
	struct lines *lines = user;
	struct line *line = &lines->line[lines->next - 1];
	int list = config_section_find(section);

	line->continues = goes_on(lines, section, name);
	line->has_key = !line->continues;
	if (line->continues && (list < 0 || lines->slot.kind != SLOT_LIST)) {
		if (lines->slot.kind != SLOT_NONE)
			note(lines->config, lines->next, "%s takes one line%s", name, "");
		return 1;
	}
	snprintf(lines->section, sizeof(lines->section), "%s", section);
	snprintf(lines->name, sizeof(lines->name), "%s", name);
	lines->slot = list < 0 ? read_value(lines, section, name, value)
			       : read_list(lines, list, name, value, line->continues);
	line->slot = lines->slot;
	return 1;
}

/* Divides the text into lines. -ENOMEM. */
static int divide(struct lines *lines, const char *text, size_t length)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of byte order */
	const char *end = text + length;
	size_t n = 0;

	if (length >= strlen(mark) && !memcmp(text, mark, strlen(mark))) {
		text += strlen(mark);
		length -= strlen(mark);
	}
	for (size_t i = 0; i < length; i++)
		n += text[i] == '\n';
	lines->line = calloc(n + 1, sizeof(*lines->line));
	if (!lines->line)
		return -ENOMEM;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct line *line = &lines->line[lines->n++];

		line->text = text;
		line->length = newline ? (size_t)(newline + 1 - text) : (size_t)(end - text);
		text += line->length;
	}
	return 0;
}

/* The caller frees lines->line, whatever is returned. */
static int read_lines(struct lines *lines, struct config *config, const char *text, size_t length)
{
	int rc = divide(lines, text, length);

	if (rc)
		return rc;
	lines->config = config;
	rc = ini_parse_stream(next_line, lines, take_value, lines);
	if (rc > 0)
		note(config, rc, "is neither \"key = value\" nor [section]%s%s", "", "");
	return rc < 0 ? -ENOMEM : 0;
}

int config_text_read(struct config *config, const char *text, size_t length)
{
	struct lines lines = { .line = NULL };
	int rc = read_lines(&lines, config, text, length);

	free(lines.line);
	return rc;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Old and new values, and the slots that are done with. */
struct rewrite {
	const struct config *config;
	const struct config *initial; /* what holds without a file */
	struct config *old;
	struct lines lines;
	struct bytes *out;
	bool value_done[CONFIG_VALUES_MAX];
	bool replaced; /* the value of the line before, so that what goes on with it goes */
	bool list_done[CONFIG_LISTS_MAX];	/* of the new config */
	int last_value;				/* the line after which single values are added */
	int last_list[CONFIG_SECTIONS];		/* likewise for lists, by section; -1: no such section */
};

static void put_text(struct bytes *out, const char *text)
{
	bytes_put(out, text, strlen(text));
}

static bool same_value(const struct config *a, const struct config *b, int key)
{
	char x[CONFIG_TEXT_MAX], y[CONFIG_TEXT_MAX];

	config_key_format(a, key, x, sizeof(x));
	config_key_format(b, key, y, sizeof(y));
	return !strcmp(x, y);
}

static bool same_list(const struct config_list *a, const struct config_list *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (strcmp(a->word[i], b->word[i]))
			return false;
	return true;
}

static void put_value(struct rewrite *r, int key)
{
	char value[CONFIG_TEXT_MAX];

	config_key_format(r->config, key, value, sizeof(value));
	put_text(r->out, config_key_name(key));
	put_text(r->out, " = ");
	put_text(r->out, value);
	r->value_done[key] = true;
}

/* Wrapped at 80 columns; a line must not begin with what would make it a comment. */
static void put_list(struct rewrite *r, int index)
{
	enum { WIDTH = 80, INDENT = 8 };
	const struct config_list *list = &r->config->list[index];
	size_t column = strlen(list->name) + 2;

	put_text(r->out, list->name);
	put_text(r->out, " =");
	for (int i = 0; i < list->n; i++) {
		const char *word = strcmp(list->word[i], ";") ? list->word[i] : "semicolon";

		if (column + 1 + strlen(word) > WIDTH && word[0] != '#' && word[0] != ';') {
			put_text(r->out, "\n\t");
			column = INDENT;
		} else {
			put_text(r->out, " ");
			column++;
		}
		put_text(r->out, word);
		column += strlen(word);
	}
	r->list_done[index] = true;
}

/* " ; why" at the end of a line whose value changes. */
static void put_comment(struct bytes *out, const struct line *line)
{
	for (size_t i = 1; i < line->length; i++)
		if (line->text[i] == ';' && is_blank(line->text[i - 1])) {
			put_text(out, " ");
			bytes_put(out, line->text + i,
				line->length - i - (line->text[line->length - 1] == '\n'));
			return;
		}
}

static void put_line(struct bytes *out, const struct line *line)
{
	size_t indent = 0;

	while (line->outdent && indent < line->length && is_blank(line->text[indent]))
		indent++;
	bytes_put(out, line->text + indent, line->length - indent);
	if (line->length && line->text[line->length - 1] != '\n')
		put_text(out, "\n");
}

/* True if the line is left as it is. */
static bool keep_line(struct rewrite *r, const struct line *line, int *index)
{
	const struct config_list *old;

	*index = line->slot.index;
	if (line->slot.kind == SLOT_NONE)
		return true;
	if (line->slot.kind == SLOT_VALUE) {
		if (!same_value(r->config, r->old, *index))
			return false;
		r->value_done[*index] = true;
		return true;
	}
	old = &r->old->list[*index];
	*index = config_list_find(r->config, old->section, old->name);
	if (*index >= 0 && !same_list(old, &r->config->list[*index]))
		return false;
	if (*index >= 0)
		r->list_done[*index] = true;
	return true;
}

/* A value that changed takes the place of its first line; its other lines go. */
static void rewrite_line(struct rewrite *r, const struct line *line)
{
	int index;

	if (line->has_key)
		r->replaced = !keep_line(r, line, &index);
	if (!r->replaced || !(line->has_key || line->continues)) {
		put_line(r->out, line);
		return;
	}
	if (line->continues)
		return;
	if (line->slot.kind == SLOT_VALUE && !r->value_done[index])
		put_value(r, index);
	else if (line->slot.kind == SLOT_LIST && !r->list_done[index] && r->config->list[index].n)
		put_list(r, index);
	else
		return;
	put_comment(r->out, line);
	put_text(r->out, "\n");
}

/* A value that the file does not have, if it is not what holds without it. */
static bool is_to_add(const struct rewrite *r, int key)
{
	return !r->value_done[key] && !same_value(r->config, r->initial, key);
}

static bool values_to_add(const struct rewrite *r)
{
	for (int key = 0; key < config_key_count(); key++)
		if (is_to_add(r, key))
			return true;
	return false;
}

static void add_values(struct rewrite *r)
{
	for (int key = 0; key < config_key_count(); key++) {
		if (!is_to_add(r, key))
			continue;
		put_value(r, key);
		put_text(r->out, "\n");
	}
}

static void add_lists(struct rewrite *r, enum config_section section)
{
	for (int i = 0; i < r->config->n_lists; i++) {
		const struct config_list *list = &r->config->list[i];

		if (list->section != section || r->list_done[i] || !list->n)
			continue;
		if (r->last_list[section] < 0) {
			put_text(r->out, "\n[");
			put_text(r->out, config_section_name(section));
			put_text(r->out, "]\n");
			r->last_list[section] = 0;
		}
		put_list(r, i);
		put_text(r->out, "\n");
	}
}

/* The last of the lines behind `last` that go on with its value. */
static int end_of_value(const struct lines *lines, int last)
{
	for (int i = last + 1; i < lines->n && !lines->line[i].has_key; i++)
		if (lines->line[i].continues)
			last = i;
	return last;
}

/* Behind the comments that a file begins with. What is indented there must not go on with a value now. */
static int find_top(struct lines *lines)
{
	int top = 0;

	while (top < lines->n && (lines->line[top].text[0] == '#' || lines->line[top].text[0] == ';'))
		top++;
	for (int i = top; i < lines->n; i++) {
		lines->line[i].outdent = true;
		if (lines->line[i].has_key)
			break;
	}
	return top - 1;
}

/* Where to add: after the last line of the same kind, single values at least before any section. */
static void find_places(struct rewrite *r)
{
	r->last_value = -1;
	for (int s = 0; s < CONFIG_SECTIONS; s++)
		r->last_list[s] = -1;
	for (int i = 0; i < r->lines.n; i++) {
		const struct slot *slot = &r->lines.line[i].slot;

		if (slot->kind == SLOT_VALUE)
			r->last_value = end_of_value(&r->lines, i);
		if (slot->kind == SLOT_LIST)
			r->last_list[r->old->list[slot->index].section] = end_of_value(&r->lines, i);
	}
	if (r->last_value < 0 && values_to_add(r))
		r->last_value = find_top(&r->lines);
}

static void rewrite_all(struct rewrite *r)
{
	find_places(r);
	if (r->last_value < 0)
		add_values(r);
	for (int i = 0; i < r->lines.n; i++) {
		rewrite_line(r, &r->lines.line[i]);
		if (i == r->last_value)
			add_values(r);
		for (int s = 0; s < CONFIG_SECTIONS; s++)
			if (i == r->last_list[s])
				add_lists(r, s);
	}
	for (int s = 0; s < CONFIG_SECTIONS; s++)
		if (r->last_list[s] < 0)
			add_lists(r, s);
}

int config_text_write(const struct config *config, const char *old, size_t length, struct bytes *out)
{
	struct rewrite r = { .config = config, .out = out };
	struct config *configs = calloc(2, sizeof(*configs));
	int rc = -ENOMEM;

	if (configs) {
		config_init(&configs[0]);
		config_init(&configs[1]);
		r.old = &configs[0];
		r.initial = &configs[1];
		rc = read_lines(&r.lines, r.old, old, length);
	}
	if (!rc)
		rewrite_all(&r);
	free(r.lines.line);
	free(configs);
	return rc ? rc : out->failed ? -ENOMEM : 0;
}
