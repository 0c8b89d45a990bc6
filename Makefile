# Needs make and python3 (3.11 or newer, with its venv module); all else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check bench screenshots scenarios clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 22

demo: $(VENV)/installed  ## real connections on a loopback of their own, watched
	@$(BIN)/tcpwatch demo

# Five at once on two cores: the end-to-end tests wait more than they work.
test: $(VENV)/installed-test  ## every test that this machine and user can run; ARGS="-k word" picks some
	@$(BIN)/python -m pytest -q -n 5 --dist loadgroup --no-loadscope-reorder $(ARGS)

check: $(VENV)/installed-test  ## format, lint, types, import contract, layout, translations
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_layout.py tests/test_imports.py
	@$(BIN)/python -m tools.translations

bench: $(VENV)/installed-test  ## speed, with the peer measured in the same run
	@$(BIN)/python -m tests.perf

screenshots: $(VENV)/installed-test  ## take the pictures in screenshots/ anew, from the demo's real traffic
	@$(BIN)/python -m screenshots.take

scenarios: $(VENV)/installed-test  ## write what follows from the scenarios; ARGS=NAME records that one anew
	@$(BIN)/python -m tools.scenarios $(ARGS)

clean:  ## remove .venv and everything that tools have left
	rm -rf $(VENV) *.egg-info build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml
	$(call install,.)

$(VENV)/installed-test: pyproject.toml
	$(call install,.[test])
	@touch $(VENV)/installed

# $(call install,WHAT): WHAT, editable, into .venv, which is made where it is missing or its python is gone.
define install
	@$(BIN)/python -c "" 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || { \
		rm -rf $(VENV); \
		echo "$(PYTHON) could not make $(VENV). On Debian and Ubuntu its venv module is a package of its own:"; \
		echo "    sudo apt-get install python3-venv"; \
		exit 1; } >&2
	@echo "Installing into $(VENV): once, and again when pyproject.toml changes"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable "$(1)"
	@touch $@
endef
