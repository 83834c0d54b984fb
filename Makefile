# `make help` lists what can be done. Needs Python 3.11 or later and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := hookspecs kernel plugins/ispsystem_api plugins/isp_licenses plugins/ispmanager_hosting \
	plugins/ipmanager plugins/payment_gateways plugins/manual_processing
RUNTIME := -e ./hookspecs -e ./kernel $(foreach plugin,$(wildcard plugins/*/pyproject.toml),-e ./$(dir $(plugin)))
MANIFESTS := $(wildcard */pyproject.toml plugins/*/pyproject.toml) constraints.txt
WORKERS ?= 3
# Tests start many processes: each would compile all modules anew where nothing is kept.
TEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: help demo run test test-everywhere check format bench soak soak-balances sample-invoice clean wheels

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.runtime: $(MANIFESTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one with make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the kernel and its plugins into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(RUNTIME)
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@echo "installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-r requirements-dev.txt -e './hookspecs[testing]' -e './kernel[redis,rabbitmq,documents]'
	@touch $@

demo: $(VENV)/.runtime ## sell a licence on the embedded default, from nothing to the key, and end
	@$(BIN)/python demo

run: $(VENV)/.runtime ## serve the same installation with demo data, until Ctrl-C
	@$(BIN)/python demo/serve.py

test: check ## set everything up, run every check and every test
	@$(TEST) -n $(WORKERS) --dist loadgroup

test-everywhere: $(VENV)/.dev ## every test on both databases, also those that need only one
	@$(TEST) -n $(WORKERS) --dist loadgroup --everywhere

check: $(VENV)/.dev ## format, lint, types, layers
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

format: $(VENV)/.dev ## put the code into shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

soak: $(VENV)/.dev ## the longer runs of what is tried at random; about half an hour
	@$(BIN)/python -m pytest -m soak tests

soak-balances: $(VENV)/.dev ## 200,000 balance operations from 8 processes, on both databases
	@$(BIN)/python -m tests.soak.balance_operations

bench: $(VENV)/.dev ## benchmarks: print ratios
	@$(BIN)/python -m pytest -m benchmark -s tests/benchmarks

sample-invoice: $(VENV)/.dev ## write sample invoices to build/invoices, as PDF, HTML and XML
	@$(BIN)/python -m billing_kernel.documents build/invoices

wheels: $(VENV)/.dev ## build a wheel of every distribution into dist/
	@for member in $(MEMBERS); do $(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation -w dist ./$$member; done

clean: ## remove the environment and everything that was made
	rm -rf $(VENV) dist build .demo .run .mypy_cache .ruff_cache .pytest_cache
