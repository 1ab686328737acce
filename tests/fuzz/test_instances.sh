#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The whole of tests/live/test_instances, 400 instances: `make test` runs a share of it.
SKEWTOP_INSTANCES=${SKEWTOP_INSTANCES:-50} exec "${BUILD:-build}/tests/live/test_instances"
