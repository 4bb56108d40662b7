# Etappe. `make run` and `make test` need nothing but this file, make and Python 3.11 or newer.
# ETAPPE_VENV chooses another directory for the virtual environment, PYTHON another interpreter.
SHELL := /bin/sh
VENV := $(or $(ETAPPE_VENV),.venv)
BIN := $(VENV)/bin
export ETAPPE_VENV := $(VENV)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint types wheel check bench lock clean

help:  ## show these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

setup:  ## virtual environment, locked dependencies, browser assets (again only when something changed)
	@sh scripts/setup.sh run

setup-dev:
	@sh scripts/setup.sh dev

run: setup  ## start everything: database, web, worker; honours HOST, PORT, ETAPPE_DATA_DIR, DATABASE_URL
	@exec $(BIN)/etappe run

test: setup-dev  ## the whole test suite, browser tests included (arguments: make test T="tests/web -x")
	@sh scripts/browser.sh
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(T)

lint: setup-dev  ## style, import contracts and every process model
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/etappe lint --alle

types: setup-dev  ## static types
	$(BIN)/mypy

wheel: setup-dev
	@sh scripts/wheel.sh

check: setup-dev  ## what CI runs: lint, types and the wheel in an empty environment side by side, then the tests
	@$(MAKE) --no-print-directory -j 2 types wheel lint
	@$(MAKE) --no-print-directory test

bench: setup  ## the budgets, measured against a bare endpoint on the same database
	@$(BIN)/etappe bench

lock:  ## recompute both lock files after a change in pyproject.toml
	@sh scripts/lock.sh

clean:  ## remove what setup built (data in .etappe stays)
	rm -rf $(VENV) web/static/build web/frontend/node_modules dist
