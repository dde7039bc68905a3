# Kreide: the only build file.
#
#   make                   core, tools, plugins, texts, web assets
#   make run               a private stack with a demo school  [PORT=8080] [KR_HOME=var/demo]
#   make test              everything, headless; last line "N passed, N failed"
#   make check             the fast gate: rules, unit and database tests
#   make bench             reference programs and our pages side by side  [QUICK=1]
#   make fault             kills, full disks, failing calls, at length  [SEED=] [T=600] [FAULT=kill]
#   make asan              the HTTP tests against a build with ASan and UBSan
#   make deps              installs what is missing (apt, as root or through sudo)
#   make fuzz              each fuzz target for ten seconds  [T=600] [FUZZ=url]
#   make lint              house rules, texts in both languages, layout of the code
#   make format            clang-format in place
#   make stats             lines against the budgets
#   make docs              routes, permissions, record of personal data, from the manifests
#   make new-plugin NAME=x a copy of the skeleton
#   make install           [DESTDIR=] [PREFIX=/usr]

B        ?= build
ifeq ($(origin CC),default)
CC       = gcc
endif
PORT     ?= 8080
KR_HOME  ?= var/demo
PREFIX   ?= /usr
DESTDIR  ?=
VERSION  := 0.1.0
V        ?= 0
ifeq ($(V),0)
SAY = @echo "  $(1)" &&
endif

# ── flags ────────────────────────────────────────────────────────────────────────
STD   = -std=gnu17 -D_GNU_SOURCE -fno-common -fvisibility=hidden
WARN  = -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
        -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wundef -Wvla -Walloca -Wformat=2 \
        -Wimplicit-fallthrough -Wswitch-enum -Wnull-dereference -Wdouble-promotion \
        -Wno-missing-field-initializers # manifest rows: a missing tail reads as zero
GCCW  = -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init \
        -Wtrampolines
HARD  = -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
        -fcf-protection=full -ftrivial-auto-var-init=zero \
        -fno-delete-null-pointer-checks -fno-strict-overflow
SANF  = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
        -fno-sanitize-recover=all -fno-sanitize=alignment
LINK  = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# For tests/fuzz: clang knows libFuzzer; warnings are gcc's business.
FUZZF = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
        -fno-sanitize-recover=all -fno-sanitize=alignment -w
HASH := $(shell cat core/include/kr/*.h | sed '/^\#include/d' | \
          $(CC) -fpreprocessed -dD -E -P - 2>/dev/null | sha256sum | cut -c1-16)
ifdef SAN
OPT   = $(SANF)
else ifdef FUZZING
HARD  = -O1 -g
CC    = clang-14
OPT   = $(FUZZF)
WARN  =
GCCW  =
else
OPT   = $(HARD)
endif
CPPFLAGS += -Icore -Icore/include -I$(B)/gen -DKR_HEADERS_HASH='"$(HASH)"' \
        -DKR_VERSION='"$(VERSION)"' $(FAULTS)
CFLAGS = $(STD) $(WARN) $(GCCW) $(OPT) -fPIC -MMD -MP

PKGS  = libmariadb libsodium libcrypto libssl libseccomp libical jansson libcurl libarchive
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lunistring -lcsv -lzxcvbn -lm
CPPFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)

# ── what there is ────────────────────────────────────────────────────────────────
ROOMS    = base db http html auth school app plugin proc pages cli
CORE_C  := $(foreach r,$(ROOMS),$(wildcard core/$(r)/*.c))
TPL_ROOMS = html pages app
CORE_T  := $(foreach r,$(TPL_ROOMS),$(wildcard core/$(r)/templates/*.html))
CORE_O  := $(CORE_C:%.c=$(B)/obj/%.o) $(B)/obj/core/scan/client.o \
           $(B)/obj/core/scan/places.o \
           $(CORE_T:core/%.html=$(B)/obj/gen/core/%.o)
# plugins/_skeleton is called skeleton: the line keeps it apart for the eye only.
PLUGINS := $(patsubst _%,%,$(patsubst plugins/%/plugin.c,%,$(wildcard plugins/*/plugin.c)))
PDIR     = plugins/$(if $(wildcard plugins/$(1)/plugin.c),$(1),_$(1))
DOMAINS := core $(PLUGINS)

all: $(B)/kreide $(B)/kreide-scan $(PLUGINS:%=$(B)/plugins/%.so) texts web migrations \
     $(B)/tools/krlint

# ── tools, built first ───────────────────────────────────────────────────────────
$(B)/tools/krtpl: $(wildcard core/tools/krtpl*.c core/tools/krtpl*.h)
	@mkdir -p $(@D)
	$(call SAY,$@)$(CC) $(STD) $(WARN) $(GCCW) $(HARD) -fPIE -pie $(LINK) $(filter %.c,$^) -o $@
$(B)/tools/krlint: $(wildcard core/tools/krlint*.c core/tools/krlint.h)
	@mkdir -p $(@D)
	$(call SAY,$@)$(CC) $(STD) $(WARN) $(GCCW) $(HARD) -fPIE -pie $(LINK) $(filter %.c,$^) -o $@

# ── core ─────────────────────────────────────────────────────────────────────────
# Generated headers come before any object is compiled.
GEN_H = $(B)/gen/assets.h $(B)/gen/html_templates.h $(B)/gen/core_templates.h \
        $(B)/gen/app_templates.h
$(B)/gen/core_templates.h: $(wildcard core/pages/templates/*.html) $(B)/tools/krtpl
	@mkdir -p $(@D)
	@$(B)/tools/krtpl --header -o $@ $(filter %.html,$^)
$(B)/gen/%_templates.h: core/%/templates $(CORE_T) $(B)/tools/krtpl
	@mkdir -p $(@D)
	@$(B)/tools/krtpl --header -o $@ $(wildcard core/$*/templates/*.html)
$(B)/gen/assets.h: $(B)/web/.done
	@mkdir -p $(@D)
	@cp $(B)/web/assets.h $@

$(B)/obj/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(call SAY,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
$(B)/gen/core/%.c: core/%.html $(B)/tools/krtpl
	@mkdir -p $(@D)
	@$(B)/tools/krtpl -o $@ $<
$(B)/obj/gen/core/%.o: $(B)/gen/core/%.c | $(GEN_H)
	@mkdir -p $(@D)
	$(call SAY,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
.PRECIOUS: $(B)/gen/core/%.c $(B)/gen/%_templates.h

$(B)/libkreide.a: $(CORE_O)
	@rm -f $@
	@ar rcs $@ $^
$(B)/libkreide.so: $(CORE_O)
	$(call SAY,$@)$(CC) $(OPT) -shared -Wl,-soname,libkreide.so $(LINK) -Wl,-z,defs $^ $(LIBS) -o $@
$(B)/kreide: core/main.c $(B)/libkreide.so
	$(call SAY,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIE -pie $< -o $@ -L$(B) -lkreide \
	    $(LINK) '-Wl,-rpath,$$ORIGIN'

# Of the tests: the load generator.
$(B)/load: $(wildcard tests/load/*.c) tests/load/load.h
	$(call SAY,$@)$(CC) $(STD) $(WARN) $(GCCW) $(HARD) $(filter %.c,$^) -o $@ $(LINK) -lm

SCAN_C := $(wildcard core/scan/*.c)
$(B)/kreide-scan: $(SCAN_C:%.c=$(B)/obj/%.o)
	$(call SAY,$@)$(CC) $(OPT) -pie $^ $(LINK) -lclamav -lmagic -larchive -lz -lseccomp -o $@

# ── plugins: one folder, one .so ─────────────────────────────────────────────────
MO = $(B)/locale/all/LC_MESSAGES
KR_LIB = $(B)/libkreide.so
include conf/plugin.mk
$(foreach p,$(PLUGINS),$(eval $(call KR_PLUGIN_RULES,$(p),$(call PDIR,$(p)))))
# What carries the hash of the public headers is compiled again when any of them changes,
# included there or not: equal hashes are what the loader asks for.
HASHED := core/plugin/load core/pages/plugin $(PLUGINS:%=plugins/%/plugin)
$(HASHED:%=$(B)/obj/%.o): $(B)/gen/headers.hash
$(B)/gen/headers.hash: FORCE
	@mkdir -p $(@D)
	@echo '$(HASH)' | cmp -s - $@ || echo '$(HASH)' > $@
FORCE:

# ── texts: one domain per plugin and language ────────────────────────────────────
MOS := $(patsubst core/locale/%.po,$(MO)/core_%.mo,$(wildcard core/locale/*.po)) \
       $(foreach p,$(PLUGINS),$(patsubst $(call PDIR,$(p))/locale/%.po,$(MO)/$(p)_%.mo,\
         $(wildcard $(call PDIR,$(p))/locale/*.po)))
texts: $(MOS)
# By rename: a running Kreide has the old one mapped.
$(MO)/core_%.mo: core/locale/%.po
	@mkdir -p $(@D)
	@msgfmt --check-format -o $@.new $< && mv $@.new $@

# ── web assets and migrations ────────────────────────────────────────────────────
web: $(B)/web/.done
WEB_SRC := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
$(B)/web/.done: $(WEB_SRC) web/node_modules/.package-lock.json
	@mkdir -p $(@D)
	$(call SAY,web)node web/build.mjs $(B)/web
	@touch $@
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --ignore-scripts --no-audit --no-fund --silent --fetch-retries=5
	@touch $@

MIGR := $(wildcard migrations/*.sql plugins/*/migrations/*.sql plugins/*/demo.sql)
migrations: $(B)/migrations/.done
$(B)/migrations/.done: $(MIGR)
	@rm -rf $(B)/migrations && mkdir -p $(B)/migrations/core
	@cp migrations/*.sql $(B)/migrations/core/
	@for p in $(PLUGINS); do mkdir -p $(B)/migrations/$$p; \
	  d=plugins/$$p; [ -d $$d ] || d=plugins/_$$p; \
	  cp $$d/migrations/*.sql $(B)/migrations/$$p/ 2>/dev/null || true; \
	  cp $$d/demo.sql $(B)/migrations/$$p/ 2>/dev/null || true; done
	@touch $@

# ── run and test ─────────────────────────────────────────────────────────────────
deps:
	@conf/deps build run test
run:
	@conf/deps build run
	@$(MAKE) --no-print-directory -j2 all
	@KREIDE_BUILD=$(abspath $(B)) exec conf/stack run --home $(KR_HOME) --port $(PORT)
test:
	@exec tests/run all
check:
	@exec tests/run check
asan:
	@exec tests/run asan
fuzz:
	@conf/deps build run test
	@$(MAKE) --no-print-directory -j2 all
	@exec tests/fuzz/run.sh $(FUZZ)
# Targets include what they try: clang, libFuzzer, core as a library (FUZZING=1).
$(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h $(B)/libkreide.a $(wildcard core/scan/*.c \
    core/tools/*.c)
	@mkdir -p $(@D)
	$(call SAY,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $< -fsanitize=fuzzer -o $@ $(B)/libkreide.a \
	    -Wl,--allow-multiple-definition -Wl,--as-needed $(LIBS) -lz
bench:
	@conf/deps build run test
	@$(MAKE) --no-print-directory -j2 all
	@QUICK=$(QUICK) KREIDE_BUILD=$(abspath $(B)) exec tests/bench/run.sh --whole
fault:
	@conf/deps build run test
	@$(MAKE) --no-print-directory -j2 all
	@KREIDE_BUILD=$(abspath $(B)) exec tests/fault/run.sh --whole $(FAULT)

# ── care ─────────────────────────────────────────────────────────────────────────
C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
format:
	clang-format-14 -i $(C_FILES)
format-check:
	@clang-format-14 --dry-run -Werror $(C_FILES)
lint: $(B)/tools/krlint $(B)/tools/krtpl
	@KREIDE_BUILD=$(B) tests/lint/run.sh
stats: $(B)/tools/krlint
	@KREIDE_BUILD=$(B) core/tools/stats.sh
docs: all
	@$(B)/kreide docs
new-plugin:
	@core/tools/krnew $(NAME)

# ── install ──────────────────────────────────────────────────────────────────────
L = $(DESTDIR)$(PREFIX)/lib/kreide
install: all
	install -d $(L)/plugins $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/kr \
	  $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/kreide $(B)/kreide-scan $(L)/
	install -m 755 $(B)/libkreide.so $(L)/
	install -m 755 $(B)/plugins/*.so $(L)/plugins/
	install -m 755 $(B)/tools/krtpl $(L)/
	cp -r --remove-destination $(B)/locale $(B)/web $(B)/migrations conf $(L)/
	ln -sf ../lib/kreide/kreide $(DESTDIR)$(PREFIX)/bin/kreide
	install -m 644 core/include/kr/*.h $(DESTDIR)$(PREFIX)/include/kr/
	install -m 644 core/cli/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	sed -e 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|;s|@HASH@|$(HASH)|' \
	  conf/kreide.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/kreide.pc

clean:
	rm -rf $(B)
help:
	@sed -n 's/^#   //p' Makefile
.PHONY: all texts web migrations deps run test check asan fuzz bench fault \
        format format-check \
        lint stats docs new-plugin install clean help
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
print-test-flags:
	@echo $(CPPFLAGS) $(filter-out -Werror,$(CFLAGS)) -Wno-unused-function -Wno-missing-prototypes
print-libs:
	@echo -Wl,--as-needed $(LIBS)
.PHONY: print-test-flags print-libs
