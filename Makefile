# Horus Workbook. `make all` does everything; `make help` lists the rest.

# Which task (horus, heimdall, speakers, or a YAML file) and which folder of videos (empty: data/raw, else the demo corpus).
export TASK ?= horus
export RAW ?=
# Which Python makes .venv (empty: the first of 3.12, 3.13, 3.11 that is found); ENV=active uses the environment that is active.
PYTHON ?=
ENV ?=

ifeq ($(ENV),active)
BIN :=
READY :=
else
BIN := .venv/bin/
READY := .venv/.ready
endif
ifeq ($(TASK)-$(ENV),speakers-)
READY += .venv/.speakers
endif
RUN := $(BIN)horus run --task "$$TASK" --raw "$$RAW"

.DEFAULT_GOAL := help
.PHONY: all train evaluate export compare lab review test test-fast lint bench demo-data pretrain setup lock clean help

all: $(READY)  ## Set up if needed, run the task's notebooks, write the reports
	@$(RUN) export

train: $(READY)  ## The steps up to 05_train
	@$(RUN) 05_train

evaluate: $(READY)  ## The steps up to 06_evaluate
	@$(RUN) 06_evaluate

export: $(READY)  ## The steps up to 08_export, the package for Horus
	@$(RUN) 08_export

compare: $(READY)  ## Evaluate horus (5 s) and heimdall (3 s) on the same videos, and write them side by side
	@$(BIN)horus run --task horus --raw "$$RAW" 06_evaluate
	@$(BIN)horus run --task heimdall --raw "$$RAW" 06_evaluate
	@$(BIN)horus compare

lab: $(READY)  ## Open the notebooks in JupyterLab
	@$(BIN)jupyter lab --LabApp.app_settings_dir=scripts/lab notebooks

review: $(READY)  ## Hear, correct and tune: the panel of 07_review as an application
	@$(BIN)horus review --task "$$TASK"

test: $(READY) lint  ## Set up if needed, lint, check types, run the whole test suite
	@$(BIN)python -m pytest -n 2 --dist loadgroup --durations=20

test-fast: $(READY) lint  ## The same without the tests marked slow
	@$(BIN)python -m pytest -n 2 --dist loadgroup -m "not slow"

lint: $(READY)  ## Ruff and mypy
	@$(BIN)ruff check . && $(BIN)ruff format --check --quiet . && $(BIN)mypy

bench: $(READY)  ## Measure speed, memory and accuracy against named alternatives
	@$(BIN)python -m bench

demo-data: $(READY)  ## Generate the demo corpus again (needs espeak-ng)
	@$(BIN)python -m horuslib.demo data/demo

pretrain: $(READY)  ## Train the backbone's starting weights again on generated sound (about an hour)
	@$(BIN)python -m horuslib.pretraining

setup: $(READY)  ## Only create .venv from the lock file

lock: $(READY)  ## Resolve pyproject.toml again into requirements.lock and environment.yml
	@$(BIN)uv pip compile pyproject.toml --constraints scripts/constraints.txt --extra test --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.lock
	@$(BIN)python scripts/environment.py > environment.yml

clean:  ## Remove what can be rebuilt: artifacts and reports (videos, labels and .venv stay)
	rm -rf artifacts reports

help:  ## Show this list
	@echo "make TARGET [TASK=horus|heimdall|speakers|FILE.yaml] [RAW=/path/to/videos]"
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.speakers: .venv/.ready pyproject.toml
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[speakers]'
	@touch $@

.venv/.ready: requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh .venv "$(PYTHON)"
	@touch $@
