# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
# Each target makes what it needs first; the second time that takes no time.

SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
LOCKS := requirements/all.txt
READY := $(VENV)/.ready
# What the tests run with; with more processors say e.g. `make test JOBS=4`.
JOBS ?= 2
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup system demo test bench check format lock pages clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1  /p' Makefile | awk '{name = $$1; $$1 = ""; printf "  make %-8s%s\n", name, $$0}'

setup: $(READY) system ## make .venv with the command lading, and install what the tests need where that is allowed

# Only what decides about the packages and the command; the sources themselves are not copied.
$(READY): pyproject.toml $(LOCKS) tools/setup.sh
	@tools/setup.sh $(VENV) $(LOCKS)
	@touch $@

system: $(READY) ## install Debian packages that some tests need (LADING_APT=no: only say which)
	@tools/system.sh

demo: $(READY) ## move a generated firm over a bad network, kill it, go on, prove it
	@$(PY) -m lading.testkit.demo $(ARGS)

test: setup ## run all tests
	@$(PY) -m pytest -q -n $(JOBS) --dist loadfile $(ARGS)

bench: setup ## measure against rclone, cp, Apache, WsgiDAV and restic; ARGS='vault drill' for a part
	@tools/system.sh restic
	@tools/bench.sh $(PY) $(ARGS)

check: $(READY) ## lint, format, types, import rules, documents
	@tools/check.sh $(PY)

format: $(READY) ## format the sources and mend what lint can mend
	@$(VENV)/bin/ruff format -q src tests benchmarks tools
	@$(VENV)/bin/ruff check -q --fix src tests benchmarks tools

pages: $(READY) ## write the pages of the manual that are made from the sources
	@$(PY) tools/errors_page.py --write
	@$(PY) tools/fidelity_page.py --write
	@$(PY) tools/checks_page.py --write

lock: ## pin all dependencies again, within what pyproject.toml allows
	@tools/lock.sh requirements

clean: ## remove what was built; .venv stays
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
