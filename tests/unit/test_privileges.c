/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/machine/privileges.h"

#define CAP(n) (UINT64_C(1) << (n))
enum { SYS_ADMIN = 21, PERFMON = 38, BPF = 39 };

static struct privileges good(void)
{
	return (struct privileges){
		.release = "6.1.0-18-amd64",
		.version = 6001,
		.bpf_errno = EINVAL,
		.btf = true,
		.sysfs = true,
		.effective = CAP(PERFMON) | CAP(BPF),
		.initial_userns = true,
	};
}

static void assert_refused(const struct privileges *facts, int code, const char *says)
{
	struct error err = { "" };

	assert_int_equal(privileges_judge(facts, &err), code);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, says))
		fail_msg("it says: %s", err.text);
}

static void test_enough(void **state)
{
	struct privileges facts = good();
	struct error err = { "" };

	(void)state;
	assert_int_equal(privileges_judge(&facts, &err), 0);
	facts.effective = CAP(SYS_ADMIN);
	facts.lockdown = LOCKDOWN_INTEGRITY;
	facts.version = 5008;
	assert_int_equal(privileges_judge(&facts, &err), 0);
	assert_string_equal(err.text, "");
}

static void test_missing_capabilities(void **state)
{
	struct privileges facts = good();

	(void)state;
	facts.effective = 0;
	assert_refused(&facts, -EPERM, "CAP_BPF and CAP_PERFMON are missing");
	facts.effective = CAP(BPF);
	assert_refused(&facts, -EPERM, "CAP_PERFMON is missing");
	facts.effective = CAP(PERFMON);
	assert_refused(&facts, -EPERM, "CAP_BPF is missing");
	assert_refused(&facts, -EPERM, "sudo");
	assert_refused(&facts, -EPERM, "setcap");
}

static void test_kernels(void **state)
{
	struct privileges facts = good();

	(void)state;
	facts.version = 5004;
	strcpy(facts.release, "5.4.0");
	assert_refused(&facts, -ENOSYS, "Linux 5.4.0 is too old: skewtop needs 5.8");
	facts = good();
	facts.bpf_errno = ENOSYS;
	assert_refused(&facts, -ENOSYS, "CONFIG_BPF_SYSCALL");
	facts = good();
	facts.btf = false;
	assert_refused(&facts, -ENOENT, "CONFIG_DEBUG_INFO_BTF");
	facts.sysfs = false;
	assert_refused(&facts, -ENOENT, "/sys is not mounted");
	facts = good();
	facts.lockdown = LOCKDOWN_CONFIDENTIALITY;
	assert_refused(&facts, -EPERM, "locked down");
}

static void test_containers(void **state)
{
	struct privileges facts = good();

	(void)state;
	facts.initial_userns = false;
	assert_refused(&facts, -EPERM, "user namespace");
	facts = good();
	facts.bpf_errno = EPERM;
	assert_refused(&facts, -EPERM, "seccomp");
}

/* What is asked of the running kernel is at least answered. */
static void test_probe(void **state)
{
	struct privileges facts;

	(void)state;
	privileges_probe(&facts);
	assert_true(facts.release[0] != '\0');
	assert_true(facts.version >= 2006);
	assert_true(facts.bpf_errno == EINVAL || facts.bpf_errno == EPERM ||
		    facts.bpf_errno == ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_missing_capabilities),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
