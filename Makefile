# Two commands on a bare machine with Python >= 3.11: `make run` and `make test`.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: run test test-slow check bench lock clean help venv ready ready-dev

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
COMPILE := pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

run: ready ## install what is needed and start the bot
	@exec $(BIN)/diwakhan run

test: ready-dev ## install what is needed and run the tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: ready-dev ## the long tests: crashes, races, many people
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

check: ready-dev ## style, types, import rules, catalogs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m locales.extract --check
	@$(BIN)/python -m locales.check

bench: ready-dev ## measure, as ratios side by side in one run
	@$(BIN)/python -m benchmarks

lock: venv ## renew the hash-locked requirements
	@command -v uv >/dev/null || $(PIP) install uv
	@PATH="$$PATH:$(CURDIR)/$(BIN)"; uv $(COMPILE) -o requirements.lock && \
		uv $(COMPILE) --extra dev -o requirements-dev.lock
	@$(BIN)/python .ci/sbom.py

clean: ## remove what make made (not var/, where the data are)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' Makefile | while read -r name what; do printf 'make %-10s %s\n' "$$name" "$$what"; done

# A whole environment is kept as it is; one that is missing, cut short or whose Python is gone is made anew.
venv:
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exit; \
	for python in $(PYTHONS); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null || { lacking="$$lacking $$python"; continue; }; \
		echo "Making a virtual environment in $(VENV)"; \
		exec "$$python" -m venv --clear $(VENV); \
	done; \
	if [ -n "$$lacking" ]; then echo "Missing: the venv module of$$lacking (on Debian: apt install python3-venv)."; \
	else echo "Missing: Python 3.11 or newer; none was found on PATH."; fi >&2; exit 1

# What is installed was checked against its hashes; a stamp named after a lock's content says that it is there.
stamp = $(VENV)/.$(1)-$$(cksum < $(1) | tr ' ' -)

ready: venv
	@test -e $(call stamp,requirements.lock) || { \
		echo "Installing what Diwakhan needs"; rm -f $(VENV)/.requirements*; \
		$(PIP) install --require-hashes -r requirements.lock && touch $(call stamp,requirements.lock); }
	@$(command)

ready-dev: venv
	@test -e $(call stamp,requirements-dev.lock) || { \
		echo "Installing what Diwakhan and its tests need"; rm -f $(VENV)/.requirements*; \
		$(PIP) install --require-hashes -r requirements-dev.lock && \
		touch $(call stamp,requirements.lock) $(call stamp,requirements-dev.lock); }
	@$(command)

# The project runs from this folder, wherever `.venv/bin/diwakhan` is called from; nothing of it is installed.
define command
test -x $(BIN)/diwakhan && grep -Fqs '$(CURDIR)/$(BIN)' $(BIN)/diwakhan || { \
	printf '%s\n' '$(CURDIR)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/diwakhan.pth"; \
	printf '#!/bin/sh\nexec "%s/python" -P -m bot.command_line "$$@"\n' '$(CURDIR)/$(BIN)' > $(BIN)/diwakhan.new; \
	chmod +x $(BIN)/diwakhan.new; mv $(BIN)/diwakhan.new $(BIN)/diwakhan; }
endef
