# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example callbacks write what the watch takes: whole files by atomic renames, and a log. The frameworks are not
installed where tests run: what the examples call of them is put in their place."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from neuroscene.addon.series import Watch, find

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "crossformat"


def example(name, monkeypatch, **modules):
    for module, stand_in in modules.items():
        monkeypatch.setitem(sys.modules, module, stand_in)
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def seen(folder, save):
    """What a watch sees of a folder at every moment: a save that ends early is never seen."""
    watch = Watch(folder)
    names = []
    for epoch in range(3):
        save(epoch)
        for _ in range(2):
            with watch.arrivals() as arrived:
                names += [each.path.name for each in arrived]
    assert not watch.waiting
    return names


def saver(source, folder):
    """A `save` as of the frameworks, that looks at what is in the folder while it writes."""

    def save(path, *_, **__):
        before = {one.name for one in folder.iterdir() if not one.name.startswith(".")}
        Path(path).write_bytes(source.read_bytes()[:1000])
        assert {one.name for one in folder.iterdir() if not one.name.startswith(".")} == before
        shutil.copy(source, path)

    return save


def test_keras(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    keras = ModuleType("keras")
    keras.callbacks = SimpleNamespace(Callback=type("Callback", (), {}))
    callback = example("keras_callback", monkeypatch, keras=keras).SaveEpochs(str(folder))
    callback.model = SimpleNamespace(save=saver(DATA / "mnist_cnn.keras", folder))
    names = seen(folder, lambda epoch: callback.on_epoch_end(epoch, {"loss": 1 / (epoch + 1)}))
    assert names == [f"epoch_000{number}.keras" for number in (1, 2, 3)]
    steps = find([folder]).steps
    assert [(step.number, step.values["loss"]) for step in steps] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]


@pytest.mark.parametrize("training", [True, False])
def test_torch(tmp_path, monkeypatch, training):
    folder = tmp_path / "run"
    torch = ModuleType("torch")
    save = saver(DATA / "mnist_cnn_torchscript_trace.pt", folder)
    torch.jit = SimpleNamespace(trace=lambda model, given: SimpleNamespace(save=save))
    model = SimpleNamespace(training=training)
    model.eval = lambda: setattr(model, "training", False) or model
    model.train = lambda mode: setattr(model, "training", mode)
    module = example("torch_callback", monkeypatch, torch=torch)
    names = seen(folder, lambda epoch: module.save_epoch(folder, epoch, model, None, loss=0.5, val_acc=0.25 * epoch))
    assert names == [f"epoch_000{number}.pt" for number in range(3)] and model.training is training
    steps = find([folder]).steps
    assert [step.values for step in steps] == [{"loss": 0.5, "val_accuracy": 0.25 * epoch} for epoch in range(3)]
