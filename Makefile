# Stint: `make run` builds and starts the server, `make test` runs all tests, `make help` lists the rest.

BUILD     ?= build
PREFIX    ?= /usr/local
ifeq ($(origin CC),default)
CC        := gcc
endif
CFLAGS    ?= -O3
LTO       ?= -flto=auto
# jemalloc, or libc: sanitizers bring an allocator of their own.
ALLOCATOR ?= jemalloc
# An option for the compiler and the linker: address,undefined or thread.
SANITIZE  ?=

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifneq ($(CI),)
WARNINGS += -Werror
endif
ALL_CPPFLAGS := -Isrc -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(CPPFLAGS)
# gcc 12's modref pass loses stores through an index that counts down, and then takes what they wrote for empty.
MODREF       := $(shell $(CC) -fno-ipa-modref -E -x c /dev/null >/dev/null 2>&1 && echo -fno-ipa-modref)
# No fused multiply-add: the digits of positions and distances must not depend on the processor.
ALL_CFLAGS   := -std=gnu17 $(MODREF) -ffp-contract=off $(WARNINGS) -g -fno-omit-frame-pointer -pthread $(CFLAGS) $(LTO)
ALL_LDFLAGS  := $(ALL_CFLAGS) $(LDFLAGS)
ALL_LDLIBS   := $(LDLIBS)
ifneq ($(SANITIZE),)
ALL_CFLAGS   += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
ALL_LDFLAGS  += -fsanitize=$(SANITIZE)
endif
ifeq ($(ALLOCATOR),jemalloc)
ALL_CPPFLAGS += -DSTINT_JEMALLOC
# Linked statically where the static library is there.
JEMALLOC     := $(shell $(CC) -print-file-name=libjemalloc.a)
ALL_LDLIBS   += $(if $(filter /%,$(JEMALLOC)),$(JEMALLOC),-ljemalloc)
endif

ALL_LDLIBS += -lm

SOURCES := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
# All of the server but main(): what tests and tools are linked with.
PARTS   := $(filter-out $(BUILD)/src/main.o,$(OBJECTS))
SERVER  := $(BUILD)/stint-server

include tests/e2e/build.mk
include tools/bench/build.mk

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
E2E_BINS   := $(E2E_PROGRAMS:%=$(BUILD)/e2e/%)
BENCH_BINS := $(BENCH_PROGRAMS:%=$(BUILD)/bench-tools/%)
FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
ORACLE     ?= $(shell command -v redis-server)
FUZZ_SECONDS ?= 60

.PHONY: all run test unit e2e bench fuzz lint format sanitize install uninstall docs clean help deps-build deps-test deps-bench
.DEFAULT_GOAL := all

all: $(SERVER) ## build the server: build/stint-server

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: deps-build ## install what is missing, build, and start the server on port 6379
	@$(MAKE) --no-print-directory all
	$(SERVER)

# --- Building ---

# Objects of tests are kept.
.SECONDARY:

# V=1 shows the commands.
ifneq ($(V),1)
say = @echo "  $(1)	$@";
endif

$(SERVER): $(OBJECTS)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Tests and tools include from their own folders as well.
$(BUILD)/tests/%.o $(BUILD)/tools/%.o: ALL_CPPFLAGS += -Itests -Itools

# The parts as one relocatable object per flavour would hide what a test uses; an archive links what is needed.
$(BUILD)/libstint.a: $(PARTS)
	rm -f $@
	gcc-ar rcs $@ $^

$(BUILD)/tests/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/libstint.a
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libstint.a -lcmocka $(ALL_LDLIBS)

$(BUILD)/command-docs: $(BUILD)/tools/command-docs.o $(BUILD)/libstint.a
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

define e2e_rule
$(BUILD)/e2e/$(1): $(E2E_$(1):%=$(BUILD)/tests/e2e/%.o)
	@mkdir -p $$(@D)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ $(E2E_LIBS) -lm
endef
$(foreach p,$(E2E_PROGRAMS),$(eval $(call e2e_rule,$(p))))

define bench_rule
$(BUILD)/bench-tools/$(1): $(BENCH_$(1):%=$(BUILD)/tools/bench/%.o)
	@mkdir -p $$(@D)
	$(call say,LINK)$(CC) $(ALL_LDFLAGS) -o $$@ $$^ -lm
endef
$(foreach p,$(BENCH_PROGRAMS),$(eval $(call bench_rule,$(p))))

# --- Testing ---

test: deps-test ## install what the tests need and run all of them
	@$(MAKE) --no-print-directory unit e2e

unit: $(UNIT_TESTS)
	@tests/run-unit $(UNIT_TESTS)

e2e: $(SERVER) $(E2E_BINS) $(BUILD)/command-docs
	@tests/run-e2e $(BUILD) "$(ORACLE)"

sanitize: deps-test ## run the tests under the address, undefined-behaviour and thread sanitizers
	@$(MAKE) --no-print-directory unit e2e BUILD=$(BUILD)/address SANITIZE=address,undefined CFLAGS=-O1 LTO= ALLOCATOR=libc
	@$(MAKE) --no-print-directory e2e BUILD=$(BUILD)/thread SANITIZE=thread CFLAGS=-O1 LTO= ALLOCATOR=libc SHORT=1

fuzz: deps-test ## fuzz every parser for FUZZ_SECONDS (60) each
	@tests/run-fuzz $(BUILD) $(FUZZ_SECONDS)

lint: deps-test ## check format and code with clang-format, clang-tidy and cppcheck
	@tools/lint

format: ## put all sources into the project's format
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch] tools/*.[ch] tools/*/*.[ch])

bench: deps-bench ## measure speed and memory beside redis-server and memcached
	@$(MAKE) --no-print-directory all $(BENCH_BINS)
	$(BUILD)/bench-tools/bench $(BENCH_ARGS)

docs: $(BUILD)/command-docs ## write what the command table says into docs/commands.md and README.md
	tools/update-docs $(BUILD)/command-docs

# --- Installing ---

install: all ## install the server, its configuration and service file under PREFIX (/usr/local)
	install -Dm755 $(SERVER) $(DESTDIR)$(PREFIX)/bin/stint-server
	install -Dm644 stint.conf $(DESTDIR)$(PREFIX)/share/stint/stint.conf
	sed 's|@PREFIX@|$(PREFIX)|' tools/stint.service | install -Dm644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/stint.service

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/stint-server $(DESTDIR)$(PREFIX)/share/stint/stint.conf \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/stint.service

deps-build deps-test deps-bench: deps-%:
	@deps/install $*

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(OBJECTS:.o=.d) $(wildcard $(BUILD)/tests/*/*.d $(BUILD)/tools/*.d $(BUILD)/tools/*/*.d)
