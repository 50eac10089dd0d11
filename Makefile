# The one door. `make` alone tells what there is.
#
# Needs Python 3.11 or newer, nothing else: everything goes into .venv, as locked in requirements.lock. `make kafka`, and the tests
# that want more than Python, say which tool they need (docs/development.md).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
INSTALLED := .venv/installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The first Python that is new enough and can make virtual environments; PYTHON=... names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# Handed to the command behind a target, such as ARGS="-k masks" for make test.
ARGS ?=
# Where make kafka listens (on 127.0.0.1), and where it keeps its data.
PORT ?= 19092
DIR ?= deploy/kafka/target/kafka
# How many rounds of faults make chaos goes through.
ROUNDS ?= 20
# How many simulations make simulate runs; SEED=... is one of them alone.
SEEDS ?= 1000
SEED ?=
# How many mutants make mutate tries, of which sample; SAMPLE= is all.
SAMPLE ?= 400
# How long make fuzz goes on.
MINUTES ?= 5

.PHONY: help
help: ## Tell what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: install
install: $(INSTALLED) ## Install the command .venv/bin/dialstat, with its locked dependencies

.PHONY: demo
demo: $(INSTALLED) ## Watch simulated campaigns on a page of your browser; needs no Kafka; Ctrl-C ends it
	@$(BIN)/dialstat demo $(ARGS)

.PHONY: test
test: lint ## Check everything: make lint, then all tests; ARGS="-k masks" chooses some
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Check style, types, the rooms' imports and the size of files
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/mypy --no-error-summary --explicit-package-bases deploy tests/chaos tests/harness tests/repository tests/simulation tests/conftest.py tests/needs.py
	@$(BIN)/lint-imports --no-logo >.venv/rooms.log || { cat .venv/rooms.log; exit 1; }
	@git grep -c '' -- '*.py' | awk -F: '$$2 > 400 { print $$1 ": " $$2 " lines, at most 400 are readable"; long = 1 } END { exit long }'

.PHONY: audit
audit: $(INSTALLED) ## Ask PyPI for known vulnerabilities of the locked packages; says so where it can't be reached
	@$(BIN)/python -m tests.repository.audit $(ARGS)

.PHONY: kafka
kafka: python ## Run a real Kafka for development on 127.0.0.1:19092 (Java 17, Maven; PORT=, DIR=); Ctrl-C ends it
	@$(PYTHON) deploy/kafka/broker.py --port $(PORT) --directory $(DIR) $(ARGS)

.PHONY: bench
bench: $(INSTALLED) ## Measure a worker on a real Kafka (Java 17, Maven)
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: profile
profile: $(INSTALLED) ## Tell which functions take the time of both agents, without Kafka
	@$(BIN)/python -m benchmarks.in_process --profile $(ARGS)

.PHONY: chaos
chaos: $(INSTALLED) ## Break workers, broker and network ROUNDS=20 times under load on a real Kafka (Java 17, Maven), and recount everything
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS) $(ARGS)

.PHONY: simulate
simulate: $(INSTALLED) ## Look for what faults could break: SEEDS=1000 simulations of the whole pipeline; SEED=7 is one with all it does
	@$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED) --trace,--seeds $(SEEDS)) $(ARGS)

.PHONY: fuzz
fuzz: $(INSTALLED) ## Give all that takes bytes or text what nobody would write, for MINUTES=5
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(ARGS)

.PHONY: mutate
mutate: $(INSTALLED) ## Change the engine in one place at a time, SAMPLE=400 of them: what would its tests not notice?
	@$(BIN)/python -m tests.mutation $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: lock
lock: python ## Renew requirements.lock from pyproject.toml; what is locked stays unless ARGS=--upgrade
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install pip-tools
	@build/lock/bin/pip-compile --quiet --extra=dev --build-deps-for=editable --generate-hashes --strip-extras --allow-unsafe \
		--no-emit-find-links --no-emit-index-url --no-emit-trusted-host --output-file=requirements.lock $(ARGS) pyproject.toml

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }

# A file is made when all is in place, so that the second time costs nothing and a broken first time is taken up again.
$(INSTALLED): requirements.lock pyproject.toml | python
	@echo "Installing into .venv; the first time takes a minute or two"
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m kernels
	@touch $@
