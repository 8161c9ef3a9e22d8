# Every target works on a fresh machine with Python 3.11 or newer and make; what it needs, it installs into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# Where this is exported, every start of Python would compile every import anew, at twice the time.
unexport PYTHONDONTWRITEBYTECODE
# Material's notice about its own future, on every build.
export NO_MKDOCS_2_WARNING := 1

PYTHON ?= python3
BIN := .venv/bin
RUNBOOK := $(BIN)/python -m runbook_lib
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt

.PHONY: help site fences serve test check lint types unit services procedure try format generate constraints bench clean

help: ## list the targets (what make alone does)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

site: .venv/site ## run every notebook in practice mode and build the site from the results
	@$(RUNBOOK) check-notebooks
	@$(RUNBOOK) pages > build/pages.log
	@$(BIN)/python -m runbook_lib.pages.code_blocks docs > build/fences.log || { cat build/fences.log; exit 1; }
	@$(BIN)/python -m mkdocs build
	@$(BIN)/python -m runbook_lib.pages.site_check site
	@printf '\nThe site is built. Open this file in a browser:\n  %s\n' "$$(pwd)/site/index.html"

fences: .venv/site ## list every code block of the pages that were made, and what proves it
	@$(BIN)/python -m runbook_lib.pages.code_blocks docs

serve: site ## build the site, then serve it on 127.0.0.1:8000 and rebuild on changes
	@$(BIN)/python -m mkdocs serve --dev-addr 127.0.0.1:8000

test: services ## set up everything the tests need, and pass all of them
	@$(MAKE) --no-print-directory check

check: .venv/test lint types site unit ## the definition of done, once 'make services' has run; edits no file

lint: .venv/test ## check style, formatting and spelling
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/codespell

types: .venv/test ## check the types, strictly
	@$(BIN)/mypy --no-error-summary

unit: .venv/test ## run the tests on SQLite, PostgreSQL, a real Glance, Nova and real kernels
	@$(BIN)/python -m pytest -n 2 --dist loadfile --quiet

services: .venv/test ## install the servers that the tests start: PostgreSQL, Keystone, Glance and Nova, Django 1.11
	@$(BIN)/python -m tests.services

procedure: .venv/test ## write the files of a new procedure: make procedure NAME=verb_object
	@$(BIN)/python -m authoring.skeleton $(NAME)

try: .venv/test ## run everything that concerns one procedure: make try NAME=verb_object
	@$(BIN)/python -m authoring.try_procedure $(NAME)

format: .venv/test ## format the code
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

generate: .venv/test ## write the generated parts of committed files: the notebooks' first cells, the drawing of the layers
	@$(BIN)/python -m authoring.generate

constraints: .venv/test ## compile constraints.txt from pyproject.toml anew
	@$(BIN)/python -m uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
	  --upgrade --no-header --no-annotate --no-emit-index-url --output-file constraints.txt

bench: .venv/test ## measure against what one would use instead
	@for script in benchmarks/*.py; do $(BIN)/python "$$script"; done

clean: ## remove everything that was installed or built
	rm -rf .venv .cache build site docs/runbooks docs/reference .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/python: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	@touch $@

.venv/site: .venv/python
	@$(INSTALL) --editable '.[site]'
	@$(BIN)/python -m compileall -q runbook_lib
	@touch $@

.venv/test: .venv/site
	@$(INSTALL) --editable '.[site,test,dev]'
	@touch $@
