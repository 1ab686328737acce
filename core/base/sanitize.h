/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that the kernel hands out (comm, interface, path, BPF program) were chosen by whoever made the
 * thing, and may hold escape sequences, or characters that reorder or hide text. They go through here
 * once, where they enter the program; everything behind may print them as they are.
 */
#ifndef SKEWTOP_SANITIZE_H
#define SKEWTOP_SANITIZE_H

#include <stddef.h>

/*
 * Copies the text `in`, which ends at a NUL or after `max` bytes (so fixed-size kernel arrays need no
 * terminator), to `out`, which has room for `size` bytes. A '?' stands for each byte that is no valid
 * UTF-8 and for each character that is a control (C0, DEL, C1), a line separator, invisible or of no
 * width of its own (Unicode's default-ignorable and format characters, the combining diacritics), a
 * bidirectional control, or a noncharacter. The result is valid UTF-8, cut between characters where it
 * is too long, and always terminated (if size > 0). Returns its length. `out` may be `in`.
 */
size_t sanitize(char *out, size_t size, const char *in, size_t max);

#endif
