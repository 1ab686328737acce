/* SPDX-License-Identifier: GPL-2.0-only */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "core/names/syscall_names.h"

static void native_numbers_are_those_of_the_headers(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, __NR_read), "read");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, __NR_recvmsg), "recvmsg");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, __NR_futex), "futex");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, __NR_openat2), "openat2");
}

#ifdef __x86_64__
static void the_abis_of_x86_differ(void **state)
{
	(void)state;
	assert_string_equal(syscall_abi_name(SYSCALL_ABI_NATIVE), "x86_64");
	assert_string_equal(syscall_abi_name(SYSCALL_ABI_COMPAT), "i386");
	assert_string_equal(syscall_abi_name(SYSCALL_ABI_X32), "x32");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, 1), "write");
	assert_string_equal(syscall_name(SYSCALL_ABI_COMPAT, 1), "exit");
	assert_string_equal(syscall_name(SYSCALL_ABI_COMPAT, 4), "write");
	assert_string_equal(syscall_name(SYSCALL_ABI_X32, 1), "write");
	assert_string_equal(syscall_name(SYSCALL_ABI_X32, 514), "ioctl");
	assert_string_equal(syscall_name(SYSCALL_ABI_X32, 13), "sys_13");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, 514), "sys_514");
}
#endif

static void newer_numbers_have_names(void **state)
{
	(void)state;
	for (unsigned int nr = 424; nr <= 471; nr++)
		assert_int_not_equal(strncmp(syscall_name(SYSCALL_ABI_NATIVE, nr), "sys_", 4), 0);
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, 457), "statmount");
	assert_string_equal(syscall_name(SYSCALL_ABI_COMPAT, 462), "mseal");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, 471), "rseq_slice_yield");
}

static void any_number_has_some_name(void **state)
{
	(void)state;
	for (int abi = 0; abi < SYSCALL_ABI_COUNT; abi++) {
		for (unsigned int nr = 0; nr < SYSCALL_SLOTS + 10; nr++) {
			const char *name = syscall_name(abi, nr);

			assert_non_null(name);
			assert_true(name[0] && strlen(name) < 40);
			assert_ptr_equal(name, syscall_name(abi, nr));
		}
	}
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, 600), "sys_600");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, SYSCALL_SLOT_OTHER), "other");
	assert_string_equal(syscall_name(SYSCALL_ABI_NATIVE, UINT32_MAX), "other");
	assert_string_equal(syscall_name(SYSCALL_ABI_COUNT, 1), "other");
	assert_string_equal(syscall_abi_name(SYSCALL_ABI_COUNT), "-");
}

static void *name_all(void *first)
{
	const char **names = first;

	for (unsigned int nr = 0; nr < SYSCALL_SLOTS; nr++)
		names[nr] = syscall_name(SYSCALL_ABI_COMPAT, nr);
	return NULL;
}

static void threads_get_the_same_names(void **state)
{
	static const char *names[2][SYSCALL_SLOTS];
	pthread_t thread[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, name_all, names[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (int nr = 0; nr < SYSCALL_SLOTS; nr++)
		assert_ptr_equal(names[0][nr], names[1][nr]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_get_the_same_names),
		cmocka_unit_test(native_numbers_are_those_of_the_headers),
#ifdef __x86_64__
		cmocka_unit_test(the_abis_of_x86_differ),
#endif
		cmocka_unit_test(newer_numbers_have_names),
		cmocka_unit_test(any_number_has_some_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
