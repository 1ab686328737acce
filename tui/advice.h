/* SPDX-License-Identifier: GPL-2.0-only */
/* What to look at next, for the drop reasons that people meet most. */
#ifndef SKEWTOP_TUI_ADVICE_H
#define SKEWTOP_TUI_ADVICE_H

/* One short sentence for a drop reason's name (include/net/dropreason-core.h), or NULL. */
const char *drop_advice(const char *reason);

#endif
