# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

NEWEST := $(shell .ci/setup newest)
BLENDER ?= $(NEWEST)
VENV := $(if $(filter $(NEWEST),$(BLENDER)),.venv,.venv-$(BLENDER))
NEUROSCENE := $(VENV)/bin/neuroscene
JOBS ?= 2
# A file's tests stay together, for they share their scenes; the files of tests/unit, which are quick, come last.
PYTEST := $(VENV)/bin/python -m pytest --rootdir tests -c tests/pytest.ini -n $(JOBS) --dist loadfile --no-loadscope-reorder
LINTED := addon/gltf/viewer/scripts .ci/web tests/web

.PHONY: help setup demo test test-all test-fast test-window coverage library bench lint types extension release clean

help:
	@echo "make setup      make $(VENV) with Blender $(BLENDER); BLENDER=4.5 or 5.2 chooses another"
	@echo "make demo       a sample network as a scene, a picture and a glTF file in out/"
	@echo "make test       run the tests, JOBS=$(JOBS) at a time, but for the slow ones; ARGS='-k name' is passed to pytest"
	@echo "make test-all   run the slow ones too, as every push has it"
	@echo "make test-fast  the tests that need no Blender and no patience"
	@echo "make test-window  a session in a real window, with pictures in out/window; as root, some minutes the first time"
	@echo "make coverage   run the tests and tell which lines none of them reaches"
	@echo "make library    render the previews of the asset library anew"
	@echo "make bench      measure building and moving a large network"
	@echo "make lint       check the style and the format with ruff, types, and the page with Biome where there is npm"
	@echo "make types      check the types of the rooms without Blender with mypy"
	@echo "make extension  the zip to install in Blender, in out/; PYTHON_VERSION=3.14 for a Blender with that Python,"
	@echo "                PLATFORM=windows-x64 or macos-arm64 for another system"
	@echo "make release    check that a version can go out, and build its zips for all systems in out/release/"
	@echo "make clean      remove out/ and the caches"

setup:
	@.ci/setup $(BLENDER) $(VENV)

demo: setup
	@mkdir -p out
	@$(NEUROSCENE) build sample_models/digits_cnn.onnx --input sample_models/digits/digit_7.png -o out/digits_cnn.blend
	@$(NEUROSCENE) render out/digits_cnn.blend -o out/digits_cnn.png
	@$(NEUROSCENE) export out/digits_cnn.blend -o out/digits_cnn.glb
	@printf '%s\n' out/digits_cnn.blend out/digits_cnn.png out/digits_cnn.glb

test: setup
	$(PYTEST) -m "not slow" tests $(ARGS)
	@echo "make test leaves out the tests that are marked slow; make test-all runs them too"

test-all: setup
	$(PYTEST) tests $(ARGS)

test-fast: setup
	$(PYTEST) -m "not slow" tests/unit $(ARGS)

# The Debian system with Blender that it makes is kept in build/window-root; STEPS='rename_in_tree delete_by_key' chooses.
test-window: setup
	@tests/window/run.sh $(or $(ROOT),build/window-root)

# sys.monitoring, where Python has it, costs least
coverage: setup
	@mkdir -p out
	COVERAGE_CORE=$(if $(filter 5.2,$(BLENDER)),sysmon,ctrace) COVERAGE_FILE=out/coverage \
	  $(PYTEST) --cov --cov-config=pyproject.toml --cov-report=term:skip-covered tests $(ARGS)

library: setup
	$(VENV)/bin/python docs/library.py

bench: setup
	$(VENV)/bin/python tests/bench/bench.py

lint: types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@if command -v npm >/dev/null; then .ci/web/install && \
	  build/web/node_modules/.bin/biome lint --config-path=.ci/web/lint.json $(LINTED); \
	else echo "lint: the page's scripts are not checked: that needs npm (Debian: apt-get install nodejs npm)"; fi

types: setup
	$(VENV)/bin/mypy

extension: setup
	@$(VENV)/bin/python .ci/extension.py $(if $(PYTHON_VERSION),--python $(PYTHON_VERSION)) \
	  $(if $(PLATFORM),--platform $(PLATFORM)) $(if $(OUTPUT),--output $(OUTPUT))

release: setup
	@$(VENV)/bin/python .ci/release.py

clean:
	rm -rf out build *.egg-info .pytest_cache tests/.pytest_cache .ruff_cache .mypy_cache
	find . -name '.venv*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
