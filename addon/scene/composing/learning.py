# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network in the scene is trained: a thread computes and writes checkpoints, and these join its series one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import prod
from pathlib import Path
from threading import Event, Thread
from typing import Any

import bpy

from ...composing import SETTINGS
from ...containers import CheckpointError, stopping
from ...folders import of_user
from ...network import summarise
from ...series.watching import arrived
from ...structure import open_checkpoint
from ...training import Options, load, train
from ..entities import NetworkScene
from ..series.live import Live
from . import changing

FOLDER = "trained"
HERE = Path(__file__).resolve().parents[3] / "sample_models"
SHIPPED = {  # data of this extension
    "DIGITS": "digits/digits.npz",
    "SPIRAL": "points/spiral.npz",
    "MOONS": "points/moons.npz",
    "LETTERS": "letters/sorting.npz",
}
WITH_WEIGHTS = tuple(
    op for op, settings in SETTINGS.items() if "units" in settings or op.endswith("Normalization") or op == "Attention"
) + ("DepthwiseConv",)
CHOSEN = ("FILE", "FOLDER")  # data of the user's
DATA = (
    ("DIGITS", "Drawn Digits", "3,600 digits of 28 x 28 pixels that come with this extension"),
    ("SPIRAL", "Spiral", "1,200 points of two arms that wind round one another"),
    ("MOONS", "Moons", "1,200 points of two half circles that reach into one another"),
    ("LETTERS", "Letters to Sort", "729 texts of six letters, each A, B or C, and what they are when sorted"),
    ("FILE", "File", "A .npz file with x_train, y_train, x_test and y_test"),
    ("FOLDER", "Folder", "A folder of pictures, with a folder for each class"),
)


def data_of(data: str, file: str) -> Path:
    """The file or folder of data that was chosen. Raises `CheckpointError` where there is none."""
    if data in SHIPPED:
        path = HERE / SHIPPED[data]
    elif not file:
        raise CheckpointError("data", "was not chosen", "choose a file or a folder")
    else:
        path = Path(bpy.path.abspath(file))
    if not path.exists():
        raise CheckpointError(path, "no such file", "check the path of the data")
    return path


def usual(collection: bpy.types.Collection) -> dict[str, Any]:
    """What is usual for a network: which of the data that come with the extension it reads, whether it would learn to
    give back what it reads, for it gives as many numbers, and how long and fast it learns."""
    layers = list(NetworkScene(collection).layers().values())
    read = [prod(layer.shape) for layer in layers if layer.op == "Input"]
    given = {"data": "DIGITS", "reconstruct": False, "epochs": 10, "batch": 32, "rate": 0.0}
    if len(read) != 1:
        return given
    if read[0] == 2:
        return given | {"data": "SPIRAL", "epochs": 200, "batch": 50, "rate": 0.01}
    if read[0] == 11:
        return given | {"data": "LETTERS", "epochs": 100, "rate": 0.003}
    if prod(layers[-1].shape) == read[0]:
        return given | {"reconstruct": True, "epochs": 30, "rate": 0.002}
    return given


def can_be_frozen(collection: bpy.types.Collection, name: str) -> bool:
    """Whether a layer, one that is drawn or one of a specification, has weights that a training changes."""
    layer = NetworkScene(collection).layers().get(name)
    if layer is not None and layer.parameters:
        return True
    specification = changing.of_network(collection)
    return specification is not None and any(
        each.name == name and each.op in WITH_WEIGHTS for each in specification.layers
    )


def frozen(collection: bpy.types.Collection) -> list[str]:
    """The layers of a network that a training leaves as they are, of those that there are still."""
    return [name for name in NetworkScene(collection).frozen if can_be_frozen(collection, name)]


def toggle_frozen(collection: bpy.types.Collection, names: Sequence[str]) -> str:
    """Freeze these layers, or if all of them are frozen let them learn again; a line that says so."""
    before = frozen(collection)
    if set(names) <= set(before):
        NetworkScene(collection).frozen = [name for name in before if name not in names]
        return f"{', '.join(names)}: learns again"
    NetworkScene(collection).frozen = [*before, *(name for name in names if name not in before)]
    return f"{', '.join(names)}: stays as it is in a training"


def new_folder(name: str) -> Path:
    """A folder of the user's for the checkpoints of one training. Raises `CheckpointError`."""
    try:
        return of_user(FOLDER) / f"{name} {datetime.now():%Y-%m-%d %H.%M.%S}"
    except OSError as error:
        raise CheckpointError(name, f"has no folder for its checkpoints ({error})", "choose one") from error


@dataclass
class Lesson:
    """One training. Holds no data-block: these may be gone with an undo."""

    model: Path
    data: Path
    folder: Path
    options: Options
    reconstruct: bool = False
    share: float = 0.0
    text: str = "reading the data"
    problem: str = ""
    written: deque[Path] = field(default_factory=deque)  # checkpoints that nobody has taken
    _stop: Event = field(default_factory=Event)
    _go: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin to compute in a thread."""
        self._go.set()
        self._thread = Thread(target=self._run, name="Neuroscene training", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def pause(self, paused: bool) -> None:
        """Wait after the step that is computed, or go on."""
        if paused:
            self._go.clear()
        else:
            self._go.set()

    def stop(self) -> None:
        """End after the step that is computed; what is written stays."""
        self._stop.set()
        self._go.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self):
        try:
            with stopping.stoppable(self._stop, lambda share, text: None):
                network = summarise(open_checkpoint(self.model))
                data = load(self.data, network, self.reconstruct)
                for share, text in train(network, data, self.folder, self.options, self.written.append):
                    self.share, self.text = share, text
                    self._go.wait()
                    if self._stop.is_set():
                        return
                self.share, self.text = 1.0, "done"
        except stopping.StoppedError:
            pass
        except CheckpointError as error:
            self.problem = str(error)
        except Exception as error:  # it is told where somebody looks
            self.problem = f"{self.folder}: the training failed ({error})"


@dataclass
class TaughtNetwork:
    """A lesson, and the network in the scene that takes it."""

    lesson: Lesson
    live: Live

    def look(self, most: int) -> int:
        """Let at most so many of the checkpoints that are written join; how many did."""
        before = self.live.count
        for _ in range(min(most, len(self.lesson.written))):
            path = self.lesson.written.popleft()
            try:
                self.live.take(arrived(path))
            except CheckpointError as error:  # somebody has written over it
                self.live.left_out[path] = error.problem
        return self.live.count - before

    @property
    def over(self) -> bool:
        """Whether all that was computed is shown."""
        return not self.lesson.running and not self.lesson.written


def begin(
    collection: bpy.types.Collection, data: Path, folder: Path, options: Options, reconstruct: bool = False
) -> TaughtNetwork:
    """Train the model of a network on a data set; the network follows. Raises `CheckpointError`."""
    scene = NetworkScene(collection)
    source = Path(bpy.path.abspath(scene.source))
    if not source.is_file():
        raise CheckpointError(source, "is gone", "import the network again")
    if scene.structure == "inferred":
        raise CheckpointError(source, "holds weights only: how they are joined is inferred", "attach its architecture")
    given = Path(bpy.path.abspath(scene.input_path)) if scene.input_path else None
    lesson = Lesson(source, data, folder, options, reconstruct)
    live = Live(folder, given if given and given.is_file() else None, uuid=scene.uuid, data=data)
    lesson.start()
    return TaughtNetwork(lesson, live)
