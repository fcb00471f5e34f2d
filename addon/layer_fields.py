# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of the chosen layer of a composed network as fields: what they say is the specification's, and the
network follows what is entered. Nothing is kept here."""

import re

import bpy

from .composing import ACTIVATIONS, SETTINGS, LayerSpec, Specification, editing
from .containers import CheckpointError
from .scene.building import build
from .scene.camera import picture
from .scene.composing import changing, choosing
from .scene.entities import NetworkScene

USUAL = {  # what a setting is unless it is said
    "kernel": 3,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "bias": True,
    "rate": 0.5,
    "heads": 1,
    "causal": False,
    "sequence": False,
    "places": True,
    "units": 1,
    "tokens": 1,
}
NONE = "NONE"


def _layer(self) -> tuple[Specification | None, LayerSpec | None]:
    specification = changing.of_network(self.id_data)
    return specification, choosing.chosen(self.id_data, specification) if specification else None


def usual(layer: LayerSpec, setting: str):
    """What a setting of a layer is unless it is said: pools are 2 wide and step by their width."""
    if layer.op in ("MaxPool", "AveragePool") and setting in ("kernel", "stride"):
        return first(layer.settings.get("kernel", 2)) if setting == "stride" else 2
    if layer.op == "ConvTranspose" and setting in ("kernel", "stride"):
        return 2
    return USUAL[setting]


def first(value):
    """The first number of a setting that has one for each axis."""
    return value[0] if isinstance(value, list) and value else value


def _getter(setting: str, kind: type):
    def get(self):
        _, layer = _layer(self)
        if layer is None or setting not in SETTINGS[layer.op]:
            return kind()
        value = first(layer.settings.get(setting, usual(layer, setting)))
        return value if isinstance(value, kind) and not (kind is int and isinstance(value, bool)) else kind()

    return get


def _setter(setting: str):
    def put(self, value):
        _, layer = _layer(self)
        if layer is not None and setting in SETTINGS[layer.op]:
            follow(self.id_data, lambda made: editing.change(made, layer.name, setting, value))

    return put


def follow(collection: bpy.types.Collection, change) -> str:
    """Let a network follow a change of its specification; why not, where it does not."""
    specification = changing.of_network(collection)
    if specification is None:
        return "it is not composed"
    try:
        changed = change(specification)
        if changed == specification:
            return ""
        if build.finish(changing.edit_steps(collection, changed)):
            picture.follow(collection)
            return ""
        layer, why = changing.problem_of(collection)
        return f"'{layer}' {why}"
    except CheckpointError as error:
        return error.problem


def _get_shape(self):
    _, layer = _layer(self)
    shape = layer.settings.get("shape") if layer else None
    return " × ".join(map(str, shape)) if isinstance(shape, list) else ""


def _set_shape(self, value):
    sizes = [int(part) for part in re.findall(r"[0-9]+", value)]
    if sizes:
        _setter("shape")(self, sizes)


def _activations(self, context):
    return _ACTIVATIONS


_ACTIVATIONS = [(NONE, "None", "Give the sums as they are"), *((name, name, f"Apply {name}") for name in ACTIVATIONS)]


def _get_activation(self):
    _, layer = _layer(self)
    name = layer.settings.get("activation") if layer else None
    return next((place for place, item in enumerate(_ACTIVATIONS) if item[0] == name), 0)


def _set_activation(self, place):
    name = _ACTIVATIONS[place][0]
    _setter("activation")(self, None if name == NONE else name)


def _get_same(self):
    _, layer = _layer(self)
    return layer is not None and layer.settings.get("padding") == "same"


def _set_same(self, value):
    _setter("padding")(self, "same" if value else 0)


def _get_name(self):
    _, layer = _layer(self)
    return layer.name if layer else ""


def _set_name(self, value):
    _, layer = _layer(self)
    value = value.strip()[:60]
    if layer is not None and value and value != layer.name:
        before = layer.name
        if not follow(self.id_data, lambda made: editing.rename(made, before, value)):
            choosing.choose(self.id_data, value)
            scene = NetworkScene(self.id_data)
            if before in scene.frozen:
                scene.frozen = [value if name == before else name for name in scene.frozen]


def _number(setting: str, name: str, description: str, least: int = 1, soft: int = 64):
    return bpy.props.IntProperty(
        name=name,
        description=description,
        min=least,
        max=1 << 20,
        soft_max=soft,
        get=_getter(setting, int),
        set=_setter(setting),
    )


def _truth(setting: str, name: str, description: str):
    return bpy.props.BoolProperty(name=name, description=description, get=_getter(setting, bool), set=_setter(setting))


class LayerFields(bpy.types.PropertyGroup):
    """Settings of the chosen layer of a composed network."""

    name: bpy.props.StringProperty(name="Name", description="Name the layer", get=_get_name, set=_set_name)
    units: _number(
        "units", "Units", "Set how many units the layer has: maps of a convolution, numbers of a dense layer", soft=256
    )
    kernel: _number("kernel", "Kernel", "Set how wide the window is", soft=11)
    stride: _number("stride", "Stride", "Set how far the window moves from one place to the next", soft=4)
    padding: _number("padding", "Padding", "Set how many zeros stand at each edge", 0, 8)
    same: bpy.props.BoolProperty(
        name="Same Size",
        description="Put so many zeros at the edges that the maps stay as large as they are",
        get=_get_same,
        set=_set_same,
    )
    dilation: _number("dilation", "Dilation", "Set how far apart the places are that a window reads", soft=4)
    groups: _number("groups", "Groups", "Part the maps into groups that are read by themselves", soft=16)
    bias: _truth("bias", "Bias", "Add a number of its own to each unit")
    activation: bpy.props.EnumProperty(
        name="Activation",
        description="Choose what is done to the sums",
        items=_activations,
        get=_get_activation,
        set=_set_activation,
    )
    shape: bpy.props.StringProperty(
        name="Shape",
        description="Set the sizes that the numbers are brought to: maps, rows, columns",
        get=_get_shape,
        set=_set_shape,
    )
    rate: bpy.props.FloatProperty(
        name="Rate",
        description="Set the share of numbers that is left out while it trains",
        min=0.0,
        max=0.95,
        get=_getter("rate", float),
        set=_setter("rate"),
    )
    heads: _number("heads", "Heads", "Set how many heads look at the tokens", soft=16)
    causal: _truth("causal", "Causal", "Let each token see only those before it")
    sequence: _truth("sequence", "All Steps", "Give every step, and not only the last")
    tokens: _number("tokens", "Tokens", "Set how many tokens the table has a row for", soft=1024)
    places: _truth("places", "Places", "Add a row for each place of the text")
