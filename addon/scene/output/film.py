# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures on disk: what they say of themselves, and films made of them."""

from __future__ import annotations

import shutil
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import bpy

from ... import compat
from ...containers import CheckpointError
from ...written import refused, replacing, settle
from .. import removing
from ..entities import NetworkScene, StudioScene, networks

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
PNG = b"\x89PNG\r\n\x1a\n"


class Film:
    """A sequence of frames that may stop and go on: frames that are there already, with this note, are not made again.

    An output NAME.png stands for NAME_0001.png ...; the frames of NAME.mp4 lie in a folder NAME_frames until they are
    put together. `frames` are the first and the last, `left` those that are still to be made; of a scene with a frame
    step only every so manyth is.
    """

    def __init__(self, scene: bpy.types.Scene, output: Path, frames: tuple[int, int], note: str, anew: bool = False):
        self._scene = scene.session_uid
        self.output = output
        self.note = note
        self.moving = output.suffix.lower() == ".mp4"
        self.folder = output.with_name(f"{output.stem}_frames") if self.moving else output.parent
        every = range(frames[0], frames[1] + 1, scene.frame_step)
        self.paths = {frame: self.folder / f"{output.stem}_{frame:04}.png" for frame in every}
        self.left = [frame for frame, path in self.paths.items() if anew or note_of(path) != f"{note} {frame}"]
        self._wanted = len(self.left)
        self._begun = time.monotonic()

    @property
    def scene(self) -> bpy.types.Scene:
        """The scene; a person may undo between two frames, and a reference would not outlive that. Raises
        `CheckpointError` if it is gone."""
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == self._scene), None)
        if scene is None:
            raise CheckpointError(self.output, "the scene of this film is gone", "render it again where there is one")
        return scene

    def begin(self) -> str:
        """Set the scene for the next frame that is left, to be rendered into its file; says how far the film is.

        Raises `CheckpointError`.
        """
        done = self._wanted - len(self.left)
        frame = self.left[0]
        took = time.monotonic() - self._begun
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(self.folder, f"cannot be made ({error.strerror})", "choose another place") from error
        self.scene.frame_set(frame)
        self.scene.render.stamp_note_text = f"{self.note} {frame}"
        self.scene.render.filepath = str(self._unfinished(frame).resolve())
        rest = f", {clock(took / done * len(self.left))} left" if done else ""
        return f"frame {frame}, {len(self.paths) - len(self.left) + 1} of {len(self.paths)}{rest}"

    def end(self) -> None:
        """The frame that was begun is rendered: only now it has its name. Raises `CheckpointError`."""
        frame = self.left[0]
        part = written(self._unfinished(frame))
        try:
            settle(part, self.paths[frame])
        except OSError as error:
            part.unlink(missing_ok=True)
            raise refused(self.paths[frame], error.strerror) from error
        self.left.pop(0)

    def make(self, progress: Callable[[str], None]) -> None:
        """Render all that is left, at once. Raises `CheckpointError`."""
        while self.left:
            progress(self.begin())
            try:
                bpy.ops.render.render(write_still=True, scene=self.scene.name)
            except RuntimeError as error:
                self._unfinished(self.left[0]).unlink(missing_ok=True)
                raise refused(self.paths[self.left[0]], str(error).strip()[:100]) from error
            self.end()

    def join(self) -> list[Path]:
        """What was written: the frames, or the film that they are put together to."""
        if not self.moving:
            return list(self.paths.values())
        with replacing(self.output) as part:
            encode(self.scene, list(self.paths.values()), part, self.note)
            written(part)
        shutil.rmtree(self.folder)
        return [self.output]

    def _unfinished(self, frame):
        return self.paths[frame].with_suffix(".part.png")


def shown(scene: bpy.types.Scene) -> str:
    """What pictures of a scene show: its networks' files, and how the hashes of these begin."""
    models = [
        f"{Path(network.source).name} sha256 {network.sha256[:16]}"
        for network in map(NetworkScene, networks(scene))
        if network.sha256
    ]
    return f"Neuroscene; {', '.join(models) or 'no network'}"


def sign(scene: bpy.types.Scene) -> None:
    """Let also those pictures say what they show that somebody saves from a window, of a scene that is ours."""
    if StudioScene.is_one(scene):
        scene.render.use_stamp_note = True
        scene.render.stamp_note_text = shown(scene)


def written(path: Path) -> Path:
    """The same path, where Blender wrote a file. Raises `CheckpointError`."""
    if not path.is_file():
        raise CheckpointError(path, "Blender wrote no picture", "is the folder writable?")
    return path


def said(files: list[Path]) -> str:
    """Files in words: the one, or the first and the last."""
    return str(files[0]) if len(files) == 1 else f"{files[0]} to {files[-1].name}"


def note_of(path: Path) -> str:
    """The note in the metadata of a PNG (its tEXt chunk "Note"); "" if there is none, or no whole picture."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    if not data.startswith(PNG) or data[-8:-4] != b"IEND":
        return ""
    at = len(PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        name, _, text = data[at + 8 : at + 8 + length].partition(b"\0")
        if kind == b"tEXt" and name == b"Note":
            return text.decode("latin-1")
        at += 12 + length
    return ""


def clock(seconds: float) -> str:
    """A time in words: "40 s", "3 min", "1 h 20 min"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def told(scene: bpy.types.Scene, progress: Callable[[str], None]) -> Iterator[None]:
    """Let what Blender says while it renders be told."""
    stats = bpy.app.handlers.render_stats
    stats.append(lambda text: progress(f"frame {scene.frame_current}: {text.split('|')[-1].strip()}"))
    try:
        yield
    finally:
        stats.pop()


def encode(scene: bpy.types.Scene, frames: list[Path], output: Path, note: str) -> None:
    """Put frames together to an H.264 film that takes as long as the scene does."""
    cut = bpy.data.scenes.new("film")
    try:
        cut.render.resolution_x = scene.render.resolution_x * scene.render.resolution_percentage // 100 // 2 * 2
        cut.render.resolution_y = scene.render.resolution_y * scene.render.resolution_percentage // 100 // 2 * 2
        cut.render.resolution_percentage = 100
        cut.render.fps, cut.render.fps_base = scene.render.fps, scene.render.fps_base * scene.frame_step
        cut.frame_start = 1
        cut.frame_end = len(frames)
        cut.view_settings.view_transform = "Standard"  # the frames have their look
        strips = compat.strips(cut)
        strip = strips.new_image("frames", str(frames[0].resolve()), 1, 1)
        for frame in frames[1:]:
            strip.elements.append(frame.name)
        compat.set_end(strip, len(frames) + 1)
        compat.film(cut.render)
        cut.render.use_sequencer = True
        cut.render.use_file_extension = False
        cut.render.filepath = str(output.resolve())
        bpy.ops.render.render(animation=True, scene=cut.name)
    finally:
        removing.remove([cut])
    describe(output, note)


def describe(path: Path, note: str) -> None:
    """Write a note into an MP4 file, as XMP in a box of its own behind the others (XMP specification, part 3): the
    entries that the format has of itself hold none of ours."""
    text = XMP.format(escape(note)).encode()
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8 + len(XMP_BOX) + len(text), b"uuid") + XMP_BOX + text)
