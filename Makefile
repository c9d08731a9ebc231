# The commands people need. Each sets up what it needs first; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FAST := tests/catalogue tests/indextracker tests/simulator tests/docs
UV_VERSION := 0.13.9
BENCHMARKS := warm cold memory growth layers commands engines reading pages years streams streams_by_spark strategies implied_volatility
ROUNDS := 3
MINUTES := 60
SEED := 1

.PHONY: help setup run test test-fast test-all test-images matrix package drill soak soak-stream audit sbom fuzz chaos check format ui bench docs docs-site screenshot chromium prometheus lock bootstrap deploy teardown clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/installed $(VENV)/editable $(VENV)/duckdb-1/installed $(VENV)/compiled ## build .venv from the hashed locks

$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one: make PYTHON=python3.12")'
	@echo "building $(VENV): some 290 packages, 3.5 GB, one to four minutes"
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

# The project itself: two seconds, whatever else pyproject.toml says.
$(VENV)/editable: pyproject.toml $(VENV)/installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# The DuckDB that readers of the warehouse may have: tests open with it what the newer one wrote.
$(VENV)/duckdb-1/installed: requirements-duckdb-1.lock $(VENV)/installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(@D) --require-hashes -r $<
	@touch $@

# What the first command would spend twenty seconds on; it does so again whenever the dbt project changed.
$(VENV)/compiled: $(VENV)/editable
	@echo "compiling the Python sources and the dbt project: about twenty seconds"
	@$(BIN)/python -m compileall -q catalogue indextracker indextracker_assets indextracker_cli numerics simulator spark
	@$(BIN)/python -W ignore -c "from indextracker.warehouse.dbt_runs import prepare; prepare()"
	@touch $@

# A local Kinesis for tests of streams, where Node is there; scripts of npm packages are not run.
$(VENV)/kinesalite/installed: tests/support/kinesalite/package-lock.json $(VENV)/installed
	@command -v npm >/dev/null || { echo "npm is not there: tests against kinesalite skip"; exit 0; }; \
	mkdir -p $(@D) && cp tests/support/kinesalite/* $(@D) && \
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@

# What makes and checks templates of CloudFormation: a third of a gigabyte that no process needs.
$(VENV)/cdk/installed: deployment/aws/requirements.lock deployment/aws/package-lock.json $(VENV)/installed
	@command -v npm >/dev/null || { echo "npm is not there: tests of deployment/aws skip"; exit 0; }; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(@D) --require-hashes -r $< && \
	cp deployment/aws/package*.json $(@D) && \
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@

run: setup ## the last sessions of the simulated publishers, to the marts and their docs
	@echo "five sessions of two simulated exchanges and a day of news, to the marts and their docs: a minute and a half"
	$(BIN)/indextracker backfill
	@echo
	@echo "next: $(BIN)/indextracker status"
	@echo "      $(BIN)/indextracker query \"select * from index_history order by datetime desc limit 5\""
	@echo "      $(BIN)/indextracker query \"select * from nse_eod order by turnover_lacs desc limit 5\""
	@echo "      $(BIN)/indextracker query \"select * from fct_news_ticker order by published_at desc limit 5\""
	@echo "      $(BIN)/indextracker ui"

test: setup $(VENV)/kinesalite/installed $(VENV)/cdk/installed ## a test of each behaviour, or those of TESTS="tests/cli tests/s3", two tiers at a time
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(TESTS)

test-fast: setup $(VENV)/kinesalite/installed ## catalogue, library, simulator and docs, but for slow ones, in two minutes
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder -m "not slow and not exhaustive" $(FAST)

test-all: setup $(VENV)/kinesalite/installed $(VENV)/cdk/installed ## test, and what shows the same behaviour again: each rule broken, more homes killed
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder -m "" $(TESTS)

matrix: setup ## backfills in every combination of lake, engine and warehouse, in some three hours
	$(BIN)/python -W ignore tests/matrix.py

package: setup ## what a job on EMR Serverless needs, in data/package
	$(BIN)/python -m indextracker.engines.packaging data/package

test-images: setup ## every job, and streams, on the Spark of EMR's images, 2 x 470 MB, in about eight minutes
	INDEXTRACKER_TEST_IMAGES=4.0,4.1 $(BIN)/python -m pytest tests/engines/test_older_spark.py tests/engines/test_streaming_job.py

drill: setup ## ten lakes damaged at random and brought back, then what copies and going back take by the gigabyte, in half an hour
	INDEXTRACKER_DRILLS=1,2,3,4,5,6,8,9,10,11 $(BIN)/python -m pytest -n0 tests/recovery/test_copies.py -k drill
	$(BIN)/python -W ignore benchmarks/recovery.py

soak: setup ## 500 backfills killed at random moments, in about an hour
	INDEXTRACKER_KILLS=500 $(BIN)/python -m pytest -m "" tests/resilience/test_random_kills.py -o log_cli=true --log-cli-level=INFO

soak-stream: setup $(VENV)/kinesalite/installed ## 150 kills of producers, consumers, compactions and alerts of streams, and 20 of Spark, in twelve minutes
	INDEXTRACKER_STREAM_KILLS=100 $(BIN)/python -m pytest tests/indextracker/streams/test_random_kills.py tests/indextracker/alerts/test_random_kills.py
	INDEXTRACKER_SPARK_KILLS=20 $(BIN)/python -m pytest tests/engines/test_spark_kills.py

audit: setup ## faults that are known of libraries of the lock (asks a database), secrets, licences
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	$(BIN)/python tests/security/secret_scan.py
	$(BIN)/python tests/security/licences.py --check

sbom: setup ## what the lock installs, as CycloneDX, in data/sbom.json
	@mkdir -p data
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o data/sbom.json

fuzz: setup ## changed documents for every parser, for MINUTES=60; report and finds in data/fuzz
	$(BIN)/python tests/fuzz --minutes $(MINUTES) --seed $(SEED)

chaos: setup ## kills, lies, full disks, wrong clocks, a failing store and two machines, for MINUTES=60
	$(BIN)/python tests/resilience/chaos.py --minutes $(MINUTES) --seed $(SEED)

check: setup ## lint, format, types, SQL, imports, calendars, dbt's sources, data dictionary, alerts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/macros dbt_project/tests
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m indextracker.calendars.library_table --check
	$(BIN)/python -m indextracker.warehouse.dbt_sources --check
	$(BIN)/python -m indextracker_cli.dictionary --check
	$(BIN)/python -m indextracker.monitoring.files --check

format: setup ## bring sources into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

ui: setup ## Dagster's UI on http://127.0.0.1:3000, the dashboard on http://127.0.0.1:8050
	$(BIN)/indextracker ui

docs-site: setup ## the documentation as a site, on http://127.0.0.1:8000
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --strict --dev-addr 127.0.0.1:8000

bench: setup ## time and memory against a script written by hand, of commands and engines, in ROUNDS=3
	for row in $(BENCHMARKS); do $(BIN)/python -W ignore benchmarks/$$row.py --rounds $(ROUNDS) || exit 1; done

docs: setup ## renew calendars, dbt's sources, the data dictionary, the licences, and what deployment/monitoring has
	$(BIN)/python -m indextracker.calendars.library_table
	$(BIN)/python -m indextracker.warehouse.dbt_sources
	$(BIN)/python -m indextracker_cli.dictionary
	$(BIN)/python -m indextracker.monitoring.files
	$(BIN)/python tests/security/licences.py

screenshot: setup ## renew the pictures of the asset graph and of the pages (needs Chromium)
	$(BIN)/python docs/images/screenshot.py
	$(BIN)/python docs/images/pages.py

notebooks: setup ## execute docs/notebooks anew, on two simulated sessions and those of analytics on five (needs Chromium)
	$(BIN)/python docs/notebooks/execute.py

chromium: ## install Debian's Chromium, which tests of pages and PNG charts need (as root)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; }

# Debian starts services that it installs: these two are wanted by tests, and by whoever starts them.
prometheus: ## install Debian's Prometheus and Alertmanager, which tests of alerts need (as root)
	@command -v promtool amtool >/dev/null || { apt-get update -qq && \
	apt-get install -y -qq --no-install-recommends prometheus prometheus-alertmanager; }

lock: setup ## renew the locks from pyproject.toml and deployment/aws/requirements.in
	$(BIN)/uv pip compile --quiet --universal --all-extras --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --extra pipeline --extra dashboard --constraint requirements.lock --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o deployment/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 deployment/aws/requirements.in -o deployment/aws/requirements.lock

# Where to: the number of the account and the region. More choices: CONTEXT="--context mail=a@example.org".
ACCOUNT ?=
REGION ?=
CONTEXT ?=
APPROVAL ?= broadening
CDK = cd deployment/aws && PYTHONPATH=../../$(VENV)/cdk:. ../../$(VENV)/cdk/node_modules/.bin/cdk
CHOSEN = --context account=$(ACCOUNT) --context region=$(REGION) $(CONTEXT)

bootstrap: setup $(VENV)/cdk/installed ## once per ACCOUNT and REGION: what CDK needs to deploy there
	$(CDK) bootstrap aws://$(ACCOUNT)/$(REGION) $(CHOSEN)

deploy: setup $(VENV)/cdk/installed ## everything on AWS, or what changed of it: ACCOUNT=, REGION=, CONTEXT=
	$(CDK) deploy --all --require-approval $(APPROVAL) $(CHOSEN)

teardown: setup $(VENV)/cdk/installed ## what deploy made, but for the data: ACCOUNT=, REGION=, CONTEXT=
	$(CDK) destroy --all $(CHOSEN)
	@echo "what stays, until you delete it: the three buckets (lake, work, logs), and a snapshot of the database of Dagster's records"

clean: ## remove .venv, simulated data and what tools left
	rm -rf $(VENV) data/simulated dbt_project/target dbt_project/logs .mypy_cache .ruff_cache .pytest_cache .hypothesis
