# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged and malicious PyTorch files give one plain line; nothing of them is run, and memory stays small."""

import io
import pickle
import random
import struct
import subprocess
import sys
import tarfile
import zipfile

import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.pickle import machine
from neuroscene.addon.formats.pytorch import read
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA

TORCH = DATA / "torch"
PATHS = [str(DATA.parent), *sys.path]  # for processes of their own
TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu"
    b"%stQ%s%s%s\x89}tR"
)


def archive(path, pickled: bytes, members=(), name="model", compressed=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compressed) as made:
        made.writestr(f"{name}/data.pkl", pickled)
        for member, data in dict(members).items():
            made.writestr(member, data)
    return path


def tensor(count=4, offset=0, shape=(4,), stride=(1,)) -> bytes:
    """A state dict with the tensor "w", as opcodes."""

    def tuple_of(numbers):
        return b"(" + b"".join(map(number, numbers)) + b"t"

    def number(value):
        return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)

    made = TENSOR % (number(count), number(offset), tuple_of(shape), tuple_of(stride))
    return b"\x80\x02}X\x01\0\0\0w" + made + b"s."


def refused(path) -> str:
    with pytest.raises(CheckpointError) as error:
        read(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


def test_a_sound_one_opens(tmp_path):
    path = archive(tmp_path / "model.pt", tensor(), {"model/data/0": bytes(16)})
    assert [(one.name, one.shape) for one in read(path).tensors] == [("w", (4,))]


class Runs:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "builtins.exec",
        "shutil.rmtree",
        "builtins.getattr",
        "importlib.import_module",
        "webbrowser.open",
        "runpy.run_path",
    ],
)
def test_calls_are_named_and_not_made(name, protocol, tmp_path):
    module, function = name.split(".")
    if module == "os":  # pickle writes where it is defined
        called, shown = __import__("os").system, ("posix.system", "nt.system")
    else:
        called = getattr(__import__(module), function)
        shown = (name, f"__builtin__.{function}", f"commands.{function}")
    mark = tmp_path / "ran"
    bad = pickle.dumps({"w": Runs(called, f"touch {mark}")}, protocol)
    for path in (archive(tmp_path / "model.pt", bad), tmp_path / "model.pth"):
        if path.suffix == ".pth":
            path.write_bytes(bad)
        assert any(f"wants to call {one} when it is opened; refused for safety" in refused(path) for one in shown)
    assert not mark.exists()


@pytest.mark.parametrize(
    "bad",
    [
        b"cos\nsystem\n(X\x02\0\0\0lstR.",
        b"(X\x02\0\0\0lsios\nsystem\n.",
        b"(cos\nsystem\nX\x02\0\0\0lso.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.",
    ],
)
def test_every_way_to_call(bad, tmp_path):
    assert "wants to call os.system" in refused(archive(tmp_path / "model.pt", bad))


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (b"ctorch\nTensor\n", "__globals__"),
        (b"c__main__\nNet.__init__\n", "globals"),
        (b"X\x04\0\0\0text", "join"),
        (b"]", "append"),
        (b"cbuiltins\ndict\n", "__subclasses__"),
        (b"ctorch\nhub\n", "load"),
    ],
)
def test_attributes_that_no_checkpoint_needs(holder, name, tmp_path):
    """getattr leads to classes in classes and to methods; what leads into Python itself is refused."""
    text = b"X" + struct.pack("<I", len(name)) + name.encode()
    bad = b"\x80\x02c__builtin__\ngetattr\n" + holder + text + b"\x86R."
    assert "wants to call" in refused(archive(tmp_path / "model.pt", bad))


def test_an_attribute_that_is_called_is_inert(tmp_path):
    """getattr(__main__.Net, "run")("ls"), and a method of an object that the file has made."""
    function = b"c__builtin__\ngetattr\nc__main__\nNet\nX\x03\0\0\0run\x86R"
    method = b"c__builtin__\ngetattr\nc__main__\nNet\n)\x81X\x03\0\0\0run\x86R"
    for called in (function, method):
        bad = b"\x80\x02" + called + b"X\x02\0\0\0ls\x85R."
        assert "holds no tensors" in refused(archive(tmp_path / "model.pt", bad))


def test_a_name_that_grows_without_end(tmp_path):
    long = b"X" + struct.pack("<I", 1000) + b"a" * 1000 + b"q\0"
    bad = b"\x80\x02" + long + b"0c__builtin__\ngetattr\nq\x01c__main__\nNet\nq\x02"
    bad += b"h\x01h\x02h\0\x86Rq\x02" * 1000 + b"."
    assert "a name that is too long" in refused(archive(tmp_path / "model.pt", bad))


def test_unknown_classes_are_inert(tmp_path):
    bad = (
        b"\x80\x02}(X\x01\0\0\0ac__main__\nEvil\n(X\x02\0\0\0lstR"
        b"X\x01\0\0\0bcevil.module\nEvil\n)\x81}X\x01\0\0\0xK\x01sbu."
    )
    assert "holds no tensors" in refused(archive(tmp_path / "model.pt", bad))


BOMBS = {
    "nested lists": b"\x80\x02" + b"]" * 300_000 + b"a" * 299_999 + b".",
    "nested tuples": b"\x80\x02)" + b"\x85" * 300_000 + b".",
    "a key of nested tuples": b"\x80\x02})" + b"\x85" * 300_000 + b"K\x01s.",
    "laughs": b"\x80\x02]q\0"
    + b"".join(b"](" + b"h%c" % layer * 10 + b"eq%c" % (layer + 1) for layer in range(60))
    + b".",
    "copied lists": b"\x80\x02(" + b"K\x01" * 100_000 + b"lq\0" + b"c__builtin__\nlist\nh\0\x85R" * 2000 + b".",
    "copied dicts": b"\x80\x02}("
    + b"".join(b"M%sN" % struct.pack("<H", place) for place in range(60_000))
    + b"uq\0"
    + b"c__main__\nA\n)\x81}K\x01Nsbh\0b" * 2000
    + b".",
    "long integer": b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
    "long text": b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"abc.",
    "long bytes": b"\x80\x05\x96" + struct.pack("<Q", 1 << 62) + b"abc.",
    "decimal": b"I" + b"9" * 100_000 + b"\n.",
    "keys that meet": b"\x80\x02}("
    + b"".join(b"\x8a\x0a%sN" % (((1 << 61) - 1) * place).to_bytes(10, "little") for place in range(1, 50_000))
    + b"u.",
    "no end": b"\x80\x02}",
    "empty stack": b"\x80\x020000.",
    "a mark alone": b"\x80\x02(.",
    "nothing": b"",
    "unhashable": b"\x80\x02}]K\x01s.",
    "memo": b"\x80\x02j\xff\xff\xff\x7f.",
    "buffers": b"\x80\x05\x97.",
    "nested subclasses": b"\x80\x02"
    + b"(ctorch._tensor\n_rebuild_from_type_v2\nN" * 50_000
    + b")"
    + b"Nt" * 50_000
    + b"ctorch._tensor\n_rebuild_from_type_v2\nq\0"
    + b".",
    "itself": b"\x80\x02]q\0h\0a.",
    "odd persistent id": b"\x80\x02K\x01Q.",
    "version": b"\x80\xff.",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOMBS)
def test_bombs(kind, tmp_path):
    refused(archive(tmp_path / "model.pt", BOMBS[kind]))


def test_bombs_in_older_files(tmp_path):
    for kind in ("laughs", "long integer", "long text", "long bytes", "no end", "memo", "nothing"):
        (tmp_path / "model.pth").write_bytes(BOMBS[kind])
        refused(tmp_path / "model.pth")


def test_operations_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MOST_OPERATIONS", 1000)
    path = archive(tmp_path / "model.pt", b"\x80\x02" + b"K\x010" * 1001 + b".")
    assert "more than 1,000 operations" in refused(path)


@pytest.mark.slow
def test_memory_stays_small(tmp_path):
    """All bombs in a process that cannot take more than 1.5 GiB of addresses, libraries included."""
    done = subprocess.run(
        [sys.executable, "-c", EXPLODE.format(memory=3 << 29, folder=str(tmp_path), paths=PATHS)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 900 << 20


EXPLODE = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
sys.path[:0] = {paths!r}
import conftest
from bench import memory
from unit.test_torch_bad_files import BOMBS, archive, refused
for kind in BOMBS:
    refused(archive(Path({folder!r}) / "model.pt", BOMBS[kind]))
print(memory.peak())
"""
TENSORS = {
    "larger than its storage": ({"count": 5, "shape": (5,)}, "needs 20 bytes of its storage, which has 16"),
    "strides behind the end": ({"shape": (2, 2), "stride": (4, 1)}, "needs 24 bytes"),
    "offset behind the end": ({"offset": 1}, "needs 20 bytes"),
    "negative offset": ({"offset": -1}, "absurd"),
    "negative stride": ({"stride": (-1,)}, "absurd"),
    "absurd size": ({"shape": (1 << 40, 1 << 40), "stride": (0, 0)}, "absurd"),
    "spread": ({"shape": (1 << 40,), "stride": (0,)}, "spreads 16 bytes over"),
    "axes": ({"shape": (1,) * 40, "stride": (1,) * 40}, "absurd"),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_tensors_that_cannot_be(kind, tmp_path):
    settings, reason = TENSORS[kind]
    assert reason in refused(archive(tmp_path / "model.pt", tensor(**settings), {"model/data/0": bytes(16)}))


@pytest.mark.parametrize("shape", [b"K\x03", b"N", b"X\x01\0\0\0a", b"}", b"(K\x01K\x02t"])
def test_arrays_whose_shape_is_none(shape, tmp_path):
    """NumPy's BUILD with another value where the shape belongs."""
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
    dtype = b"cnumpy\ndtype\nX\x02\0\0\0f4\x89\x88\x87R"
    bad = b"\x80\x03}X\x01\0\0\0w" + array + b"(K\x01" + shape + dtype + b"\x89C\x04aaaatbs."
    refused(archive(tmp_path / "model.pt", bad))


def test_storage_that_is_not_there(tmp_path):
    assert "not in the file" in refused(archive(tmp_path / "model.pt", tensor(), {"model/data/1": bytes(16)}))


def test_members_that_lead_outside(tmp_path):
    for name in ("../evil", "/etc/evil", "model/../../evil", "C:/evil"):
        assert "leads outside" in refused(archive(tmp_path / "model.pt", tensor(), {name: b"x"}))


@pytest.mark.slow
def test_zip_bomb(tmp_path):
    bomb = archive(tmp_path / "model.pt", b"\x80\x02" + b"N0" * (1 << 27), compressed=zipfile.ZIP_DEFLATED)
    refused(bomb)


def test_tar_archives_are_named(tmp_path):
    with tarfile.open(tmp_path / "model.pt", "w", format=tarfile.PAX_FORMAT) as made:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            made.add(TORCH / "make_torch.py", name)
    with pytest.raises(CheckpointError, match="a tar archive, as the first versions of PyTorch wrote"):
        open_checkpoint(tmp_path / "model.pt")


def test_data_of_an_older_file_that_is_not_there(tmp_path):
    whole = (TORCH / "tensors_legacy.pth").read_bytes()
    (tmp_path / "model.pth").write_bytes(whole[:-200])
    assert "ends" in refused(tmp_path / "model.pth")


@pytest.mark.slow
def test_code_that_never_ends(tmp_path):
    """Loops, calls of itself, brackets and texts without end in TorchScript leave its weights, or nothing."""
    bodies = {
        "loop": "while True:\n      pass\n    return x",
        "itself": "return (self).forward(x, )",
        "brackets": "return " + "(" * 5000 + "x" + ")" * 5000,
        "sum": "return x" + "+ x" * 30_000,
        "list": "y = [1]\n    while True:\n      y = torch.add(y, y)\n    return x",
        "numbers": "y = 3\n    while True:\n      y = torch.mul(y, y)\n    return x",
        "zeros": "return torch.zeros([1000000, 1000000, 1000000])",
        "range": "return torch.arange(100000000000)",
        "deep": "return x" + ".a" * 20_000,
        "nodes": "while True:\n      x = torch.relu(x)\n    return x",
        "shape": "return torch.reshape(x, [-5, 7])",
        "power": "return torch.pow(9, 99999999)",
        "equal lists": "a = [1]\n    b = [1]\n    for i in range(60):\n      a = [a, a]\n      b = [b, b]\n"
        "    return torch.eq(a, b)",
        "list as text": "a = [1]\n    for i in range(60):\n      a = [a, a]\n    return torch.format(a)",
        "list as tensor": "a = [1]\n    for i in range(60):\n      a = [a, a]\n    return torch.tensor(a)",
        "list given out": "a = [1]\n    for i in range(60):\n      a = [a, a]\n    return a",
        "text": "return torch.remainder('%999999999d', 1)",
        "parts": "return torch.split(torch.zeros([1000000000000]), 1)",
        "channels": "return torch.group_norm(torch.zeros([1, 1000000000000]), 1)",
    }
    for name, body in bodies.items():
        code = f"class M(Module):\n  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n    {body}\n"
        path = archive(
            tmp_path / f"{name}.pt",
            b"\x80\x02c__torch__\nM\n)\x81}b.",
            {"model/constants.pkl": b"\x80\x02).", "model/code/__torch__.py": code},
        )
        if name in ("zeros", "parts", "channels"):  # sound, as long as nobody runs it
            assert read(path).structure == "graph"
        else:
            refused(path)


def walk(path):
    """Read a file and all that it gives; what is wrong must be said by the one exception."""
    found = read(path)
    for one in getattr(found, "tensors", ()):
        if one.read is not None:
            one.read()


@pytest.mark.parametrize(
    "file",
    [
        "tensors.pt",
        "tensors_legacy.pth",
        "quantised.pt",
        "module.pt",
        "odd.pt",
        "lightning.ckpt.pt",
        "mobile_scripted.pt",
        "lstm_traced.pt",
    ],
)
def test_cut_short(file, tmp_path):
    whole, chosen = (TORCH / file).read_bytes(), random.Random(file)
    path = tmp_path / file
    for _ in range(50):
        path.write_bytes(whole[: chosen.randrange(1, len(whole))])
        try:
            walk(path)
        except CheckpointError as error:
            assert "\n" not in str(error)


MUTATE = """
import random, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
sys.path[:0] = {paths!r}
import conftest
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.structure import open_checkpoint
from unit.test_torch_bad_files import mutated, walk
chosen, refused = random.Random(0), 0
for turn in range({turns}):
    path = Path({folder!r}) / "mutated.pt"
    path.write_bytes(mutated(chosen))
    try:
        walk(path)
    except CheckpointError as error:
        refused += 1
        assert chr(10) not in str(error)
print(refused)
"""


def mutated(chosen: random.Random) -> bytes:
    """One of the files with a few bytes changed, most of them where the pickles and the code are."""
    file = chosen.choice([one for one in sorted(TORCH.iterdir()) if one.suffix in (".pt", ".pth")])
    data = file.read_bytes()
    if not data.startswith(b"PK") or chosen.random() < 0.2:
        return _changed(data, chosen)
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        target = chosen.choice(
            [one.filename for one in old.infolist() if one.file_size and one.filename.endswith((".pkl", ".py"))]
        )
        for name in old.namelist():
            new.writestr(name, _changed(old.read(name), chosen) if name == target else old.read(name))
    return made.getvalue()


def _changed(data, chosen):
    """Mostly bytes that become others of their kind, so that the rest can still be read."""
    data = bytearray(data)
    for _ in range(chosen.randrange(1, 4)):
        place = chosen.randrange(len(data))
        before = data[place]
        kinds = b"0123456789", b"[](),.:= ", b"abcdefgxyz_", b"RbtuesaQq\x85\x86", bytes(range(256))
        kind = next(one for one in kinds if before in one)
        if chosen.random() < 0.8:
            data[place] = chosen.choice(kind)
        else:
            data[place : place + chosen.randrange(3)] = chosen.choice(
                [b"", b"\xff\xff\xff\x7f", chosen.randbytes(8), data[place : place + 40]]
            )
    return bytes(data)


@pytest.mark.slow
def test_mutations(tmp_path):
    """500 changed files, in a process that cannot take more than 3 GiB of addresses."""
    done = subprocess.run(
        [sys.executable, "-c", MUTATE.format(memory=3 << 30, paths=PATHS, turns=500, folder=str(tmp_path))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 100
