/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/view.h"

#define VIEW(name) extern const struct view_ops view_##name;
#include "tui/views.def"
#undef VIEW

const struct view_ops *const tabs[] = {
#define VIEW(name) &view_##name,
#include "tui/views.def"
#undef VIEW
};

const int n_tabs = sizeof(tabs) / sizeof(tabs[0]);
