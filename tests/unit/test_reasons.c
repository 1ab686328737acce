/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/btf.h>
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/abi.h"
#include "core/names/reasons.h"

/* The kernel's part, as 6.18 declares it, cut short. */
static struct btf *kernel_btf(void)
{
	struct btf *btf = btf__new_empty();

	btf__add_enum(btf, "unrelated", 4);
	btf__add_enum_value(btf, "UNRELATED_DROP", 3);
	btf__add_enum(btf, "skb_drop_reason", 4);
	btf__add_enum_value(btf, "SKB_NOT_DROPPED_YET", 0);
	btf__add_enum_value(btf, "SKB_CONSUMED", 1);
	btf__add_enum_value(btf, "SKB_DROP_REASON_NOT_SPECIFIED", 2);
	btf__add_enum_value(btf, "SKB_DROP_REASON_NO_SOCKET", 3);
	btf__add_enum_value(btf, "SKB_DROP_REASON_SOCKET_RCVBUFF", 4);
	btf__add_enum_value(btf, "SKB_DROP_REASON_MAX", 5);
	btf__add_enum_value(btf, "SKB_DROP_REASON_SUBSYS_MASK", 0xffff0000);
	btf__add_enum(btf, "skb_drop_reason_subsys", 4);
	btf__add_enum_value(btf, "SKB_DROP_REASON_SUBSYS_CORE", 0);
	btf__add_enum_value(btf, "SKB_DROP_REASON_SUBSYS_OPENVSWITCH", 3);
	return btf;
}

static void assert_reason(const struct reasons *reasons, uint32_t number, const char *expected)
{
	char text[64];
	size_t length = reasons_format(reasons, number, text, sizeof(text));

	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static void names_come_from_the_kernels_enum(void **state)
{
	struct reasons *reasons = reasons_new();
	struct btf *btf = kernel_btf();

	(void)state;
	assert_int_equal(reasons_add_btf(reasons, btf), 5);
	assert_string_equal(reasons_name(reasons, 0), "NOT_DROPPED_YET");
	assert_string_equal(reasons_name(reasons, 1), "CONSUMED");
	assert_string_equal(reasons_name(reasons, 2), "NOT_SPECIFIED");
	assert_string_equal(reasons_name(reasons, 3), "NO_SOCKET");
	assert_string_equal(reasons_name(reasons, 4), "SOCKET_RCVBUFF");
	assert_null(reasons_name(reasons, 5));
	assert_null(reasons_name(reasons, 0xffff0000));
	btf__free(btf);
	reasons_free(reasons);
}

static void modules_add_their_own(void **state)
{
	struct reasons *reasons = reasons_new();
	struct btf *kernel = kernel_btf();
	struct btf *ovs = btf__new_empty_split(kernel), *wifi = btf__new_empty_split(kernel);

	(void)state;
	btf__add_enum(ovs, "ovs_drop_reason", 4);
	btf__add_enum_value(ovs, "__OVS_DROP_REASON", 0x30000);
	btf__add_enum_value(ovs, "OVS_DROP_LAST_ACTION", 0x30001);
	btf__add_enum_value(ovs, "OVS_DROP_MAX", 0x30002);
	btf__add_enum(wifi, "___mac80211_drop_reason", 4);
	btf__add_enum_value(wifi, "___RX_CONTINUE", 1);
	btf__add_enum_value(wifi, "___RX_DROP_U_MIC_FAIL", 0x10001);
	assert_int_equal(reasons_add_btf(reasons, wifi), 1);
	assert_int_equal(reasons_add_btf(reasons, kernel), 5);
	assert_int_equal(reasons_add_btf(reasons, ovs), 2);
	assert_string_equal(reasons_name(reasons, 1), "CONSUMED");
	assert_string_equal(reasons_name(reasons, 0x10001), "RX_DROP_U_MIC_FAIL");
	assert_string_equal(reasons_name(reasons, 0x30001), "OVS_DROP_LAST_ACTION");
	assert_null(reasons_name(reasons, 0x30002));
	btf__free(ovs);
	btf__free(wifi);
	btf__free(kernel);
	reasons_free(reasons);
}

static void numbers_without_a_name_are_said(void **state)
{
	struct reasons *reasons = reasons_new();

	(void)state;
	assert_reason(reasons, 77, "reason 77");
	assert_reason(reasons, 0x2004d, "reason 2:77");
	assert_reason(reasons, REASON_UNKNOWN, "unknown");
	assert_int_equal(reasons_add(reasons, REASON_UNKNOWN, "NAMED"), 0);
	assert_reason(reasons, REASON_UNKNOWN, "NAMED");
	reasons_free(reasons);
	reasons_free(NULL);
}

static void a_recording_adds_by_hand(void **state)
{
	struct reasons *reasons = reasons_new();
	const struct reason *list;
	char small[5];
	size_t count;

	(void)state;
	for (int i = 999; i >= 0; i--)
		assert_int_equal(reasons_add(reasons, i * 7 % 1000, "SOME_NAME"), 0);
	assert_int_equal(reasons_add(reasons, 7, "LATER"), 0);
	assert_int_equal(reasons_add(reasons, 5000, "BAD\033[0m\u202e"), 0);
	assert_reason(reasons, 7, "SOME_NAME");
	assert_reason(reasons, 5000, "BAD?[0m?");
	list = reasons_list(reasons, &count);
	assert_int_equal(count, 1001);
	for (size_t i = 1; i < count; i++)
		assert_true(list[i].number > list[i - 1].number);
	assert_int_equal(reasons_format(reasons, 7, small, sizeof(small)), 4);
	assert_string_equal(small, "SOME");
	assert_int_equal(reasons_format(reasons, 7, NULL, 0), 0);
	reasons_free(reasons);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_kernels_enum),
		cmocka_unit_test(modules_add_their_own),
		cmocka_unit_test(numbers_without_a_name_are_said),
		cmocka_unit_test(a_recording_adds_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
