/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person is told when something cannot be done: one sentence, made where the reason is known. */
#ifndef SKEWTOP_ERROR_H
#define SKEWTOP_ERROR_H

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,   /* the machine said no, or something broke under way */
	EXIT_BAD_INPUT = 2 /* what the user asked for cannot be; nothing was attached */
};

struct error {
	char text[320];
};

/*
 * Writes the sentence (cut to fit; no newline) and returns `code`, so that a function may end in
 * `return error_set(err, -EINVAL, "...")`. `err` may be NULL. The first sentence stays: a later call
 * on a non-empty error changes nothing, because the cause nearest to the fault knows most.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says the sentence, if there is one, on standard error: one line, whatever words of others it holds. */
void error_print(const struct error *err);

#endif
