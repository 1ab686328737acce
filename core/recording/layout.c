/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/layout.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum {
	TYPES_MAX = 1024,
	MEMBERS_MAX = 256, /* of one type */
	NAME_MAX_SIZE = 128,
	SIZE_MAX_BYTES = 4096,
	ELEMENTS_MAX = 4096,
	LINES_MAX = 4096, /* of text that one type may become */
};

/* ---- written ---- */

static void put_name(const struct btf *btf, uint32_t offset, struct bytes *out)
{
	bytes_put_string(out, btf__name_by_offset(btf, offset));
}

static void put_members(const struct btf *btf, const struct btf_type *t, struct bytes *out)
{
	bytes_put_u64(out, t->size);
	bytes_put_u64(out, btf_vlen(t));
	for (int i = 0; i < btf_vlen(t); i++) {
		put_name(btf, btf_members(t)[i].name_off, out);
		bytes_put_u64(out, btf_members(t)[i].type);
		bytes_put_u64(out, btf_member_bit_offset(t, i));
		bytes_put_u64(out, btf_member_bitfield_size(t, i));
	}
}

static void put_values(const struct btf *btf, const struct btf_type *t, struct bytes *out)
{
	bytes_put_u64(out, t->size);
	bytes_put_u64(out, btf_vlen(t));
	for (int i = 0; i < btf_vlen(t); i++) {
		put_name(btf, btf_enum(t)[i].name_off, out);
		bytes_put_u64(out, zigzag((uint64_t)(int64_t)btf_enum(t)[i].val));
	}
}

static void put_arguments(const struct btf_type *t, struct bytes *out)
{
	bytes_put_u64(out, t->type);
	bytes_put_u64(out, btf_vlen(t));
	for (int i = 0; i < btf_vlen(t); i++)
		bytes_put_u64(out, btf_params(t)[i].type);
}

static bool has_name(int kind)
{
	return kind != BTF_KIND_PTR && kind != BTF_KIND_CONST && kind != BTF_KIND_ARRAY &&
	       kind != BTF_KIND_FUNC_PROTO;
}

void recording_encode_layout(const struct btf *layout, struct bytes *out)
{
	int n = btf__type_cnt(layout);

	bytes_put_u64(out, n - 1);
	for (int id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(layout, id);

		bytes_put_u64(out, btf_kind(t));
		if (has_name(btf_kind(t)))
			put_name(layout, t->name_off, out);
		switch (btf_kind(t)) {
		case BTF_KIND_INT:
			bytes_put_u64(out, t->size);
			bytes_put_u64(out, btf_int_encoding(t));
			break;
		case BTF_KIND_ARRAY:
			bytes_put_u64(out, btf_array(t)->type);
			bytes_put_u64(out, btf_array(t)->nelems);
			break;
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			put_members(layout, t, out);
			break;
		case BTF_KIND_ENUM:
			put_values(layout, t, out);
			break;
		case BTF_KIND_FWD:
			bytes_put_u64(out, btf_kflag(t));
			break;
		case BTF_KIND_FUNC_PROTO:
			put_arguments(t, out);
			break;
		default: /* pointer, const, typedef */
			bytes_put_u64(out, t->type);
		}
	}
}

/* ---- read ---- */

/* What has been read of it. Per type, by id: */
struct decoding {
	struct view p;
	struct btf *btf;
	int n;
	struct known {
		uint32_t lines;	  /* of text that a value becomes; 0: there are no values of it */
		uint32_t size;	  /* bytes of a value */
		bool number;	  /* a bitfield may be one */
		bool by_function; /* its name has a function's arguments in it */
	} of[TYPES_MAX + 1];
};

static int take_name(struct decoding *d, char *name)
{
	view_string(&d->p, name, NAME_MAX_SIZE);
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != ' ')
			return -EBADMSG;
	return d->p.failed ? -EBADMSG : 0;
}

/* An earlier type, or 0. */
static int take_id(struct decoding *d)
{
	uint64_t id = view_u64(&d->p);

	return d->p.failed || id > (uint64_t)d->n ? -EBADMSG : (int)id;
}

/* An earlier type that there are values of. */
static int take_value_id(struct decoding *d)
{
	int id = take_id(d);

	return id > 0 && d->of[id].lines ? id : -EBADMSG;
}

/* What a pointer may name: nothing that would be written out member by member. */
static int take_pointee(struct decoding *d)
{
	int id = take_id(d), kind = id > 0 ? btf_kind(btf__type_by_id(d->btf, id)) : BTF_KIND_UNKN;

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ARRAY ||
			       kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_ENUM ?
		       -EBADMSG :
		       id;
}

static uint64_t take_below(struct decoding *d, uint64_t limit)
{
	uint64_t value = view_u64(&d->p);

	d->p.failed |= value > limit;
	return d->p.failed ? 0 : value;
}

static int read_int(struct decoding *d, struct known *known)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name);
	uint64_t size = take_below(d, 16), encoding = take_below(d, 7);

	if (ret || d->p.failed || !*name)
		return -EBADMSG;
	*known = (struct known){.lines = 1, .size = size, .number = size <= 8};
	return btf__add_int(d->btf, name, size, encoding);
}

static int read_pointer(struct decoding *d, int kind, struct known *known)
{
	int id = take_pointee(d);

	if (id < 0)
		return id;
	known->by_function = d->of[id].by_function;
	if (kind == BTF_KIND_CONST)
		return btf__add_const(d->btf, id);
	known->lines = 1;
	known->size = sizeof(void *);
	return btf__add_ptr(d->btf, id);
}

static int read_array(struct decoding *d, struct known *known)
{
	int id = take_value_id(d);
	uint64_t n = take_below(d, ELEMENTS_MAX);

	if (id < 0 || d->p.failed || !d->of[id].size || n * d->of[id].size > SIZE_MAX_BYTES)
		return -EBADMSG;
	known->lines = 1 + n * d->of[id].lines;
	known->size = n * d->of[id].size;
	return btf__add_array(d->btf, id, id, n);
}

static int read_member(struct decoding *d, struct known *known, bool is_union)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name), id = take_value_id(d);
	uint64_t offset = take_below(d, 8 * SIZE_MAX_BYTES), bits = take_below(d, 64);
	uint64_t end = offset + (bits ? bits : 8 * (uint64_t)(id < 0 ? 0 : d->of[id].size));

	if (ret || id < 0 || d->p.failed || end > 8 * (uint64_t)known->size ||
		(bits && (!d->of[id].number || bits > 8 * d->of[id].size)) || (!bits && offset % 8) ||
		(is_union && offset))
		return -EBADMSG;
	known->lines += d->of[id].lines;
	if (known->lines > LINES_MAX)
		return -E2BIG;
	return btf__add_field(d->btf, name, id, offset, bits);
}

static int read_members(struct decoding *d, int kind, struct known *known)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name), id;
	uint64_t n;

	known->size = take_below(d, SIZE_MAX_BYTES);
	known->lines = 1;
	n = take_below(d, MEMBERS_MAX);
	if (ret || d->p.failed)
		return -EBADMSG;
	id = kind == BTF_KIND_UNION ? btf__add_union(d->btf, name, known->size) :
				      btf__add_struct(d->btf, name, known->size);
	for (uint64_t i = 0; i < n && id >= 0; i++) {
		ret = read_member(d, known, kind == BTF_KIND_UNION);
		if (ret)
			return ret;
	}
	return id;
}

static int read_values(struct decoding *d, struct known *known)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name), id;
	uint64_t size = take_below(d, 8), n = take_below(d, MEMBERS_MAX);

	if (ret || d->p.failed)
		return -EBADMSG;
	*known = (struct known){.lines = 1, .size = size, .number = true};
	id = btf__add_enum(d->btf, name, size);
	for (uint64_t i = 0; i < n && id >= 0; i++) {
		ret = take_name(d, name);
		ret = ret ? ret : btf__add_enum_value(d->btf, name, (int32_t)unzigzag(view_u64(&d->p)));
		if (ret)
			return ret;
	}
	return id;
}

static int read_forward(struct decoding *d)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name);
	uint64_t is_union = take_below(d, 1);

	if (ret || d->p.failed || !*name)
		return -EBADMSG;
	return btf__add_fwd(d->btf, name, is_union ? BTF_FWD_UNION : BTF_FWD_STRUCT);
}

static int read_typedef(struct decoding *d, struct known *known)
{
	char name[NAME_MAX_SIZE];
	int ret = take_name(d, name), id = take_value_id(d);

	if (ret || id < 0 || !*name)
		return -EBADMSG;
	*known = d->of[id];
	return btf__add_typedef(d->btf, name, id);
}

/* Functions of functions would write out more and more. */
static int take_argument(struct decoding *d)
{
	int id = take_pointee(d);

	return id >= 0 && d->of[id].by_function ? -EBADMSG : id;
}

static int read_function(struct decoding *d, struct known *known)
{
	int result = take_argument(d), id;
	uint64_t n = take_below(d, 16);

	if (result < 0 || d->p.failed)
		return -EBADMSG;
	known->by_function = true;
	id = btf__add_func_proto(d->btf, result);
	for (uint64_t i = 0; i < n && id >= 0; i++) {
		int argument = take_argument(d), ret;

		ret = argument < 0 ? argument : btf__add_func_param(d->btf, "", argument);
		if (ret)
			return ret;
	}
	return id;
}

static int read_type(struct decoding *d, struct known *known)
{
	uint64_t kind = view_u64(&d->p);

	switch (kind) {
	case BTF_KIND_INT:
		return read_int(d, known);
	case BTF_KIND_PTR:
	case BTF_KIND_CONST:
		return read_pointer(d, kind, known);
	case BTF_KIND_ARRAY:
		return read_array(d, known);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return read_members(d, kind, known);
	case BTF_KIND_ENUM:
		return read_values(d, known);
	case BTF_KIND_FWD:
		return read_forward(d);
	case BTF_KIND_TYPEDEF:
		return read_typedef(d, known);
	case BTF_KIND_FUNC_PROTO:
		return read_function(d, known);
	default:
		return -EBADMSG;
	}
}

static int read_types(struct decoding *d)
{
	uint64_t n = view_u64(&d->p);

	if (d->p.failed)
		return -EBADMSG;
	if (n > TYPES_MAX)
		return -E2BIG;
	while ((uint64_t)d->n < n) {
		struct known known = {};
		int id = read_type(d, &known);

		if (id == -ENOMEM || id == -E2BIG)
			return id;
		/* libbpf has its own word to say on sizes. */
		if (id != d->n + 1 || d->p.failed)
			return -EBADMSG;
		if (known.lines > LINES_MAX)
			return -E2BIG;
		d->of[++d->n] = known;
	}
	return 0;
}

int recording_decode_layout(struct view payload, struct btf **layout)
{
	struct decoding *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return -ENOMEM;
	d->p = payload;
	d->btf = btf__new_empty();
	ret = d->btf ? read_types(d) : -ENOMEM;
	if (ret)
		btf__free(d->btf);
	else
		*layout = d->btf;
	free(d);
	return ret;
}
