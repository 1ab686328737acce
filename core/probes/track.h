/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's side of packets that are followed (bpf/track.h). */
#ifndef SKEWTOP_LIVE_TRACK_H
#define SKEWTOP_LIVE_TRACK_H

#include <stdint.h>

/* How many bits of a packet's number are its CPU's: enough for every possible one. */
uint32_t track_cpu_bits(void);

/*
 * Takes out of the table `tracked` (a map's descriptor) what is past: skbs whose end no probe saw.
 * `now_ns` is CLOCK_MONOTONIC. Negative errno; where the table cannot be read nothing is lost but room.
 */
int track_sweep(int tracked, uint64_t now_ns);

#endif
