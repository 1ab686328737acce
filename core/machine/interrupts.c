/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/interrupts.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "core/machine/irq_places.h"
#include "core/model/snapshot.h"

enum {
	LABEL_MAX = 16,
	TAIL_MAX = 192
};

/* Network interrupts looked up anew in one reading. */
enum {
	LOOKED_UP_MOST = 16
};

/* How often interfaces are looked for, and then where their interrupts go. */
#define SCAN_EVERY_NS UINT64_C(10000000000)

/* A line of the file. */
struct irq {
	char label[LABEL_MAX]; /* "24", "LOC" */
	char tail[TAIL_MAX];   /* what stands behind the counts: chip, trigger, who asked for it */
	int number;	       /* -1: none, one of the architecture's */
	int row;	       /* where it counts now; -1: not kept */
	int n_places;	       /* rows that it has had */
	bool listed;	       /* in this reading */
	bool due;	       /* to be looked up again */
	bool placed;	       /* `effective` is known */
	struct cpus effective;
	uint32_t *last; /* n_cpus + 1: the last count */
	bool *based;	/* whether there is one; growth is counted from it */
};

struct interrupts {
	const struct topology *topology;
	struct irq_places *places;
	uint64_t scanned_ns;
	uint64_t readings;
	struct irq **irq;
	int n_irqs;
	int *order; /* index in irq[] of each line of the last reading */
	int n_lines;
	int turn; /* index of the next to be looked up anew */
	struct interrupt_row **row;
	int n_rows;

	/* Of the reading under way. */
	int n_columns;
	int *slot;	  /* of each column; -1: a CPU that is not possible */
	uint32_t *value;  /* of each column */
	uint64_t *growth; /* by slot, all 0 between lines */
	int *grown;	  /* slots with growth */
	int n_grown;
};

/* ---- making and freeing ---- */

struct interrupts *interrupts_new(const struct topology *topology, const char *root)
{
	struct interrupts *in = calloc(1, sizeof(*in));
	size_t n = topology->n_cpus + 1;

	if (!in)
		return NULL;
	in->topology = topology;
	in->places = irq_places_new(root);
	in->slot = calloc(n, sizeof(*in->slot));
	in->value = calloc(n, sizeof(*in->value));
	in->growth = calloc(n, sizeof(*in->growth));
	in->grown = calloc(n, sizeof(*in->grown));
	if (in->places && in->slot && in->value && in->growth && in->grown)
		return in;
	interrupts_free(in);
	return NULL;
}

static void free_irq(struct irq *irq)
{
	if (!irq)
		return;
	free(irq->last);
	free(irq->based);
	free(irq);
}

void interrupts_free(struct interrupts *in)
{
	if (!in)
		return;
	for (int i = 0; i < in->n_irqs; i++) {
		free_irq(in->irq[i]);
	}
	for (int i = 0; i < in->n_rows; i++) {
		free(in->row[i]->total);
		free(in->row[i]);
	}
	irq_places_free(in->places);
	free(in->irq);
	free(in->order);
	free(in->row);
	free(in->slot);
	free(in->value);
	free(in->growth);
	free(in->grown);
	free(in);
}

int interrupts_count(const struct interrupts *in)
{
	return in->n_rows;
}

const struct interrupt_row *interrupts_row(const struct interrupts *in, int index)
{
	return in->row[index];
}

static bool all_digits(const char *text)
{
	return text[0] && !text[strspn(text, "0123456789")];
}

uint64_t interrupt_key(const char *label)
{
	uint64_t key = 0;

	if (all_digits(label))
		return strtoul(label, NULL, 10);
	for (int i = 0; i < 7 && label[i]; i++)
		key = key << 8 | (unsigned char)label[i];
	return key | UINT64_C(1) << 63;
}

/* ---- lines ---- */

/* It counts from 0: the kernel has just made it. */
static void base_at_zero(const struct interrupts *in, struct irq *irq)
{
	size_t n = in->topology->n_cpus + 1;

	memset(irq->last, 0, n * sizeof(*irq->last));
	memset(irq->based, true, n * sizeof(*irq->based));
}

static int add_irq(struct interrupts *in, const char *label)
{
	struct irq **list = reallocarray(in->irq, in->n_irqs + 1, sizeof(*list));
	struct irq *irq = calloc(1, sizeof(*irq));

	if (list)
		in->irq = list;
	if (irq) {
		irq->last = calloc(in->topology->n_cpus + 1, sizeof(*irq->last));
		irq->based = calloc(in->topology->n_cpus + 1, sizeof(*irq->based));
	}
	if (!list || !irq || !irq->last || !irq->based) {
		free_irq(irq);
		return -ENOMEM;
	}
	strcpy(irq->label, label);
	irq->number = all_digits(label) ? atoi(label) : -1;
	irq->row = -1;
	if (in->readings)
		base_at_zero(in, irq);
	list[in->n_irqs] = irq;
	return in->n_irqs++;
}

/* The interrupt of a line. Lines come in the order of the last time but for those that came or
 * went. */
static int irq_of_line(struct interrupts *in, int line, const char *label)
{
	if (line < in->n_lines && !strcmp(in->irq[in->order[line]]->label, label))
		return in->order[line];
	for (int i = 0; i < in->n_irqs; i++)
		if (!strcmp(in->irq[i]->label, label))
			return i;
	return add_irq(in, label);
}

/* "  24:": takes the label; where the counts begin, or NULL if this is no such line. */
static const char *take_label(const char *line, char label[LABEL_MAX])
{
	const char *start = line + strspn(line, " ");
	size_t n = strcspn(start, ":\n ");

	if (!n || n >= LABEL_MAX || start[n] != ':')
		return NULL;
	memcpy(label, start, n);
	label[n] = '\0';
	return start + n + 1;
}

/* Takes up to `most` numbers before `end`, which is a newline; *at is moved behind them. */
static int take_numbers(const char **at, const char *end, uint32_t *value, int most)
{
	static const char zero[] = "          0 ";
	const size_t width = sizeof(zero) - 2;
	const char *p = *at;
	int n = 0;

	while (n < most) {
		uint32_t v = 0;

		/* On large machines nearly all are 0, ten wide. */
		if (end - p > (ptrdiff_t)width && !memcmp(p, zero, width + 1)) {
			value[n++] = 0;
			*at = p += width;
			continue;
		}
		while (*p == ' ')
			p++;
		if (*p < '0' || *p > '9')
			break;
		while (*p >= '0' && *p <= '9')
			v = v * 10 + (*p++ - '0');
		value[n++] = v;
		*at = p;
	}
	return n;
}

/* Whether one more number follows. */
static bool number_follows(const char *p)
{
	size_t digits;

	p += strspn(p, " ");
	digits = strspn(p, "0123456789");
	return digits && (p[digits] == ' ' || p[digits] == '\n');
}

/* ---- what a line is ---- */

/* Who asked for the interrupt: what stands behind the last two blanks; "" if nobody does. */
static void take_action(const char *tail, char *name, size_t size)
{
	const char *action = tail, *next = tail;
	size_t n = strlen(tail);

	name[0] = '\0';
	/* The trigger is padded with blanks, which then end the line. */
	if (!n || tail[n - 1] == ' ')
		return;
	while ((next = strstr(next, "  ")))
		action = next += strspn(next, " ");
	if (action != tail)
		snprintf(name, size, "%s", action);
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	do
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return h;
}

/* Fills a row with what an interrupt is and where it goes now. */
static void describe(
	struct interrupts *in, struct irq *irq, const char *action, struct interrupt_row *row)
{
	struct irq_place place;

	if (irq->number < 0) {
		sanitize(row->name, sizeof(row->name), irq->label, sizeof(irq->label));
		sanitize(row->where, sizeof(row->where), irq->tail + strspn(irq->tail, " "),
			sizeof(irq->tail));
		return;
	}
	irq_places_find(in->places, irq->number, action, &place);
	irq->effective = place.effective;
	irq->placed = cpus_count(&place.effective) > 0;
	row->flags = (place.network ? IRQ_NETWORK : 0) | (place.one_cpu ? IRQ_ONE_CPU : 0) |
		     (place.bound ? IRQ_BOUND : 0);
	if (action[0])
		sanitize(row->name, sizeof(row->name), action, TAIL_MAX);
	else
		snprintf(row->name, sizeof(row->name), "irq %d", irq->number);
	strcpy(row->where, place.text);
}

static int add_row(struct interrupts *in, const struct interrupt_row *like)
{
	struct interrupt_row **list = reallocarray(in->row, in->n_rows + 1, sizeof(*list));
	struct interrupt_row *row = malloc(sizeof(*row));

	if (list)
		in->row = list;
	if (row) {
		*row = *like;
		row->total = calloc(in->topology->n_cpus + 1, sizeof(*row->total));
	}
	if (!list || !row || !row->total) {
		free(row);
		return -ENOMEM;
	}
	list[in->n_rows] = row;
	return in->n_rows++;
}

static int find_row(const struct interrupts *in, struct interrupt_row *like)
{
	like->key[1] = hash_text(hash_text(UINT64_C(0xcbf29ce484222325), like->name), like->where);
	for (int i = 0; i < in->n_rows; i++)
		if (in->row[i]->key[0] == like->key[0] && in->row[i]->key[1] == like->key[1])
			return i;
	return -1;
}

/* Where it counts from now on. */
static int choose_row(struct interrupts *in, struct irq *irq)
{
	struct interrupt_row row = {.key = {interrupt_key(irq->label)}};
	char action[TAIL_MAX];
	int index;

	take_action(irq->tail, action, sizeof(action));
	/* The last of its rows is for all places; one that was given back stays what it was. */
	if (irq->n_places == IRQ_PLACES_MAX || (irq->row >= 0 && irq->number >= 0 && !action[0]))
		return 0;
	describe(in, irq, action, &row);
	index = find_row(in, &row);
	if (index < 0 && irq->n_places == IRQ_PLACES_MAX - 1) {
		row.flags &= IRQ_NETWORK;
		strcpy(row.where, "moves between CPUs");
		index = find_row(in, &row);
	}
	if (index < 0 && in->n_rows >= IRQ_ROWS_MAX - 1) {
		row = (struct interrupt_row){.key = {UINT64_MAX}, .name = "(other)"};
		index = find_row(in, &row);
	}
	if (index < 0) {
		index = add_row(in, &row);
		irq->n_places++;
	}
	if (index < 0)
		return index;
	irq->row = index;
	return 0;
}

/* ---- counting ---- */

/*
 * How far a count has come. One that fell has wrapped if it was near its end and is near its
 * beginning; else the interrupt was requested anew and began at 0.
 */
static uint32_t grown(uint32_t last, uint32_t now)
{
	const uint32_t near = UINT32_C(1) << 28;

	if (now >= last || (uint32_t)(now - last) < near)
		return now - last;
	return now;
}

/* Notes growth by slot. *astray: some came where it should not. */
static void note_growth(
	struct interrupts *in, struct irq *irq, int slot, uint32_t value, bool *astray)
{
	uint32_t n = irq->based[slot] ? grown(irq->last[slot], value) : 0;

	irq->last[slot] = value;
	irq->based[slot] = true;
	if (!n)
		return;
	in->growth[slot] = n;
	in->grown[in->n_grown++] = slot;
	if (irq->placed && slot < in->topology->n_cpus &&
		!cpus_has(&irq->effective, in->topology->cpu[slot].id))
		*astray = true;
}

/*
 * Takes the counts of a line. False: they are not one per column, since a CPU came or went while
 * the file was being read. ERR and MIS have a single count, with nothing behind it, of no CPU.
 */
static bool take_counts(
	struct interrupts *in, struct irq *irq, int n, const char *behind, bool *astray)
{
	if (n == 1 && irq->number < 0 && behind[strspn(behind, " ")] == '\n') {
		note_growth(in, irq, in->topology->n_cpus, in->value[0], astray);
		return true;
	}
	if (n != in->n_columns || number_follows(behind))
		return false;
	for (int i = 0; i < n; i++) {
		int slot = in->slot[i];

		if (slot >= 0 && (in->value[i] != irq->last[slot] || !irq->based[slot]))
			note_growth(in, irq, slot, in->value[i], astray);
	}
	return true;
}

/* Adds the growth to the row, which is made or changed first where that is due. */
static int count_line(struct interrupts *in, struct irq *irq, bool astray)
{
	bool network = irq->row < 0 && irq->due && irq->number >= 0;
	int err = 0;

	if (network) {
		char action[TAIL_MAX];

		take_action(irq->tail, action, sizeof(action));
		network = irq_places_network(in->places, irq->number, action, NULL);
	}
	if ((irq->row < 0 && (network || in->n_grown)) || (irq->row >= 0 && (astray || irq->due)))
		err = choose_row(in, irq);
	irq->due = false;
	for (int i = 0; i < in->n_grown; i++) {
		if (!err)
			in->row[irq->row]->total[in->grown[i]] += in->growth[in->grown[i]];
		in->growth[in->grown[i]] = 0;
	}
	in->n_grown = 0;
	return err;
}

/* Keeps the end of a line; true if it is another than before. */
static bool take_tail(struct irq *irq, const char *tail, const char *end)
{
	size_t n = end - tail < TAIL_MAX ? end - tail : TAIL_MAX - 1;

	if (!memcmp(irq->tail, tail, n) && !irq->tail[n])
		return false;
	memcpy(irq->tail, tail, n);
	irq->tail[n] = '\0';
	return true;
}

/* One line; its index in irq[], -EINVAL for one that is none. */
static int take_line(struct interrupts *in, int line, const char *p, const char *end)
{
	int known = in->n_irqs, index, n, err;
	bool astray = false, changed;
	char label[LABEL_MAX];
	const char *at = take_label(p, label);
	struct irq *irq;

	index = at ? irq_of_line(in, line, label) : -EINVAL;
	if (index < 0)
		return index;
	irq = in->irq[index];
	irq->listed = true;
	n = take_numbers(&at, end, in->value, in->n_columns);
	if (!take_counts(in, irq, n, at, &astray)) {
		/* The next time; where a new one begins is not known then. */
		if (index == known)
			memset(irq->based, false, in->topology->n_cpus + 1);
		return index;
	}
	changed = take_tail(irq, at, end);
	irq->due |= changed;
	err = count_line(in, irq, astray);
	return err ? err : index;
}

/* ---- a reading ---- */

/* The CPUs of the heading; where the lines begin, or NULL. */
static const char *take_heading(struct interrupts *in, const char *text)
{
	const char *end = strchr(text, '\n'), *p = text;

	in->n_columns = 0;
	while (end && (p = strstr(p, "CPU")) && p < end && in->n_columns <= in->topology->n_cpus) {
		p += 3;
		in->slot[in->n_columns++] = topology_slot(in->topology, atoi(p));
	}
	return in->n_columns && in->n_columns <= in->topology->n_cpus ? end + 1 : NULL;
}

/* Interfaces may have come, and interrupts been moved. */
static void look_again(struct interrupts *in, uint64_t now_ns)
{
	bool scan = !in->readings || now_ns - in->scanned_ns >= SCAN_EVERY_NS;

	if (scan) {
		irq_places_scan(in->places);
		in->scanned_ns = now_ns;
		in->turn = 0;
	}
	for (int i = 0; scan && i < in->n_irqs; i++)
		in->irq[i]->due |= in->irq[i]->row < 0;
	for (int n = 0; in->turn < in->n_irqs && n < LOOKED_UP_MOST; in->turn++) {
		struct irq *irq = in->irq[in->turn];

		if (irq->row >= 0 && in->row[irq->row]->flags & IRQ_NETWORK) {
			irq->due = true;
			n++;
		}
	}
}

/* One that is no longer listed was freed: if it comes again it counts from 0. */
static void note_absent(struct interrupts *in)
{
	for (int i = 0; i < in->n_irqs; i++)
		if (!in->irq[i]->listed)
			base_at_zero(in, in->irq[i]);
}

static int take_lines(struct interrupts *in, const char *p)
{
	int line = 0;

	for (const char *end; (end = strchr(p, '\n')); p = end + 1) {
		int index = take_line(in, line, p, end), *order;

		if (index == -ENOMEM)
			return index;
		if (index < 0)
			continue;
		order = in->order;
		if (line >= in->n_lines) {
			order = reallocarray(in->order, line + 1, sizeof(*order));
			if (!order)
				return -ENOMEM;
			in->order = order;
			in->n_lines = line + 1;
		}
		order[line++] = index;
	}
	in->n_lines = line;
	return 0;
}

int interrupts_take(struct interrupts *in, const char *text, uint64_t now_ns)
{
	const char *lines = take_heading(in, text);
	int err;

	if (!lines)
		return -EINVAL;
	look_again(in, now_ns);
	for (int i = 0; i < in->n_irqs; i++)
		in->irq[i]->listed = false;
	err = take_lines(in, lines);
	if (err)
		return err;
	note_absent(in);
	in->readings++;
	return 0;
}
