# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open thousands of damaged checkpoints of every format; each has to open, or to be refused in one line.

    python tests/bench/fuzz.py [--count 2000] [--only keras-h5] [--seed 0]

Every file is opened and summarised in a worker with bounded memory and an audit hook that knows of every file written,
process started, or code compiled. Prints a table, keeps the files that misbehaved in out/fuzz/, and returns 1 if
there are any.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path

import memory
import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT / "tests" / "data"
SECONDS = 20  # after which a worker is stopped
SLOW, LARGE = 10, 500_000_000  # seconds and bytes that no file may take
MEMORY = 3 << 30  # bytes of address space that a worker may have
FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.spawn",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "subprocess.Popen",
    "socket.connect",
    "exec",
    "ctypes.dlopen",
    "pickle.find_class",
    "marshal.loads",
)
# format -> whole files to damage, with what has to lie beside them
SAMPLES = {
    "onnx": ["mnist_cnn_tf2onnx.onnx"],
    "keras-h5": [
        "crossformat/mnist_cnn_keras3.h5",
        "crossformat/keras1_2_2/mnist_cnn_functional.h5",
        "crossformat/keras2_2_4_tf1_15/mnist_cnn_sequential.h5",
    ],
    "keras-v3": ["crossformat/mnist_cnn.keras", "crossformat/keras2_15/mnist_cnn.keras"],
    "keras-weights": ["crossformat/mnist_cnn_keras3.weights.h5", "crossformat/keras2_12/mnist_cnn_weights_only.h5"],
    "pytorch": ["crossformat/mnist_cnn_training_checkpoint.pt", "crossformat/mnist_cnn_whole_module.pt"],
    "pytorch-legacy": ["crossformat/mnist_cnn_state_dict_legacy_nonzip.pth"],
    "torchscript": ["crossformat/mnist_cnn_torchscript_trace.pt", "crossformat/mnist_cnn_torchscript_script.pt"],
    "safetensors": ["crossformat/mnist_cnn.safetensors", "crossformat/mnist_cnn_bf16.safetensors"],
    "tflite": [
        "crossformat/mnist_cnn_float32.tflite",
        "crossformat/mnist_cnn_int8.tflite",
        "tensorflow/words_int8.tflite",
    ],
    "frozen-graph": ["crossformat/mnist_cnn_frozen_tf2.pb"],
    "graph-text": ["crossformat/tf1_ckpt_tf115/graph.pbtxt"],
    "tf1-checkpoint": [
        "crossformat/tf1_ckpt_tf115/v1_format.ckpt",
        "crossformat/tf1_ckpt_tf221/mnist_cnn.ckpt-630.index",
    ],
    "tf1-graph": ["crossformat/tf1_ckpt_tf115/model.ckpt-630.meta"],
    "tf2-checkpoint": ["crossformat/tf2_ckpt/mnist_cnn.index"],
    "tfjs": ["crossformat/tfjs_layers_model/model.json", "crossformat/tfjs_graph_model/model.json"],
    "gguf": ["gguf/llama.gguf", "gguf/gpt2.gguf"],
    "npz": ["crossformat/mnist_cnn_weights.npz"],
    "flax-msgpack": ["flax/small.msgpack"],
    "torch-export": ["exported/pictures.pt2", "exported/series_core.pt2"],
    "caffe": ["layers/digits.caffemodel"],
    "darknet": ["layers/digits.cfg", "layers/digits.weights"],
    "openvino": ["openvino/digits.xml", "openvino/lstm.xml"],
    "coreml": ["coreml/digits.mlmodel", "coreml/digits.mlpackage/Data/com.apple.CoreML/model.mlmodel"],
    "saved-model": ["crossformat/savedmodel_keras3/saved_model.pb", "tensorflow/words/saved_model.pb"],
}
# What has to lie beside a file, which then keeps its name.
BESIDE = {
    "crossformat/tf1_ckpt_tf115/graph.pbtxt": ("checkpoint", "v1_format.ckpt", "model.ckpt-630.index"),
    "crossformat/tf1_ckpt_tf115/v1_format.ckpt": ("v1_format.ckpt.meta",),
    "crossformat/tf1_ckpt_tf115/model.ckpt-630.meta": ("model.ckpt-630.index", "model.ckpt-630.data-00000-of-00001"),
    "crossformat/tf1_ckpt_tf221/mnist_cnn.ckpt-630.index": (
        "mnist_cnn.ckpt-630.meta",
        "mnist_cnn.ckpt-630.data-00000-of-00001",
    ),
    "crossformat/tf2_ckpt/mnist_cnn.index": ("mnist_cnn.data-00000-of-00001",),
    "coreml/digits.mlpackage/Data/com.apple.CoreML/model.mlmodel": ("weights",),
    "openvino/digits.xml": ("digits.bin",),
    "openvino/lstm.xml": ("lstm.bin",),
    "layers/digits.cfg": ("digits.weights",),
    "layers/digits.weights": ("digits.cfg",),
    "crossformat/tfjs_layers_model/model.json": ("group1-shard1of1.bin",),
    "crossformat/tfjs_graph_model/model.json": ("group1-shard1of1.bin",),
    "crossformat/savedmodel_keras3/saved_model.pb": ("variables",),
    "tensorflow/words/saved_model.pb": ("variables",),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=2000, help="damaged files a format")
    parser.add_argument("--only", choices=SAMPLES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work()
    kept = ROOT / "out" / "fuzz"
    shutil.rmtree(kept, ignore_errors=True)
    print(f"{'format':16} {'opened':>7} {'refused':>8} {'failed':>7} {'slowest':>9} {'memory':>9}")
    failed = 0
    for name in [options.only] if options.only else SAMPLES:
        failed += _fuzz(name, options.count, options.seed, kept)
    return int(failed > 0)


def _fuzz(name, count, seed, kept) -> int:
    chance, told, slowest, most = random.Random(f"{name} {seed}"), Counter(), 0.0, 0
    wholes = {one: (DATA / one).read_bytes() for one in SAMPLES[name]}
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker()
        for number in range(count):
            sample = chance.choice(list(wholes))
            path = _place(Path(folder), sample)
            path.write_bytes(mutate(wholes[sample], chance, name))
            begun = time.monotonic()
            answer = worker.ask(path)
            slowest, most = max(slowest, time.monotonic() - begun), max(most, answer.get("memory", 0))
            late, large = time.monotonic() - begun > SLOW, answer.get("memory", 0) > LARGE
            if answer["what"] in ("opened", "refused") and (late or large):
                answer = {"what": "slow" if late else "large"}
                worker.again()  # its peak of memory would count for all that follow
            if answer["what"] not in ("opened", "refused"):
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, kept / f"{name}-{number}{path.suffix}")
                print(f"  {name}-{number}: {answer['what']}: {answer.get('text', '')}", flush=True)
            told[answer["what"]] += 1
        worker.end()
    failed = count - told["opened"] - told["refused"]
    print(
        f"{name:16} {told['opened']:7,} {told['refused']:8,} {failed:7,} {slowest:7.2f} s {most / 1e6:6.0f} MB",
        flush=True,
    )
    return failed


def _place(folder: Path, sample: str) -> Path:
    """Where a damaged file is written, with what has to lie beside it."""
    if sample not in BESIDE:
        return folder / f"damaged{Path(sample).suffix}"
    whole = DATA / sample
    target = folder / whole.parent.name
    if not target.exists():
        target.mkdir()
        for name in {name for other in BESIDE for name in BESIDE[other] if (DATA / other).parent == whole.parent}:
            beside = whole.parent / name
            if beside.is_dir():
                shutil.copytree(beside, target / name)
            else:
                shutil.copy(beside, target / name)
    for name in BESIDE[sample]:  # another sample may have been one of these
        if (whole.parent / name).is_file():
            shutil.copy(whole.parent / name, target / name)
    return target / whole.name


def mutate(whole: bytes, chance: random.Random, name: str) -> bytes:
    """A damaged file: mostly by faults anywhere in it, else sound but built to grow when it is opened."""
    kind = chance.random()
    if kind < 0.05 and name == "onnx":
        return nested_functions(whole, chance)
    return long_strings(whole, chance) if kind < 0.15 else damage(whole, chance)


def nested_functions(whole: bytes, chance: random.Random) -> bytes:
    """A model with functions that call one another, some times each, so that they grow when calls are replaced."""
    import onnx

    model, helper = onnx.ModelProto.FromString(whole), onnx.helper
    depth, calls = chance.choice((3, 10, 13, 20, 40, 200)), chance.choice((1, 2, 2, 3, 50))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("grown", 1)]
    large = onnx.numpy_helper.from_array(np.zeros(chance.choice((1, 1000, 50_000)), np.float32))
    body = [helper.make_node("Constant", [], ["c"], value=large), helper.make_node("Relu", ["a"], ["b"])]
    model.functions.append(helper.make_function("grown", "F0", ["a"], ["b"], body, opsets[:1]))
    for level in range(1, depth):
        names = ["a", *(f"t{number}" for number in range(1, calls)), "b"]
        called = level if chance.random() < 0.02 else level - 1  # itself, now and then
        body = [
            helper.make_node(f"F{called}", [read], [made], "n" * chance.choice((0, 1, 1000)), domain="grown")
            for read, made in zip(names, names[1:], strict=False)
        ]
        model.functions.append(helper.make_function("grown", f"F{level}", ["a"], ["b"], body, opsets))
    model.opset_import.append(opsets[1])
    place = chance.randrange(len(model.graph.node))
    before = model.graph.node[place]
    made, before.output[0] = before.output[0], "before grown"
    model.graph.node.insert(place + 1, helper.make_node(f"F{depth - 1}", ["before grown"], [made], domain="grown"))
    if chance.random() < 0.3:  # a shape that doubles some times over
        sizes = helper.make_node("Shape", [model.graph.input[0].name], ["size 0"])
        more = [helper.make_node("Concat", [f"size {n}"] * 2, [f"size {n + 1}"], axis=0) for n in range(depth)]
        for node in (sizes, *more):
            model.graph.node.append(node)
    return model.SerializeToString()


def long_strings(whole: bytes, chance: random.Random) -> bytes:
    """The file with a name in it made very long, wherever a name of the same bytes stands; lengths before it are put
    right where the format says them in one of the usual ways."""
    names = re.findall(rb"[A-Za-z_][A-Za-z0-9_./:]{3,40}", whole) or [b"name"]
    old = chance.choice(names)
    piece = chance.choice((old, b"a", b"_1", b"a/", b"a.", b"__1", b"pos_embed", b"1", b"branch_"))
    new = (piece * (chance.choice((300, 5_000, 60_000)) // len(piece) + 1))[: chance.choice((300, 5_000, 60_000))]
    head = int.from_bytes(whole[:8], "little")
    if whole[8:9] == b"{" and head < len(whole):  # safetensors
        text = whole[8 : 8 + head].replace(old, new)
        return len(text).to_bytes(8, "little") + text + whole[8 + head :]
    if whole.startswith(b"PK"):
        return _in_archive(whole, old, new)
    try:
        return _in_protobuf(whole, old, new)
    except ValueError:
        return _in_pickle(whole, old, new)


def _in_archive(whole, old, new):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(made, "w") as after:
        for info in before.infolist():
            data = before.read(info)
            small = len(data) < 1 << 20
            after.writestr(info.filename, _in_pickle(data, old, new) if small else data)
    return made.getvalue()


def _in_pickle(data, old, new):
    """Texts of pickles have their length in 1 or 4 bytes before them, those of JSON and Python have none."""
    short, long = len(old).to_bytes(1, "little") + old, len(old).to_bytes(4, "little") + old
    data = data.replace(b"X" + long, b"X" + len(new).to_bytes(4, "little") + new)
    return data.replace(b"\x8c" + short, b"X" + len(new).to_bytes(4, "little") + new).replace(
        b'"' + old + b'"', b'"' + new + b'"'
    )


def _in_protobuf(whole, old, new):
    import onnx

    try:
        model = onnx.ModelProto.FromString(whole)
    except Exception as error:
        raise ValueError from error
    text, long = old.decode(), new.decode()
    for node in model.graph.node:
        node.name = node.name.replace(text, long)
        for names in (node.input, node.output):
            names[:] = [name.replace(text, long) for name in names]
    for one in (*model.graph.initializer, *model.graph.input, *model.graph.output, *model.graph.value_info):
        one.name = one.name.replace(text, long)
    return model.SerializeToString()


def damage(whole: bytes, chance: random.Random) -> bytes:
    """A file with one to eight faults: bits and bytes changed, sizes made absurd, parts lost, doubled or put elsewhere.

    Most faults fall into the first and last bytes, where formats keep their directories.
    """
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        edge = min(len(data), chance.choice((64, 512, 4096, len(data))))
        at = chance.randrange(edge) if chance.random() < 0.6 else len(data) - 1 - chance.randrange(edge)
        length = min(chance.choice((1, 2, 8, 64, 1024)), len(data) - at)
        match chance.randrange(7):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 2:
                size = chance.choice((4, 8))
                value = chance.choice((0, 1, (1 << 31) - 1, (1 << 32) - 1, 1 << 62, (1 << 63) - 1, (1 << 64) - 1))
                data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, chance.choice(("little", "big")))
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = data[at : at + length]
            case 5:
                data[at : at + length] = chance.randbytes(length)
            case 6:
                source = chance.randrange(len(data))
                data[at : at + length] = data[source : source + length]
        if len(data) < 2:
            break
    if chance.random() < 0.1:
        del data[chance.randrange(len(data)) :]
    return bytes(data)


class Worker:
    """A process that opens files; a new one when it has died or is late."""

    def __init__(self):
        self._start()

    def _start(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.process.stdout.readline()  # it has imported all and waits

    def ask(self, path: Path) -> dict:
        late = threading.Timer(SECONDS, self.process.kill)
        late.start()
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            in_time = late.is_alive()
            late.cancel()
        if answer:
            return json.loads(answer)
        status = self.process.wait()
        self._start()
        return {"what": "crashed" if in_time else "hung", "text": f"exit status {status}"}

    def again(self):
        self.end()
        self._start()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def work() -> int:
    sys.path.insert(0, str(ROOT / "tests"))
    import conftest  # noqa: F401 makes the package importable
    from neuroscene.addon.containers import CheckpointError
    from neuroscene.addon.network import summarise
    from neuroscene.addon.network.statistics import statistics
    from neuroscene.addon.structure import open_checkpoint

    for samples in SAMPLES.values():  # everything that is imported late
        for sample in samples:
            for layer in summarise(open_checkpoint(DATA / sample)).layers:
                statistics(layer)
    done: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, done))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    floor = memory.peak()
    print("ready", flush=True)
    for line in sys.stdin:
        done.clear()
        try:
            network = summarise(open_checkpoint(line.rstrip("\n")))
            for layer in network.layers:
                statistics(layer)
            answer = {"what": "opened"}
        except CheckpointError as error:
            answer = {"what": "refused"} if "\n" not in str(error) else {"what": "two lines", "text": str(error)}
        except BaseException as error:  # whatever it is, it is the finding
            place = error.__traceback__
            while place.tb_next:
                place = place.tb_next
            answer = {
                "what": type(error).__name__,
                "text": f"{error} ({Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno})",
            }
        if done:
            answer = {"what": "acted", "text": ", ".join(done)}
        print(json.dumps(answer | {"memory": memory.peak() - floor}), flush=True)
    return 0


def _watch(event, arguments, done):
    if event in FORBIDDEN or event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        done.append(f"{event} {str(arguments)[:80]}")


if __name__ == "__main__":
    sys.exit(main())
