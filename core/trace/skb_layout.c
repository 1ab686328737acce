/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/skb_layout.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32 };

struct copying {
	const struct btf *from;
	struct btf *to;
	int *made;    /* by id in `from`: id in `to`; 0: not there yet */
	int *forward; /* likewise, what stands for a structure that is pointed to */
	int depth;
};

static int copy_type(struct copying *c, int id);

static const char *name_of(const struct copying *c, const struct btf_type *t)
{
	return btf__name_by_offset(c->from, t->name_off);
}

/* ---- what is pointed to: no more than a name ---- */

static int copy_forward(struct copying *c, int id, const struct btf_type *t)
{
	if (!*name_of(c, t))
		return 0;
	if (!c->forward[id])
		c->forward[id] = btf__add_fwd(
			c->to, name_of(c, t), btf_is_union(t) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
	return c->forward[id];
}

static int copy_pointee(struct copying *c, int id, bool within_function);

/* Its result and arguments are numbers and pointers; of anything else a pointer to nothing known is made. */
static int copy_argument(struct copying *c, int id)
{
	const struct btf_type *t = btf__type_by_id(c->from, id);
	int pointee = 0;

	if (!id || btf_is_int(t))
		return copy_type(c, id);
	if (btf_is_ptr(t))
		pointee = copy_pointee(c, t->type, true);
	return pointee < 0 ? pointee : btf__add_ptr(c->to, pointee);
}

static int copy_function(struct copying *c, const struct btf_type *t)
{
	const struct btf_param *param = btf_params(t);
	int argument[8], n = btf_vlen(t), id;
	int result = copy_argument(c, t->type);

	if (n > (int)(sizeof(argument) / sizeof(argument[0])))
		n = 0;
	for (int i = 0; i < n && result >= 0; i++) {
		argument[i] = copy_argument(c, param[i].type);
		if (argument[i] < 0)
			result = argument[i];
	}
	id = result < 0 ? result : btf__add_func_proto(c->to, result);
	for (int i = 0; i < n && id >= 0; i++) {
		int ret = btf__add_func_param(c->to, "", argument[i]);

		if (ret)
			return ret;
	}
	return id;
}

/* 0, nothing known, for all but numbers, structures' names, functions, and pointers to these. */
static int copy_pointee(struct copying *c, int id, bool within_function)
{
	const struct btf_type *t = btf__type_by_id(c->from, id);
	int inner, ret;

	if (!id)
		return 0;
	if (btf_is_composite(t))
		return copy_forward(c, id, t);
	if (btf_is_int(t))
		return copy_type(c, id);
	if (c->depth == DEPTH_MAX || (btf_is_func_proto(t) && within_function))
		return 0;
	if (!btf_is_func_proto(t) && !btf_is_ptr(t) && !btf_is_const(t))
		return 0;
	c->depth++;
	if (btf_is_func_proto(t)) {
		ret = copy_function(c, t);
	} else {
		inner = copy_pointee(c, t->type, within_function);
		ret = inner < 0		? inner :
		      btf_is_const(t) ? btf__add_const(c->to, inner) :
					  btf__add_ptr(c->to, inner);
	}
	c->depth--;
	return ret;
}

/* ---- what is held by value ---- */

static int add_members(struct copying *c, const struct btf_type *t, const int *type)
{
	int id = btf_is_union(t) ? btf__add_union(c->to, name_of(c, t), t->size) :
				   btf__add_struct(c->to, name_of(c, t), t->size);

	for (int i = 0; i < btf_vlen(t) && id >= 0; i++) {
		int ret = btf__add_field(c->to, btf__name_by_offset(c->from, btf_members(t)[i].name_off),
			type[i], btf_member_bit_offset(t, i), btf_member_bitfield_size(t, i));

		if (ret)
			return ret;
	}
	return id;
}

static int copy_composite(struct copying *c, const struct btf_type *t)
{
	int *type = calloc(btf_vlen(t) + 1, sizeof(*type)), ret = type ? 0 : -ENOMEM;

	for (int i = 0; i < btf_vlen(t) && ret >= 0; i++)
		ret = type[i] = copy_type(c, btf_members(t)[i].type);
	if (ret >= 0)
		ret = add_members(c, t, type);
	free(type);
	return ret;
}

static int copy_enum(struct copying *c, const struct btf_type *t)
{
	int id = btf__add_enum(c->to, name_of(c, t), t->size);

	for (int i = 0; i < btf_vlen(t) && id >= 0; i++) {
		int ret = btf__add_enum_value(c->to, btf__name_by_offset(c->from, btf_enum(t)[i].name_off),
			btf_enum(t)[i].val);

		if (ret)
			return ret;
	}
	return id;
}

/* A modifier, array or typedef of what it holds. */
static int copy_around(struct copying *c, const struct btf_type *t)
{
	int inner = copy_type(c, btf_is_array(t) ? btf_array(t)->type : t->type);

	if (inner < 0)
		return inner;
	switch (btf_kind(t)) {
	case BTF_KIND_ARRAY:
		return btf__add_array(c->to, inner, inner, btf_array(t)->nelems);
	case BTF_KIND_TYPEDEF:
		return btf__add_typedef(c->to, name_of(c, t), inner);
	default: /* const, volatile and tags say nothing about how it lies */
		return inner;
	}
}

static int copy_new(struct copying *c, const struct btf_type *t)
{
	int pointee;

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return btf__add_int(c->to, name_of(c, t), t->size, btf_int_encoding(t));
	case BTF_KIND_PTR:
		pointee = copy_pointee(c, t->type, false);
		return pointee < 0 ? pointee : btf__add_ptr(c->to, pointee);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(c, t);
	case BTF_KIND_ENUM:
		return copy_enum(c, t);
	case BTF_KIND_ENUM64:
		return btf__add_int(c->to, "u64", t->size, 0);
	case BTF_KIND_ARRAY:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return copy_around(c, t);
	default:
		return -EINVAL;
	}
}

/* The id in `to`, negative errno. */
static int copy_type(struct copying *c, int id)
{
	if (!id || c->made[id])
		return c->made[id];
	if (c->depth == DEPTH_MAX)
		return -ELOOP;
	c->depth++;
	c->made[id] = copy_new(c, btf__type_by_id(c->from, id));
	c->depth--;
	return c->made[id];
}

static int copy_named(struct copying *c, const char *name)
{
	int id = btf__find_by_name_kind(c->from, name, BTF_KIND_STRUCT);

	return id < 0 ? id : copy_type(c, id);
}

struct btf *skb_layout_of(const struct btf *kernel)
{
	size_t n = btf__type_cnt(kernel);
	struct copying c = {
		.from = kernel,
		.to = btf__new_empty(),
		.made = calloc(n, sizeof(*c.made)),
		.forward = calloc(n, sizeof(*c.forward)),
	};

	if (!c.to || !c.made || !c.forward || copy_named(&c, "sk_buff") < 0 ||
		copy_named(&c, "skb_shared_info") < 0) {
		btf__free(c.to);
		c.to = NULL;
	}
	free(c.made);
	free(c.forward);
	return c.to;
}
