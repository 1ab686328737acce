// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets at any kernel function that takes an skb, by kprobes of either kind: one program for all
 * of them, told by its attach cookie which function it is at and where the skb is.
 *
 * What is attached is function_entry, which only jumps; what it jumps to can be replaced at once
 * for every function (a new filter, another ring), while attaching to all of them again takes
 * seconds.
 *
 * Programs of this kind never interrupt one another on a CPU: the kernel skips the inner one, and
 * counts it as missed (recursion_misses; see kernel/trace/bpf_trace.c).
 */
#include <linux/bpf.h>

#include "bpf/function.h"
#include "bpf/inside.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} function_next SEC(".maps");

/* Cookies by function address, for kernels whose perf kprobes have none (before 5.15). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FUNCTIONS_MAX);
	__type(key, u64);
	__type(value, u64);
} function_cookies SEC(".maps");

/* Cookies by the function's address, or by the kprobe's: see FUNCTION_PLACE(). User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} function_places SEC(".maps");

const volatile __u32 function_place_mask; /* the size of function_places - 1 */
const volatile bool function_places_probed; /* its addresses are those of kprobes */

/* Words of struct pt_regs, which is all that these programs may read of it. */
#if defined(__TARGET_ARCH_x86)
enum {
	REG_AX = 10,
	REG_IP = 16,
	REG_SP = 19
};
#define RETURN_POPS 8 /* a return takes its address from the stack */
#define IP_BEHIND 1 /* as after the breakpoint, also where ftrace or a jump took its place */
#define ARGUMENT_REGISTERS 14, 13, 12, 11, 9, 8 /* di, si, dx, cx, r8, r9 */
#elif defined(__TARGET_ARCH_arm64)
enum {
	REG_AX = 0,
	REG_SP = 31,
	REG_IP = 32
};
#define RETURN_POPS 0
#define IP_BEHIND 0
#define ARGUMENT_REGISTERS 0, 1, 2, 3, 4, 5
#else
#error "where this architecture passes arguments is not known here"
#endif

/*
 * As assembly, since a context may only be read at offsets that are constant in each instruction,
 * and the compiler would compute one offset for all.
 */
#define LOAD_WORD(value, ctx, word)                                                                \
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(ctx), "i"((word)*8))
#define LOAD_ARGUMENT_(a, b, c, d, e, f)                                                           \
	switch (argument) {                                                                        \
	case 0:                                                                                    \
		LOAD_WORD(value, ctx, a);                                                          \
		break;                                                                             \
	case 1:                                                                                    \
		LOAD_WORD(value, ctx, b);                                                          \
		break;                                                                             \
	case 2:                                                                                    \
		LOAD_WORD(value, ctx, c);                                                          \
		break;                                                                             \
	case 3:                                                                                    \
		LOAD_WORD(value, ctx, d);                                                          \
		break;                                                                             \
	case 4:                                                                                    \
		LOAD_WORD(value, ctx, e);                                                          \
		break;                                                                             \
	case 5:                                                                                    \
		LOAD_WORD(value, ctx, f);                                                          \
		break;                                                                             \
	}
#define LOAD_ARGUMENT(...) LOAD_ARGUMENT_(__VA_ARGS__)

static __always_inline u64 register_argument(const void *ctx, u32 argument)
{
	u64 value = 0;

	LOAD_ARGUMENT(ARGUMENT_REGISTERS)
	return value;
}

/* Only to ask whether the running kernel has the helper for this program type. */
enum bpf_func_id___cookie {
	BPF_FUNC_get_attach_cookie___cookie = 174,
};

/* Where the kprobe is that runs. */
static __always_inline u64 probed_address(void *ctx)
{
	u64 ip;

	LOAD_WORD(ip, ctx, REG_IP);
	return ip - IP_BEHIND;
}

static __always_inline u64 cookie_of(void *ctx)
{
	u64 address, *cookie;

	if (bpf_core_enum_value_exists(
		    enum bpf_func_id___cookie, BPF_FUNC_get_attach_cookie___cookie))
		return bpf_get_attach_cookie(ctx);
	address = probed_address(ctx);
	cookie = bpf_map_lookup_elem(&function_cookies, &address);
	return cookie ? *cookie : 0;
}

/* Before 5.15 user space leaves it in the table under 0: there is one such program. */
static __always_inline u64 return_cookie_of(void *ctx)
{
	u64 none = 0, *cookie;

	if (bpf_core_enum_value_exists(
		    enum bpf_func_id___cookie, BPF_FUNC_get_attach_cookie___cookie))
		return bpf_get_attach_cookie(ctx);
	cookie = bpf_map_lookup_elem(&function_cookies, &none);
	return cookie ? *cookie : 0;
}

/* The lower half of the cookie, found by address. */
static __always_inline bool cookie_at(u64 address, u64 *cookie)
{
	u32 hash = FUNCTION_PLACE_HASH(address), mask = function_place_mask;

	for (u32 attempt = 0; attempt < FUNCTION_PLACE_TRIES; attempt++) {
		u32 key = (hash + attempt) & mask;
		const u64 *place = bpf_map_lookup_elem(&function_places, &key);

		if (!place || !*place)
			return false; /* it would be here */
		if (FUNCTION_PLACE_IS_OF(*place, address)) {
			*cookie = (u32)*place;
			return true;
		}
	}
	return false;
}

/* Whether this run is by the link that counts. What `cookie` says of the link is true if it is `whole`. */
static __always_inline bool owner_runs(void *ctx, u32 owner, u64 cookie, bool whole)
{
	if (!(owner & FUNCTION_SHARED))
		return owner;
	if (!whole)
		cookie = cookie_of(ctx);
	return FUNCTION_COOKIE_LINK(cookie) == (owner & ~FUNCTION_SHARED);
}

SEC("kprobe.multi")
int function_count(void *ctx)
{
	const volatile struct function_state *state;
	struct function_run run;
	struct sk_buff *skb;
	bool whole = false;
	u64 cookie;

	if (!cookie_at(function_places_probed ? probed_address(ctx) : bpf_get_func_ip(ctx), &cookie)) {
		cookie = cookie_of(ctx);
		whole = true;
	}
	run.index = FUNCTION_COOKIE_INDEX(cookie);
	run.part = FUNCTION_COOKIE_PART(cookie);
	state = bpf_map_lookup_elem(&function_states, &run.index);
	if (!state || !owner_runs(ctx, state->owner, cookie, whole))
		return 0;
	skb = (void *)register_argument(ctx, FUNCTION_COOKIE_ARGUMENT(cookie));
	if (!skb)
		return 0; /* called without a packet */
	run.trace = state->trace;
	if (!function_packet(ctx, skb, &run, true))
		return 0;
	if (run.trace & TRACE_INSIDE) {
		u64 frame;

		LOAD_WORD(frame, ctx, REG_SP);
		frame += FUNCTION_COOKIE_PUSHES(cookie) * sizeof(u64);
		inside_enter(frame, run.trace >> FUNCTION_INSIDE_SHIFT);
	}
	if (tracking)
		function_track(skb, run.part, register_argument(ctx, 0));
	return 0;
}

SEC("kprobe.multi")
int function_entry(void *ctx)
{
	bpf_tail_call(ctx, &function_next, 0);
	return 0;
}

/* Attached to the return of the one function that is looked into. */
SEC("kprobe.multi")
int function_return(void *ctx)
{
	u64 frame, value;

	LOAD_WORD(frame, ctx, REG_SP);
	LOAD_WORD(value, ctx, REG_AX);
	inside_leave(frame - RETURN_POPS, return_cookie_of(ctx), value);
	return 0;
}

/* Run by hand: the first four bytes of an instruction, to see what it is before a kprobe is put there. */
SEC("raw_tp")
int kernel_text(struct bpf_raw_tracepoint_args *ctx)
{
	u32 bytes = 0;

	bpf_probe_read_kernel(&bytes, sizeof(bytes), (void *)ctx->args[0]);
	return bytes;
}

char LICENSE[] SEC("license") = "GPL";
