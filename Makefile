# `make` lists what there is. Two commands matter most: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := config/requirements.txt
DEV_LOCK := config/requirements-dev.txt
TEST_WORKERS ?= 2
export PORT ?= 8000
export HOST ?= 127.0.0.1

.DEFAULT_GOAL := help
.PHONY: help demo test hard check format catalogs docs assets lock wheel ui-matrix bench bench-analytics bench-analytics-large bench-told import-report clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.demo: $(LOCK) setup.cfg setup.py
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Installing (once; the next start needs no network) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r $(LOCK)
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(DEV_LOCK) $(VENV)/.demo
	@$(PIP) --require-hashes -r $(DEV_LOCK)
	@touch $@

demo: $(VENV)/.demo ## the tea shop on http://127.0.0.1:8000 (PORT=, HOST=0.0.0.0 for a phone)
	@exec $(BIN)/zhanggui demo

test: $(VENV)/.dev ## every test, on SQLite, PostgreSQL, a queue server and a browser (PLUGIN=orders: of one plugin)
	@$(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(if $(PLUGIN),tests/plugins/$(PLUGIN)) $(PYTEST_ARGS)

hard: $(VENV)/.dev ## the proofs at full size (about an hour); their figures are kept in tests/proofs/
	@$(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest --hard -m proof -o faulthandler_timeout=3600 $(PYTEST_ARGS)

check: $(VENV)/.dev ## lint, types, imports, catalogs, generated docs, assets, migrations
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/architecture
	@$(BIN)/python -m zhanggui.i18n.tool check
	@$(BIN)/python -m zhanggui.cli.reference --check
	@themes/palm/frontend/check

format: $(VENV)/.dev ## put imports in order and mend what can be mended
	@$(BIN)/ruff check --fix .

catalogs: $(VENV)/.dev ## collect the texts and compile the translations
	@$(BIN)/python -m zhanggui.i18n.tool extract
	@$(BIN)/python -m zhanggui.i18n.tool compile

docs: $(VENV)/.dev ## write docs/reference anew from the code
	@$(BIN)/python -m zhanggui.cli.reference

assets: $(VENV)/.demo ## build the theme's files (needs Node 20), compress those of plugins
	@cd themes/palm/frontend && npm ci --silent && node build.mjs
	@for folder in plugins/*/static; do $(BIN)/python -m whitenoise.compress -q $$folder; done

lock: $(VENV)/.dev ## resolve the dependencies anew
	@printf 'setuptools\nwheel\n' | $(BIN)/uv pip compile -q setup.cfg - --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url -o $(LOCK)
	@$(BIN)/uv pip compile -q setup.cfg --extra dev -c $(LOCK) --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url -o $(DEV_LOCK)

wheel: $(VENV)/.dev ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null && ls dist/*.whl

ui-matrix: $(VENV)/.dev ## every screen, phone and desktop, zh and en, light and dark, against the budget
	@$(BIN)/python tests/browser.py
	@$(BIN)/python -m pytest tests/journeys/test_every_screen.py --full-matrix

bench: $(VENV)/.dev ## beside the peers: BENCH=path/to/the/benchmark make bench
	@test -n "$(BENCH)" || { echo "Say where the peer benchmark lies: BENCH=path make bench"; exit 2; }
	@BENCH_TARGETS=$(CURDIR)/tests/bench $(BENCH)/run web --only django,floor,ours && BENCH_TARGETS=$(CURDIR)/tests/bench $(BENCH)/run export --only django,floor,ours

bench-analytics: $(VENV)/.dev ## figures over a million orders, on both databases, beside SQL and DuckDB (where it is installed)
	@$(BIN)/python -m pytest -s --hard tests/plugins/analytics/test_answer_fast.py -o faulthandler_timeout=7200

bench-analytics-large: ## the same over ten millions
	@ANALYTICS_ORDERS=10000000 $(MAKE) bench-analytics

bench-told: $(VENV)/.dev ## what messages and webhooks cost whoever orders, in interleaved pairs
	@$(BIN)/python tests/bench/orders_told.py

import-report: $(VENV)/.demo ## compare what was imported with the file: FILE=year.parquet make import-report
	@test -n "$(FILE)" || { echo "Say which file: FILE=year.parquet make import-report"; exit 2; }
	@$(BIN)/python -m zhanggui.importing.compare $(FILE)

clean: ## remove what was built; the demo's data in var/ stays
	@rm -rf $(VENV) build dist *.egg-info core/*.egg-info
