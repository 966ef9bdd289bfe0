# Everything that is done here, by name. CI calls only these targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo

.PHONY: report test long check docs lab demo bench lock clean help
.DEFAULT_GOAL := help

help:  ## What there is to run
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	@touch $@

report: demo  ## The environment, the demo company and its packs
	@for pack in weekly-oncall monthly-retro quarterly-planning; do (cd $(DEMO) && ../$(BIN)/opsanalytics report $$pack) || exit 1; done

demo: $(READY)  ## The demo company, in demo/
	@test -d $(DEMO) || $(BIN)/opsanalytics demo $(DEMO)

test: $(READY)  ## The tests, in about nine minutes
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

long: $(READY)  ## The tests that take minutes: kills, many seeds
	$(BIN)/pytest -m long

check: $(READY)  ## Lint, types, layers, generated pages
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(READY)  ## Write the generated pages anew
	$(BIN)/python docs/generate.py

bench: $(READY)  ## Speed, beside a peer in the same run
	$(BIN)/pytest tests/benchmarks --benchmark-enable --benchmark-only --benchmark-columns=median,min,rounds

lab: demo  ## JupyterLab on the demo company
	cd $(DEMO) && ../$(BIN)/opsanalytics lab $(LAB)

lock: $(READY)  ## Choose the newest versions that pyproject.toml allows
	uv pip compile --universal --no-header --no-annotate --upgrade --python-version 3.11 --group dev \
	  pyproject.toml --output-file constraints.txt

clean:  ## Remove what was built
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
