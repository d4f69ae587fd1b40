# Two commands on a bare machine with Python >= 3.11: `make run` and `make test`.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON := $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input

run: $(VENV)/.run ## install what is needed and start the bot
	@exec $(BIN)/diwakhan run

test: $(VENV)/.dev ## install what is needed and run the tests
	@$(BIN)/python -m pytest -n 2 -m "not slow"

test-slow: $(VENV)/.dev ## the long tests: crashes, races, many people
	@$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev ## style, types, import rules, catalogs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m locales.extract --check
	@$(BIN)/python -m locales.check

bench: $(VENV)/.dev ## measure, as ratios side by side in one run
	@$(BIN)/python -m benchmarks

lock: $(VENV)/.dev ## renew the hash-locked requirements
	@$(PIP) install uv
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock

clean: ## remove what make made (not var/, where the data are)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || sed -n 's/^\([a-z-]*\):.*## /make \1: /p' Makefile

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Diwakhan needs Python 3.11 or newer; none was found on PATH."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks its venv module; install it (on Debian: the package python3-venv)."; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# Installed packages are checked against their hashes; the project itself runs from this folder.
$(VENV)/.run: requirements.lock $(VENV)/bin/python
	@test -e $(VENV)/.dev || { echo "Installing what Diwakhan needs"; $(PIP) install --require-hashes -r requirements.lock; }
	@$(MAKE) --no-print-directory $(BIN)/diwakhan
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/bin/python
	@echo "Installing what Diwakhan and its tests need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(MAKE) --no-print-directory $(BIN)/diwakhan
	@touch $@

$(BIN)/diwakhan: $(VENV)/bin/python
	@printf '%s\n' "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/diwakhan.pth"
	@printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m bot.command_line "$$@"\n' "$(CURDIR)" > $@
	@chmod +x $@

.PHONY: run test test-slow check bench lock clean help
