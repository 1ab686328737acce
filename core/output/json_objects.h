/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects of json_out.h, one function each; all return a new reference, or NULL without memory. */
#ifndef SKEWTOP_JSON_OBJECTS_H
#define SKEWTOP_JSON_OBJECTS_H

#include <jansson.h>

#include "core/model/host.h"
#include "core/model/snapshot.h"

struct skb_record;
struct stack_record;
struct trace_record;

json_t *json_sample(const struct host *host, const struct snapshot *older,
	const struct snapshot *newer);
/* Calls, times and return values of the functions that were looked into; null: none was. */
json_t *json_inside(const struct host *host, const struct snapshot *snapshot);

json_t *json_trace(const struct host *host, const struct trace_record *record, uint64_t real_ns);
/* What came with a line, of the line's moment, 0 if that is not known. */
json_t *json_stack(const struct host *host, const struct stack_record *stack, uint64_t real_ns);
json_t *json_skb(const struct host *host, const struct skb_record *skb, uint64_t real_ns);
/* `last` NULL: there are no closed books. */
json_t *json_end(const struct host *host, const struct snapshot *last, uint64_t samples);

#endif
