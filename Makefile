# One door for people and CI. `make` alone lists what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# The newest Python that everything is tested with; `make run PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

PY := .venv/bin/python
PNPM := $(PY) hatch_build.py pnpm
WRANGLER := $(PY) hatch_build.py node workers/realtime/node_modules/wrangler/bin/wrangler.js
say = @printf '==> %s\n'

.PHONY: help run dev dev-cloudflare test test-cloudflare check bench bench-startup bench-page bench-cloudflare chaos latency wer voices soak dialogue grading fix web \
	worker wrangler models lock build picture clean chromium autobahn

help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target does; do \
	printf '  make %-15s %s\n' "$$target" "$$does"; done

run: .make/run web pump  ## set up what is missing, then serve on port 8787 (ARGS="--port 9000")
	@.venv/bin/vivavoce serve $(ARGS)

dev: .make/dev .make/node_modules models pump  ## the server with reload on 8787, Vite on 5173
	@$(PY) scripts/dev.py

dev-cloudflare: .make/dev .make/node_modules  ## the same with the Worker on 8787, under Wrangler (needs the internet)
	@$(PY) scripts/dev.py cloudflare

test: .make/dev .make/node_modules web pump models chromium autobahn  ## every test: Vitest, then pytest (ARGS="-k name")
	$(say) 'Vitest'
	@$(PNPM) test
	$(say) 'pytest'
	@$(PY) -m pytest $(CLOUDFLARE:%=--ignore=%) --numprocesses $(WORKERS) --dist loadfile $(ARGS)
WORKERS = 2

test-cloudflare: .make/dev .make/node_modules .make/pyodide worker models chromium  ## the Worker beside the native host, without Cloudflare
	$(say) 'pytest'
	@$(PY) -m pytest $(CLOUDFLARE) $(ARGS)
CLOUDFLARE = tests/cloudflare tests/parity

check: .make/dev .make/node_modules  ## format, lint, types, layers, contract drift
	$(say) 'ruff'
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	$(say) 'mypy --strict'
	@$(PY) -m mypy
	$(say) 'import-linter'
	@.venv/bin/lint-imports
	$(say) 'Biome, tsc, generated types'
	@$(PNPM) check

bench: .make/dev .make/node_modules pump  ## what a relayed frame costs, beside nginx and the relays of others (ARGS="saturation --rounds 3")
	@$(PY) -m benchmarks.relay $(ARGS)

bench-startup: .make/dev models  ## how soon `vivavoce serve` answers and takes calls, and what it loads (ARGS="--runs 3")
	@$(PY) -m benchmarks.startup $(ARGS)

bench-page: .make/dev web chromium  ## script, time until usable, main thread and memory of the page in calls (ARGS="--minutes 30")
	@PYTHONPATH=tests $(PY) -m benchmarks.page $(ARGS)

bench-cloudflare: .make/dev .make/node_modules worker  ## what the Durable Object costs beside the native host (ARGS="--rounds 3")
	@PYTHONPATH=tests $(PY) -m benchmarks.cloudflare $(ARGS)

chaos: .make/dev  ## kills, power cuts, lost upstreams, attacks: are the promises kept? (ARGS="kill slow --long")
	@PYTHONPATH=tests $(PY) -m benchmarks.chaos $(ARGS)

latency: .make/dev models  ## how long the embedded engine lets a learner wait, and its memory (ARGS="--runs 1 --calls 1")
	@PYTHONPATH=tests $(PY) -m benchmarks.latency $(ARGS)

wer: .make/dev models  ## word error rates: people, strangers' voices, the engine's own voices (ARGS=--verbose)
	@PYTHONPATH=tests $(PY) -m benchmarks.wer $(ARGS)

voices: .make/dev models  ## each voice: understood, pitch, loudness, cost (ARGS="--tts piper:FILE.onnx --voice marin")
	@PYTHONPATH=tests $(PY) -m benchmarks.voices $(ARGS)

soak: .make/dev models  ## calls in a loop: growth of memory, stalls of the event loop (MINUTES=3)
	@PYTHONPATH=tests $(PY) -m benchmarks.soak --minutes $(MINUTES)
MINUTES = 30

dialogue: .make/dev  ## what the scripted persona understands of the dialogue test set (ARGS=--missed)
	@PYTHONPATH=tests $(PY) -m benchmarks.dialogue $(ARGS)

grading: .make/dev  ## how often the grader says what a fair teacher says, over the grading set (ARGS=--missed)
	@PYTHONPATH=tests $(PY) -m benchmarks.grading $(ARGS)

fix: .make/dev .make/node_modules  ## let ruff and Biome repair what they can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@$(PNPM) format

web: .make/run  ## build the web app into the package, if its sources changed
	@$(PY) hatch_build.py

pump: .make/run  ## compile the relay's frame pump, if its source changed; without a C compiler all works, slower
	@$(PY) hatch_build.py pump

worker: .make/worker web  ## bring python_modules, what the Worker runs, up to date

wrangler: .make/node_modules  ## Cloudflare's own tool (ARGS="deploy --dry-run")
	@$(WRANGLER) $(ARGS)

models: .make/run  ## fetch the speech models that are missing
	$(say) 'Speech models'
	@.venv/bin/vivavoce models --fetch

lock: .make/dev  ## compile the requirements from pyproject.toml (ARGS=--upgrade for newer versions)
	$(say) 'requirements.txt, requirements-dev.txt, requirements-node.txt, requirements-worker.txt'
	@$(LOCK) pyproject.toml --extra local --group build --output-file requirements.txt
	@$(LOCK) pyproject.toml --extra local --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(LOCK) --group node --output-file requirements-node.txt
	@$(LOCK) --group worker --output-file requirements-worker.txt
LOCK = .venv/bin/uv pip compile $(ARGS) --quiet --universal --python-version 3.11 --generate-hashes --no-header

build: .make/run  ## wheel and sdist, into dist/
	@$(PY) -m hatchling build

picture: .make/dev web models chromium  ## take the README's picture again
	@PYTHONPATH=tests $(PY) scripts/picture.py

clean:  ## take away everything that make made, but the speech models
	rm -rf .venv .make .wrangler dist python_modules node_modules apps/web/node_modules shared/node_modules workers/realtime/node_modules
	rm -rf src/vivavoce/hosts/native/static src/vivavoce/hosts/native/_*.c src/vivavoce/hosts/native/_*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Stamps: a step runs again when what it depends on is newer. A new .venv makes all of Python's steps run again.

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo 'vivavoce needs Python 3.11 or newer, and there is none on PATH.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		scripts/apt-install 'Python cannot make virtual environments yet' $(notdir $(PYTHON))-venv
	$(say) "Python environment in .venv, from $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.make/run: .venv/pyvenv.cfg requirements.txt pyproject.toml hatch_build.py
	$(say) 'Python packages (110 MB to download the first time)'
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null  # pip was interrupted while it replaced itself
	@$(PY) -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.txt
	@VIVAVOCE_SKIP_WEB=1 $(PY) -m pip install --quiet --no-build-isolation --no-deps --editable .
	@mkdir -p .make && touch $@

.make/dev: .make/run requirements-dev.txt
	$(say) 'Python packages for development'
	@$(PY) -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

.make/node_modules: .make/run package.json pnpm-lock.yaml pnpm-workspace.yaml $(wildcard apps/*/package.json shared/package.json workers/*/package.json)
	$(say) 'JavaScript packages'
	@$(PNPM) install --frozen-lockfile --config.confirm-modules-purge=false
	@touch $@

# What tests need that run in Pyodide, as wheels for it; of the package rpds there is none.
.make/pyodide: .make/dev
	$(say) 'Python packages for tests in Pyodide'
	@rm -rf $@.part $@
	@$(PY) -m pip install --quiet --disable-pip-version-check --target $@.part --no-deps --only-binary :all: \
		--python-version 3.14 --implementation cp --abi cp314 --platform pyemscripten_2026_0_wasm32 --platform any \
		--require-hashes --constraint requirements-dev.txt pytest pluggy iniconfig packaging pygments \
		hypothesis sortedcontainers jsonschema jsonschema-specifications referencing attrs
	@mv $@.part $@

.make/worker: .make/run requirements-worker.txt scripts/vendor_worker.py $(shell find src/vivavoce scenarios shared -name '*.py' -o -name '*.json')
	$(say) 'What the Worker runs, into python_modules'
	@$(PY) scripts/vendor_worker.py
	@touch $@

autobahn: .make/dev
	@test -d .make/autobahn || scripts/autobahn .make/autobahn

chromium:
	@command -v chromium >/dev/null || scripts/apt-install 'The browser tests need Chromium' chromium fonts-dejavu-core
