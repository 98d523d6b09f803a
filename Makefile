# Two commands do everything on a fresh machine: `make book` and `make test`.
export NAME PARAMS OUTPUT
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# the first of these that runs, is of the range in pyproject.toml and can make environments
PYTHON ?= $(wildcard $(VENV)/bin/python) python3 python3.13 python3.12 python3.11
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# text is UTF-8, whatever the language of the machine
export PYTHONUTF8 := 1

# what else was given on the command line, where it would have no effect
empty :=
STRAY = $(filter-out NAME=% PARAMS=% OUTPUT=% PYTHON=% VENV=% BIN=%,$(subst \$(empty) $(empty),_,$(MAKEOVERRIDES)))

.DEFAULT_GOAL := help
.PHONY: help book page lab pdf archive test test-all test-pages chapter chart ensembles bench lint format lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# says nothing, or in its first line why a Python will not do
define UNFIT
import sys
(3, 11) <= sys.version_info < (3, 14) or sys.exit("Python " + sys.version.split()[0])
import importlib.util
importlib.util.find_spec("ensurepip") or sys.exit("cannot make environments (Debian: apt-get install python3-venv)")
endef
export UNFIT

# an environment of another Python than the one asked for is made anew
ifeq ($(origin PYTHON),command line)
ifneq ($(shell $(VENV)/bin/python -V 2>&1 || :),$(shell $(PYTHON) -V 2>&1 || :))
.PHONY: $(STAMP)
endif
endif

LOCKS := requirements/packages.txt requirements/cuda.txt requirements/torch-cpu.txt
# nothing is compiled ahead, half the time of an installation: most files are never imported
LOCKED := -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes

# bounds in the user's settings of pip have no say beside a lock
$(STAMP): export PIP_CONSTRAINT := /dev/null
$(STAMP): pyproject.toml $(LOCKS)
	@for python in $(PYTHON); do \
	  unfit=$$($$python -c "$$UNFIT" 2>&1) && break; \
	  tried="$${tried+$$tried; }$$python: $$(echo "$$unfit" | head -n 1)"; python=; \
	done; \
	[ "$$python" ] || { echo "no Python from 3.11 to 3.13 ($$tried): say which to use, as in make book PYTHON=/path/to/python3.12"; exit 1; }; \
	echo "installing the environment into $(VENV), of $$($$python -V): a few minutes, once"; \
	[ "$$($(VENV)/bin/python -V 2>&1)" = "$$($$python -V)" ] || clear=--clear; \
	$$python -m venv $$clear $(VENV)
	@# every file that is installed is one of the lock; pip prefers the torch of the network to one that lies on this machine
	@said=$$($(BIN)/python $(LOCKED) --no-index -r requirements/torch-cpu.txt 2>&1) || case "$$said" in \
	  *"No matching distribution"*) echo "no torch without CUDA lies ready: taking the usual one" ;; \
	  *) echo "$$said" >&2; exit 1 ;; \
	esac
	$(BIN)/python $(LOCKED) -r requirements/packages.txt
	@case "$$($(BIN)/python -m pip list --format=freeze --disable-pip-version-check)" in *torch==*+cpu*) ;; *) $(BIN)/python $(LOCKED) -r requirements/cuda.txt ;; esac
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# else every kernel warns that it talks to this machine without encryption
	@mkdir -p $(VENV)/etc/ipython && echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

book: $(STAMP) chart  ## execute all chapters and build the static book
	@$(BIN)/python -m publish.pages.scripts
	@$(BIN)/python -m publish.press.book

pdf: book  ## the whole book as one PDF, in _build/pdf (needs XeLaTeX; says which packages if it is missing)
	@$(BIN)/python -m publish.press.pdf

archive: book  ## pages, data and code in one file with checksums, for deposit, in _build/archive
	@$(BIN)/python -m publish.press.archive

chart: $(STAMP)  ## compute both charts of nuclides, two to three minutes (nothing to do if they are current)
	@$(BIN)/python -m lib charts

ensembles: $(STAMP) chart  ## train the eleven ensembles of 100, an hour (nothing to do: they are in the repository)
	@$(BIN)/python -m lib ensembles

test: $(STAMP) chart  ## the tests, a few minutes
	$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not tex"

test-all: $(STAMP) chart  ## the slow tests too
	$(BIN)/python -m pytest -n 2 -m "not browser and not tex"

test-pages: $(STAMP) book  ## open every built page in headless Chromium, network cut off; the PDF and the archive, too
	$(BIN)/python -m pytest -m tex
	$(BIN)/python -m pytest -n 2 --dist loadfile -m browser

page: $(STAMP) chart  ## see one page while editing it, in seconds: make page NAME=fig1 (after one make book)
	@$(BIN)/python -m publish.press.book --page "$$NAME"

# the chapters as notebooks, which the build has made and signed: what cells of others would show, JupyterLab shows only once
# they are run. .jupyter opens the sources as notebooks, too, saves nothing by itself and asks the network for nothing; kernels
# are this environment's own, and find this book's packages before any other
lab: not-as-root book  ## explore: the chapters in JupyterLab, with widgets that compute (LAB_ARGS="..." for JupyterLab)
	@JUPYTER_PATH= JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" PYTHONPATH="$(CURDIR)$${PYTHONPATH:+:$$PYTHONPATH}" $(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --NotebookNotary.data_dir="$(CURDIR)/_build/lab/.notary" $(LAB_ARGS) _build/lab/book/preface.ipynb

.PHONY: not-as-root
not-as-root:
	@case "$$(id -u) $(LAB_ARGS)" in \
	  *--allow-root*) ;; \
	  "0 "*) echo 'JupyterLab does not start as root, as in a container, unless it is told to: make lab LAB_ARGS="--allow-root --no-browser --ip=0.0.0.0"' >&2; exit 1 ;; \
	esac

chapter: $(STAMP) chart  ## re-execute one chapter: make chapter NAME=one_nucleus PARAMS="Z=50 N=70 functional=PC-F1 pairing=true"
	$(if $(STRAY),$(error $(STRAY) is no variable of this command: parameters go into PARAMS="…"))
	@$(BIN)/python -m publish.press.chapter "$$NAME" --params "$$PARAMS" $(if $(OUTPUT),-o "$$OUTPUT")

bench: $(STAMP) book  ## the benchmarks
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lint: $(STAMP)  ## ruff, and the direction of imports between rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

format: $(STAMP)  ## ruff, mending what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## the locked environment anew from pyproject.toml, of the same versions where they will do (needs uv; LOCK_ARGS="--upgrade")
	@cat requirements/packages.txt requirements/cuda.txt > requirements/all.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra test $(LOCK_ARGS) -o requirements/all.txt pyproject.toml
	@awk '/^[A-Za-z]/ { file = /^(nvidia|cuda|triton)-?/ ? "cuda" : "packages" } { print > "requirements/" file ".txt" }' requirements/all.txt
	@rm requirements/all.txt

clean:  ## remove all that was built, keep the environment
	rm -rf _build book/_static/vendor data/.work
