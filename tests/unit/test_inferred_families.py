# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that people download, by the real names of their weights: who reads whom, held against a trace of the model.

What is drawn must be true; what is not known is left open, and then it may be missing.
"""

import ast
import json
import random
from textwrap import dedent

import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats import safetensors_file
from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import report, table
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.structure.inferred import infer
from neuroscene.addon.structure.inferred.calls import FUNCTIONS
from neuroscene.addon.structure.inferred.families import WIRINGS
from unit.test_inferred_names import changed
from unit.traced import FAMILIES, compared, contradictions, model_of

NAMES = sorted(path.stem for path in FAMILIES.glob("*.json"))
LEAST = 0.98


FORMS = (  # of Python's grammar that programs have
    *(ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.For, ast.If, ast.IfExp, ast.Call, ast.keyword, ast.Name),
    *(ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.Tuple, ast.BinOp, ast.Add, ast.Mult, ast.BoolOp),
    *(ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Load, ast.Store),
)


@pytest.mark.parametrize("wiring", WIRINGS, ids=lambda wiring: f"{wiring.family}: {wiring.has[:40]}")
def test_programs_have_the_forms_that_are_interpreted(wiring):
    for part in ast.walk(ast.parse(dedent(wiring.program))):
        assert isinstance(part, FORMS), ast.dump(part)
        if isinstance(part, ast.Name) and part.id[0].isupper() and isinstance(part.ctx, ast.Load):
            module = part.id.startswith(("Conv2d_", "Mixed_", "LayerNorm", "AuxLogits", "MBconv", "A_log", "D"))
            assert part.id in FUNCTIONS or module, part.id


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_is_true(tmp_path, name, record_property):
    path, truth = model_of(tmp_path, name)
    checkpoint = open_checkpoint(path)
    precision, recall, wrong, missing = compared(checkpoint, truth)
    assert precision >= LEAST, sorted(wrong)
    assert recall >= LEAST or checkpoint.open, sorted(missing)
    record_property("family", (name, precision, recall, len(checkpoint.open)))


@pytest.mark.parametrize("name", NAMES)
def test_no_width_is_contradicted(tmp_path, name):
    assert contradictions(open_checkpoint(model_of(tmp_path, name)[0])) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_counts_once(tmp_path, name):
    path, truth = model_of(tmp_path, name)
    count = 0
    for key, shape in truth["shapes"].items():
        size = 1
        for number in shape or ():
            size *= number
        known = shape is not None and not key.endswith(("inv_freq", "relative_position_index", "position_ids"))
        count += size if known else 0
    assert summarise(open_checkpoint(path)).parameters == count


@pytest.mark.parametrize("name", ["sam", "deberta_v2", "xlnet"])
def test_what_is_open_is_said(tmp_path, name):
    network = summarise(open_checkpoint(model_of(tmp_path, name)[0]))
    said = json.loads(json.dumps(report(network)))
    open_ones = [layer for layer in said["layers"] if layer.get("open")]
    assert said["open_inputs"] == len(open_ones) == network.open_inputs > 0
    assert all("open" not in name for layer in said["layers"] for name in layer["inputs"])
    assert all("open" not in value["name"] for value in said["inputs"])
    first = table(network).splitlines()[0]
    assert f"{network.open_inputs} input" in first and "nobody knows what is read" in first


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mutated_families_open_or_are_refused(tmp_path, name):
    """A file with the names of a family and other shapes: no width is contradicted for the sake of the names."""
    whole, chance = safetensors_file.read(model_of(tmp_path, name)[0]), random.Random(name)
    for _ in range(4):
        whole.tensors, kept = list(whole.tensors), whole.tensors
        for _ in range(chance.choice((1, 1, 3, 10))):
            whole.tensors = changed(whole.tensors, chance)
        try:
            assert contradictions(infer(whole)) == []
        except CheckpointError as error:
            assert "\n" not in str(error)
        whole.tensors = kept
