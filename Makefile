# SPDX-License-Identifier: GPL-2.0-only
# One Makefile for everything. Two commands do all the work on a machine with only git and make:
#   make run    install what is missing, build, start skewtop (through sudo where not root)
#   make test   install what is missing, build, run every test
# Packagers: make all install PREFIX=/usr DESTDIR=... (and uninstall with the same words).
# Useful variables: V=1 (show commands), BUILD=dir, SAN=address|thread|undefined.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

V ?= 0
SAN ?=
PREFIX ?= /usr/local
BUILD ?= build$(if $(SAN),-$(SAN))
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

CC ?= cc
ifeq ($(origin CC),default)
CC := cc
endif
CLANG ?= clang
BPFTOOL ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool),bpftool)
PKG_CONFIG ?= pkg-config

VERSION := $(shell sed -n 's/^## \([0-9][^ ]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -n 1)

LIBS := libbpf libelf zlib ncursesw libpcap libseccomp jansson inih libmnl
TEST_LIBS := cmocka vterm

# Evaluated on first use only, so that `make deps` can run before pkg-config is there.
LIB_CFLAGS = $(eval LIB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBS)))$(LIB_CFLAGS)
LIB_LDLIBS = $(eval LIB_LDLIBS := $$(shell $(PKG_CONFIG) --libs $(LIBS)) -lm)$(LIB_LDLIBS)
TEST_CFLAGS = $(eval TEST_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(TEST_LIBS)))$(TEST_CFLAGS)
TEST_LDLIBS = $(eval TEST_LDLIBS := $$(shell $(PKG_CONFIG) --libs $(TEST_LIBS)))$(TEST_LDLIBS)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wpointer-arith -Wwrite-strings
OPT ?= -O2 -g
CPPFLAGS := -D_GNU_SOURCE -DSKEWTOP_VERSION='"$(VERSION)"' -I. -I$(BUILD)
CFLAGS := -std=gnu11 $(OPT) $(WARN) -fno-strict-aliasing -pthread $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
LDFLAGS := -pthread $(if $(SAN),-fsanitize=$(SAN))

BPF_ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/' -e 's/ppc64le/powerpc/' \
	-e 's/riscv64/riscv/' -e 's/s390x/s390/')
# linux/types.h needs asm/types.h, which Debian keeps in the multiarch directory.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS := -target bpf -mcpu=v2 -O2 -g -D__TARGET_ARCH_$(BPF_ARCH) -I. \
	$(if $(MULTIARCH),-idirafter /usr/include/$(MULTIARCH)) -Wall -Wextra -Werror

# ---- what is built -----------------------------------------------------------------------------

BPF_SRC := $(wildcard bpf/*.bpf.c)
CORE_SRC := $(wildcard core/*.c core/*/*.c)
TUI_SRC := $(wildcard tui/*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
LIVE_SRC := $(wildcard tests/live/test_*.c)
TUI_TEST_SRC := $(wildcard tests/tui/test_*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/*.c)
TOOL_SRC := $(wildcard tests/tools/*.c)
TEST_BPF_SRC := $(wildcard tests/bpf/*.bpf.c)

SKEL := $(BPF_SRC:%.bpf.c=$(BUILD)/%.skel.h)
TEST_SKEL := $(TEST_BPF_SRC:%.bpf.c=$(BUILD)/%.skel.h)
BPF_OBJ := $(patsubst %.skel.h,%.bpf.o,$(SKEL) $(TEST_SKEL))
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
TUI_OBJ := $(filter-out $(BUILD)/tui/main.o,$(TUI_SRC:%.c=$(BUILD)/%.o))
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(BUILD)/%.o)
TOOLS := $(TOOL_SRC:tests/tools/%.c=$(BUILD)/%)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
LIVE_BIN := $(LIVE_SRC:%.c=$(BUILD)/%)
TUI_TEST_BIN := $(TUI_TEST_SRC:%.c=$(BUILD)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(BUILD)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(BUILD)/%)

# Programs that always run under the thread sanitizer, with the files they need and no more.
TSAN_SRC := tests/tsan/test_filter_instances.c $(addprefix core/,base/cpus.c base/error.c base/sanitize.c \
	filter/filter.c filter/classic.c filter/ebpf.c filter/inject.c probes/libbpf_said.c probes/packets.c \
	probes/percpu.c probes/program_runs.c probes/track.c probes/tracepoints.c)
TSAN_OBJ := $(TSAN_SRC:%.c=$(BUILD)/tsan/%.o)
TSAN_BIN := $(BUILD)/tests/live/test_filter_instances
TSAN_CFLAGS = $(filter-out -fsanitize=%,$(CFLAGS)) -fsanitize=thread

.PHONY: all deps run test test-unit test-tui test-live test-kernels test-layers bench fuzz format \
	readme screenshots golden install uninstall clean
.SECONDARY:

all: $(SKEL) $(BUILD)/skewtop $(TOOLS) $(BUILD)/skewtop.8
	@:

$(BUILD)/skewtop: $(BUILD)/tui/main.o $(TUI_OBJ) $(CORE_OBJ)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# Programs that tests and users run beside skewtop (filter-check, packet generators).
$(TOOLS): $(BUILD)/%: $(BUILD)/tests/tools/%.o $(CORE_OBJ)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# Texts with tables that the program is made from: the manual page, and parts of README.md.
$(BUILD)/fill-tables: $(BUILD)/tui/keys.o

$(BUILD)/skewtop.8: tui/skewtop.8.in $(BUILD)/fill-tables
	$(call say,MAN,$@)$(BUILD)/fill-tables <$< >$@

# ---- kernel side: object, then skeleton --------------------------------------------------------

$(BPF_OBJ:.bpf.o=.raw.o): $(BUILD)/%.raw.o: %.bpf.c
	@mkdir -p $(@D)
	$(call say,CLANG,$<)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@

# Linking one object drops its DWARF and leaves BTF.
$(BPF_OBJ): %.bpf.o: %.raw.o
	$(call say,BPFLINK,$@)$(BPFTOOL) gen object $@ $<

$(BPF_OBJ:.bpf.o=.skel.h): %.skel.h: %.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $(*F)_bpf > $@

# ---- user side ---------------------------------------------------------------------------------

$(BUILD)/core/%.o: core/%.c | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(LIB_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tui/%.o: tui/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(LIB_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/tests/%.o: tests/%.c | $(SKEL) $(TEST_SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(LIB_CFLAGS) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

$(UNIT_BIN) $(LIVE_BIN) $(TUI_TEST_BIN) $(BENCH_BIN) $(FUZZ_BIN): \
		$(BUILD)/tests/%: $(BUILD)/tests/%.o $(SUPPORT_OBJ) $(TUI_OBJ) $(CORE_OBJ)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LIB_LDLIBS) $(TEST_LDLIBS)

$(TSAN_OBJ): $(BUILD)/tsan/%.o: %.c | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(TSAN_CFLAGS) $(LIB_CFLAGS) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

$(TSAN_BIN): $(TSAN_OBJ)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -pthread -fsanitize=thread -o $@ $^ $(LIB_LDLIBS) $(TEST_LDLIBS)

# The version comes from CHANGELOG.md; objects that print it follow it.
$(BUILD)/core/options.o $(BUILD)/core/recording/encode.o: CHANGELOG.md

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- what is run -------------------------------------------------------------------------------

deps:
	$(Q)tests/install-deps

# Programs are built by whoever asks; what needs the kernel runs as root.
AS_ROOT = $(if $(filter-out 0,$(shell id -u)),sudo)

run: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)exec $(AS_ROOT) $(BUILD)/skewtop $(ARGS)

test: deps
	$(Q)$(MAKE) --no-print-directory all test-bins
	$(Q)$(AS_ROOT) env BUILD=$(BUILD) tests/run layers unit tui live

.PHONY: test-bins
test-bins: $(UNIT_BIN) $(TUI_TEST_BIN) $(LIVE_BIN) $(TSAN_BIN) $(TOOLS)

test-unit: $(UNIT_BIN) $(TOOLS)
	$(Q)BUILD=$(BUILD) tests/run unit

test-tui: all $(TUI_TEST_BIN)
	$(Q)BUILD=$(BUILD) tests/run tui

# Screens as they are now become those that test-tui wants; look at `git diff` before you commit.
golden: all $(TUI_TEST_BIN)
	$(Q)rm -f tests/tui/golden/*.txt $(BUILD)/tests/tui/streams/*
	$(Q)for t in golden screens; do \
		SKEWTOP_GOLDEN=write BUILD=$(BUILD) $(BUILD)/tests/tui/test_$$t || exit 1; done
	$(Q)BUILD=$(BUILD) tests/tui/test_emulators.py | grep -v '^ok'

test-live: all $(LIVE_BIN) $(TSAN_BIN)
	$(Q)BUILD=$(BUILD) tests/run live

test-layers:
	$(Q)BUILD=$(BUILD) tests/run layers

test-kernels: all
	$(Q)BUILD=$(BUILD) tests/kernels/run

bench: deps
	$(Q)$(MAKE) --no-print-directory all $(BENCH_BIN)
	$(Q)$(AS_ROOT) env BUILD=$(BUILD) tests/bench/run

# 100 000 damaged recordings and more, always under the address sanitizer.
ifeq ($(SAN),)
fuzz: deps
	$(Q)$(MAKE) --no-print-directory SAN=address fuzz
else
fuzz: $(FUZZ_BIN) $(BUILD)/tests/live/test_filter_random $(BUILD)/tests/live/test_instances $(TSAN_BIN)
	$(Q)BUILD=$(BUILD) TEST_TIMEOUT=3600 tests/run fuzz
endif

format:
	$(Q)clang-format -i $(wildcard bpf/*.[ch] core/*.[ch] core/*/*.[ch] tui/*.[ch] tests/*/*.[ch])

readme: $(BUILD)/fill-tables
	$(Q)$(BUILD)/fill-tables <README.md >$(BUILD)/README.md && cp $(BUILD)/README.md README.md

screenshots: all
	$(Q)BUILD=$(BUILD) screenshots/make

INSTALLED = $(DESTDIR)$(PREFIX)/bin/skewtop $(DESTDIR)$(PREFIX)/share/man/man8/skewtop.8 \
	$(DESTDIR)$(PREFIX)/share/skewtop

install: all
	$(Q)install -d $(dir $(INSTALLED)) $(DESTDIR)$(PREFIX)/share/skewtop/themes
	$(Q)install -m 755 $(BUILD)/skewtop $(DESTDIR)$(PREFIX)/bin/skewtop
	$(Q)install -m 644 $(BUILD)/skewtop.8 $(DESTDIR)$(PREFIX)/share/man/man8/skewtop.8
	$(Q)install -m 644 themes/*.theme $(DESTDIR)$(PREFIX)/share/skewtop/themes

uninstall:
	$(Q)rm -rf $(INSTALLED)

clean:
	$(Q)rm -rf build build-address build-thread build-undefined
