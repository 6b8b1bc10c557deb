# kecs: what a user and a contributor type. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

# What `make kubernetes` starts lies here, unless told otherwise, and with these companions.
KUBERNETES ?= .cache/kubernetes
WITH ?=

.PHONY: help setup demo test check unit bench bench-kubernetes kubernetes kubernetes-down lock image generate clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with kecs and everything that the tests need.

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kecs needs Python 3.11 or newer, this is " + sys.version.split()[0] + " (set PYTHON=)")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup ## Start kecs, run examples/hello as a service of real containers, show it answering, serve until Ctrl-C.
	@$(BIN)/python tools/demo.py

test: setup check unit ## Run every check and every test that this machine allows, and say what was left out.

check: setup ## Run the linters, the type checker and the import contracts.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

unit: setup ## Run the tests alone.
	@$(PYTHON) tools/kubernetes/rig build --node --if-possible
	$(BIN)/pytest -n 3 --dist worksteal

bench: setup ## Measure kecs beside its peers and floors, and print the table.
	$(BIN)/python -m bench

bench-kubernetes: setup ## Measure kecs on real Kubernetes, and its client, and print the table.
	$(BIN)/python -m bench kubernetes

kubernetes: ## Start a real Kubernetes on this machine and print the path of its kubeconfig (needs root and Go).
	@$(PYTHON) tools/kubernetes/rig up --node --with "$(WITH)" $(KUBERNETES)

kubernetes-down: ## End what `make kubernetes` started, and remove every trace of it.
	@$(PYTHON) tools/kubernetes/rig down $(KUBERNETES)

lock: setup ## Pin the dependencies anew, with hashes.
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file requirements/runtime.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --output-file requirements/dev.txt

image: setup ## Make an image of kecs of what the machine has, without a registry, and print where it is.
	@$(BIN)/python tools/image/build

generate: setup ## Write the generated files anew: the ECS model, the tables of operations and settings, the manifests.
	$(BIN)/python tools/generate_model.py
	$(BIN)/python tools/generate_docs.py
	$(BIN)/python tools/generate_manifests.py

clean: ## Remove what setup and the tests made (not the data directory).
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
