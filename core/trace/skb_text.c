/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/skb_text.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_lines_free(struct text_lines *lines)
{
	for (int i = 0; i < lines->n; i++)
		free(lines->line[i]);
	free(lines->line);
	memset(lines, 0, sizeof(*lines));
}

static int add_line(struct text_lines *lines, const char *text, size_t length)
{
	char **grown = reallocarray(lines->line, lines->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	lines->line = grown;
	lines->line[lines->n] = strndup(text, length);
	if (!lines->line[lines->n])
		return -ENOMEM;
	lines->n++;
	return 0;
}

/* The innermost frames are those of the program that took the stack. */
static bool is_tracing(const char *symbol)
{
	static const char *const prefixes[] = {"bpf_", "__bpf_", "__traceiter_", "kprobe_",
		"fprobe_", "ftrace_", "trace_call_bpf", "optimized_callback", "arch_ftrace_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(symbol, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* The frame where what was traced begins. A program that was loaded after the symbols were read has no name. */
static unsigned first_traced(struct symbols *symbols, const struct stack_record *stack)
{
	char text[SYMBOL_TEXT_MAX];
	unsigned first = 0;

	for (unsigned i = 0; i < stack->n_frames; i++) {
		symbols_format(symbols, stack->frame[i], text, sizeof(text));
		if (is_tracing(text))
			first = i + 1;
		else if (strncmp(text, "0x", 2) != 0)
			break;
	}
	return first;
}

int stack_text(struct symbols *symbols, const struct stack_record *stack, struct text_lines *out)
{
	char text[SYMBOL_TEXT_MAX];
	int ret = 0;

	memset(out, 0, sizeof(*out));
	for (unsigned i = first_traced(symbols, stack); i < stack->n_frames && !ret; i++)
		ret = add_line(out, text, symbols_format(symbols, stack->frame[i], text, sizeof(text)));
	if (ret)
		text_lines_free(out);
	return ret;
}

/* btf_dump's output, which comes in pieces. */
struct output {
	FILE *to;
};

static void take_piece(void *context, const char *format, va_list args)
{
	struct output *output = context;

	vfprintf(output->to, format, args);
}

static int dump(const struct btf *btf, const char *type, const void *data, size_t size, FILE *to)
{
	/* All of it: libbpf 1.1 takes some unions for empty that are not. */
	LIBBPF_OPTS(btf_dump_type_data_opts, opts, .indent_str = "  ", .emit_zeroes = true);
	struct output output = {to};
	struct btf_dump *d = btf_dump__new(btf, take_piece, &output, NULL);
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT), ret = -errno;

	if (!d)
		return ret;
	ret = id < 0 ? id : btf_dump__dump_type_data(d, id, data, size, &opts);
	btf_dump__free(d);
	fputc('\n', to);
	/* More of the structure than was kept: what there is has been written. */
	return ret == -E2BIG ? 0 : ret < 0 ? ret : 0;
}

/* ---- without what is 0 ---- */

/* ".mark = (__u32)0," and the like; also "(__u8)" with nothing behind, as libbpf prints a 0 of it.
 */
static bool is_zero(const char *line, size_t n)
{
	static const char *const values[] = {")0", ")0x0", "(nil)", " 0", ")"};

	if (n && line[n - 1] == ',')
		n--;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t length = strlen(values[i]);

		if (n >= length && memcmp(line + n - length, values[i], length) == 0)
			return true;
	}
	return false;
}

static bool opens(const char *line, size_t n)
{
	return line[n - 1] == '{' || line[n - 1] == '[';
}

static bool closes(const char *line, size_t n)
{
	size_t at = strspn(line, " ");

	return at < n && (line[at] == '}' || line[at] == ']');
}

/* How far the line is indented that opened what is closed now. */
static size_t indent_of_opener(const struct text_lines *out)
{
	int open = 1, i = out->n;

	while (open && i-- > 0) {
		const char *line = out->line[i];

		open += closes(line, strlen(line)) - opens(line, strlen(line));
	}
	return i < 0 ? 0 : strspn(out->line[i], " ");
}

/* Keeps a line; what holds nothing goes when it is closed. */
static int keep(struct text_lines *out, const char *line, size_t n)
{
	const char *last = out->n ? out->line[out->n - 1] : "";

	if (!n || (!opens(line, n) && !closes(line, n) && is_zero(line, n)))
		return 0;
	if (closes(line, n) && *last && opens(last, strlen(last))) {
		free(out->line[--out->n]);
		return 0;
	}
	/* Values of 0 that brought no end of line have left their indentation to what comes next. */
	if (closes(line, n)) {
		size_t indent = strspn(line, " "), wanted = indent_of_opener(out);

		if (indent > wanted) {
			line += indent - wanted;
			n -= indent - wanted;
		}
	}
	return add_line(out, line, n);
}

static int split(const char *text, struct text_lines *out)
{
	int ret = 0;

	while (*text && !ret) {
		size_t n = strcspn(text, "\n");
		const char *gap = memmem(text, n, ")  ", 3);

		/* Such a 0 brings no end of line either. */
		if (gap)
			n = gap + 1 - text;
		ret = keep(out, text, n);
		text += n + (text[n] == '\n');
	}
	return ret;
}

/* ---- what was never written ---- */

static const struct btf_member *member(
	const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (int i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_member *m = btf_members(type) + i;

		if (strcmp(btf__name_by_offset(btf, m->name_off), name) == 0)
			return m;
	}
	return NULL;
}

/* Behind the fragments that there are lies what the memory held before. */
static void clear_unused_fragments(const struct btf *btf, struct skb_record *skb)
{
	int id = btf__find_by_name_kind(btf, "skb_shared_info", BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id), *array;
	const struct btf_member *count = member(btf, type, "nr_frags");
	const struct btf_member *frags = member(btf, type, "frags");
	size_t from, each;

	if (!count || !frags || count->offset / 8 >= skb->shared_size)
		return;
	array = btf__type_by_id(btf, frags->type);
	if (!btf_is_array(array) || !btf_array(array)->nelems)
		return;
	each = btf__resolve_size(btf, frags->type) / btf_array(array)->nelems;
	from = frags->offset / 8 + skb->shared[count->offset / 8] * each;
	if (from < skb->shared_size)
		memset(skb->shared + from, 0, skb->shared_size - from);
}

static int dump_both(const struct btf *btf, const struct skb_record *skb, struct text_lines *out)
{
	struct skb_record clean = *skb;
	size_t size = 0;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);
	int ret;

	if (!to)
		return -ENOMEM;
	clear_unused_fragments(btf, &clean);
	ret = dump(btf, "sk_buff", clean.bytes, clean.skb_size, to);
	if (!ret && clean.shared_size)
		ret = dump(btf, "skb_shared_info", clean.shared, clean.shared_size, to);
	if (fclose(to) && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = split(text, out);
	free(text);
	return ret;
}

int skb_text(const struct btf *layout, const struct skb_record *skb, struct text_lines *out, struct error *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	if (!layout)
		return error_set(err, -ENOENT, "its kernel's layout of it is not known");
	ret = dump_both(layout, skb, out);
	if (ret) {
		text_lines_free(out);
		return error_set(err, ret, "the sk_buff cannot be rendered: %s", strerror(-ret));
	}
	return 0;
}
