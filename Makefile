# Every habit is a command. `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
BENCH_STAMP := $(VENV)/.set-up-bench
AUDIT_VENV := .venv-audit
AUDIT_STAMP := $(AUDIT_VENV)/.set-up
NPM := tools/node.sh npm --silent --prefix web
# What building needs, and with what checking and testing need on top; the built client; the types of the API.
WEB_STAMP := web/node_modules/.set-up
WEB_DEV_STAMP := web/node_modules/.set-up-dev
WEB_BUILT := src/hubbub/static/app/index.html
WEB_TYPES := web/src/api/generated/openapi.d.ts
WEB_SOURCES := $(shell find web -name node_modules -prune -o -name generated -prune -o -type f -print)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Without its cache of compiled modules, which images for containers turn off, each start of a command takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: audit sbom setup run test test-long check docs fix fuzz autobahn bench bench-peers bench-report bench-scaling lock system web types screenshots

setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hubbub needs Python 3.11 or later; name one with PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $(STAMP)

run: setup web
	$(BIN)/hubbub serve

test: setup system types web
	$(NPM) test
	TEST_DATABASE=$(database) $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

# What `make test` tries once, many times over, at other moments, and what is rare and slow: an hour.
test-long: setup system types web
	TEST_DATABASE=$(database) $(BIN)/pytest -m long -n 2 --dist load
	HUBBUB_FUZZ_CASES=30 $(BIN)/pytest tests/fuzz

system:
	@tools/system.sh

check: setup types web
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(NPM) run check
	$(MAKE) --no-print-directory docs

# The documentation as a site, in build/docs. A broken link or a page that is not in the navigation is an error.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

fix: setup types
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NPM) run fix

# The web client, built to where the server looks for it.
web: $(WEB_BUILT)

$(WEB_BUILT): $(WEB_SOURCES) $(WEB_STAMP)
	$(NPM) run build -- --logLevel warn

$(WEB_STAMP): web/package-lock.json | $(STAMP)
	$(NPM) ci --no-audit --no-fund $(if $(wildcard $(WEB_DEV_STAMP)),,--omit=dev)
	touch $(WEB_STAMP)

$(WEB_DEV_STAMP): web/package-lock.json | $(STAMP)
	$(NPM) ci --no-audit --no-fund
	touch $(WEB_STAMP) $(WEB_DEV_STAMP)

# The types of the API, as this very server publishes it: what does not fit them is a build error.
types: $(WEB_TYPES)

$(WEB_TYPES): $(WEB_DEV_STAMP) web/tools/types.js $(shell find src/hubbub -name '*.py')
	$(NPM) run types

# The pictures in the README.
screenshots: setup system web
	$(BIN)/python tools/screenshots.py

# What `make test` does with a few cases and a fixed seed, with many and another seed each time.
fuzz: setup
	HUBBUB_FUZZ_CASES=$(or $(cases),200) HUBBUB_FUZZ_SEED=$(or $(seed),$(shell date +%s)) $(BIN)/pytest tests/fuzz

# The socket against the Autobahn test suite; needs a Python 2.7 (PYTHON27=...) and about ten minutes.
autobahn: setup
	$(BIN)/python tools/autobahn.py

# make bench only=fanout,ingest runs a part; only=rows, only=curves, only=soak.
bench: setup
	$(BIN)/python bench/run.py $(if $(only),--only $(only)) $(if $(runs),--runs $(runs)) $(if $(minutes),--minutes $(minutes)) $(if $(rate),--rate $(rate))

# Other servers under the same load. Installs them, and says what it could not install.
bench-peers: setup
	$(BIN)/python bench/peers.py $(if $(only),--only $(only))

# What the last runs found, written into docs/performance.md and drawn.
bench-report: $(BENCH_STAMP)
	$(BIN)/python bench/report.py

# How far several servers go, simulated with what was measured of one: docs/scaling.md.
bench-scaling: $(BENCH_STAMP)
	$(BIN)/python bench/scaling.py

$(BENCH_STAMP): bench/requirements.txt | $(STAMP)
	$(BIN)/pip install --quiet --require-hashes -r bench/requirements.txt
	touch $(BENCH_STAMP)

# Known faults in what is depended upon (asks PyPI and the npm registry), and what two linters find in our own code.
audit: $(AUDIT_STAMP)
	$(AUDIT_VENV)/bin/bandit -q -r src --severity-level medium
	$(AUDIT_VENV)/bin/semgrep scan --metrics=off --disable-version-check --quiet --error --config tools/semgrep src web/src
	$(AUDIT_VENV)/bin/pip-audit --disable-pip --require-hashes -r requirements/server.txt
	tools/node.sh npm --prefix web audit --omit dev

# What is in a Hubbub, as CycloneDX: of the server and of the web client.
sbom: $(AUDIT_STAMP)
	mkdir -p build
	$(AUDIT_VENV)/bin/cyclonedx-py requirements requirements/server.txt --pyproject pyproject.toml --of JSON -o build/sbom-server.cdx.json
	tools/node.sh npm --silent --prefix web sbom --sbom-format cyclonedx --package-lock-only --omit dev > build/sbom-web.cdx.json

$(AUDIT_STAMP): requirements/audit.txt
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_VENV)/bin/pip install --quiet --no-compile --require-hashes -r requirements/audit.txt
	touch $(AUDIT_STAMP)

# Renew the lock files after changing dependencies in pyproject.toml.
lock:
	$(PYTHON) -m venv .lock-venv
	.lock-venv/bin/pip install --quiet uv
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --extra cluster pyproject.toml -o requirements/server.txt
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade requirements/image.in -o requirements/image.txt
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --no-strip-extras requirements/audit.in -o requirements/audit.txt
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade bench/requirements.in -o bench/requirements.txt
	.lock-venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade bench/peers/requirements.in -o bench/peers/requirements.txt
	rm -rf .lock-venv
