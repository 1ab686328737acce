/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that we make: readable by their owner alone, never in the place of another unless told so. */
#ifndef SKEWTOP_FILE_CREATE_H
#define SKEWTOP_FILE_CREATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/*
 * Opens a file for writing: a new one with mode 0600, through no symbolic link (*created is then true); a
 * FIFO or a device that is there; or, if `force`, a regular file of ours that is there, which gets
 * mode 0600 and is emptied by file_empty() alone. A descriptor, or -EEXIST (there is one, and
 * `force` was not given; `remedy` ends the sentence), or another negative errno; with a sentence.
 */
int file_create(const char *path, bool force, const char *remedy, bool *created, struct error *err);

/* Empties a regular file; 0 for anything else. Negative errno. */
int file_empty(int fd);

/* Writes all of it, or negative errno. */
int file_write(int fd, const void *data, size_t n);

#endif
