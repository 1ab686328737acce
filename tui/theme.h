/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Themes: what colour each role has, read from btop's .theme files. No ncurses here; colour_plan.h turns
 * a theme into what a terminal of a given depth can show, colour.h into ncurses pairs.
 *
 * A file is lines theme[key]="value" and comments (#). Values are #RRGGBB, #GG (a grey), "R G B" in
 * decimal, and empty for the terminal's own colour. Beyond btop: the names of the terminal's 16 colours
 * ("green", "bright blue"), and the keys ok, warn, alert, mark, match_bg and match_fg. Unknown keys are
 * ignored, so files of either program serve the other.
 */
#ifndef SKEWTOP_THEME_H
#define SKEWTOP_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum {
	THEME_STEPS = 101,	    /* of a gradient: 0 to 100 per cent */
	THEME_NAME_MAX = 64,	    /* bytes of a name with its NUL */
	THEME_FILE_MAX = 256 << 10, /* bytes of a file; btop's own are below 8 KiB */
	THEME_LIST_MAX = 1024,	    /* names that a list holds */
};

#define THEME_DEFAULT "default"

enum theme_role {
	ROLE_TEXT,	    /* main_fg on main_bg */
	ROLE_TITLE,	    /* title */
	ROLE_HIGHLIGHT,	    /* hi_fg: keys in the bars */
	ROLE_SELECTED,	    /* selected_fg on selected_bg */
	ROLE_DIM,	    /* inactive_fg */
	ROLE_GRAPH,	    /* graph_text, or inactive_fg */
	ROLE_LINE,	    /* div_line */
	ROLE_BOX_CPU,	    /* cpu_box */
	ROLE_BOX_SYSCALLS,  /* proc_box */
	ROLE_BOX_FUNCTIONS, /* net_box */
	ROLE_BOX_DROPS,	    /* mem_box */
	ROLE_METER_BG,	    /* meter_bg, or inactive_fg: what is not filled of a meter */
	ROLE_PAUSED,	    /* text on proc_pause_bg */
	ROLE_FOLLOWED,	    /* followed_fg on followed_bg */
	ROLE_OK,	    /* ok, or the heat's start */
	ROLE_WARN,	    /* warn, or the heat's middle */
	ROLE_ALERT,	    /* alert, or the heat's end */
	ROLE_MARK,	    /* mark, or hi_fg: a marked row's sign */
	ROLE_MATCH,	    /* match_fg on match_bg: what a search found */
	ROLE_COUNT
};

enum theme_gradient {
	GRADIENT_HEAT,	/* cpu_* */
	GRADIENT_RX,	/* download_* */
	GRADIENT_TX,	/* upload_* */
	GRADIENT_DROPS, /* used_* */
	GRADIENT_COUNT
};

enum theme_kind {
	THEME_OWN,     /* the terminal's own foreground or background */
	THEME_RGB,     /* value is 0xRRGGBB */
	THEME_PALETTE, /* value is one of the terminal's 16 colours, 0-15 */
};

struct theme_colour {
	enum theme_kind kind;
	uint32_t value;
};

/* A plain value: copy it freely, free nothing. */
struct theme {
	char name[THEME_NAME_MAX]; /* of the file, without .theme; printable */
	struct theme_colour background; /* main_bg */
	struct theme_colour fg[ROLE_COUNT];
	struct theme_colour bg[ROLE_COUNT]; /* main_bg, but for roles with one of their own */
	struct theme_colour gradient[GRADIENT_COUNT][THEME_STEPS];
	int n_warnings;	      /* lines of the file that were of no use */
	struct error warning; /* says so for the first of them, with its number; "" if none */
};

/* The theme that needs no file: the terminal's own colours, no background. */
void theme_default(struct theme *theme);

/*
 * Reads the text of a file. Never fails: a line that makes no sense is counted in n_warnings and its key
 * falls back like a missing one, to a related key of the same file, at last to the built-in theme.
 */
void theme_parse(struct theme *theme, const char *name, const char *text, size_t length);

/*
 * Loads a theme by its name, or by the path of a file (anything with a '/', or ending in .theme). A name
 * is looked for in skewtop/themes under $XDG_CONFIG_HOME (or ~/.config), /etc, /usr/share and
 * /usr/local/share, in the themes directory of the source tree that the program was built in, then in
 * btop's directories; "default" (and NULL and "") needs no file. 0, or with a sentence: -ENOENT for a
 * name that does not exist (the sentence says what would do), -EFBIG, -EINVAL for what is no plain file,
 * or what open(2) said. On an error the theme is the built-in one.
 */
int theme_load(struct theme *theme, const char *name_or_file, struct error *err);

struct theme_names {
	char **name; /* sorted, each once; "default" is always among them */
	int n;
};

/* Every name that theme_load() would find. 0 or -ENOMEM (and an empty list). */
int theme_list(struct theme_names *names);
void theme_names_free(struct theme_names *names); /* leaves an empty list */

/* Place of the name in the list, or -1. */
int theme_names_find(const struct theme_names *names, const char *name);

#endif
