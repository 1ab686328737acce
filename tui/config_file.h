/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the config file lies, and getting it from and to there safely. For config*.c and their tests. */
#ifndef SKEWTOP_CONFIG_FILE_H
#define SKEWTOP_CONFIG_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "tui/config.h"

/*
 * The directory for programs' configuration, and who may own what is in it. `strict`: it, skewtop's
 * directory in it and the file must belong to `owner`, let nobody else write, and be no links. So it is
 * for root, who would otherwise read and replace files at another user's word.
 */
struct config_place {
	char base[PATH_MAX]; /* "": nowhere, since neither $XDG_CONFIG_HOME nor $HOME is set */
	bool strict;
	uid_t owner;
};

/* From the environment, strict if run as root. */
void config_place_find(struct config_place *place);

/*
 * Reads the file into `text`. 0 also if there is none (and no text). Else a negative errno with a
 * sentence: -EPERM where it is refused, -EFBIG, -EINVAL for what is no plain file, or the system's word.
 */
int config_file_read(const struct config_place *place, struct bytes *text, struct error *err);

/* Replaces the file, or makes it. A link (not strict) stays one: its target is replaced. */
int config_file_write(const struct config_place *place, const void *text, size_t length,
	struct error *err);

/* config_load() and config_save() for a place. */
int config_load_from(struct config *config, const struct config_place *place, struct error *err);
int config_save_to(const struct config *config, const struct config_place *place, struct error *err);

#endif
