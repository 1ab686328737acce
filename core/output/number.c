/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/number.h"

#include <stdio.h>

/* Four digits stay as they are: 1102 tells more than 1.1k. */
const char *number_count(double value, char *buf, size_t size)
{
	static const struct {
		double from, unit;
		char letter;
	} scales[] = {
		{ 1e13, 1e12, 'T' },
		{ 1e10, 1e9, 'G' },
		{ 1e7, 1e6, 'M' },
		{ 1e4, 1e3, 'k' },
	};

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		if (value < scales[i].from - 0.5)
			continue;
		snprintf(buf, size, "%.1f%c", value / scales[i].unit, scales[i].letter);
		return buf;
	}
	if (value > 0 && value < 9.95 && (value - (int)value > 0.05 && value - (int)value < 0.95))
		snprintf(buf, size, "%.1f", value);
	else
		snprintf(buf, size, "%.0f", value);
	return buf;
}

const char *number_rate(double per_second, enum rate_state state, char *buf, size_t size)
{
	if (state == RATE_UNKNOWN || state == RATE_FIRST) {
		snprintf(buf, size, "-");
		return buf;
	}
	return number_count(per_second, buf, size);
}

const char *number_percent(double percent, char *buf, size_t size)
{
	snprintf(buf, size, percent >= 99.95 ? "%.0f" : "%.1f", percent);
	return buf;
}

const char *number_times(double times, char *buf, size_t size)
{
	if (times <= 0)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, times >= 99.95 ? "%.0fx" : "%.1fx", times);
	return buf;
}

const char *number_duration(uint64_t ns, char *buf, size_t size)
{
	uint64_t seconds = ns / 1000000000;

	if (seconds < 100)
		snprintf(buf, size, "%us", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(buf, size, "%um%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
	else
		snprintf(buf, size, "%uh%02u", (unsigned)(seconds / 3600),
			(unsigned)(seconds / 60 % 60));
	return buf;
}

const char *number_bytes(double bytes, char *buf, size_t size)
{
	static const char units[] = "BKMGTP";
	int unit = 0;

	while (bytes >= 1024 && units[unit + 1]) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, size, unit && bytes < 10 ? "%.1f%c" : "%.0f%c", bytes, units[unit]);
	return buf;
}
