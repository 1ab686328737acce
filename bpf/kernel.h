/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel structures that the programs read, with only the members they read. Offsets come from
 * the running kernel's BTF when the object is loaded (CO-RE), so that one object serves every kernel
 * and building needs neither BTF nor a generated vmlinux.h.
 */
#ifndef SKEWTOP_KERNEL_H
#define SKEWTOP_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	unsigned short type;
	possible_net_t nd_net;
};

struct in6_addr {
	u8 bytes[16]; /* read as a whole, by address only */
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport; /* network order */
	__u16 skc_num;	  /* host order */
	unsigned short skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol; /* a bit-field before 5.6, u16 since */
};

struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev; /* shares its place with scratch space in socket queues */
	struct sock *sk;
	unsigned int len;
	unsigned int data_len;
	u16 queue_mapping;
	u8 pkt_type : 3;
	u8 encapsulation : 1; /* headers of a tunnel were put before it */
	u32 hash;
	u32 mark;
	__be16 protocol;
	u16 transport_header;
	u16 network_header;
	u16 mac_header;
	u32 end; /* of the buffer, from head: an offset on every 64-bit machine */
	unsigned char *head;
	unsigned char *data;
};

typedef struct {
	int counter;
} atomic_t;

struct skb_shared_info {
	u8 nr_frags;
	atomic_t dataref; /* in the lower 16 bits: skbs that use these bytes */
};

/* An outer VLAN tag held beside the packet, from 6.2 on. */
struct sk_buff___vlan_all {
	u32 vlan_all; /* the two together: 0 means no tag */
	__be16 vlan_proto;
	u16 vlan_tci;
};

/* The same before 6.2. */
struct sk_buff___vlan_present {
	u8 vlan_present : 1;
	__be16 vlan_proto;
	u16 vlan_tci;
};

struct xdp_rxq_info {
	struct net_device *dev;
};

struct xdp_buff {
	void *data;
	void *data_end;
	struct xdp_rxq_info *rxq;
};

struct nsproxy {
	struct net *net_ns;
};

struct thread_info {
	unsigned long flags;
	u32 status; /* x86 */
};

struct task_struct {
	struct thread_info thread_info;
	struct nsproxy *nsproxy;
};

struct pt_regs___x86 {
	unsigned long orig_ax;
};

struct pt_regs___arm64 {
	s32 syscallno;
};

#pragma clang attribute pop

/* Only to ask whether the running kernel has a helper. */
enum bpf_func_id___probe {
	BPF_FUNC_get_current_task_btf___probe = 158,
};

/* Bits of thread_info, from arch/x86/include/asm/thread_info.h and arch/arm64/... */
#define TS_COMPAT 0x0002
#define TIF_32BIT_ARM64 22

#define X32_SYSCALL_BIT 0x40000000ull
#define MAX_ERRNO 4095

#define HEADER_UNSET 0xffff /* (typeof(skb->mac_header))~0U */
#define ARPHRD_ETHER 1
#define ARPHRD_LOOPBACK 772
#define AF_INET 2
#define AF_INET6 10
#define ETH_HLEN 14

#endif
