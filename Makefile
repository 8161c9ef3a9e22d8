# Every target works on a new machine with make and Python 3.11 or newer; it installs its requirements into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:

# If this variable were exported, every start of Python would recompile all imports and take twice as long.
unexport PYTHONDONTWRITEBYTECODE
# Hide Material's notice about MkDocs 2 on every build.
export NO_MKDOCS_2_WARNING := 1

# Trust the certificates of the system, with those of a company; uv and npm have a list of their own.
export UV_SYSTEM_CERTS ?= 1
export NODE_EXTRA_CA_CERTS ?= $(wildcard /etc/ssl/certs/ca-certificates.crt)

PYTHON ?= python3
BIN := .venv/bin
RUNBOOK := $(BIN)/python -m runbook_lib
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt

.PHONY: help site fences serve test check lint types unit soak services procedure try format generate rights promises constraints audit bench clean

help: ## list the targets (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

site: .venv/site ## run every notebook in practice mode and build the site from the results
	@$(RUNBOOK) check-notebooks
	@$(RUNBOOK) pages > build/pages.log
	@$(BIN)/python -m runbook_lib.pages.code_blocks docs > build/fences.log || { cat build/fences.log; exit 1; }
	@$(BIN)/python -m mkdocs build
	@$(BIN)/python -m runbook_lib.pages.site_check site
	@$(BIN)/python -m authoring.prose
	@printf '\nThe site is built. Open this file in a browser:\n  %s\n' "$$(pwd)/site/index.html"

fences: .venv/site ## list every code block of the built pages, and the test that proves it
	@$(BIN)/python -m runbook_lib.pages.code_blocks docs

serve: site ## build the site, then serve it on 127.0.0.1:8000 and rebuild on changes
	@$(BIN)/python -m mkdocs serve --dev-addr 127.0.0.1:8000

test: services ## install the test servers and run all checks
	@$(MAKE) --no-print-directory check

check: .venv/test ## run all checks (after 'make services'); changes no file
	@$(MAKE) --no-print-directory -j 2 lint types site
	@$(MAKE) --no-print-directory unit

lint: .venv/test ## check style, formatting, spelling and the language
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/codespell
	@$(BIN)/python -m tests.language

types: .venv/test ## check the types with mypy --strict
	@$(BIN)/mypy --no-error-summary

# Three processes keep two cores busy, because many tests wait.
unit: .venv/test ## run the tests on SQLite, PostgreSQL, a real Glance, Nova and real kernels
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --quiet

soak: .venv/test ## run the long tests: every point, value and page that 'make test' samples
	@$(BIN)/python -m pytest -n 2 --dist loadfile --quiet -m soak tests

services: .venv/test ## install the test servers: PostgreSQL, Keystone, Glance, Nova, Django 1.11
	@$(BIN)/python -m tests.services

procedure: .venv/test ## write the files of a new procedure: make procedure NAME=verb_object
	@$(BIN)/python -m authoring.skeleton $(NAME)

try: .venv/test ## run all checks of one procedure: make try NAME=verb_object
	@$(BIN)/python -m authoring.try_procedure $(NAME)

format: .venv/test ## format the code
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

generate: .venv/test ## update the generated parts of committed files: notebook cells, the drawing of the layers
	@$(BIN)/python -m authoring.generate

rights: .venv/test ## record again what each procedure uses of the databases, for the roles
	@printf '{"keys": {}, "procedures": {}, "read": {}}\n' > runbook_lib/procedures/_rights.json
	@$(BIN)/python -m pytest --quiet --write-rights tests/registry/test_round_trips.py tests/registry/test_moved_reads.py
	@$(BIN)/python -m pytest --quiet --write-rights tests/procedures

promises: ## keep the results of the last 'make test' and 'make soak' for the page about the promises
	@cp build/promises.json runbook_lib/pages/reference/promises.json

constraints: .venv/test ## recompile constraints.txt from pyproject.toml
	@$(BIN)/python -m uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
	  --upgrade --no-header --no-annotate --no-emit-index-url --output-file constraints.txt

audit: .venv/test ## check licenses and known vulnerabilities of the dependencies; OFFLINE=1 without a database
	@$(BIN)/python -m authoring.audit $(if $(OFFLINE),--offline)

bench: .venv/test ## measure against the alternatives
	@for script in benchmarks/*.py; do $(BIN)/python "$$script"; done

clean: ## remove everything that make installed or built
	rm -rf .venv .cache build site docs/runbooks docs/reference .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/python: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is required; this is " + sys.version)'
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
