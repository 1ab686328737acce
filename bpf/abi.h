/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the BPF programs and user space: ids, map keys and values, configuration and
 * record layouts. Both sides compile this file. It includes nothing; whoever includes it provides
 * __u8 ... __u64 first (linux/types.h). Fixed-width members only, padding spelled out, sizes asserted.
 */
#ifndef SKEWTOP_ABI_H
#define SKEWTOP_ABI_H

enum {
	ABI_COMM_LEN = 16,   /* TASK_COMM_LEN */
	ABI_IFNAME_LEN = 16, /* IFNAMSIZ */
	ABI_SNAP_MAX = 128,  /* first bytes of a packet that a trace record carries */
	ABI_CPU_WORDS = 64,  /* u64 words of a CPU set: 4096 CPUs */
};

/* ---- system calls ---- */

enum syscall_abi {
	SYSCALL_ABI_NATIVE, /* x86_64, or whatever the machine's own is */
	SYSCALL_ABI_COMPAT, /* ia32 on x86_64 */
	SYSCALL_ABI_X32,
	SYSCALL_ABI_COUNT,
};

/* x32 uses 512..547, native numbers reach 471 in 2026. The last slot takes whatever is out of range. */
enum { SYSCALL_SLOTS = 640, SYSCALL_SLOT_OTHER = SYSCALL_SLOTS - 1 };

/* One value of the per-CPU arrays `syscall_calls` and `syscall_errors`; the key is the syscall_abi. */
struct syscall_counts {
	__u64 n[SYSCALL_SLOTS];
};

/* ---- packet probes ---- */

enum { PROBE_MAX = 64 }; /* skb tracepoints of one kernel; 6.18 has 30 */

enum { PROBE_ARG_NONE = 0xff };

enum probe_flag {
	PROBE_RX = 1 << 0,	 /* counts towards received packets, per interface too */
	PROBE_TX = 1 << 1,	 /* counts towards transmitted packets, per interface too */
	PROBE_DROP = 1 << 2,	 /* has a location, and from 5.17 on a reason: a drop */
	PROBE_CONSUME = 1 << 3,	 /* has a location: an ordinary end of life */
	PROBE_SKB_STALE = 1 << 4, /* the skb may be freed already: only its address may be used */
	PROBE_SKB_LIST = 1 << 5, /* the skb heads a list of `packets_arg` packets */
	PROBE_ABSENT = 1 << 6,	 /* user space only: the kernel has it and refused the program */
};

/* Where in a tracepoint's arguments things are; PROBE_ARG_NONE where it has none. */
struct probe_config {
	__u8 skb_arg;
	__u8 dev_arg;
	__u8 location_arg;
	__u8 reason_arg;
	__u8 len_arg;	  /* length, for PROBE_SKB_STALE */
	__u8 packets_arg; /* number of packets, for PROBE_SKB_LIST */
	__u8 flags;	  /* enum probe_flag */
	__u8 pad;
};

struct packet_count {
	__u64 packets;
	__u64 bytes;
};

/* The one value of the per-CPU array `packet_counts`. */
struct packet_counts {
	struct packet_count probe[PROBE_MAX];
};

struct interface_key {
	__u32 netns; /* inode number of the network namespace */
	__u32 ifindex;
};

struct interface_count {
	struct packet_count rx;
	struct packet_count tx;
};

struct location_key {
	__u64 location; /* kernel text address; 0 unknown */
	__u32 reason;	/* enum skb_drop_reason of the running kernel, or REASON_UNKNOWN */
	__u32 flags;	/* PROBE_DROP or PROBE_CONSUME */
};

#define REASON_UNKNOWN 0xffffffffu

/* ---- function probes ---- */

/*
 * A trace record names its origin by one number: a tracepoint is 0 ... PROBE_MAX - 1, the function of
 * row r of TABLE_FUNCTIONS is PROBE_MAX + r.
 */
enum { FUNCTIONS_MAX = 8192 };

/* Functions that tell what becomes of an skb, for packets that are followed (bpf/track.h). */
enum function_part {
	FUNCTION_ENDS_SKB = 1 << 0,   /* frees it */
	FUNCTION_ENDS_BYTES = 1 << 1, /* lets its bytes go */
	FUNCTION_COPIES = 1 << 2,     /* makes its first argument of its second */
};

/*
 * What a function's program is told by its attach cookie: which function, in which argument register the
 * skb is, how many registers the function has pushed before (0 at its entry), what part it plays, and by which of
 * several links to the same function it runs. Runs by a link that is not the function's owner count nothing, so that a
 * new set of links takes over in one store.
 */
#define FUNCTION_COOKIE(index, argument, part, link)                                               \
	((__u64)(index) | (__u64)(argument) << 16 | (__u64)(part) << 24 | (__u64)(link) << 32)
#define FUNCTION_COOKIE_INDEX(cookie) ((cookie) & 0xffff)
#define FUNCTION_COOKIE_ARGUMENT(cookie) ((cookie) >> 16 & 0xf)
#define FUNCTION_COOKIE_PUSHES(cookie) ((cookie) >> 20 & 0xf)
#define FUNCTION_COOKIE_WITH_PUSHES(cookie, pushes) (((cookie) & ~(0xfULL << 20)) | (__u64)(pushes) << 20)
#define FUNCTION_COOKIE_PART(cookie) ((cookie) >> 24 & 0xff)
#define FUNCTION_COOKIE_LINK(cookie) ((cookie) >> 32)

/* One value of the array `function_states`, which user space maps and writes word by word. */
struct function_state {
	__u32 owner; /* link that counts, 0: none; with FUNCTION_SHARED if other links may be there too */
	__u32 trace; /* enum trace_wish, and the slot for TRACE_INSIDE from bit FUNCTION_INSIDE_SHIFT on */
};

enum { FUNCTION_INSIDE_SHIFT = 8 };

#define FUNCTION_SHARED 0x80000000u

/*
 * What a cookie says beside the link, by the function's address: a table with open addressing, which user space maps
 * and fills. The kernel looks for the cookie of a kprobe.multi link by binary search among all of the link's functions,
 * which for 1600 of them took a fifth of the time of a run; so a run asks for it only where its link matters. A function
 * that finds none of the entries free that it may be in is not in the table.
 *
 * An entry is one word, 0 free: the lower half of the address, which no two functions have in common since all kernel
 * code lies within 2 GB, above the lower half of the cookie. Few and small, since a packet passes some sixty functions,
 * each of which looks at another place.
 */
enum { FUNCTION_PLACE_TRIES = 4 };

#define FUNCTION_PLACE(address, cookie) ((__u64)(address) << 32 | (__u32)(cookie))
#define FUNCTION_PLACE_IS_OF(place, address) ((__u32)((place) >> 32) == (__u32)(address))
/* Its key is the first of those free: (this + 0 ... FUNCTION_PLACE_TRIES - 1) % size, a power of two up to 65536. */
#define FUNCTION_PLACE_HASH(address) ((__u32)(address) * 0x9e3779b1u >> 16)

/* Programs of bpf/fentry.bpf.c. */
enum { FENTRY_MAX = 64 };

/* How often reach_calls of bpf/reach.bpf.c calls its function. */
enum { REACH_CALLS = 8 };

/*
 * `function_counts` is an array that user space maps: entry cpu * stride + index. Reading it takes no
 * system call, since those that read maps keep kprobe programs of their CPU from running.
 */

/* ---- inside a function ---- */

enum {
	INSIDE_SLOTS = 8,    /* functions that may be looked into in one session */
	INSIDE_BUCKETS = 96, /* four for each power of two from INSIDE_FIRST_NS on; the last takes the rest */
	INSIDE_VALUES = 16,  /* different return values that are told apart on each CPU */
	INSIDE_FIRST_NS = 64,
};

/* What the program at a function's return is told by its attach cookie: which slot, and how many bytes of the
 * register it returns (0: nothing). */
#define INSIDE_COOKIE(slot, size) ((__u64)(slot) | (__u64)(size) << 8)
#define INSIDE_COOKIE_SLOT(cookie) ((cookie) & 0xff)
#define INSIDE_COOKIE_SIZE(cookie) ((cookie) >> 8 & 0xff)

/* Calls under way, by the place of their return address on the stack: no two share it. */
struct inside_call {
	__u64 started_ns;
	__u32 slot;
	__u32 pad;
};

/* One value of the array `inside_counts`, which user space maps: entry cpu * INSIDE_SLOTS + slot. */
struct inside_counts {
	__u64 calls;	  /* entered, with a packet that counts */
	__u64 returned;	  /* of these */
	__u64 total_ns;	  /* of those that returned */
	__u64 longest_ns;
	__u64 no_room;	  /* entered, and found no room among the calls under way */
	__u64 other;	  /* returned a value that found no room below */
	__u64 bucket[INSIDE_BUCKETS];
	__u64 value[INSIDE_VALUES];
	__u64 value_count[INSIDE_VALUES]; /* 0: the place is free */
};

/* ---- tc and XDP programs ---- */

/* What a program decided about a packet, alike for both kinds. */
enum verdict {
	VERDICT_PASS,	  /* XDP_PASS; TC_ACT_OK, PIPE, RECLASSIFY, UNSPEC: the packet goes on */
	VERDICT_DROP,	  /* XDP_DROP, TC_ACT_SHOT */
	VERDICT_TX,	  /* XDP_TX */
	VERDICT_REDIRECT, /* XDP_REDIRECT, TC_ACT_REDIRECT */
	VERDICT_ABORTED,  /* XDP_ABORTED: a fault of the program */
	VERDICT_OTHER,	  /* TC_ACT_STOLEN, QUEUED, REPEAT, TRAP; what is no verdict at all */
	VERDICTS,
};

/* Key of the per-CPU hash `program_counts`. */
struct program_key {
	__u32 id;      /* of the program */
	__u32 ifindex; /* of the packet's interface at that moment */
	__u32 netns;   /* inode number of its network namespace */
	__u32 pad;
};

struct program_count {
	__u64 packets;
	__u64 bytes;
	__u64 verdict[VERDICTS];
};

/* ---- softirq ---- */

enum softirq_kind { SOFTIRQ_NET_TX, SOFTIRQ_NET_RX, SOFTIRQ_KINDS };

struct softirq_time {
	__u64 total_ns;	  /* of the finished runs */
	__u64 runs;
	__u64 started_ns; /* of the run under way, 0 if none */
};

struct softirq_times {
	struct softirq_time kind[SOFTIRQ_KINDS];
};

/* ---- configuration, read-only data of a loaded object ---- */

struct narrow_config {
	__u32 netns;   /* inode number, 0: any */
	__u32 tgid;    /* 0: any */
	__u32 use_cpus;
	__u32 use_comm;
	__u32 use_ifname;
	__u32 mark_value;
	__u32 mark_mask; /* 0: any */
	__u32 pad;
	char comm[ABI_COMM_LEN];     /* zero padded */
	char ifname[ABI_IFNAME_LEN]; /* zero padded */
	__u64 cpus[ABI_CPU_WORDS];
};

struct trace_config {
	__u64 interval_ns; /* between two lines of one CPU at the allowed rate; 0: no limit */
	__u64 burst_ns;	   /* how far a CPU may run ahead of that */
};

/*
 * Who counts an event while one set of packet programs takes over from another. Both are attached then
 * and see every event, one right after the other; `passed` of the one that leaves says for each CPU
 * which of the two it belongs to, so that a single store hands a CPU over.
 */
enum gate_state {
	GATE_OPEN,   /* counts everything */
	GATE_CLOSED, /* counts nothing: its successor does */
	GATE_GIVING, /* counts on CPUs whose `passed` is 0 */
	GATE_TAKING, /* counts on CPUs whose `passed` is 1 in its predecessor's gate */
};

enum { GATE_CPUS = ABI_CPU_WORDS * 64 };

/* The one value of the mmapable arrays `gate` and `gate_before`. */
struct gate {
	__u32 state; /* enum gate_state */
	__u32 pad;
	__u8 passed[GATE_CPUS];
};

/* ---- trace ---- */

/* Per-CPU: what became of each event that a selected probe saw. In a finished session
 * seen = delivered + ring_full + rate_limited + filtered_out, where delivered is counted by the reader. */
struct trace_stats {
	__u64 seen;
	__u64 submitted;
	__u64 ring_full;
	__u64 rate_limited;
	__u64 filtered_out;
	__u64 interfaces_full; /* events that found the interface table full */
	__u64 locations_full;  /* events that found the location table full */
	__u64 tracked_full;    /* skbs and buffers that found the table of followed packets full */
	__u64 details_full;    /* stacks and sk_buffs that found no room in the ring, their line did */
	__u64 next_ns;	       /* the token bucket: when the next line is due */
	__u64 packets_followed; /* so far, by this CPU */
};

/* ---- packets that are followed ---- */

enum { TRACKED_MAX = 32768 }; /* entries: two for most packets, one more for each clone */

#define TRACK_AGE_NS 5000000000ull /* without an event, an entry is of the past */

enum tracked_kind {
	TRACKED_ORIGINAL,
	TRACKED_CLONE, /* another skb over the same bytes */
	TRACKED_COPY,  /* another skb with bytes of its own */
	TRACKED_NEW,   /* one or the other */
};

enum admission { ADMISSION_UNDECIDED, ADMISSION_YES, ADMISSION_NO };

/* One value of the table `tracked`; the key is the address of an skb, or of a buffer plus 1. */
struct tracked {
	__u64 head;    /* its buffer, 0: not known yet */
	__u64 seen_ns; /* last event, CLOCK_MONOTONIC */
	__u32 packet;  /* number */
	__u32 print;   /* of the network header then */
	__u16 network_header;
	__u8 kind;	/* enum tracked_kind */
	__u8 admission; /* enum admission: whether lines of it pass --trace-rate */
	__u8 ended;	/* a tracepoint told of its end; functions of that end may still come */
	__u8 pad[3];
};

/* What track_skb() returns: the number of a packet, which is never 0, and enum tracked_kind. */
#define TRACK_RESULT(packet, kind) ((__u64)(packet) | (__u64)(kind) << 32)
#define TRACK_PACKET(result) ((__u32)(result))
#define TRACK_KIND(result) ((result) >> 32)

/* Bits of what a probe or function is to emit. */
enum trace_wish {
	TRACE_LINES = 1 << 0,  /* a record for each packet */
	TRACE_INSIDE = 1 << 1, /* functions: how long each call takes and what it returns */
};

/* Probes that emit records; one u8 each, the one value of the array `trace_selected`. */
struct trace_selection {
	__u8 on[PROBE_MAX];
	__u32 details; /* enum trace_detail: what goes with every line, of functions too */
	__u32 pad;
};

/* Records of their own, which follow the line that they belong to if the ring has room. */
enum trace_detail {
	DETAIL_DROP_STACK = 1 << 0, /* kernel stacks of lines that have a drop's location */
	DETAIL_STACK = 1 << 1,	    /* kernel stacks of all lines */
	DETAIL_SKB = 1 << 2,	    /* the whole sk_buff and skb_shared_info */
};

enum record_type {
	RECORD_PACKET = 1, /* struct trace_record */
	RECORD_STACK,	   /* struct stack_record */
	RECORD_SKB,	   /* struct skb_record */
};

enum record_flag {
	RECORD_L2 = 1 << 0,	   /* the bytes start at the MAC header, else at the network header */
	RECORD_SOCK_TUPLE = 1 << 1, /* addresses and ports are the socket's: the skb has no headers yet */
	RECORD_HAS_REASON = 1 << 2,
	RECORD_HAS_LOCATION = 1 << 3,
	RECORD_NO_BYTES = 1 << 4,  /* no packet bytes could be read */
	RECORD_CLONE = 1 << 5,	   /* the skb is a clone of the one that the packet began as */
	RECORD_COPY = 1 << 6,	   /* or a copy */
};

struct sock_tuple {
	__u8 saddr[16]; /* IPv4 in the first 4 bytes */
	__u8 daddr[16];
	__u16 sport; /* host order */
	__u16 dport;
	__u8 family; /* AF_INET, AF_INET6, 0: none */
	__u8 protocol;
	__u16 pad;
};

/*
 * One line of the trace pane. Built in place in reserved ring memory, so that no other context can
 * reach it while it is written. Addresses, ports and flags are decoded from `data` in user space.
 */
struct trace_record {
	__u16 type; /* enum record_type */
	__u16 size; /* of the whole record */
	__u32 cpu;
	__u64 ktime_ns; /* CLOCK_MONOTONIC */
	__u64 skb;
	__u64 location;
	__u32 reason;
	__u32 len; /* skb->len at this point */
	__u32 ifindex;
	__u32 netns;
	__u32 mark;
	__u32 tgid;
	__u32 tid;
	__u32 hash;
	__u16 probe;	/* below PROBE_MAX a tracepoint, else a function: see FUNCTIONS_MAX */
	__u16 protocol; /* ethertype, host order */
	__u16 flags;	/* enum record_flag */
	__u16 queue;	/* skb->queue_mapping */
	__s32 data_off;	 /* from data[0] to skb->data: len + data_off is the length from data[0] on */
	__u16 snap_len;	 /* valid bytes of data */
	__u16 l3_off;	 /* from data[0] to the network header */
	__u16 l4_off;	 /* to the transport header, 0: not set */
	__u8 pkt_type;	 /* PACKET_HOST ... */
	__u8 pad;
	__u32 packet;	 /* number of the packet that is followed, 0: none is */
	char comm[ABI_COMM_LEN];
	char ifname[ABI_IFNAME_LEN];
	struct sock_tuple sock;
	__u8 data[ABI_SNAP_MAX];
};

/* A detail belongs to the line of the same moment, CPU, skb and probe. */
struct detail_head {
	__u16 type; /* enum record_type */
	__u16 size; /* of the whole record */
	__u32 cpu;
	__u64 ktime_ns;
	__u64 skb;
	__u16 probe;
	__u16 pad[3];
};

enum {
	ABI_STACK_MAX = 32,
	ABI_SKB_MAX = 384,    /* sizeof(struct sk_buff) is 232 in 6.18 */
	ABI_SHARED_MAX = 512, /* sizeof(struct skb_shared_info) is 320 */
};

struct stack_record {
	struct detail_head head;
	__u32 n_frames;
	__u32 pad;
	__u64 frame[ABI_STACK_MAX]; /* innermost first */
};

struct skb_record {
	struct detail_head head;
	__u16 skb_size; /* valid bytes */
	__u16 shared_size;
	__u32 pad;
	__u8 bytes[ABI_SKB_MAX];
	__u8 shared[ABI_SHARED_MAX];
};

#ifndef static_assert
#define static_assert _Static_assert
#endif
static_assert(sizeof(struct probe_config) == 8, "no hidden padding");
static_assert(sizeof(struct function_state) == 8, "no hidden padding");
static_assert(sizeof(struct program_key) == 16, "no hidden padding");
static_assert(sizeof(struct program_count) == 64, "one cache line");
static_assert(sizeof(struct inside_call) == 16, "no hidden padding");
static_assert(sizeof(struct inside_counts) == 8 * (6 + INSIDE_BUCKETS + 2 * INSIDE_VALUES), "no hidden padding");
static_assert(sizeof(struct packet_count) == 16, "four to a cache line");
static_assert(PROBE_MAX + FUNCTIONS_MAX <= 0xffff, "a trace record's probe has 16 bits");
static_assert(sizeof(struct interface_key) == 8, "no hidden padding");
static_assert(sizeof(struct interface_count) == 32, "no hidden padding");
static_assert(sizeof(struct location_key) == 16, "no hidden padding");
static_assert(sizeof(struct softirq_time) == 24, "no hidden padding");
static_assert(sizeof(struct narrow_config) == 64 + 8 * ABI_CPU_WORDS, "no hidden padding");
static_assert(sizeof(struct gate) == 8 + GATE_CPUS, "no hidden padding");
static_assert(sizeof(struct trace_stats) == 88, "no hidden padding");
static_assert(sizeof(struct tracked) == 32, "no hidden padding");
static_assert(sizeof(struct trace_selection) == PROBE_MAX + 8, "no hidden padding");
static_assert(sizeof(struct detail_head) == 32, "no hidden padding");
static_assert(sizeof(struct stack_record) == 40 + 8 * ABI_STACK_MAX, "no hidden padding");
static_assert(sizeof(struct skb_record) == 40 + ABI_SKB_MAX + ABI_SHARED_MAX, "no hidden padding");
static_assert(sizeof(struct sock_tuple) == 40, "no hidden padding");
static_assert(sizeof(struct trace_record) == 88 + 2 * 16 + 40 + ABI_SNAP_MAX, "no hidden padding");

#endif
