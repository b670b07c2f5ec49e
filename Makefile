# CI, pre-commit and people run the same targets; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Any stack can be played in an emulated account of its own, if BACKEND=emulated says so: make up STACK=prod BACKEND=emulated
STACK := local
BACKEND :=
ARGS :=
UNPROTECT :=
PYTHON ?= python3
VENV := .takeoff/venv
PY := $(VENV)/bin/python
# What is installed and type-checked; local/ is a distribution of its own and may be deleted.
PARTS := . $(dir $(wildcard local/pyproject.toml))
PACKAGES := $(wildcard infra bootstrap components catalog model_code takeoff policies scenarios local tools)
STAMP := $(VENV)/.installed-$(shell cat requirements-dev.txt pyproject.toml $(wildcard local/pyproject.toml) | cksum | cut -d' ' -f1)
# A file's tests share machines, so a file stays with one worker; TEST_WORKERS=0 runs everything in one process.
TEST_WORKERS ?= 2
PARALLEL = --numprocesses $(TEST_WORKERS) --dist loadfile
# No account, backend or cluster of the user's reaches a target of ours.
CLEAN := env $(shell env | sed -n 's/^\(AWS_[A-Z0-9_]*\|PULUMI_[A-Z0-9_]*\|TAKEOFF_STACK\|KUBECONFIG\)=.*/-u \1/p')

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

.PHONY: emulated
emulated:
	@case '$(STACK) $(BACKEND)' in 'local ' | *' emulated') ;; *) \
	echo "takeoff: STACK=$(STACK) BACKEND=$(BACKEND) names no emulated account; allowed: BACKEND=emulated with it, which plays the stack on this machine, or \`pulumi up --stack $(STACK)\` without make, which deploys it on AWS" >&2; exit 2 ;; esac

.PHONY: preview
preview: setup ## report of what a deployment would change, in an emulated account: make preview STACK=prod
	@$(CLEAN) $(PY) -m local preview --stack $(STACK) $(ARGS)

.PHONY: up
up: emulated setup ## deploy the stack and show its predictions; these take STACK=... BACKEND=emulated
	@$(CLEAN) TAKEOFF_STACK=$(STACK) $(PY) -m local.toolchain doctor
	@$(CLEAN) $(PY) -m local up --stack $(STACK)

.PHONY: down
down: emulated setup ## take the stack down; one other than local needs UNPROTECT=its name
	@$(CLEAN) $(PY) -m local down --stack $(STACK) --unprotect "$(UNPROTECT)"

.PHONY: predict
predict: emulated setup ## predictions through every endpoint of the stack
	@$(CLEAN) $(PY) -m local predict --stack $(STACK)

.PHONY: status
status: emulated setup ## what runs in the emulated account
	@$(CLEAN) $(PY) -m local status --stack $(STACK)

.PHONY: logs
logs: emulated setup ## the last lines of every log
	@$(CLEAN) $(PY) -m local logs --stack $(STACK)

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
	@$(CLEAN) $(PY) -m pytest -m "not slow" $(PARALLEL)

.PHONY: test-all
test-all: setup ## the slow tests, those with a time limit by themselves, then `make test`
	@$(CLEAN) $(PY) -m pytest -m "slow and alone"
	@$(CLEAN) $(PY) -m pytest -m "slow and not alone" $(PARALLEL)
	@$(MAKE) test

.PHONY: sabotage
sabotage: setup ## remove one declared resource or edge at a time; the scenario that owns it must fail
	@$(CLEAN) $(PY) -m tests.local.sabotage

.PHONY: rollout-demo
rollout-demo: setup ## three releases under load, good, slow and failing: what the guardrails make of each
	@$(CLEAN) $(PY) -m local.demo.rollout

.PHONY: loop
loop: emulated setup ## the loop's scenarios on the deployed stack: timeline, verdicts, a chart; ARGS="--only abd"
	@$(CLEAN) $(PY) -m local loop --stack $(STACK) $(ARGS)

.PHONY: cluster
cluster: setup ## build the local cluster's programs (about ten CPU-minutes, once) and start it; pods come with `make up`
	@$(CLEAN) $(PY) -m local.cluster build
	@$(CLEAN) $(PY) -m local.cluster start

.PHONY: simulate
simulate: emulated setup ## node pools under load on the local cluster: table, verdicts, a chart; ARGS="--only cpu,gpu"
	@$(CLEAN) $(PY) -m local simulate --stack $(STACK) $(ARGS)

.PHONY: pipelines
pipelines: setup ## render every model's pipeline.json with the SageMaker SDK; ARGS=--check only compares
	@$(PY) -m tools.pipelines $(ARGS)

.PHONY: policy-proof
policy-proof: STACK := prod
policy-proof: setup ## mutate what prod declares, one security property at a time; a rule must see each
	@$(CLEAN) $(PY) -m local.digest --stack $(STACK) .takeoff/proof/$(STACK).json
	@$(PY) -m policies.proof .takeoff/proof/$(STACK).json --config policies/environments/$(STACK).json

.PHONY: checkov
checkov: emulated setup ## the stack's plan as Terraform's JSON, judged by checkov, from an environment of its own
	@$(CLEAN) $(PY) -m local.digest --stack $(STACK) .takeoff/checkov/$(STACK).json
	@$(PY) -m tools.checkov .takeoff/checkov/$(STACK).json

.PHONY: bench
bench: setup ## the figures that the README quotes
	@$(CLEAN) $(PY) -m benchmarks

.PHONY: lock
lock: setup ## rewrite requirements.txt and requirements-dev.txt from pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	@$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --extra dev -c requirements.txt pyproject.toml $(wildcard local/pyproject.toml) -o requirements-dev.txt
