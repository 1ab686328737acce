/* SPDX-License-Identifier: GPL-2.0-only */
/* The single values: one row each says how it is read, written and what it takes. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/config_text.h"
#include "tui/theme.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/*
 * One of: a time (min to max, ns), a flag, a choice of names (an enum), or text. `at` is its place in
 * struct config.
 */
struct key {
	const char *name;
	const char *accepts;
	size_t at;
	enum { KEY_TIME, KEY_FLAG, KEY_CHOICE, KEY_TEXT } kind;
	uint64_t min, max;
	const char *const *choices;
};

static const char *const unit_names[] = {
	[CONFIG_RATE] = "rate",
	[CONFIG_TOTAL] = "total",
	[CONFIG_SHARE] = "share",
	NULL,
};

static const char *const group_names[] = {
	[CONFIG_BY_CPU] = "cpu",
	[CONFIG_BY_CORE] = "core",
	[CONFIG_BY_LLC] = "llc",
	[CONFIG_BY_NODE] = "node",
	[CONFIG_BY_ALL] = "all",
	NULL,
};

#define AT(field) .at = offsetof(struct config, field)

static const struct key keys[] = {
	{ "delay", "seconds from 0.1 to 60", AT(delay_ns), .kind = KEY_TIME,
		.min = NS_PER_SECOND / 10, .max = 60 * NS_PER_SECOND },
	{ "history", "seconds from 10 to 86400", AT(history_ns), .kind = KEY_TIME,
		.min = 10 * NS_PER_SECOND, .max = 86400 * NS_PER_SECOND },
	{ "units", "rate, total or share", AT(units), .kind = KEY_CHOICE, .choices = unit_names },
	{ "group", "cpu, core, llc, node or all", AT(group), .kind = KEY_CHOICE,
		.choices = group_names },
	{ "theme", "the name or the file of a theme", AT(theme), .kind = KEY_TEXT },
	{ "view", "the name of a view", AT(view), .kind = KEY_TEXT },
	{ "hide_idle", "yes or no", AT(hide_idle), .kind = KEY_FLAG },
	{ "ascii", "yes or no", AT(ascii), .kind = KEY_FLAG },
	{ "braille", "yes or no", AT(braille), .kind = KEY_FLAG },
	{ "plain", "yes or no", AT(plain), .kind = KEY_FLAG },
	{ "mouse", "yes or no", AT(mouse), .kind = KEY_FLAG },
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

_Static_assert((int)N_KEYS <= (int)CONFIG_VALUES_MAX, "more keys than config_text.c keeps count of");

void config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->delay_ns = NS_PER_SECOND;
	config->history_ns = 600 * NS_PER_SECOND;
	config->mouse = true;
	strcpy(config->theme, THEME_DEFAULT);
	strcpy(config->view, "cpus");
}

int config_key_count(void)
{
	return N_KEYS;
}

const char *config_key_name(int key)
{
	return keys[key].name;
}

const char *config_key_accepts(int key)
{
	return keys[key].accepts;
}

int config_key_find(const char *name)
{
	for (int i = 0; i < N_KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return i;
	return -1;
}

/* Digits with at most one point among them: strtod(3) would want the locale's. */
static bool parse_time(const char *text, uint64_t min, uint64_t max, uint64_t *ns)
{
	uint64_t value = 0, unit = NS_PER_SECOND;
	bool point = false, digit = false;

	for (; *text && strcmp(text, "s"); text++) {
		if (*text == '.' && !point) {
			point = true;
		} else if (isdigit((unsigned char)*text) && value <= max) {
			digit = true;
			if (point)
				unit /= 10;
			if (point)
				value += (uint64_t)(*text - '0') * unit;
			else
				value = value * 10 + (uint64_t)(*text - '0') * NS_PER_SECOND;
		} else {
			return false;
		}
	}
	if (!digit || value < min || value > max)
		return false;
	*ns = value;
	return true;
}

static void format_time(uint64_t ns, char *text, size_t size)
{
	int n = snprintf(text, size, "%" PRIu64 ".%09" PRIu64, ns / NS_PER_SECOND, ns % NS_PER_SECOND);

	while (n > 0 && text[n - 1] == '0')
		text[--n] = '\0';
	if (n > 0 && text[n - 1] == '.')
		text[--n] = '\0';
}

static bool parse_flag(const char *text, bool *flag)
{
	static const char *const words[][4] = {
		{ "no", "false", "off", "0" },
		{ "yes", "true", "on", "1" },
	};

	for (int value = 0; value < 2; value++)
		for (int i = 0; i < 4; i++)
			if (!strcasecmp(words[value][i], text)) {
				*flag = value;
				return true;
			}
	return false;
}

static bool parse_choice(const char *text, const char *const *choices, unsigned *choice)
{
	for (unsigned i = 0; choices[i]; i++)
		if (!strcasecmp(choices[i], text)) {
			*choice = i;
			return true;
		}
	return false;
}

/* The value must come back from a file as it went: no comment sign after a blank, no controls. */
static bool parse_text(const char *text, char *value)
{
	size_t n = strlen(text);

	if (!n || n >= CONFIG_TEXT_MAX || text[0] == ' ' || text[n - 1] == ' ' || text[0] == ';' ||
		strstr(text, " ;"))
		return false;
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)text[i]))
			return false;
	memcpy(value, text, n + 1);
	return true;
}

bool config_key_parse(struct config *config, int key, const char *value)
{
	const struct key *k = &keys[key];
	void *at = (char *)config + k->at;

	switch (k->kind) {
	case KEY_TIME:
		return parse_time(value, k->min, k->max, at);
	case KEY_FLAG:
		return parse_flag(value, at);
	case KEY_CHOICE:
		return parse_choice(value, k->choices, at);
	default:
		return parse_text(value, at);
	}
}

void config_key_format(const struct config *config, int key, char *value, size_t size)
{
	const struct key *k = &keys[key];
	const void *at = (const char *)config + k->at;

	switch (k->kind) {
	case KEY_TIME:
		format_time(*(const uint64_t *)at, value, size);
		break;
	case KEY_FLAG:
		snprintf(value, size, "%s", *(const bool *)at ? "yes" : "no");
		break;
	case KEY_CHOICE:
		snprintf(value, size, "%s", k->choices[*(const unsigned *)at]);
		break;
	default:
		snprintf(value, size, "%s", (const char *)at);
		break;
	}
}
