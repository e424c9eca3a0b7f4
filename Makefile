# `make run` starts the demo, `make test` runs all tests; both prepare everything themselves.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench bench-quick bench-faces bench-bot bench-files soak growth drill pictures lint words audit install lock clean

run: install
	@exec $(BIN)/python -m csdesk.runner

# First what needs no running processes, then what drives the real ones, at last the browsers (tests/conftest.py);
# in two test processes with servers of their own (servers that are given can serve one only).
TOGETHER := $(if $(DATABASE_URL)$(REDIS_URL),,-n 2 --dist loadfile --no-loadscope-reorder)
test: install
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),$(TOGETHER))

# Each figure beside the least any program on the same stack must do (docs/benchmarks.md); ARGS="P-1" for a row.
bench: install
	@$(BIN)/python -m bench $(ARGS)

bench-quick: install
	@$(BIN)/python -m bench --quick $(ARGS)

# How quick and how light window, widget and workbench are, in Chromium (docs/benchmarks.md).
bench-faces: install
	@$(BIN)/python -m bench.faces

# How well the bot finds the right entry on public data beside the project; ARGS="--data FOLDER" for elsewhere.
bench-bot: install
	@OMP_NUM_THREADS=1 $(BIN)/python -m bench.bot_goals $(ARGS)

# A large file into the bot's library and out of it: seconds and memory; ROWS=10000 for fewer.
bench-files: install
	@$(BIN)/python -m bench.files $(if $(ROWS),--rows $(ROWS)) $(ARGS)

# Ten minutes of coming and going, and what grows meanwhile; SECONDS=120 for less.
soak: install
	@$(BIN)/python -m bench.soak $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

# What a message costs in the database, table by table; MESSAGES=200000 for more.
growth: install
	@$(BIN)/python -m bench.growth $(if $(MESSAGES),--messages $(MESSAGES))

# Kills and mends everything in turn under load and audits the history; ARGS="redis" for a part.
drill: install
	@exec $(BIN)/python -m drill $(ARGS)

# Every screen in four sizes, both themes and languages; ARGS="desk" for some, ARGS=--docs for docs/img.
pictures: install
	@$(BIN)/python -m pictures $(ARGS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	@$(MAKE) --no-print-directory words

words: install
	@CSDESK_DEMO=1 $(BIN)/python manage.py check_words

# Asks the public advisory database about every pinned package; one it does not know counts as a failure too.
audit:
	$(PYTHON) -m venv build/audit && build/audit/bin/pip install -qq pip-audit
	build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/base.txt
	build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt

install:
	@$(PYTHON) -I csdesk/install.py

# After a change of requirements/*.in: pins every package with its hashes.
COMPILE := build/lock/bin/pip-compile --quiet --generate-hashes --strip-extras --no-annotate --no-header \
	--allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock:
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install -qq pip-tools
	$(COMPILE) --output-file requirements/base.txt requirements/base.in
	$(COMPILE) --output-file requirements/encoder.txt requirements/encoder.in
	$(COMPILE) --output-file requirements/dev.txt requirements/dev.in

clean:
	rm -rf .venv .data build
