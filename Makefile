# The only door. Needs Python >= 3.11, make, and the network on first use.

.DEFAULT_GOAL := help
.PHONY: help demo test lint train evaluate benchmark clean

DATA ?= $(or $(HEARTSENSE_DATA),../shared/data)
JOBS ?= 2
PYTHON ?= python3
export HEARTSENSE_DATA := $(abspath $(DATA))

# The uv on PATH, or a pinned one in .tools that nothing else on the machine sees.
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
# Inexact: what `make train` added (TensorFlow) stays until `make clean`.
SYNC := $(UV) sync --frozen --inexact

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: .venv/installed ## classify every picture in samples/; overlays and heat-maps go to out/
	.venv/bin/heartsense classify $(filter-out %.md,$(wildcard samples/*.*)) --overlay out/ --heatmap out/

test: .venv/installed ## run all tests, on JOBS=2 processes
	.venv/bin/pytest -n $(JOBS) --dist loadscope

lint: .venv/installed ## style, types, and which module may import which
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

train: .venv/installed ## train the released model on all of DATA=../shared/data
	$(SYNC) --group export
	.venv/bin/python -m training export --data $(DATA)
	.venv/bin/python -m training fit --data $(DATA) --jobs $(JOBS)

evaluate: .venv/installed ## 5-fold figures through pictures, into docs/
	.venv/bin/python -m training evaluate --data $(DATA) --jobs $(JOBS)

benchmark: .venv/installed ## how well signals are read off pages drawn from LUDB's records
	.venv/bin/python -m training benchmark-digitizer --data $(DATA) \
		--manifest $(DATA)/manifest.csv --source ludb --jobs $(JOBS)

clean: ## remove all that was made here: environments, caches, build/, out/
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf build out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml uv.lock layers/heartsense/pyproject.toml | $(UV)
	$(SYNC)
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet uv==$(UV_VERSION)
