# The same commands that continuous integration runs. Windows without make: see CONTRIBUTING.md.

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
PYTHON ?= python
else
BIN := .venv/bin
PYTHON ?= python3
endif

STAMP := .venv/installed
PYTEST_ARGS ?=
# One worker for each processor; each takes up to 2 GB.
WORKERS := --numprocesses logical --maxprocesses 4

.PHONY: install demo test lint docs bench plugin translations bundle lock

install: $(STAMP)

# uv resolves and installs in a fraction of pip's time; pip only fetches uv. Bytecode costs 50 CPU
# seconds once; where none may be written later, each start of the tool would compile all it loads.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python -m uv pip install --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[dev]"
	$(BIN)/python -c "import pathlib; pathlib.Path('$(STAMP)').touch()"

demo: install
	$(BIN)/sargeo demo -o demo_out

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/validate-pyproject pyproject.toml

test: lint
	$(BIN)/python -m pytest $(WORKERS) --dist worksteal $(PYTEST_ARGS)
	$(BIN)/python tests/qgis/run.py

docs: install
	$(BIN)/mkdocs build --strict

bench: install
	$(BIN)/python benchmarks/map_scene.py

# The zip for QGIS, in dist/; needs nothing but Python.
plugin:
	$(PYTHON) qgis_plugin/tools/package.py

# Brings qgis_plugin/sargeo_qgis/i18n up to date with the sources.
translations:
	$(PYTHON) qgis_plugin/tools/translate.py

# The wheels for an installation without a network, for this machine; for another, see
# make bundle BUNDLE_ARGS=--help.
bundle: install
	cd qgis_plugin && ../$(BIN)/python -m tools.bundle $(BUNDLE_ARGS)

# The versions that the plugin installs, for all platforms.
lock: install
	$(BIN)/python -m uv pip compile pyproject.toml -c constraints.txt --universal --upgrade \
	    --python-version 3.11 --no-header --no-annotate --no-emit-index-url --quiet \
	    --output-file qgis_plugin/sargeo_qgis/core/environment/requirements.txt
