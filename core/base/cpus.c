/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The longest list of 4096 ids, every second one, has fewer than 10 kB of text. */
enum { LIST_TEXT_MAX = 16384 };

int cpus_count(const struct cpus *set)
{
	int count = 0;

	for (int i = 0; i < CPU_SET_WORDS; i++)
		count += __builtin_popcountll(set->word[i]);
	return count;
}

int cpus_next(const struct cpus *set, int from)
{
	uint64_t word;
	int i;

	if (from < 0)
		from = 0;
	if (from >= CPU_ID_MAX)
		return -1;
	i = from / 64;
	word = set->word[i] & UINT64_MAX << (from % 64);
	while (!word) {
		if (++i == CPU_SET_WORDS)
			return -1;
		word = set->word[i];
	}
	return i * 64 + __builtin_ctzll(word);
}

/* Reads a decimal number that stays below CPU_ID_MAX and moves *text past it. */
static int parse_id(const char **text, int *id)
{
	const char *p = *text;
	int value = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (*p - '0');
		if (value >= CPU_ID_MAX)
			return -ERANGE;
	}
	*text = p;
	*id = value;
	return 0;
}

/* "used/group" after the colon: the first `used` ids of each `group` of the range. */
static int parse_step(const char **text, int *used, int *group)
{
	int err;

	err = parse_id(text, used);
	if (err)
		return err;
	if (**text != '/')
		return -EINVAL;
	(*text)++;
	err = parse_id(text, group);
	if (err)
		return err;
	return *used > 0 && *used <= *group ? 0 : -EINVAL;
}

/* "7", "0-3" or "0-30:2/4". */
static int parse_range(const char **text, struct cpus *set)
{
	int first, last, used = 1, group = 1, err;

	err = parse_id(text, &first);
	if (err)
		return err;
	last = first;
	if (**text == '-') {
		(*text)++;
		err = parse_id(text, &last);
		if (err)
			return err;
		if (last < first)
			return -EINVAL;
		if (**text == ':') {
			(*text)++;
			err = parse_step(text, &used, &group);
			if (err)
				return err;
		}
	}
	for (int id = first; id <= last; id++) {
		if ((id - first) % group < used)
			cpus_add(set, id);
	}
	return 0;
}

static bool at_end(const char *text)
{
	return text[0] == '\0' || (text[0] == '\n' && text[1] == '\0');
}

int cpus_parse(struct cpus *set, const char *text)
{
	struct cpus parsed = { 0 };

	while (!at_end(text)) {
		int err = parse_range(&text, &parsed);

		if (err)
			return err;
		if (at_end(text))
			break;
		if (*text != ',' || at_end(text + 1))
			return -EINVAL;
		text++;
	}
	*set = parsed;
	return 0;
}

int cpus_format(const struct cpus *set, char *buf, size_t size)
{
	const char *comma = "";
	size_t length = 0;
	int next;

	if (size)
		buf[0] = '\0';
	for (int first = cpus_next(set, 0); first >= 0; first = cpus_next(set, next)) {
		size_t room = length < size ? size - length : 0;
		char *at = room ? buf + length : NULL;

		for (next = first + 1; cpus_has(set, next); next++)
			;
		if (next == first + 1)
			length += snprintf(at, room, "%s%d", comma, first);
		else
			length += snprintf(at, room, "%s%d-%d", comma, first, next - 1);
		comma = ",";
	}
	return (int)length;
}

int cpus_read(struct cpus *set, const char *path)
{
	char text[LIST_TEXT_MAX];
	size_t length = 0;
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, text + length, sizeof(text) - length);
		if (n > 0)
			length += n;
	} while ((n > 0 && length < sizeof(text)) || (n < 0 && errno == EINTR));
	if (n < 0)
		err = -errno;
	close(fd);
	if (err)
		return err;
	if (length == sizeof(text))
		return -EFBIG;
	text[length] = '\0';
	return cpus_parse(set, text);
}
