# Every target makes .venv itself; nothing needs to be there but Python 3.11 or newer.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo format check test bench docs simulate wheel clean

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
RUNS := .venv/.runs
CODE := erp_sync tests fixtures
WORKERS ?= 2
SEEDS ?= 300

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

define install
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none was found; install it or give PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
	@touch $@
endef

$(READY): pyproject.toml
	$(call install,.[dev])

# What the demo runs on: a person who looks for the first time need not wait for test tools.
$(RUNS): pyproject.toml
	$(call install,.)

setup: $(READY) ## make .venv with erp-sync and its tools in it

demo: $(RUNS) ## a company's export meets a local Centra: plan, apply, change a few rows, plan again
	$(BIN)/python -m fixtures.demo.run

format: $(READY) ## bring the code into its form
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

check: $(READY) ## format, lint, types, layers and the fast tests
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m 'not slow' -n $(WORKERS)

test: $(READY) ## all tests, the slow ones too
	$(BIN)/pytest -n $(WORKERS)

bench: $(READY) ## measure: every tests/bench/bench_*.py
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done

docs: $(READY) ## write the generated pages anew, then run what the docs say
	$(BIN)/python -m tests.docs.generate
	$(BIN)/pytest tests/docs -n $(WORKERS)

simulate: $(READY) ## stories of bad nights: make simulate SEEDS=10000
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## remove what was built; .venv stays
	rm -rf dist build .demo .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
