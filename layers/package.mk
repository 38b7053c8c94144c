# What the builds of layers and functions share.
#
# sam runs `make build-NAME` on a layer's or function's Makefile, in a copy of its folder, and
# takes what then lies in ARTIFACTS_DIR. ARCH says which machine it is for: x86_64 or arm64.

ROOT := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))..
ARCH ?= x86_64
UV ?= uv
export UV

platform_x86_64 := x86_64-manylinux_2_34
platform_arm64 := aarch64-manylinux_2_34
PLATFORM := $(or $(platform_$(ARCH)),$(error ARCH is '$(ARCH)'; it must be x86_64 or arm64))
# Bytecode is of one Python version only, so it takes the one that Lambda has.
PYTHON := $(or $(shell $(ROOT)/tools/find-python 3.13),$(error no Python 3.13))

# Wheels for Lambda's machine, whatever this one is; nothing is built from source. Bytecode replaces
# these libraries' sources: that saves 15 MB, and starting from sources takes four times as long.
define install-requirements
	$(UV) pip install --quiet --no-config --python "$(PYTHON)" --require-hashes --no-deps \
		--python-version 3.13 --python-platform $(PLATFORM) --only-binary :all: \
		--target "$(ARTIFACTS_DIR)/python" --requirements requirements.txt
	cd "$(ARTIFACTS_DIR)/python" && rm -rf bin .lock
	cd "$(ARTIFACTS_DIR)/python" && find . -type d \( -name tests -o -name include \) -prune \
		-exec rm -rf {} +
	cd "$(ARTIFACTS_DIR)/python" && find . -type f \( -name '*.pyi' -o -name '*.h' -o -name '*.pxd' \
		-o -name '*.a' \) -delete
	$(call compile,/opt,-b)
	find "$(ARTIFACTS_DIR)/python" -name '*.py' -delete
endef

# `unchecked-hash`: no look at the source's date, and equal sources give equal bytes.
# $(1): where Lambda mounts ARTIFACTS_DIR, for tracebacks; $(2): -b puts bytecode where sources are.
define compile
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -rf {} +
	"$(PYTHON)" -m compileall -q $(2) --invalidation-mode unchecked-hash \
		-s "$(ARTIFACTS_DIR)" -p $(1) "$(ARTIFACTS_DIR)"
endef

# sbom.cdx.json and THIRD_PARTY_NOTICES.txt; last, when only what is shipped is left.
define list-contents
	cd "$(ROOT)" && $(UV) export --quiet --frozen --all-extras --no-default-groups --no-emit-project \
		--format cyclonedx1.5 >"$(ARTIFACTS_DIR)/export.json"
	"$(PYTHON)" $(ROOT)/tools/layer_contents.py "$(ARTIFACTS_DIR)" "$(ARTIFACTS_DIR)/export.json"
	rm "$(ARTIFACTS_DIR)/export.json"
endef
