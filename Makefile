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

.PHONY: install demo test test-all lint docs bench plugin translations bundle lock

install: $(STAMP)

# uv resolves and installs in a fraction of pip's time, and takes the build of torch with which
# torchvision imports; pip only fetches uv. -b holds the backend that builds sargeo. Bytecode costs
# 50 CPU seconds once; where none may be written later, each start of the tool would compile all it loads.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/python -m uv pip install --compile-bytecode --python $(BIN)/python \
	    -c constraints.txt -b constraints.txt -e ".[dev]"
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
	$(BIN)/python tests/architecture/file_size.py

# What is marked slow runs with test-all, which is what continuous integration runs.
test: lint
	$(BIN)/python -m pytest -m "not slow" $(WORKERS) --dist worksteal $(PYTEST_ARGS)

test-all: lint
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

# The newest versions that go together, for all platforms: of the development environment, then of
# what the plugin installs, which are among them.
COMPILE := $(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 \
    --no-annotate --no-emit-index-url --quiet
lock: install
	$(COMPILE) --extra dev --upgrade --custom-compile-command "make lock" --output-file constraints.txt
	$(COMPILE) -c constraints.txt --upgrade --no-header \
	    --output-file qgis_plugin/sargeo_qgis/core/environment/requirements.txt
