#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The whole of tests/live/test_filter_random: `make test` runs a share of it.
SKEWTOP_RANDOM_PROGRAMS=${SKEWTOP_RANDOM_PROGRAMS:-100000} exec "${BUILD:-build}/tests/live/test_filter_random"
