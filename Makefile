# Everything a person types. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
SOURCE ?=

.DEFAULT_GOAL := help
.PHONY: help install build dbt docs sql dashboard test check style soak baselines bench scale-out editor lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/installed ## set up .venv with exactly the pinned packages

build: install ## logs to marts (SOURCE=file takes real logs, else a year is generated)
	$(BIN)/lakehouse build $(if $(SOURCE),--source "$$SOURCE")

dbt: install ## build and test the marts alone
	cd dbt_project && dbt build

docs: install ## write the documentation of the marts with its lineage, and serve it on 127.0.0.1
	cd dbt_project && dbt docs generate --static
	@echo "One file for any browser: dbt_project/target/static_index.html (Ctrl-C ends the server)"
	cd dbt_project && dbt docs serve --no-browser --host 127.0.0.1 --port 8580

sql: install ## run a statement: make sql Q="select ..."
	@lakehouse sql $(if $(Q),"$$Q")

dashboard: install ## open the BI app on 127.0.0.1
	lakehouse dashboard

test: $(VENV)/installed-dev ## run the tests
	python -m pytest -n auto --dist loadgroup

check: style test ## format, lint, types, layers, SQL format, tests

style: $(VENV)/installed-dev
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-cache
	sqlfmt --check --quiet dbt_project

baselines: $(VENV)/installed-dev ## take the pictures anew that the dashboard's pages are compared with
	python -m pytest -q tests/browser/test_pages.py --renew-baselines

soak: $(VENV)/installed-dev ## kill ingesters 300 times, click through pages while builds run, and more
	python -m pytest -m soak -s

bench: $(VENV)/installed-bench ## measure against peers and limits (NAME=landing: that alone)
	python -m benchmarks $(NAME)

scale-out: $(VENV)/installed-scale-out ## build the marts on a Sail cluster too, and compare them
	lakehouse scale-out

editor: ## bundle the SQL workbench's editor again (needs Node.js and npm)
	cd apps/bi/workbench/editor_source && npm ci --no-audit --no-fund && npm run build

lock: ## pin again what pyproject.toml asks for (needs uv)
	uv pip compile pyproject.toml $(LOCK_FLAGS) -o requirements/base.txt
	uv pip compile pyproject.toml $(LOCK_FLAGS) --extra dev --extra tune -c requirements/base.txt -o requirements/dev.txt
	uv pip compile pyproject.toml $(LOCK_FLAGS) --extra scale-out --no-deps -c requirements/dev.txt -o requirements/scale-out.txt
	uv pip compile pyproject.toml $(LOCK_FLAGS) --extra bench -c requirements/base.txt -c requirements/dev.txt -o requirements/bench.txt

clean: ## remove the environment and all state (.venv, .lake)
	rm -rf $(VENV) .lake dbt_project/target dbt_project/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

LOCK_FLAGS := --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-annotate --no-header --quiet

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "lakehouse needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Hashes are checked for every package; the project itself is linked in without a download.
$(VENV)/installed: requirements/base.txt pyproject.toml | $(VENV)/created
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The file is complete: --no-deps leaves out what Sail's adapter asks for and nothing here uses.
$(VENV)/installed-scale-out: requirements/scale-out.txt $(VENV)/installed
	pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/scale-out.txt
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt $(VENV)/installed
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/installed-bench: requirements/bench.txt $(VENV)/installed-dev
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@
