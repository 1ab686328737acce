/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of trace lines. */
#ifndef SKEWTOP_TUI_LINES_H
#define SKEWTOP_TUI_LINES_H

#include "core/output/line_text.h"
#include "tui/columns.h"

extern const struct column line_columns[LINE_COLUMNS];

#endif
