/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/functions/choice.h"
#include "core/functions/find.h"

/* ---- a kernel's BTF made by hand ---- */

struct types {
	struct btf *btf;
	int number, skb, skb_pointer, const_skb_pointer, typedef_pointer, pointer_pointer;
	int pair;  /* 16 bytes by value: two registers */
	int large; /* 24 bytes by value: memory */
	int small; /* 8 bytes by value: one register */
};

static int add_struct(struct btf *btf, const char *name, int bytes, int number)
{
	int id = btf__add_struct(btf, name, bytes);

	for (int i = 0; i * 8 < bytes; i++)
		assert_int_equal(btf__add_field(btf, "word", number, i * 64, 0), 0);
	return id;
}

static struct types types_new(void)
{
	struct types t = {.btf = btf__new_empty()};
	int modified;

	assert_non_null(t.btf);
	t.number = btf__add_int(t.btf, "long", 8, BTF_INT_SIGNED);
	t.skb = add_struct(t.btf, "sk_buff", 64, t.number);
	t.skb_pointer = btf__add_ptr(t.btf, t.skb);
	modified = btf__add_const(t.btf, btf__add_volatile(t.btf, t.skb));
	t.const_skb_pointer = btf__add_const(t.btf, btf__add_ptr(t.btf, modified));
	t.typedef_pointer = btf__add_typedef(
		t.btf, "packet_t", btf__add_ptr(t.btf, btf__add_typedef(t.btf, "skb_t", t.skb)));
	t.pointer_pointer = btf__add_ptr(t.btf, t.skb_pointer);
	t.pair = add_struct(t.btf, "pair", 16, t.number);
	t.large = add_struct(t.btf, "large", 24, t.number);
	t.small = add_struct(t.btf, "small", 8, t.number);
	return t;
}

static void add_function_returning(
	struct types *t, const char *name, int result, const int *arguments, int n)
{
	int proto = btf__add_func_proto(t->btf, result);

	for (int i = 0; i < n; i++)
		assert_int_equal(
			btf__add_func_param(t->btf, arguments[i] ? "x" : NULL, arguments[i]), 0);
	assert_true(btf__add_func(t->btf, name, BTF_FUNC_STATIC, proto) > 0);
}

#define ADD(t, name, ...)                                                                          \
	add_function_returning(t, name, 0, (const int[]){__VA_ARGS__},                             \
		sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static struct function_list scanned(struct types *t)
{
	struct function_list list = {};

	assert_int_equal(function_list_scan(&list, t->btf, 1, ""), 0);
	function_list_sort(&list);
	btf__free(t->btf);
	return list;
}

static const struct function *named(const struct function_list *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->function[i].name, name) == 0)
			return &list->function[i];
	return NULL;
}

static int argument_of(const struct function_list *list, const char *name)
{
	const struct function *f = named(list, name);

	return f ? f->argument : -1;
}

static void finds_an_skb_behind_qualifiers_and_typedefs(void **state)
{
	struct types t = types_new();
	struct function_list list;

	(void)state;
	ADD(&t, "plain", t.skb_pointer);
	ADD(&t, "qualified", t.number, t.const_skb_pointer);
	ADD(&t, "renamed", t.number, t.number, t.typedef_pointer);
	ADD(&t, "twice", t.number, t.skb_pointer, t.skb_pointer);
	ADD(&t, "pointer_to_pointer", t.pointer_pointer);
	ADD(&t, "by_value", t.skb);
	ADD(&t, "none", t.number, t.number);
	list = scanned(&t);
	assert_int_equal(list.n, 4);
	assert_int_equal(argument_of(&list, "plain"), 0);
	assert_int_equal(argument_of(&list, "qualified"), 1);
	assert_int_equal(argument_of(&list, "renamed"), 2);
	assert_int_equal(argument_of(&list, "twice"), 1);
	function_list_free(&list);
}

static void counts_registers_not_parameters(void **state)
{
	struct types t = types_new();
	struct function_list list;

	(void)state;
	ADD(&t, "sixth", t.number, t.number, t.number, t.number, t.number, t.skb_pointer);
	ADD(&t, "seventh", t.number, t.number, t.number, t.number, t.number, t.number,
		t.skb_pointer);
	ADD(&t, "behind_small", t.small, t.skb_pointer);
	ADD(&t, "behind_pair", t.pair, t.skb_pointer);
	ADD(&t, "behind_large", t.large, t.skb_pointer);
	/* Five are taken, a pair does not fit, the skb takes the sixth. */
	ADD(&t, "behind_pair_in_memory", t.number, t.number, t.number, t.number, t.number, t.pair,
		t.skb_pointer);
	ADD(&t, "behind_dots", t.number, 0, t.skb_pointer);
	add_function_returning(
		&t, "returns_large", t.large, (const int[]){t.number, t.skb_pointer}, 2);
	add_function_returning(&t, "returns_pair", t.pair, (const int[]){t.skb_pointer}, 1);
	list = scanned(&t);
	assert_int_equal(argument_of(&list, "sixth"), 5);
	assert_null(named(&list, "seventh"));
	assert_int_equal(argument_of(&list, "behind_small"), 1);
	assert_int_equal(argument_of(&list, "behind_pair"), 2);
	assert_int_equal(argument_of(&list, "behind_large"), 0);
	assert_int_equal(argument_of(&list, "behind_pair_in_memory"), 5);
	assert_null(named(&list, "behind_dots"));
	assert_int_equal(argument_of(&list, "returns_large"), 2);
	assert_int_equal(argument_of(&list, "returns_pair"), 0);
	function_list_free(&list);
}

/* ---- files of a kernel made by hand ---- */

static char *file_of(const char *text)
{
	char *path = strdup("/tmp/skewtop-functions.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void remove_file(char *path)
{
	unlink(path);
	free(path);
}

static const char *reason(const struct function_list *list, const char *name)
{
	const struct function *f = named(list, name);

	assert_non_null(f);
	return f->left_out ? f->left_out : "";
}

static struct function_list list_of(const char *const *names, int n)
{
	struct types t = types_new();

	for (int i = 0; i < n; i++)
		ADD(&t, names[i], t.skb_pointer);
	return scanned(&t);
}

static void leaves_out_what_has_no_place_of_its_own(void **state)
{
	static const char *const names[] = {"good", "inlined", "twofold", "alias_a", "alias_b",
		"declared_twice", "declared_twice", "data"};
	struct function_list list = list_of(names, 8);
	char *path = file_of("ffffffff81000010 T good\n"
			     "ffffffff81000020 t twofold\n"
			     "ffffffff81000030 t twofold\n"
			     "ffffffff81000040 T alias_b\n"
			     "ffffffff81000040 T alias_a\n"
			     "ffffffff81000050 t declared_twice\n"
			     "ffffffff81000060 D data\n"
			     "ffffffff81000070 t inlined.isra.0\n"
			     "ffffffffc0000010 t good\t[other]\n");

	(void)state;
	assert_int_equal(function_list_locate(&list, path, NULL), 0);
	assert_string_equal(reason(&list, "good"), "");
	assert_true(named(&list, "good")->address == 0xffffffff81000010);
	assert_string_equal(
		reason(&list, "inlined"), "has no symbol: inlined, or changed by the compiler");
	assert_string_equal(
		reason(&list, "data"), "has no symbol: inlined, or changed by the compiler");
	assert_string_equal(reason(&list, "twofold"), "2 functions have this name");
	assert_string_equal(reason(&list, "alias_a"), "");
	assert_string_equal(reason(&list, "alias_b"), "is the same code as alias_a");
	assert_string_equal(
		reason(&list, "declared_twice"), "BTF has several functions of this name");
	assert_int_equal(function_list_usable(&list), 2);
	remove_file(path);
	function_list_free(&list);
}

static void a_name_of_two_modules_is_two_functions(void **state)
{
	struct types kernel = types_new(), module = types_new();
	struct function_list list = {};
	char *path = file_of("ffffffff81000010 t receive\n"
			     "ffffffffc0000020 t receive\t[veth]\n");

	(void)state;
	ADD(&kernel, "receive", kernel.skb_pointer);
	ADD(&module, "receive", module.number, module.skb_pointer);
	assert_int_equal(function_list_scan(&list, kernel.btf, 1, ""), 0);
	assert_int_equal(function_list_scan(&list, module.btf, 1, "veth"), 0);
	function_list_sort(&list);
	assert_int_equal(function_list_locate(&list, path, NULL), 0);
	assert_int_equal(function_list_usable(&list), 2);
	assert_true(list.function[0].address == 0xffffffff81000010);
	assert_string_equal(list.function[1].module, "veth");
	assert_true(list.function[1].address == 0xffffffffc0000020);
	assert_int_equal(list.function[1].argument, 1);
	btf__free(kernel.btf);
	btf__free(module.btf);
	remove_file(path);
	function_list_free(&list);
}

static void hidden_addresses_are_said(void **state)
{
	static const char *const names[] = {"good"};
	struct function_list list = list_of(names, 1);
	char *path = file_of("0000000000000000 T good\n");
	struct error err = {};

	(void)state;
	assert_int_equal(function_list_locate(&list, path, &err), -EPERM);
	assert_non_null(strstr(err.text, "kptr_restrict"));
	remove_file(path);
	function_list_free(&list);
}

static void leaves_out_what_may_not_be_traced(void **state)
{
	static const char *const names[] = {"good", "blacklisted", "notrace", "last"};
	struct function_list list = list_of(names, 4);
	char *symbols = file_of("ffffffff81000000 T good\n"
				"ffffffff81000010 T blacklisted\n"
				"ffffffff81000020 T last\n"
				"ffffffff81000030 T notrace\n");
	char *traceable = file_of("good\nblacklisted\nlast\nnotrace [other]\n");
	char *blacklist = file_of("0xffffffff81000010-0xffffffff81000020\tblacklisted\n");

	(void)state;
	assert_int_equal(function_list_locate(&list, symbols, NULL), 0);
	assert_int_equal(function_list_keep_traceable(&list, "/nonexistent"), -ENOENT);
	assert_int_equal(function_list_usable(&list), 4);
	assert_int_equal(function_list_keep_traceable(&list, traceable), 0);
	assert_int_equal(function_list_drop_blacklisted(&list, blacklist), 0);
	assert_string_equal(reason(&list, "good"), "");
	assert_string_equal(reason(&list, "last"), "");
	assert_string_equal(reason(&list, "blacklisted"), "is on the kernel's kprobe blacklist");
	assert_string_equal(reason(&list, "notrace"), "the kernel does not let it be traced");
	remove_file(symbols);
	remove_file(traceable);
	remove_file(blacklist);
	function_list_free(&list);
}

/* ---- this machine ---- */

/* The kernel's own word for each function is its prototype; every one of ours must have an skb
 * there. */
static void this_kernel_has_them_at_every_position(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct function_list list = {};
	int at[FUNCTION_ARGUMENTS] = {0};

	(void)state;
	assert_non_null(btf);
	assert_int_equal(function_list_scan(&list, btf, 1, ""), 0);
	function_list_sort(&list);
	for (int i = 0; i < list.n; i++)
		at[list.function[i].argument]++;
	print_message("# %d functions, by position: %d %d %d %d %d %d\n", list.n, at[0], at[1],
		at[2], at[3], at[4], at[5]);
	assert_in_range(list.n, 1000, 8000);
	for (int i = 0; i < FUNCTION_ARGUMENTS; i++)
		assert_true(at[i] > 0);
	assert_int_equal(argument_of(&list, "ip_rcv"), 0);
	assert_int_equal(argument_of(&list, "udp_send_skb"), 0);
	assert_int_equal(argument_of(&list, "ip_output"), 2);
	assert_int_equal(argument_of(&list, "ip_local_out"), 2);
	btf__free(btf);
	function_list_free(&list);
}

static void this_kernel_tells_where_they_are(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct function_list list = {};
	struct error err = {};

	(void)state;
	assert_int_equal(functions_find(&list, btf, &err), 0);
	assert_true(function_list_usable(&list) > 1000);
	for (int i = 0; i < list.n; i++) {
		const struct function *f = &list.function[i];

		assert_true(f->left_out || f->address > UINT64_MAX / 2);
		assert_true(!i || strcmp(f[-1].name, f->name) <= 0);
	}
	btf__free(btf);
	function_list_free(&list);
}

/* ---- choices ---- */

static void a_choice_is_globs_and_sets(void **state)
{
	struct function_choice choice = {};
	char long_word[FUNCTION_GLOB_SIZE + 1];

	(void)state;
	assert_false(function_choice_has(&choice, "ip_rcv"));
	choice.set = FUNCTIONS_ALL;
	assert_true(function_choice_has(&choice, "anything"));
	choice.set = FUNCTIONS_CORE;
	assert_true(function_choice_has(&choice, "ip_rcv"));
	assert_true(function_choice_has(&choice, "__dev_queue_xmit"));
	assert_false(function_choice_has(&choice, "tcp_v4_conn_request"));

	memset(&choice, 0, sizeof(choice));
	assert_true(function_choice_add(&choice, "tcp_*"));
	assert_true(function_choice_add(&choice, "ip_rcv"));
	assert_true(function_choice_has(&choice, "tcp_data_queue"));
	assert_true(function_choice_has(&choice, "ip_rcv"));
	assert_false(function_choice_has(&choice, "ip_rcv_core"));
	assert_true(function_choice_add(&choice, "core"));
	assert_true(function_choice_has(&choice, "ip_rcv_core"));

	memset(long_word, 'x', FUNCTION_GLOB_SIZE);
	long_word[FUNCTION_GLOB_SIZE] = '\0';
	assert_false(function_choice_add(&choice, long_word));
	while (choice.n_globs < FUNCTION_GLOBS_MAX)
		assert_true(function_choice_add(&choice, "x"));
	assert_false(function_choice_add(&choice, "y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_an_skb_behind_qualifiers_and_typedefs),
		cmocka_unit_test(counts_registers_not_parameters),
		cmocka_unit_test(leaves_out_what_has_no_place_of_its_own),
		cmocka_unit_test(a_name_of_two_modules_is_two_functions),
		cmocka_unit_test(hidden_addresses_are_said),
		cmocka_unit_test(leaves_out_what_may_not_be_traced),
		cmocka_unit_test(this_kernel_has_them_at_every_position),
		cmocka_unit_test(this_kernel_tells_where_they_are),
		cmocka_unit_test(a_choice_is_globs_and_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
