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
	@msgfmt --check-format -o $$@ $$<
.PRECIOUS: $$(B)/gen/$(1)/%.c
endef

# Included by a Makefile that is not Kreide's own: a plugin in the folder it stands in.
ifndef ROOMS
ifeq ($(origin CC),default)
CC = gcc
endif
KR_NAME := $(notdir $(CURDIR))
B       ?= build
MO       = $(B)/locale/all/LC_MESSAGES
CPPFLAGS += $(shell pkg-config --cflags kreide)
CFLAGS  += -std=gnu17 -fvisibility=hidden -Wall -Wextra -Wno-missing-field-initializers \
           -O2 -g -fPIC -MMD -MP -fstack-protector-strong
LINK     = -Wl,-z,relro,-z,now
KR_TPL   = $(shell pkg-config --variable=krtpl kreide)
KR_LINK  = $(shell pkg-config --libs kreide)
KR_LIB   =
all: $(B)/plugins/$(KR_NAME).so \
     $(patsubst locale/%.po,$(MO)/$(KR_NAME)_%.mo,$(wildcard locale/*.po))
	@mkdir -p $(B)/migrations/$(KR_NAME)
	@cp migrations/*.sql $(B)/migrations/$(KR_NAME)/
$(eval $(call KR_PLUGIN_RULES,$(KR_NAME),$(CURDIR)))
.PHONY: all
endif
