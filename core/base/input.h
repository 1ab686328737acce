/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a file or a pipe, as they come: unpacked where gzip packed them, and never waited for unless
 * asked to. A file may still be growing: while its writer holds a lock on it, or has written to it within
 * the last seconds, its end is not the end.
 */
#ifndef SKEWTOP_INPUT_H
#define SKEWTOP_INPUT_H

#include <stdbool.h>

#include "core/base/bytes.h"
#include "core/base/error.h"

struct input;

/* "-" is standard input. `grows`: wait for more at the end as above. NULL with a sentence. */
struct input *input_open(const char *path, bool grows, struct error *err);

/* Takes the descriptor over. `name` is for sentences. NULL: no memory. */
struct input *input_of(int fd, const char *name, bool grows);
void input_close(struct input *input); /* NULL is fine */

/*
 * Appends what there is now, at most some 64 KiB. The number of bytes; 0 at the end; -EAGAIN: more may
 * come; another negative errno with a sentence.
 */
int input_read(struct input *input, struct bytes *out, struct error *err);

/* Waits until input_read() may find something, at most `ms` (-1: for ever). */
void input_wait(struct input *input, int ms);

/* True if the end was reached within a packed stream. */
bool input_cut(const struct input *input);

/* Size of a regular file when it was opened; 0 for all else. */
size_t input_size(const struct input *input);
const char *input_name(const struct input *input);

#endif
