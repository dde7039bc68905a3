# How one plugin folder becomes one .so; used by Kreide's Makefile and, installed, by the
# Makefile of a plugin that lives elsewhere:
#   include $(shell pkg-config --variable=mk kreide)
#   $(eval $(call KR_PLUGIN_RULES,lost,$(CURDIR)))   # the folder's name is the plugin's
KR_TPL  ?= $(B)/tools/krtpl
KR_LINK ?= -L$(B) -lkreide

# $(1) name, $(2) folder
define KR_PLUGIN_RULES
$(1)_C := $$(wildcard $(2)/*.c)
$(1)_T := $$(wildcard $(2)/templates/*.html)
$(1)_O := $$(patsubst $(2)/%.c,$$(B)/obj/plugins/$(1)/%.o,$$($(1)_C)) \
          $$(patsubst $(2)/templates/%.html,$$(B)/obj/plugins/$(1)/t_%.o,$$($(1)_T))
$(1)_LIBS :=
-include $(2)/plugin.mk

$$(B)/gen/$(1)/$(1)_templates.h: $$($(1)_T) $$(filter $$(B)/%,$$(KR_TPL))
	@mkdir -p $$(@D)
	@$$(if $$($(1)_T),$$(KR_TPL) --header -o $$@ $$($(1)_T),touch $$@)
$$(B)/gen/$(1)/%.c: $(2)/templates/%.html $$(filter $$(B)/%,$$(KR_TPL))
	@mkdir -p $$(@D)
	@$$(KR_TPL) -o $$@ $$<
$$(B)/obj/plugins/$(1)/t_%.o: $$(B)/gen/$(1)/%.c $$(B)/gen/$(1)/$(1)_templates.h
	@mkdir -p $$(@D)
	$$(call SAY,$$<)$$(CC) $$(CPPFLAGS) -I$(2) -I$$(B)/gen/$(1) $$(CFLAGS) -c $$< -o $$@
$$(B)/obj/plugins/$(1)/%.o: $(2)/%.c $$(B)/gen/$(1)/$(1)_templates.h
	@mkdir -p $$(@D)
	$$(call SAY,$$<)$$(CC) $$(CPPFLAGS) -I$(2) -I$$(B)/gen/$(1) $$(CFLAGS) -c $$< -o $$@
$$(B)/plugins/$(1).so: $$($(1)_O) $$(filter $$(B)/%,$$(KR_LIB))
	@mkdir -p $$(@D)
	$$(call SAY,$$@)$$(CC) $$(OPT) -shared $$(LINK) -Wl,-z,defs -Wl,-z,nodelete $$($(1)_O) \
	    $$(KR_LINK) $$($(1)_LIBS) -o $$@
$$(MO)/$(1)_%.mo: $(2)/locale/%.po
	@mkdir -p $$(@D)
	@msgfmt --check-format -o $$@.new $$< && mv $$@.new $$@
.PRECIOUS: $$(B)/gen/$(1)/%.c
endef

# Included by a Makefile that is not Kreide's own: a plugin in the folder it stands in. The
# result is a folder for `plugin_dirs` of kreide.conf: NAME.so, and beside it NAME/ with the
# migrations and texts.
#   make                      build/plugins/
#   make install DIR=/opt/kreide-plugins
ifndef ROOMS
ifneq ($(shell pkg-config --exists kreide && echo yes),yes)
$(error pkg-config does not find kreide: install it, or set PKG_CONFIG_PATH)
endif
ifeq ($(origin CC),default)
CC = gcc
endif
ifneq ($(V),1)
SAY = @echo "  $(1)" &&
endif
KR_NAME := $(notdir $(CURDIR))
B       ?= build
DIR     ?= /opt/kreide-plugins
KR_DATA  = $(B)/plugins/$(KR_NAME)
MO       = $(KR_DATA)/locale/all/LC_MESSAGES
CPPFLAGS += $(shell pkg-config --cflags kreide)
CFLAGS  += -std=gnu17 -fno-common -fvisibility=hidden -Wall -Wextra -Wvla \
           -Wno-missing-field-initializers -O2 -g -fPIC -MMD -MP \
           -D_FORTIFY_SOURCE=3 \
           -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
           -ftrivial-auto-var-init=zero
LINK     = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
KR_TPL   = $(shell pkg-config --variable=krtpl kreide)
KR_LINK  = $(shell pkg-config --libs kreide)
KR_LIB   =
KR_MOS   = $(patsubst locale/%.po,$(MO)/$(KR_NAME)_%.mo,$(wildcard locale/*.po))
KR_SQL   = $(patsubst %,$(KR_DATA)/%,$(wildcard migrations/*.sql))
all: $(B)/plugins/$(KR_NAME).so $(KR_MOS) $(KR_SQL)
$(KR_DATA)/migrations/%.sql: migrations/%.sql
	@mkdir -p $(@D)
	@cp $< $@
$(eval $(call KR_PLUGIN_RULES,$(KR_NAME),$(CURDIR)))
# New files, not new contents: a running Kreide has the old ones mapped until it reloads.
install: all
	install -d $(DESTDIR)$(DIR)
	cp -r --remove-destination $(KR_DATA) $(DESTDIR)$(DIR)/
	install -m 755 $(B)/plugins/$(KR_NAME).so $(DESTDIR)$(DIR)/
clean:
	rm -rf $(B)
.PHONY: all install clean
-include $(wildcard $(B)/obj/plugins/$(KR_NAME)/*.d)
endif
