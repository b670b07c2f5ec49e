# CI, pre-commit and people run the same targets; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .takeoff/venv
PY := $(VENV)/bin/python
# What is installed and type-checked; local/ is a distribution of its own and may be deleted.
PARTS := . $(dir $(wildcard local/pyproject.toml))
PACKAGES := $(wildcard infra components catalog model_code takeoff local)
STAMP := $(VENV)/.installed-$(shell cat requirements-dev.txt pyproject.toml $(wildcard local/pyproject.toml) | cksum | cut -d' ' -f1)
# No account, backend or cluster of the user's reaches a target of ours.
CLEAN := env $(shell env | sed -n 's/^\(AWS_[A-Z0-9_]*\|PULUMI_[A-Z0-9_]*\|KUBECONFIG\)=.*/-u \1/p')

.PHONY: help
help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {gsub(/[$$][$$]/, "$$", $$2); printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## install everything into .takeoff/venv, bytecode included
$(STAMP):
	@echo "takeoff: installing into $(VENV) (about a minute; 1.4 GB)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "takeoff: needs Python 3.11 or later, got " + sys.version.split()[0] + "; name one with make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --compile-bytecode -r requirements-dev.txt
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --no-deps $(addprefix --editable ,$(PARTS))
	@rm -f $(VENV)/.installed-* && touch $@

.PHONY: up
up: setup ## deploy the local stack and show its predictions
	@$(CLEAN) $(PY) -m local.toolchain doctor
	@$(CLEAN) $(PY) -m local up

.PHONY: down
down: setup ## take the local stack down, whole
	@$(CLEAN) $(PY) -m local down

.PHONY: predict
predict: setup ## predictions through every endpoint of the local stack
	@$(CLEAN) $(PY) -m local predict

.PHONY: status
status: setup ## what runs in the emulated account
	@$(CLEAN) $(PY) -m local status

.PHONY: logs
logs: setup ## the last lines of every log
	@$(CLEAN) $(PY) -m local logs

.PHONY: doctor
doctor: setup ## what is found, what will be built, minutes and disk
	@$(CLEAN) $(PY) -m local.toolchain doctor

.PHONY: shell
shell: setup ## a shell with plain `pulumi preview | up | stack` for the local stack
	@# A shell ends with the status of its last command; for a person at a terminal that is no failure of make's.
	@$(CLEAN) $(PY) -m local.toolchain shell || test -t 0

.PHONY: env
env: setup ## the same for the shell you have: eval "$$(make env)"
	@$(CLEAN) $(PY) -m local.toolchain env

.PHONY: build
build: setup ## find or build the toolchain of the local stack
	@$(CLEAN) $(PY) -m local.toolchain build

.PHONY: check
check: setup ## lint, types and lock
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy $(addprefix --package ,$(PACKAGES))

.PHONY: test
test: setup ## every test but the slow ones
	@$(CLEAN) $(PY) -m pytest -m "not slow"

.PHONY: test-all
test-all: setup ## the slow tests, then `make test`
	@$(CLEAN) $(PY) -m pytest -m slow
	@$(MAKE) test

.PHONY: sabotage
sabotage: setup ## remove one declared resource or edge at a time; the scenario that owns it must fail
	@$(CLEAN) $(PY) -m tests.local.sabotage

.PHONY: bench
bench: setup ## the figures that the README quotes
	@$(CLEAN) $(PY) -m benchmarks

.PHONY: lock
lock: setup ## rewrite requirements.txt and requirements-dev.txt from pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --extra dev -c requirements.txt pyproject.toml $(wildcard local/pyproject.toml) -o requirements-dev.txt
