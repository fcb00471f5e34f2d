# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""All looks, shapes and shots of a network as one small file, to be shared and given to another network.

It is JSON: the style, the sockets of each layer, bundle and block that are part of a look, the sliders of the network,
how it is arranged, and its shots. It holds no place, number or weight of the network that it was taken from. A layer of
another network gets the look of the layer of its name, else of the first with its operator; lines follow the layer that
they enter.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import bpy

from ...containers import CheckpointError
from ...nodes.sockets import OF
from ...written import replacing
from .. import shots
from ..editing import arranging
from ..entities import Inputs, LayerObject, NetworkScene, kind, modifier
from . import painting, styles

FORM, VERSION = "neuroscene look", 1
LARGEST = 1 << 22  # bytes of a file that is read
PLAIN = ("Int", "Float", "Bool", "Vector", "Menu")  # kinds of sockets whose values can be written


def save(path: Path, network: bpy.types.Collection) -> int:
    """Write the look of a network; returns how many shots are in it. Raises `OSError` and `CheckpointError`."""
    data = taken(network)
    with replacing(path) as written:
        written.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return len(data["shots"])


def taken(network: bpy.types.Collection) -> dict:
    """The look of a network as plain data."""
    scene = NetworkScene(network)
    part = _whole(network)
    layers = scene.layers()
    return {
        "form": FORM,
        "version": VERSION,
        "style": styles.taken(scene.style or "Cinema", part, None).as_data(),
        "network": _values(scene.root().obj),
        "arrangement": _arrangement(network),
        "layers": [{"name": name, "op": layer.op, "sockets": _values(layer.obj)} for name, layer in layers.items()],
        "connections": [
            {
                "target": bundle.target,
                "op": layers[bundle.target].op if bundle.target in layers else "",
                "carries": bundle.carries,
                "sockets": _values(bundle.obj),
            }
            for bundle in scene.bundles()
        ],
        "shots": list(shots.shots(network)),
    }


def load(path: Path) -> dict:
    """The data of a look from a file. Raises `CheckpointError` for what is none."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("form") != FORM:
            raise ValueError("it holds no look")
        if data.get("version") != VERSION:
            raise ValueError(f"it is of version {data.get('version')}")
        styles.Style.of(data["style"])
        for name, fields in (("layers", ("name", "op")), ("connections", ("target", "op", "carries"))):
            for entry in data[name]:
                if not isinstance(entry["sockets"], dict) or not all(isinstance(entry[field], str) for field in fields):
                    raise ValueError(f"'{name}' is damaged")
        if not isinstance(data["network"], dict) or not isinstance(data["arrangement"], dict):
            raise ValueError("'network' is damaged")
        if not all(isinstance(shot, str) for shot in data["shots"]):
            raise ValueError("'shots' is damaged")
    except FileNotFoundError as error:
        raise CheckpointError(path, "no such file", "check the path") from error
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise CheckpointError(path, f"is no look of Neuroscene: {said}", "save one with Save Look") from error
    return data


def apply(data: dict, network: bpy.types.Collection) -> tuple[int, list[str]]:
    """Give a network a look that `load` or `taken` gave. Returns how many objects have changed, and a line for each
    shot that it cannot have. Raises `CheckpointError`."""
    scene = NetworkScene(network)
    styles.apply(styles.Style.of(data["style"]), _whole(network), ramps=True)
    count = _set(scene.root().obj, data["network"])
    by_name = {entry["name"]: entry["sockets"] for entry in data["layers"]}
    by_op: dict[str, dict] = {}
    for entry in data["layers"]:
        by_op.setdefault(entry["op"], entry["sockets"])
    layers = scene.layers()
    for name, layer in layers.items():
        values = by_name.get(name, by_op.get(layer.op))
        count += _set(layer.obj, values) if values else 0
    lines = _lines(data["connections"])
    for bundle in scene.bundles():
        op = layers[bundle.target].op if bundle.target in layers else ""
        values = lines.get((bundle.target, bundle.carries)) or lines.get((None, op, bundle.carries))
        count += _set(bundle.obj, values) if values else 0
    settings = arranging.settings_of(network)
    known = {
        key: value for key, value in data["arrangement"].items() if type(value) is type(getattr(settings, key, None))
    }
    try:
        arranging.rearrange(network, type(settings)(**asdict(settings) | known))
    except (KeyError, ValueError) as error:
        raise CheckpointError(network.name, "cannot be arranged so", "the look is damaged") from error
    return count, _shots(data["shots"], network)


def _lines(entries) -> dict[tuple, dict]:
    known: dict[tuple, dict] = {}
    for entry in entries:
        known.setdefault((entry["target"], entry["carries"]), entry["sockets"])
        known.setdefault((None, entry["op"], entry["carries"]), entry["sockets"])
    return known


def _shots(names, network) -> list[str]:
    """Add the shots that a network has not yet; a line for each that it cannot have."""
    problems = []
    for name in names:
        if name in shots.shots(network):
            shots.refit(network, name)
            continue
        try:
            shots.add(network, name)
        except CheckpointError as error:
            problems.append(f"{name}: {error}")
    if "hero" in shots.shots(network):
        shots.switch(network, "hero")
    return problems


def _arrangement(network) -> dict:
    return asdict(arranging.settings_of(network))


def _whole(network) -> painting.Part:
    part = painting.part_of(bpy.context, network)
    if part is None:
        raise CheckpointError(network.name, "shows nothing that has a look", "undo what took it away")
    return part


def _values(obj: bpy.types.Object) -> dict:
    """The values of the sockets of an object that make up its look, but for materials and objects."""
    nodes = modifier(obj)
    if nodes is None:
        return {}
    inputs = Inputs(nodes)
    values = {}
    for socket in _sockets(obj):
        if socket.name in inputs:
            value = inputs[socket.name]
            values[socket.name] = list(value) if socket.kind == "Vector" else value
    return values


def _sockets(obj):
    return [socket for socket in OF[kind(obj)] if socket.look and socket.kind in PLAIN]


def _set(obj: bpy.types.Object, values: dict) -> int:
    """Set sockets that are part of a look to values of their kind; what is not one stays. How many objects changed."""
    nodes = modifier(obj)
    if nodes is None:
        return 0
    inputs = Inputs(nodes)
    layer = LayerObject.of(obj)
    away = {socket.name for socket in OF["layer"] if socket.boxed} if layer and layer.has_one_cell else set()
    given = {}
    for socket in _sockets(obj):
        value = values.get(socket.name)
        if socket.name in inputs and socket.name not in away and _fits(socket, value):
            given[socket.name] = tuple(value) if socket.kind == "Vector" else value
    inputs.update(given)
    obj.update_tag()
    return bool(given)


def _fits(socket, value) -> bool:
    """Whether a value may go into a socket."""
    if socket.kind == "Menu":
        return value in socket.items
    if socket.kind == "Bool":
        return isinstance(value, bool)
    if socket.kind == "Vector":
        return isinstance(value, list) and len(value) == 3 and all(isinstance(part, int | float) for part in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return socket.kind == "Float" or isinstance(value, int)
