# Every command of the project. Needs Python >= 3.11, make, and the network on first use;
# `make lint` also needs npm.

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-unit test-integration test-e2e coverage lint lint-spelling lint-web \
	format-web audit hooks docs openapi requirements check-requirements build validate measure \
	compare deploy-local train train-ink-network train-centreline-network evaluate benchmark wheel clean

DATA ?= $(or $(HEARTSENSE_DATA),../shared/data)
JOBS ?= 2
PYTHON ?= python3
export HEARTSENSE_DATA := $(abspath $(DATA))
# Threads that wait for others give way: spinning, they slow a busy machine ten times.
export OMP_WAIT_POLICY := passive

# The uv on PATH, or the one of tools/uv/requirements.txt in .tools, which nothing else sees.
UV := $(shell command -v uv 2>/dev/null || echo $(CURDIR)/.tools/bin/uv)
export UV
# Inexact: what `make train` added (TensorFlow) stays until `make clean`.
SYNC := $(UV) sync --frozen --inexact --all-extras

PYTEST := .venv/bin/pytest -n $(JOBS) --dist loadscope

# What `make build` builds for.
ARCH ?= x86_64
export ARCH
export SAM_CLI_TELEMETRY := 0
LAYERS := heartsense inference accounts report
NESTED_STACKS := $(wildcard infra/*.yaml)
# Lambda brings botocore and what that needs; LiteRT's interpreter uses none of the others.
NOT_SHIPPED := botocore protobuf ml-dtypes flatbuffers tqdm backports-strenum
CORE := numpy pillow pypdfium2 pi-heif ai-edge-litert
COMMAND_LINE := typer rich
prune = $(patsubst %,--prune %,$(NOT_SHIPPED) $(COMMAND_LINE) $(1))
# What each layer carries of the package's dependencies.
export-heartsense = --extra service $(call prune,$(CORE))
export-inference = $(call prune,)
export-accounts = --extra accounts $(call prune,$(CORE) cryptography cffi pycparser typing-extensions)
export-report = --extra report $(call prune,$(CORE))
export-layer = $(UV) export --quiet --frozen --no-header --no-default-groups --no-emit-project $(export-$(1))
BUILT_FROM := template.yaml $(wildcard infra/* statemachines/*) $(wildcard tools/layer_contents.py layers/*.mk layers/*/Makefile layers/*/requirements.txt) \
	functions/Makefile $(shell find functions src layers/*/model -type f ! -name '*.pyc')

# Lints and formats web/, which has no build step and no packages of its own.
BIOME := .tools/javascript/node_modules/.bin/biome
BIOME_OPTIONS := --config-path=tools/javascript --error-on-warnings

##@ Start

help: ## show this list
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-17s  %s\n", $$1, $$2 }' Makefile

demo: .venv/installed ## classify every picture in samples/; overlays and heat maps go to out/
	@.venv/bin/heartsense classify samples --overlay out/ --heatmap out/

serve: .venv/installed ## run everything on this machine: http://127.0.0.1:8000, data in .local/
	.venv/bin/python -m devstack serve

##@ Check

test: .venv/installed ## run all tests, on JOBS=2 processes
	$(PYTEST)

test-unit: .venv/installed ## run the fast tests: no servers, no training
	$(PYTEST) tests/unit -m "not slow" -p no:schemathesis

test-integration: .venv/installed ## run the tests that start servers
	$(PYTEST) tests/integration

test-e2e: .venv/installed ## run the tests in a browser, of what is built, and of what is deployed
	$(PYTEST) tests/e2e

coverage: .venv/installed ## run the unit tests; fails when they cover less than before
	$(PYTEST) tests/unit --cov --cov-report term --cov-report html:out/coverage

lint: .venv/installed check-requirements ## style, types, who may import whom, spelling, stale files
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m devstack openapi --check docs/openapi.json
	$(MAKE) --no-print-directory lint-spelling lint-web

lint-spelling: .venv/installed ## spelling of all files; British in the Markdown pages
	.venv/bin/codespell
	@.venv/bin/codespell --dictionary tools/codespell/british.txt $(wildcard *.md docs/*.md docs/adr/*.md samples/*.md)

lint-web: .tools/javascript/installed ## style of the web page's JavaScript and CSS; needs npm
	$(BIOME) check $(BIOME_OPTIONS) web

format-web: .tools/javascript/installed ## format web/ and apply the linter's safe fixes
	$(BIOME) check --write $(BIOME_OPTIONS) web

audit: .tools/audit/installed ## known vulnerabilities of every package in uv.lock; needs the network
	@mkdir -p build
	@$(UV) export --quiet --frozen --all-extras --all-groups --no-emit-project >build/audit.txt
	@tools/audit/check .tools/audit/bin/pip-audit build/audit.txt

hooks: .venv/installed ## run the quick checks of lint before each git commit
	.venv/bin/pre-commit install

docs: .venv/docs-installed ## build the site from docs/ and the docstrings: build/docs/index.html
	.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir build/doctrees docs build/docs

##@ Service

openapi: .venv/installed ## write the API's description, docs/openapi.json, from the code
	.venv/bin/python -m devstack openapi --write docs/openapi.json

requirements: | $(UV) ## write down from uv.lock what each layer carries
	$(foreach layer,$(LAYERS),$(call export-layer,$(layer)) >layers/$(layer)/requirements.txt &&) true

build: .aws-sam/built-$(ARCH) ## build functions and layers for ARCH=x86_64 or arm64; their sizes
	.venv/bin/python -m devstack sizes

validate: .tools/sam/installed .tools/checkov/installed ## check template.yaml and infra/: sam, cfn-lint, checkov
	@for template in template.yaml $(NESTED_STACKS); do \
		.tools/sam/bin/sam validate --lint --template $$template || exit 1; done
	@mkdir -p build
	@# Checkov passes over what a condition leaves out: everything is switched on for it.
	sed 's/^    Default: "no"$$/    Default: "yes"/' template.yaml >build/template.yaml
	.tools/checkov/bin/checkov --config-file tools/checkov/config.yaml \
		--file build/template.yaml $(NESTED_STACKS)

measure: build .tools/runtime/installed ## time the built predict function under Lambda's emulator
	.venv/bin/python -m devstack measure samples/hypertrophy.jpg

compare: .venv/installed .tools/original/installed ## time the original stack (Keras, scikit-multilearn) beside this one
	.venv/bin/python -m tools.compare samples/hypertrophy.jpg --python .tools/original/bin/python \
		--weights $(DATA)/weights/mobilenetv2_1.0_224_imagenet_notop.weights.h5

deploy-local: build .tools/emulator/installed ## sam deploy into a cloud emulator, and run there
	.venv/bin/python -m devstack deploy

##@ Model

train: .venv/installed ## train all of the released model but the ink network; DATA=../shared/data
	$(SYNC) --group export
	.venv/bin/python -m training export --data $(DATA)
	.venv/bin/python -m training fit --data $(DATA) --jobs $(JOBS)
	.venv/bin/python -m training reading --data $(DATA) --jobs $(JOBS)
	.venv/bin/python -m training strips --data $(DATA)
	.venv/bin/python -m training statements --data $(DATA) --jobs $(JOBS)
	.venv/bin/python -m training model-card

# Apart from train, which takes minutes and gives the same bytes again: TensorFlow takes long, learns from
# photographs, and does not promise the same sums twice.
train-ink-network: .venv/installed ## train the network that finds ink, on photographs in DATA/real-photos
	$(SYNC) --group export
	.venv/bin/python -m training fit-ink-network --data $(DATA) --real $(DATA)/real-photos

train-centreline-network: .venv/installed ## train the network that corrects centrelines, on drawn pages
	.venv/bin/python -m training fit-centreline-network --data $(DATA) --jobs $(JOBS)

evaluate: .venv/installed ## 5-fold figures through pictures, into docs/
	.venv/bin/python -m training evaluate --data $(DATA) --jobs $(JOBS)

benchmark: .venv/installed ## how well signals are read off pages drawn from LUDB's records
	.venv/bin/python -m training benchmark-digitizer --data $(DATA) \
		--manifest $(DATA)/manifest.csv --source ludb --jobs $(JOBS)

##@ Package

wheel: | .venv/installed ## build dist/*.whl, the package with its model; what an installation takes
	rm -rf dist build/wheel
	$(UV) build --quiet --wheel --out-dir dist
	$(UV) venv --quiet build/wheel
	$(UV) export --quiet --frozen --no-header --no-hashes --no-default-groups --no-emit-project \
		>build/constraints.txt
	$(UV) pip install --quiet --python build/wheel --constraints build/constraints.txt dist/*.whl
	@ls -l dist/*.whl | awk '{ printf "%s: %.1f MB\n", $$NF, $$5 / 1e6 }'
	@du -sm build/wheel | awk '{ print "installed with all it needs: " $$1 " MiB" }'

##@ Clean up

clean: ## remove all that was made here: environments, caches, build/, out/
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf build dist out .aws-sam
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: pyproject.toml uv.lock | $(UV)
	$(SYNC)
	@touch $@

.venv/docs-installed: .venv/installed
	$(SYNC) --group docs
	@touch $@

# The folder holds one architecture at a time.
.aws-sam/built-%: $(BUILT_FROM) | .venv/installed .tools/sam/installed
	rm -f .aws-sam/built-*
	.tools/sam/bin/sam build --parameter-overrides Architecture=$*
	@touch $@

.tools/javascript/installed: tools/javascript/package.json tools/javascript/package-lock.json
	@command -v npm >/dev/null || { \
		echo "The linter of web/ needs npm: install Node.js 20 or later (https://nodejs.org)." >&2; exit 1; }
	@mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# Tools that pin what others need otherwise: each in an environment of its own.
.tools/%/installed: tools/%/pyproject.toml tools/%/uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/.tools/$* $(UV) sync --frozen --compile-bytecode --project tools/$* \
		--python "$$(tools/find-python 3.13)"
	@touch $@

check-requirements: $(LAYERS:%=check-requirements-%)

check-requirements-%: | $(UV)
	@$(call export-layer,$*) | diff layers/$*/requirements.txt - || \
		{ echo "layers/$*/requirements.txt is stale: make requirements" >&2; exit 1; }

$(CURDIR)/.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --require-hashes --requirement tools/uv/requirements.txt
