/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38 /* Linux 5.8, also the oldest kernel with the ring buffer */
#define CAP_BPF 39
#endif

enum { OLDEST_KERNEL = 5008 };

/* PROC_USER_INIT_INO of include/linux/proc_ns.h: the initial user namespace's inode, on every kernel. */
#define INITIAL_USERNS 0xEFFFFFFDU

/* ---- the facts ---- */

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return UINT64_MAX;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static enum lockdown read_lockdown(void)
{
	char text[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return LOCKDOWN_NONE;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	if (strstr(text, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return strstr(text, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

static int probe_bpf(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return syscall(SYS_bpf, -1, &attr, sizeof(attr)) < 0 ? errno : EINVAL;
}

void privileges_probe(struct privileges *privileges)
{
	struct utsname uts;
	struct stat st;
	int major, minor;

	memset(privileges, 0, sizeof(*privileges));
	if (!uname(&uts)) {
		snprintf(privileges->release, sizeof(privileges->release), "%s", uts.release);
		if (sscanf(uts.release, "%d.%d", &major, &minor) == 2)
			privileges->version = major * 1000 + minor;
	}
	privileges->bpf_errno = probe_bpf();
	privileges->btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	privileges->sysfs = !access("/sys/kernel", X_OK);
	privileges->lockdown = read_lockdown();
	privileges->effective = effective_capabilities();
	privileges->initial_userns =
		stat("/proc/self/ns/user", &st) || st.st_ino == INITIAL_USERNS;
}

/* ---- the verdict ---- */

static bool can(const struct privileges *privileges, int capability)
{
	/* Before 5.8 CAP_SYS_ADMIN was both of these, and it still includes them. */
	return privileges->effective >> capability & 1 ||
	       privileges->effective >> CAP_SYS_ADMIN & 1;
}

static int judge_kernel(const struct privileges *privileges, struct error *err)
{
	if (privileges->version && privileges->version < OLDEST_KERNEL)
		return error_set(err, -ENOSYS,
			"Linux %s is too old: skewtop needs 5.8 or newer (BPF ring buffer)",
			privileges->release);
	if (privileges->bpf_errno == ENOSYS)
		return error_set(err, -ENOSYS,
			"this kernel has no bpf system call: one built with CONFIG_BPF_SYSCALL=y "
			"would do");
	if (!privileges->sysfs)
		return error_set(err, -ENOENT,
			"/sys is not mounted here: 'mount -t sysfs sysfs /sys' would do");
	if (!privileges->btf)
		return error_set(err, -ENOENT,
			"this kernel has no BTF (/sys/kernel/btf/vmlinux): one built with "
			"CONFIG_DEBUG_INFO_BTF=y would do");
	if (privileges->lockdown == LOCKDOWN_CONFIDENTIALITY)
		return error_set(err, -EPERM,
			"this kernel is locked down for confidentiality, which forbids BPF to read "
			"its memory: booting with lockdown=integrity or without would do");
	return 0;
}

int privileges_judge(const struct privileges *privileges, struct error *err)
{
	bool bpf = can(privileges, CAP_BPF), perfmon = can(privileges, CAP_PERFMON);
	int rc = judge_kernel(privileges, err);

	if (rc)
		return rc;
	if (!bpf || !perfmon)
		return error_set(err, -EPERM,
			"no privilege to load BPF programs, %s missing: run it as root or through "
			"sudo, or once 'setcap cap_bpf,cap_perfmon,cap_syslog+ep' on the program",
			bpf	  ? "CAP_PERFMON is"
			: perfmon ? "CAP_BPF is"
				  : "CAP_BPF and CAP_PERFMON are");
	if (!privileges->initial_userns)
		return error_set(err, -EPERM,
			"capabilities inside a user namespace do not let BPF programs load: run it "
			"outside of the container, as the machine's root");
	if (privileges->bpf_errno == EPERM)
		return error_set(err, -EPERM,
			"something forbids the bpf system call, most likely a container's seccomp "
			"filter: run it outside of the container, or allow bpf() there");
	return 0;
}
