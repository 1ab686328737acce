/* SPDX-License-Identifier: GPL-2.0-only */
/* Which kernel functions to count packets in, and how far that has come. */
#ifndef SKEWTOP_FUNCTIONS_H
#define SKEWTOP_FUNCTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum function_set {
	FUNCTIONS_NONE,
	FUNCTIONS_CORE,	 /* some 60 names along receive, forward, transmit and drop; what exists of
			    them */
	FUNCTIONS_ALL,	 /* every function with an skb argument that can be attached to */
	FUNCTIONS_GLOBS, /* those whose name matches one of the globs, fnmatch(3) */
};

enum {
	FUNCTION_GLOBS_MAX = 32,
	FUNCTION_GLOB_SIZE = 96
};

/* Zeroed: none. */
struct function_choice {
	enum function_set set;
	int n_globs;
	char glob[FUNCTION_GLOBS_MAX][FUNCTION_GLOB_SIZE];
};

/* Adds one word: a glob, or the name of a set, "core" or "all", which stands for its functions.
 * False if there is no more room or the word is too long. */
bool function_choice_add(struct function_choice *choice, const char *word);

/* Whether a function of this name is in the choice. */
bool function_choice_has(const struct function_choice *choice, const char *name);

/* How functions are attached to, best first. */
enum functions_means {
	MEANS_NONE,	    /* this kernel offers no way; wished for: any */
	MEANS_KPROBE_MULTI, /* one link for any number of functions (6.x with CONFIG_FPROBE) */
	MEANS_KPROBE,	    /* a perf event each */
	MEANS_FENTRY,	    /* a program each: the core set only */
	MEANS_TRACEPOINTS,  /* wished for only: no function is attached to */
};

/* "kprobe.multi", "kprobe", "fentry", "tracepoints"; "none". */
const char *functions_means_name(enum functions_means means);

/* The means of a name, MEANS_NONE of "auto"; -1: there are none of this name. */
int functions_means_of(const char *name);

enum functions_state {
	FUNCTIONS_OFF,	     /* none wanted, none attached */
	FUNCTIONS_FINDING,   /* reading BTF and kallsyms */
	FUNCTIONS_ATTACHING, /* `done` of `total` */
	FUNCTIONS_ON,	     /* `attached` are counted */
	FUNCTIONS_DETACHING, /* nothing is counted any more of what goes; `done` of `total`, 0: all at once */
	FUNCTIONS_FAILED,    /* see `text` */
};

struct functions_status {
	enum functions_state state;
	bool pending;		    /* the last choice is not carried out yet */
	enum functions_means means; /* MEANS_NONE until something was attached */
	int found;		    /* functions with an skb argument; 0 until looked for */
	int left_out;		    /* of these, cannot be attached to, or refused when tried */
	int wanted;		    /* by the choice, of those that can */
	int attached;
	int apart;	  /* of these, by a link each, which the kernel lets go of one after the other */
	int done, total;  /* of the step under way */
	uint64_t took_ns; /* the last change of the set */
	uint64_t reach_ns; /* what the kernel spends on reaching the program, each time; 0: not measured */
	char text[160];	  /* one sentence */
	int inside;	  /* row of the function that is looked into, -1: none */
	bool inside_pending;
	char inside_text[160]; /* why the one that was asked for is not, "" */
};

/* A function that takes an skb. */
struct function_entry {
	char name[128];
	char module[64];  /* "" the kernel proper */
	int argument;	  /* register argument that is the skb, 0 ... 5 */
	char reason[128]; /* why it cannot be attached to; "" it can */
};

#endif
