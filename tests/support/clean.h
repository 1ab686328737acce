/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether bytes can do nothing to a terminal but draw. */
#ifndef SKEWTOP_TEST_CLEAN_H
#define SKEWTOP_TEST_CLEAN_H

#include <stddef.h>

/*
 * Bytes that ncurses wrote for an xterm: printable text in valid UTF-8 (no C1, no character that hides or
 * reorders), CR, LF, BS, and those sequences that its description of the terminal has, of which none
 * sets a title, a clipboard or a link, or asks for an answer. NULL, or what is wrong at *at.
 */
const char *clean_screen(const char *bytes, size_t n, size_t *at);

/* Bytes of a file or a pipe: printable text and line ends (LF, or CR LF as CSV has them). */
const char *clean_text(const char *bytes, size_t n, size_t *at);

#endif
