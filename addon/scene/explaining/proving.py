# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network in the scene proves how well it does without units: it shows a chart, and *Prune* goes by the order that
was proven."""

from __future__ import annotations

from pathlib import Path

import bpy

from ... import attribution
from ...containers import CheckpointError
from ...containers.stepping import finish
from ...network import Network
from .. import selection
from ..background import in_background
from ..building import build, importing, layers, studio
from ..building.planned import Steps
from ..camera import picture
from ..editing import proof, pruning
from ..editing.proof import Proof
from ..entities import NetworkScene, ProofChart
from . import proof_chart


def prove(collection: bpy.types.Collection, data: str | Path, by: str = "", index: int = -1) -> Proof:
    """Let a network in the scene show the proof. Raises `CheckpointError`, and then nothing has changed."""
    return build.finish(prove_steps(collection, data, by, index))


def prove_steps(collection: bpy.types.Collection, data: str | Path, by: str = "", index: int = -1) -> Steps:
    """As `prove`, step by step, beside the window; nothing changes before the last step. `by` and `index` are as for
    `attribution.prove_all`. Yields as `build.build`."""
    scene = NetworkScene(collection)
    scene.root()
    network = yield from importing.reopen_steps(collection)
    work = attribution.prove_all(network, data, by, index)
    curve = yield from _beside(work)
    made = _plain(network, curve, Path(data))
    ran = None if made.order else (yield from importing.ran_steps(collection, network))
    yield 0.99, "drawing the proof"
    proof_chart.remove(collection)
    proof.write(collection, made)
    _mark(collection, network, ran, made.order)
    proof_chart.show(collection, made)
    _frame(collection)
    return made


def _beside(work) -> Steps:
    """The steps of long work, beside the window where there is one."""
    if bpy.app.background:
        return (yield from work)
    return (yield from in_background(lambda: finish(work, _tell), "ranking units"))


def _tell(text: str) -> None:
    from ...containers import stopping

    share, _, what = text.strip().partition("% ")
    stopping.tell(float(share) / 100, what)


def hide_steps(collection: bpy.types.Collection) -> Steps:
    """Take the chart away; *Prune* goes by the input again. Raises `CheckpointError`, and then nothing has changed."""
    if not NetworkScene(collection).proof and not any(NetworkScene(collection).members(ProofChart)):
        raise CheckpointError(NetworkScene(collection).source, "shows no proof of pruning")
    network = yield from importing.reopen_steps(collection)
    ran = yield from importing.ran_steps(collection, network)
    forget(collection)
    _mark(collection, network, ran, {})
    _frame(collection)
    return None


def forget(collection: bpy.types.Collection) -> None:
    """Take the chart and the order away, as when the weights are others."""
    proof_chart.remove(collection)
    proof.write(collection, None)


def _mark(collection, network: Network, ran, order) -> None:
    objs = selection.layers(collection)
    drawn = {name: layers.drawn_of(obj) for name, obj in objs.items()}
    known = {name: obj for name, obj in objs.items() if name in network.by_name}
    pruning.mark(network, known, drawn, ran, order)
    for obj in known.values():
        obj.data.update()
        obj.update_tag()


def _frame(collection) -> None:
    scene = NetworkScene(collection).scene
    camera = studio.camera_of(collection)
    if camera is not None and scene is not None:
        picture.frame(collection, scene, camera)


def _plain(network: Network, curve: attribution.ProofCurve, data: Path) -> Proof:
    names = network.classes
    label = "" if curve.index < 0 else names[curve.index] if curve.index < len(names) else str(curve.index)

    def plain(array) -> list[float]:
        return [round(float(number), 6) for number in array]

    return Proof(
        curve.by,
        [float(share) for share in curve.shares],
        plain(curve.ours),
        plain(curve.weights),
        plain(curve.chance_shares),
        plain(curve.chance.min(0)),
        plain(curve.chance.mean(0)),
        plain(curve.chance.max(0)),
        curve.index,
        label,
        curve.ranked,
        curve.tested,
        curve.own,
        curve.exact,
        data.name,
        curve.order,
    )
