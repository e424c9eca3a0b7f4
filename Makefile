# `make run` starts the demo, `make test` runs all tests; both prepare everything themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test lint words install lock clean
.DELETE_ON_ERROR:

run: install
	@exec $(BIN)/python -m csdesk.runner

test: install
	$(BIN)/python -m pytest $(ARGS)

lint: install words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

words: install
	$(BIN)/python manage.py check_words

install: $(READY)

$(READY): requirements/base.txt requirements/dev.txt
	@$(PYTHON) csdesk/install.py $(VENV)

lock: install
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/python csdesk/lock.py

clean:
	rm -rf $(VENV) .data
