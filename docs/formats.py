# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/formats.md: what the readers' tests opened, and what they held against the numbers of the frameworks.

    .venv/bin/python docs/formats.py            write it anew (some two minutes)
    .venv/bin/python docs/formats.py --check    status 1 if it is out of date

The tests run in this process. Readers, the tables of Keras's layers and PyTorch's operators, and what infers structure
are wrapped to note what goes through them; only what tests did that passed counts.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TESTS, PAGE = HERE.parent / "tests", HERE / "formats.md"
FILES = (
    "test_keras_*.py",
    "test_torch_*.py",
    "test_safetensors.py",
    "test_inferred_*.py",
    "test_architecture.py",
    "test_reader.py",
    "test_tensorflow.py",
    "test_tfjs.py",
    "test_gguf.py",
    "test_array_files.py",
    "test_named_layers.py",
    "test_torch_export.py",
    "test_openvino.py",
    "test_coreml.py",
)
LARGEST = 1 << 21  # bytes of a file that is looked up among those of the tests
# Tests that hold what a run computes against what the framework computed.
COMPARED = (
    "test_every_layer",
    "test_outputs_are_in_keras_own_layout",
    "test_whole_models",
    "test_outputs_are_those_of_torch",
    "test_scores_and_activations_of_digits",
    "test_older_versions",
    "test_outputs_are_those_of_tensorflow",
    "test_the_known_scores",
)
DAMAGED = re.compile(r"mutat|cut_short|bad_files")  # tests whose files are of no framework's making
# Who wrote a file that does not say so, by the beginning of its path (tests/data/README.md).
ORIGINS = (
    ("crossformat/mnist_cnn_keras3", "Keras 3.15.1"),
    ("crossformat/keras1_2_2", "Keras 1.2.2"),
    ("crossformat/keras2_12", "Keras 2.12.0"),
    ("keras/", "Keras 3.15.1"),
    ("torch/old_1.4.0-python2", "PyTorch 1.4.0 (Python 2.7)"),
    ("torch/old_1.4.0", "PyTorch 1.4.0"),
    ("torch/old_1.9.0", "PyTorch 1.9.0"),
    ("torch/", "PyTorch 2.13.0"),
    ("exported/", "PyTorch 2.14.1"),
    ("crossformat/mnist_cnn_frozen", "TensorFlow 2.21.0"),
    ("crossformat/tf1_ckpt_tf115", "TensorFlow 1.15.5"),
    ("crossformat/tfjs", "tensorflowjs 4.22.0"),
    ("crossformat/tf", "TensorFlow 2.21.0"),
    ("crossformat/mnist_cnn_float", "TensorFlow 2.21.0"),
    ("crossformat/mnist_cnn_int8", "TensorFlow 2.21.0"),
    ("crossformat/mnist_cnn_weights", "NumPy"),
    ("crossformat/epochs", "NumPy"),
    ("tensorflow/", "TensorFlow 2.21.0"),
    ("gguf/", "gguf 0.19.0"),
    ("flax/", "Flax 0.12.8"),
    ("openvino/", "OpenVINO 2026.4.1"),
    ("coreml/", "coremltools 9.0"),
    ("crossformat/", "PyTorch 2.13.0"),
)
READ = (
    "onnx_file",
    "keras",
    "pytorch",
    "pytorch.shards",
    "safetensors_file",
    "tflite",
    "tensorflow.checkpoints",
    "tensorflow.saved_model",
    "tensorflow.frozen",
    "tfjs",
    "pytorch.exported",
    "caffe",
    "darknet",
    "openvino",
    "coreml",
    "gguf",
    "numpy_file",
    "flax_file",
)  # modules with a `read`
WHAT = {
    "onnx": "models",
    "keras-h5": "whole models",
    "keras-v3": "whole models",
    "keras-weights": "weights alone",
    "torchscript": "TorchScript",
    "pytorch": "state dicts, training checkpoints, whole modules",
    "safetensors": "weights alone",
    "tflite": "models, each signature one",
    "tf1-checkpoint": "checkpoints of version 1, with .meta beside them",
    "tf2-checkpoint": "checkpoints of version 2",
    "saved-model": "SavedModels, each signature one",
    "frozen-graph": "frozen graphs",
    "tfjs-layers": "layers of Keras",
    "tfjs-graph": "graphs",
    "torch-export": "programs",
    "caffe": "networks with their weights, or as text alone",
    "darknet": "networks with their weights",
    "openvino": "networks with their weights",
    "coreml": "neural networks and ML programs",
    "gguf": "weights alone",
    "npz": "weights alone",
    "flax-msgpack": "weights alone",
}
STRUCTURES = {frozenset({"graph"}): "read", frozenset({"weights"}): "inferred"}
NOT_SHOWN = ("numbers", "operations")  # modules of the tables: what programs do beside tensors; what is listed apart
KNOWN_SCORES = ("test_the_known_scores", "test_weights_with_their_architecture")


@dataclass
class Notes:
    """What went through the readers in one test."""

    opened: list[tuple] = field(default_factory=list)  # (kind, format, structure, origin, number types)
    written: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # table -> names
    attached: set[tuple[str, str]] = field(default_factory=set)  # (format of the weights, suffix of the architecture)
    families: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)


class Recorder:
    """A plugin for pytest."""

    def __init__(self):
        self.notes: dict[str, Notes] = defaultdict(Notes)
        self.passed: set[str] = set()
        self.failed: list[str] = []
        self.said: dict[str, list[tuple]] = defaultdict(list)  # what tests measured, by what it is
        self.test = ""
        self.known = {
            _hash(path): path.relative_to(TESTS / "data").as_posix()
            for path in sorted((TESTS / "data").rglob("*"))
            if path.is_file()
        }

    def pytest_collection(self):
        for name in READ:
            module = _ours(f"formats.{name}")
            module.read = self._noting(module.read, self._opened)
        architecture, inferred = _ours("structure.architecture"), _ours("structure.inferred")
        architecture.attach = self._noting(architecture.attach, self._attached)
        inferred.infer = self._noting(inferred.infer, self._inferred)
        for name, table in tables().items():
            for key, function in list(table.items()):
                table[key] = self._noting(function, lambda *_, name=name, key=key: self._now().written[name].add(key))

    def pytest_runtest_logstart(self, nodeid):
        self.test = nodeid

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)
            for key, value in report.user_properties:
                self.said[key].append(value)

    def kept(self, *tests: str) -> list[Notes]:
        """The notes of tests that passed: all but those with damaged files, or those of these names."""
        named = {one: one.rpartition("::")[2].partition("[")[0] for one in self.passed}
        return [
            self.notes[one]
            for one in sorted(self.passed)
            if (named[one] in tests if tests else not DAMAGED.search(one))
        ]

    def notes_of(self, test: str, case: str) -> list[Notes]:
        """The notes of one case of a test."""
        return [self.notes[name] for name in self.passed if name.endswith(f"::{test}[{case}]")]

    def _now(self):
        return self.notes[self.test]

    @staticmethod
    def _noting(function, note):
        @wraps(function)
        def noted(*arguments, **more):
            made = function(*arguments, **more)
            note(made, *arguments)
            return made

        return noted

    def _opened(self, made, path, *_):
        known = self.known.get(_hash(path), "")
        with path.open("rb") as file:
            head = file.read(_ours("formats.foreign").HEAD)
        kind = next(one for one in _ours("formats.table").READERS if one.sniff(head, path))
        structure = getattr(made, "structure", "weights")
        said = re.match(r"\S+ [\d.]+", made.producer)
        origin = (
            said[0].replace("pytorch", "PyTorch")
            if said
            else next((who for where, who in ORIGINS if known.startswith(where)), "")
        )
        types = made.tensors if structure == "weights" else made.model.graph.initializer
        self._now().opened.append(
            (kind.name, made.format, structure, known and origin, frozenset(one.data_type for one in types))
        )

    def _attached(self, made, weights, file=None):
        if made is not None:
            self._now().attached.add((weights.format, made.architecture.suffix))

    def _inferred(self, made, weights):
        said = next(filter(None, (re.search(r"which are those of ([^;]+);", note) for note in made.notes)), None)
        self._now().families.update(said[1].split(", ") if said else ())
        self._now().networks.add(Path(self.known.get(_hash(weights.path), "")).stem)


def _ours(name):
    return import_module(f"neuroscene.addon.{name}")


def _hash(path):
    """By what a file is known among those of the tests, wherever it was copied to."""
    small = path.is_file() and path.stat().st_size <= LARGEST
    return hashlib.sha256(path.read_bytes()).hexdigest() if small else ""


def tables() -> dict[str, dict]:
    operations = _ours("formats.keras.layers.operations")
    keras_loops = _ours("formats.tensorflow.keras_loops")
    return {
        "layers": _ours("formats.keras.layers").LAYERS,
        "operations": operations.OPERATIONS,
        "functions": operations.FUNCTIONS,
        "operators": _ours("formats.pytorch.operators").OPERATORS,
        # but for what only we call so: the recurrent layers of Keras, found in loops and functions
        "tensorflow": {
            name: reader
            for name, reader in _ours("formats.tensorflow.operators").OPERATORS.items()
            if name not in (*keras_loops.STATES, keras_loops.STACK_OF_LAST)
        },
    }


def run() -> Recorder:
    recorder = Recorder()
    files = [str(path) for name in FILES for path in sorted((TESTS / "unit").glob(name))]
    pytest.main(
        ["--rootdir", str(TESTS), "-c", str(TESTS / "pytest.ini"), "-q", "-p", "no:cacheprovider", *files],
        plugins=[recorder],
    )
    return recorder


def page(recorder: Recorder) -> str:
    """The whole text, the same for the same tests."""
    notes, compared = recorder.kept(), recorder.kept(*COMPARED)
    truth = {next(iter(one.networks)): one.families for one in recorder.kept("test_edges_are_those_of_the_export")}
    held, seen = (set().union(*some) for some in (truth.values(), (one.families for one in notes)))
    known = _ours("structure.inferred.families").families()
    rows = (f"| {name} | {_list(families) or 'plain layers'} |" for name, families in sorted(truth.items()))
    held |= set().union(*(one.families for one in recorder.kept("test_what_is_drawn_is_true")))
    return TEXT.format(
        formats="\n".join(_formats(notes)),
        architectures=_architectures(recorder.kept(*KNOWN_SCORES)),
        truth="\n".join(rows),
        families="\n".join(_families(recorder)),
        trees=_trees(recorder),
        other=_list((known | seen) - held),
        layers="\n".join(_groups("layers", compared)),
        operations=_list(_names("operations", compared)),
        functions=_code(_names("functions", compared)),
        operators="\n".join(_groups("operators", compared)),
        tensorflow="\n".join(_groups("tensorflow", compared)),
    )


def _families(recorder) -> Iterable[str]:
    """A row a model that people download: what its test measured."""
    for name, precision, recall, left_open in sorted(recorder.said["family"]):
        known = next(iter(recorder.notes_of("test_what_is_drawn_is_true", name)))
        yield (
            f"| {name} | {_list(known.families) or 'plain layers'} "
            f"| {_share(precision)} | {_share(recall)} | {left_open or ''} |"
        )


def _trees(recorder) -> str:
    """What was measured on random trees of modules."""
    ((count, precision, recall),) = recorder.said["trees"]
    return f"{count} networks of random modules: precision {_share(precision)}, recall {_share(recall)}"


def _share(number) -> str:
    """A share in three digits that is never rounded up to 1."""
    return f"{min(round(number, 3), 0.999) if number < 1 else 1:.3f}"


def _architectures(notes) -> str:
    """Which weights took which architectures."""
    found = defaultdict(set)
    for weights, suffix in set().union(*(one.attached for one in notes)):
        found[suffix].add(weights.removesuffix("-weights"))
    return "; ".join(f"`{suffix}` for {_list(weights)}" for suffix, weights in sorted(found.items()))


def _formats(notes) -> Iterable[str]:
    opened = defaultdict(lambda: (set(), set(), set()))
    for kind, format, structure, origin, types in (one for each in notes for one in each.opened):
        for place, found in enumerate(({structure}, {origin} - {""}, types)):
            opened[kind, WHAT[format]][place].update(found)
    for reader in _ours("formats.table").READERS:
        for what in dict.fromkeys(WHAT.values()):
            if (reader.name, what) in opened:
                structures, origins, types = opened[reader.name, what]
                mixed = "read of `nn.Sequential`, else inferred" if "modules" in what else "read, else inferred"
                yield (
                    f"| {reader.name} | {' '.join(f'`{one}`' for one in reader.suffixes)} | {what} "
                    f"| {STRUCTURES.get(frozenset(structures), mixed)} | {_list(origins) or 'the tests themselves'} "
                    f"| {_list(map(_type, types))} |"
                )


def _type(number) -> str:
    from onnx import helper

    return helper.tensor_dtype_to_np_dtype(number).name if number else "text"


def _by_version(table, notes) -> dict[str, str]:
    """The names in a table that were compared: "Dense (1, 2, 3)", with the versions of Keras whose files had them."""
    versions: dict[str, set[str]] = defaultdict(set)
    for one in notes:
        makers = " ".join(origin for *_, origin, _ in one.opened)
        for name in one.written[table]:
            versions[name].update(re.findall(r"Keras (\d)", makers))
    return {name: f"{name} ({', '.join(sorted(found))})" if found else name for name, found in versions.items()}


def _names(table, notes) -> set[str]:
    return set().union(*(one.written[table] for one in notes))


def _groups(table, notes) -> Iterable[str]:
    """A row a module of the table: the names that were compared, and those that no file of the tests has."""
    done, rows = _by_version(table, notes), defaultdict(list)
    for name, function in tables()[table].items():
        rows[function.__module__.rpartition(".")[2]].append(name)
    for group, names in sorted((group, names) for group, names in rows.items() if group not in NOT_SHOWN):
        left = [name for name in names if name not in done]
        shown = _list if table == "layers" else _code
        yield f"| {group} | {shown(done[name] for name in names if name in done)} | {shown(left)} |"


def _list(names) -> str:
    return ", ".join(sorted(names, key=_natural))


def _code(names) -> str:
    """The same for names with underscores, which Markdown would take for its own."""
    return _list(f"`{name}`" for name in names)


def _natural(name):
    return _ours("containers.natural_order").natural(name.lower())


TEXT = """# Which files open

What is on this page comes from tests that passed: `python docs/formats.py` runs those of the readers, notes what
they opened and what they held against the numbers of the frameworks, and writes the page anew. A file is told by
its content: a wrong suffix opens all the same. No framework is needed, and nothing in a file is ever executed.

## Formats

*Structure* says whether the file tells how its weights are joined. *Written by* and number types are those of the
files that the tests opened.

| format | suffixes | what is in it | structure | written by | number types |
|---|---|---|---|---|---|
{formats}

- **Read**: the file tells it, and the network can be run. What `run` computes is what the framework computed,
  within 1e-4.
- **Inferred**: order, kinds of layers, blocks and residual joins follow from the names and shapes of the tensors;
  the scene and `inspect` say so. Sizes of maps, strides and most activations are not in such a file: they show as
  `?`, and the work of such layers is not counted. With an architecture (*Attach Architecture*, `--architecture`,
  or beside the file) weights are joined as that says and can be run. Held against known scores: {architectures}.
- **In parts**: quantised, packed and sparse weights are drawn, measured and counted as the numbers that they stand for
  (ONNX's QDQ, QLinear and Integer operators and onnxruntime's own, GPTQ, AWQ, PyTorch's quantised layers, Keras's int8,
  int4 and float8), weights that `torch.nn.utils` normalises or prunes, and those of LoRA in Keras, as they are applied.
  Weights that the graph does not read, as a second head for training, are counted and noted.
- **Several models** in one PyTorch file (a generator and its discriminator, weights and their moving average): the
  likeliest is drawn, `inspect` and the report name the others, *Part* or `--part NAME` chooses. Modules and tensors in
  plain Python lists, tuples and dicts are drawn and said; bytes that belong to nothing that is shown are counted.
- **Too large when opened up**: functions of an ONNX model that would grow to more than 131,072 nodes, or to more than
  64 times the file (small ones to 8,192 nodes), stay one layer a call, and are not run.
- **Opaque**: a layer or operator that is not listed below (a class of your own, a Lambda) is drawn by its name,
  with its weights and, where the file tells it, its shape. Such a network cannot be run.
- **Refused**, in one line that says what is wrong and what to do: files that are cut short or damaged, pickles that
  ask for code, archives and headers that claim more than they may, links out of the folder, the tar archives of the
  first versions of PyTorch.
- **Named, and not read**, by their content, with the way to a file that opens: ncnn,
  PaddlePaddle, MXNet, TensorRT, `.ort`, pickles and joblib files of scikit-learn and the like, states of
  optimizers, curves of a training, Git LFS pointers, web pages and answers of servers, archives, which are said to
  hold a model where they do.
- **TensorFlow**: a checkpoint opens by any of its files, by the name that TensorFlow gives it, or by its folder;
  graph.pbtxt and .meta take the weights beside them. Checksums of numbers are looked at up to 16 MB. Quantised models
  of TensorFlow Lite are computed with the numbers that their integers stand for, rounded where the file rounds them;
  integers at their ends are given as these numbers. A list of labels that is packed behind a model names the classes.
- **TensorFlow.js**: quantised weights are the numbers that their integers stand for.
- **torch.export**: archives of torch 2.7 and later, in the operators of the export or the core set; weights that are
  pickled in it are not read.
- **Caffe** and **Darknet**: text and weights lie beside one another, by one name; a network of Caffe is shown as it is
  tested. Layers that are not known are opaque: detection, region.
- **OpenVINO**: IR 10 and 11; operators that are not known are opaque, with the shapes that the file tells.
- **Core ML**: `.mlmodel` and `.mlpackage`; weights that are packed in fewer bits, pipelines, and models that are no
  networks are not read; what Core ML does to pictures before a network is not shown.
- **GGUF** 2 and 3: Q4_0 to Q8_1, the K and IQ types, TQ, MXFP4 and NVFP4 are drawn as the numbers that they stand for,
  worked out when they are looked at; heads and context are those of the header, names are llama.cpp's own.
- **Folders**: one of Hugging Face's libraries opens its weights, one with a single checkpoint that one; of several
  models in it the names are listed.

## What leaves

`neuroscene convert MODEL -o OUT.onnx` writes the ONNX model that a reader made as a plain file: the names of layers
and tensors, an open batch, every weight in it (above 2 GB in OUT.onnx.data beside it), no operator of ours. Models
whose structure is inferred, and those with an opaque operator, are refused by name. The tests run each such file by
onnxruntime alone.

`neuroscene export MODEL -o FOLDER/ --arrays [--input FILE]` writes

- `network.json`: `format` ("neuroscene-arrays"), `version` (1), `source` (file, format, producer, structure, notes),
  `parameters`, `inputs` and `outputs` (name, shape, dtype), `classes`, `input` (the file that was run), `layers` and
  `weights`. A layer has `name`, `op`, `inputs` (names of layers), `shape` (one sample), `parameters`, `block`,
  `weights` (names) and, where an input was run, `activation`. `weights` tells for each name its `array` in
  weights.npz, `shape` and `dtype` (ONNX's, in small letters). `onnx` is the graph: a ModelProto as protobuf writes
  messages as JSON.
- `weights.npz`: every weight, bit for bit. Types that NumPy has not (bfloat16, float8) are unsigned integers of their
  size; numbers below a byte are packed bytes in a row, as in ONNX.
- `activations.npz`: what each layer gives for the input, under the layer's name, in the layout of the ONNX model.

Such a folder opens as a model again.

## Inferred structure

For these networks, who reads whom was held against an ONNX export of the same network: precision and recall of the
edges are 0.95 or more.

| network | known as |
|---|---|
{truth}

Models that people download, by the real names of their weights; who reads whom was held against a trace of the model
in its own library. Edges are those between layers with weights, over all else. What is drawn is true; what is not
known is *open*: the table says at how many places, and then edges are missing.

| model | known as | precision | recall | open |
|---|---|---|---|---|
{families}

Names and shapes of modules of one's own leave more open: {trees}.

Known by their names, too, but not held against a model: {other}.

## Layers of Keras

*Compared*: in a model of the tests whose calls give what Keras gave; in brackets the versions of Keras that wrote
those models. Layers that Keras 1 called otherwise (Convolution2D, Merge) stand under their later names.

| | compared | read, not compared |
|---|---|---|
{layers}

Operations between layers, compared: {operations}.

Functions of TensorFlow in models of Keras 2, compared: {functions}.

## Operators of PyTorch

In TorchScript archives, traced or scripted. Names are those of `aten`; each stands for its in-place form too.
*Compared*: in a program of the tests that gives what PyTorch gave.

| | compared | read, not compared |
|---|---|---|
{operators}

## Operators of TensorFlow

In checkpoints with their graph, frozen graphs, SavedModels (functions stand in the place of their calls) and, by the
same names, TensorFlow Lite. *Compared*: in a model of the tests that gives what TensorFlow gave. A graph is shown as it
predicts: branches of training, losses, gradients and counters are left out. Loops, such as a recurrent layer of Keras
in a SavedModel, are opaque.

| | compared | read, not compared |
|---|---|---|
{tensorflow}
"""


def main(arguments: list[str]) -> int:
    recorder = run()
    if recorder.failed:
        print(f"{len(recorder.failed)} tests failed, the first: {recorder.failed[0]}")
        return 1
    text = page(recorder)
    if arguments == ["--check"]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print(f"docs/formats.md is {'as the tests have it' if same else 'out of date: run docs/formats.py'}")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
