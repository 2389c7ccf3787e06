# Two commands do everything on a machine with Python >= 3.11, Node >= 20 and make:
#   make lab    open JupyterLab on the quickstart      (make demo: the same headless)
#   make test   run every check
PYTHON ?= python3
PY := .venv/bin/python
BUNDLE := nbembed/static/widget.js
JS_SOURCES := $(shell find js/src -type f) js/build.mjs js/package.json
NPX := cd js && npx --no-install

.PHONY: lab demo test lint unit vitest pytest notebooks notebooks-repeat claims chromium browser gallery bench wheel oldest build clean

lab: build
	$(PY) -m jupyterlab notebooks/00_quickstart.ipynb

demo: build
	mkdir -p demo
	$(PY) -m jupyter execute notebooks/00_quickstart.ipynb --output=../demo/00_quickstart.ipynb
	mv notebooks/digits.html demo/digits.html
	@echo "The page the notebook made: demo/digits.html"

# The first ones keep a processor busy each, and the network; of the others, each keeps both busy.
test: build
	$(MAKE) --jobs=3 lint vitest chromium
	$(MAKE) pytest notebooks browser wheel

build: .stamps/venv $(BUNDLE)

lint: build
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	$(NPX) pyright --project ../pyproject.toml
	cd js && npm run check

unit: vitest pytest

vitest: build
	cd js && npm test

pytest: build
	$(PY) -m pytest -n logical --maxprocesses=4 --dist loadscope tests --ignore=tests/browser --doctest-modules nbembed

notebooks: build
	$(PY) -m pytest --nbval --nbval-sanitize-with notebooks/sanitize.cfg -p no:randomly -n logical --maxprocesses=2 --dist loadscope notebooks

# Three times in a row, with one thread and with two: only what never differs may be compared.
notebooks-repeat: build
	set -e; for threads in 1 2; do for time in 1 2 3; do \
	  OMP_NUM_THREADS=$$threads NUMBA_NUM_THREADS=$$threads $(PY) -m pytest --nbval \
	    --nbval-sanitize-with notebooks/sanitize.cfg -p no:randomly -n logical --maxprocesses=2 --dist loadscope notebooks; done; done

# What the lessons claim, with ten seeds that they do not show.
claims: build
	NBEMBED_CLAIM_SEEDS=10 $(PY) -m pytest tests/test_lesson_notebooks.py -k claims

chromium: build
	$(PY) tests/browser/chromium.py

# Each of the two has a JupyterLab of its own, and one thread for what it computes.
browser: build chromium
	OMP_NUM_THREADS=1 $(PY) -m pytest -n logical --maxprocesses=2 --dist loadscope tests/browser

# The pictures in docs/, from the real browser; CONTRIBUTING.md says how to read them.
gallery: build
	$(PY) tests/browser/gallery.py

# The wheel as a user gets it: in an empty environment, without Node.
wheel: build
	rm -rf dist
	$(PY) tests/check_wheel.py dist

# The wheel with the lowest anywidget, ipywidgets, JupyterLab and ipykernel that are supported.
oldest: build
	rm -rf build/oldest
	$(PY) -m build --wheel --outdir build/oldest
	$(PY) tests/check_oldest.py build/oldest

# drawing.py compares with an npm package: `npm ci` in benchmarks/drawing brings it.
# With ROWS="1797" those that measure speed take these rows: digits up to 1,797, Fashion-MNIST above.
bench: build
	$(PY) benchmarks/run_control.py
	$(PY) benchmarks/methods.py $(if $(ROWS),--rows $(ROWS))
	$(PY) benchmarks/first_call.py $(if $(ROWS),--rows $(ROWS))
	$(PY) benchmarks/neighbors.py $(if $(ROWS),--rows $(ROWS))
	$(PY) benchmarks/same_bits.py $(if $(ROWS),--rows $(ROWS))
	$(PY) benchmarks/gpu.py $(if $(ROWS),--rows $(lastword $(ROWS)))
	test ! -d benchmarks/drawing/node_modules || $(PY) benchmarks/drawing.py

.stamps/venv: pyproject.toml constraints.txt
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet -c constraints.txt -e ".[dev]"
	mkdir -p .stamps && touch $@

.stamps/js: js/package.json js/package-lock.json
	cd js && npm ci --no-audit --no-fund
	mkdir -p .stamps && touch $@

$(BUNDLE): .stamps/js $(JS_SOURCES)
	cd js && npm run build

clean:
	rm -rf .venv .stamps js/node_modules nbembed/static dist build demo
