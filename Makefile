# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

NEWEST := $(shell .ci/setup newest)
BLENDER ?= $(NEWEST)
VENV := $(if $(filter $(NEWEST),$(BLENDER)),.venv,.venv-$(BLENDER))
NEUROSCENE := $(VENV)/bin/neuroscene

.PHONY: help setup demo test bench lint extension clean

help:
	@echo "make setup      make $(VENV) with Blender $(BLENDER); BLENDER=4.5 or 5.2 chooses another"
	@echo "make demo       a sample network as a scene, a picture and a glTF file in out/"
	@echo "make test       run the tests; ARGS='-k name' is passed to pytest"
	@echo "make bench      measure building and moving a large network"
	@echo "make lint       check the style with ruff"
	@echo "make extension  the zip to install in Blender, in out/; PYTHON_VERSION=3.14 for a Blender with that Python"
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
	$(VENV)/bin/python -m pytest --rootdir tests -c tests/pytest.ini tests $(ARGS)

bench: setup
	$(VENV)/bin/python tests/bench/bench.py

lint: setup
	$(VENV)/bin/ruff check .

extension: setup
	@$(VENV)/bin/python .ci/extension.py $(if $(PYTHON_VERSION),--python $(PYTHON_VERSION))

clean:
	rm -rf out build *.egg-info .pytest_cache tests/.pytest_cache .ruff_cache
	find . -name '.venv*' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
