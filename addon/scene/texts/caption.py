# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strip along the lower edge of the picture: what this is, and what the colours mean.

It hangs on the camera, at the distance of its focus, in units of the frame's height. Its legends show the materials of
the network as they stand, and its numbers the ranges in force; no Python keeps them so (see `nodes.legend`).
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np
from mathutils import Matrix

from ... import compat
from ...colormaps import DIVERGING, map_named
from ...inference import Ran
from ...network import Network
from ...network.joins import WEIGHT
from ...network.report import open_text
from ...nodes import legend
from ...nodes.layer import layer_group
from ...nodes.materials import VALUE, map_of, node_of
from ...nodes.tree import attach
from .. import palettes
from ..attributes import array
from ..camera import framing
from ..entities import Bundle, CaptionPart, Inputs, LayerObject, NetworkScene, RangesMesh, Scrim, nodes
from . import cover_legend, evidence_legend, labels, sentences, words
from .forms import FORMS, MARGIN, Form
from .labels import font, seen_by_camera, text
from .words import counted, shortened

BETWEEN = "  ·  "  # facts
LONGEST = 44  # letters of the name
CELLS = evidence_legend.CELLS  # colour patches of a legend
SHOWS = {"cube": "Values", "line": "Weights"}
TEXTS = ("One", "Clipped", "Several", "Several Clipped", "Digits")  # of which a text that tells a range is made
COVER_STRIPS = {cover_legend.strip_of(kind) for kind in cover_legend.PAINTS}
LINE_STRIP, LINES = "line strip", "lines"
PAINT = {"cube": "cells", "line": "lines"}
NO_WEIGHT = "link without a weight"
SHORT = {NO_WEIGHT: "line: what is read"}
KINDS = {"Values": LayerObject, "Weights": Bundle}


def make(
    network: Network,
    camera: bpy.types.Object,
    materials: dict,
    cells: dict,
    drawn: Iterable[bpy.types.Object],
    name: str = "strip",
) -> list[bpy.types.Object]:
    """The objects of the strip in the form of this name, still without words: see `show`; `drawn` are the layers and
    bundles whose ranges it tells."""
    form = FORMS[name]
    holder = bpy.data.objects.new(f"{network.name} caption", None)
    holder.empty_display_size = 0.01
    holder.parent = camera
    CaptionPart.make(holder, form=name)
    objs = [holder]

    def add(obj, x, y, side, role=""):
        obj.parent = holder
        obj.location = (x, y, 0)
        obj.name = f"{network.name} caption {role}".rstrip()
        CaptionPart.make(obj, x=x, y=y, side=side, role=role)
        objs.append(obj)

    scrim = bpy.data.objects.new(f"{network.name} scrim", bpy.data.meshes.new(f"{network.name} scrim"))
    scrim.data.from_pydata([(-0.5, 0, 0), (0.5, 0, 0), (0.5, 1, 0), (-0.5, 1, 0)], [], [(0, 1, 2, 3)])
    scrim.data.materials.append(materials["scrim"])
    seen_by_camera(scrim)
    scrim.hide_render = scrim.hide_viewport = True
    scrim.parent = holder
    Scrim.make(scrim)
    objs.append(scrim)

    def say(role, size, paint, x, y, side="right", align="LEFT", foot="BOTTOM"):
        add(text("", size, materials[paint], align, foot), x, y, side, role)

    known = _known(network.name, drawn)
    for role, text_form in form.texts.items():
        say(role, text_form.size, text_form.paint, text_form.x, text_form.y, text_form.side)
    if form.rule:
        add(_rule(materials["track"]), 0.0, form.rule, "whole", "rule")
    for kind in form.legends:
        if kind in cover_legend.PAINTS:
            x = form.legend(kind)
            strip = cover_legend.strip(materials, form.length, kind)
            add(strip, x + form.length / 2, 0.0285, "right", cover_legend.strip_of(kind))
            say(kind, 0.0185, "label", x, 0.048)
            say(f"{kind} low", 0.0165, "dim", x, 0.0)
            say(f"{kind} high", 0.0165, "dim", x + form.length, 0.0, align="RIGHT")
    for strip, kind, centre in (
        (_cell_strip(materials, cells, form.length), "cube", form.length / 2),
        (_line_strip(materials, form.length), "line", 0.0),
    ):
        if kind not in form.legends:
            continue
        x = form.legend(kind)
        add(strip, x + centre, 0.0285, "right", f"{kind} strip")
        for role, size, paint, shift, y, align in (
            (kind, 0.0185, "label", 0.0, 0.048, "Left"),
            (f"{kind} low", 0.0165, "dim", 0.0, 0.0, "Left"),
            (f"{kind} high", 0.0165, "dim", form.length, 0.0, "Right"),
        ):
            add(live(role, known, SHOWS[kind], size, materials[paint], align), x + shift, y, "right", role)
        say(f"{kind} zero", 0.0165, "dim", x + form.length / 2, 0.0, align="CENTER", foot="BOTTOM_BASELINE")
    return [*objs, known]


def show(collection: bpy.types.Collection, network: Network, ran: Ran) -> None:
    """Let the strip of a network speak of what it holds and of a run."""
    scene = NetworkScene(collection)
    first, *rest = _facts(network, ran, bool(scene.series))
    facts = {"name": shortened(network.name, LONGEST), "facts": BETWEEN.join((first, *rest))}
    said = _of_scene(scene)
    if form_of(collection).middle:
        facts["facts"] = first
        rest = [fact.removesuffix(" from names and shapes") for fact in rest]
        facts["sentence"], explanation = sentences.of_shelf(network, ran is not None)
        facts["explanation"] = "" if said["not finite"] else BETWEEN.join(filter(None, (*rest[-1:], explanation)))
        facts["sentence"] = BETWEEN.join((*rest[:-1], facts["sentence"]))
        said |= cover_legend.said(scene, form_of(collection).legends)
    of_evidence = _of_evidence(scene)
    for part in scene.members(CaptionPart) if of_evidence else ():
        if part.obj.type == "FONT" and part.role in facts:
            part.before = facts[part.role]
    _write(scene, said | facts | of_evidence)


def follow(collection: bpy.types.Collection) -> None:
    """Let the strip of a network speak of its materials and of what is drawn as they are now."""
    scene = NetworkScene(collection)
    said = _of_scene(scene)
    if form_of(collection).middle:  # its sentences are of the network, not of materials
        del said["sentence"]
        said |= cover_legend.said(scene, form_of(collection).legends)
    _write(scene, said | _of_evidence(scene))


def forget_evidence(collection: bpy.types.Collection) -> None:
    """Let the strip of a network speak of values and weights again, after it has spoken of evidence."""
    evidence_legend.restore(NetworkScene(collection))
    follow(collection)


def _of_evidence(scene: NetworkScene) -> dict:
    return evidence_legend.said(scene, form_of(scene.collection).middle > 0)


def _known(name, drawn):
    """The object that knows the ranges of all that is drawn; nobody sees it."""
    obj = bpy.data.objects.new(f"{name} ranges", bpy.data.meshes.new(f"{name} ranges"))
    RangesMesh.make(obj)
    obj.hide_select = True
    _watch(obj, list(drawn))
    return obj


def watch(collection: bpy.types.Collection) -> None:
    """Let the strip of a network know of all layers and bundles that are in it now."""
    scene = NetworkScene(collection)
    for holder in scene.members(RangesMesh):
        holder.obj.modifiers.clear()
        _watch(holder.obj, [member.obj for member in scene.members(*KINDS.values())])


def _watch(obj, drawn):
    for shows, entity in KINDS.items():
        members = filter(None, map(entity.of, drawn))
        some = [member.obj for member in members if getattr(member, "carries", WEIGHT) == WEIGHT]
        for first in range(0, len(some), legend.EACH):
            given = some[first : first + legend.EACH]
            attach(
                obj,
                f"{shows} {first}",
                legend.ranges_group(shows),
                {f"Object {number + 1}": shown for number, shown in enumerate(given)},
            )


def live(
    name: str, known: bpy.types.Object, shows: str, size: float, material: bpy.types.Material, align: str
) -> bpy.types.Object:
    """A text that only the camera sees and that tells a range: `known` knows it, `tell` says in which words."""
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    parts = {}
    for part in TEXTS:  # they are in no scene
        parts[part] = bpy.data.objects.new(f"{name} {part.lower()}", bpy.data.meshes.new(name))
        attach(
            parts[part],
            "Text",
            legend.text_group(font()),
            {
                "Text": legend.GLYPHS if part == "Digits" else "",
                "Size": size,
                "Material": material,
                "Align": align if part.startswith("Several") else "Left",
            },
        )
    attach(obj, "Number", legend.number_group(), {"Of": known, "Shows": shows, "Align": align, **parts})
    seen_by_camera(obj)
    return obj


def tell(
    obj: bpy.types.Object, same: str, number: bool, several: str, clipped: str = "", several_clipped: str = ""
) -> None:
    """Let a text say `same` if all have one range, and that range after it if `number`; else `several`. Where something
    lies beyond its range it says `clipped` and `several_clipped` instead, if they are given. Somebody may have taken
    its nodes away, or texts that it is made of."""
    modifier = nodes(obj)
    if modifier is None:
        return
    align = compat.get_input(modifier, "Align")
    said = {"Several": {"Text": several}, "Several Clipped": {"Text": several_clipped or several}}
    for name, head in (("One", same), ("Clipped", clipped or same)):
        said[name] = {"Text": f"{head} " if number else head, "Align": "Left" if number else align}
    for name, values in said.items():
        part = compat.get_input(modifier, name)
        if part and (text_nodes := nodes(part)):
            Inputs(text_nodes).keep(values)
    Inputs(modifier).keep({"Number": number})


def _write(scene: NetworkScene, said: dict) -> None:
    """Let the texts of a strip say these words, by role: a text, or what `tell` takes. The colours run from a shade."""
    for part in scene.members(CaptionPart):
        role = part.role
        obj = part.obj
        if role not in said:
            continue
        if obj.type == "FONT":
            labels.write_body(obj, said[role])
        elif role in COVER_STRIPS:
            obj.hide_render = obj.hide_viewport = said[role] is None
            if said[role] and obj.data.materials:
                obj.data.materials[0] = said[role]
        elif role.endswith("strip"):
            shades = obj.data.attributes.get("value" if obj.type == "MESH" else "shade")
            if role == LINE_STRIP and LINES in said and obj.data.materials:
                obj.data.materials[0] = said[LINES]
            if shades and len(shades.data) == CELLS:  # nobody has changed it in Edit Mode
                wanted = np.linspace(said[role], 1, CELLS, dtype=np.float32)
                held = np.empty_like(wanted)
                shades.data.foreach_get("value", held)
                if not np.array_equal(held, wanted):
                    shades.data.foreach_set("value", wanted)
                    obj.data.update_tag()
        else:
            tell(obj, *said[role])


def _of_scene(scene: NetworkScene) -> dict:
    """What the strip says of the cells, lines and materials of a network as they stand, by role."""
    materials = scene.materials
    wrong = not_finite(scene.collection)
    scene.not_finite = wrong  # the sidebar says so too
    line, sentence = words.of_lines(*_line_grains(scene))
    return _legends(materials, line, bool(scene.input), form_of(scene.collection).middle > 0) | {
        "sentence": "" if wrong else _sentence(materials, sentence),
        "not finite": wrong and f"In this color: {wrong}.",
    }


def not_finite(collection: bpy.types.Collection) -> str:
    """How many weights of a network are NaN or infinite, or else in which layer values begin to be, and where the
    first are; "" if none are."""
    layers = NetworkScene(collection).layers()
    counts = {name: int(layer.statistics.get("not_finite", 0)) for name, layer in layers.items()}
    if total := sum(counts.values()):
        first = next(name for name, count in counts.items() if count)
        return (
            f"{total:,} weight{' is' if total == 1 else 's are'} not finite (NaN or infinite), "
            f"first in {shortened(first)}"
        )
    first = next((name for name, layer in layers.items() if not np.isfinite(array(layer.obj, "value")).all()), None)
    return f"values that are not finite (NaN or infinite), from {shortened(first)} on" if first else ""


def _legends(materials, line: str, ran: bool, short: bool) -> dict:
    about = {"cube": "cube: activation" if ran else "cube: bias or mean weight", "line": f"line: {line}"}
    if short:
        about = {"cube": "cell: activation" if ran else "cell: bias or mean", "line": SHORT.get(line, "line: weight")}
    said = {}
    for legend_kind, paint in PAINT.items():
        node = node_of(materials[paint], VALUE)
        known = node is not None and {"Low", "Log"} <= set(node.inputs.keys())  # it may be another group by now
        low, log = (node.inputs[name].default_value for name in ("Low", "Log")) if known else (-1.0, 0.0)
        signed = low < 0
        head = about[legend_kind] + (f", log {log:.2g} decades" if log else "")
        spread = ", range by layer" if legend_kind == "cube" and ran and not log else ", by layer"
        spread = "" if short else spread
        said |= {
            legend_kind: (head, False, head + spread, head, f"{head}{spread}, clipped"),
            f"{legend_kind} strip": -1.0 if signed else 0.0,
            f"{legend_kind} low": ("−", True, "negative", "≤ −") if signed else ("0", False, "0"),
            f"{legend_kind} zero": "0" if signed else "",
            f"{legend_kind} high": ("+", True, "positive", "≥ "),
        }
    if short:  # lines that carry no weight have a material of their own
        weighted = line != NO_WEIGHT
        said[LINES] = materials["lines" if weighted else "copies"]
        if not weighted:
            said |= {"line low": ("", False, ""), "line zero": "", "line high": ("", False, "")}
    return said


def _line_grains(scene: NetworkScene) -> tuple[set[str], set[int]]:
    """What the weights of the drawn lines are ("cell", "kernel", "gates"), and how many numbers each sums up."""
    grains, taps = set(), set()
    for bundle in scene.bundles():
        grain = bundle.grain
        if bundle.drawn and bundle.carries == "weight" and grain != "unknown":
            grains.add("cell" if grain == "cell" else "kernel" if bundle.form == "kernels" else "gates")
            taps.add(bundle.taps if grain == "unit" else 1)
    return grains, taps - {1}


def _sentence(materials, line: str) -> str:
    """What cells and lines are, in the words of the map of the lines if it is one that has words."""
    said = f"Each cube is one number. Each line is a {line}"
    shown = map_named(map_of(materials["lines"]))
    if shown is None:
        return f"{said}."
    below, above = shown.colours
    if shown.kind == DIVERGING:
        return f"{said}: {above} adds, {below} subtracts."
    return f"{said}: from {below} for none to {above}."


def _facts(network: Network, ran: Ran | None, varies: bool) -> list[str]:
    """What is said of a network and of what runs through it; of a series the words of its steps say what comes out."""
    facts = [f"{network.parameters:,} parameters in {counted(network.layer_count, 'layer')}"]
    if network.checkpoint.structure == "inferred":
        facts.append(f"structure inferred from names and shapes{open_text(network)}")
    if network.samples > 1:
        facts.append(f"sample 1 of {network.samples:,}")
    if ran is None:
        return facts
    best = ran.scores[0] if ran.scores and not varies else None
    share = best is not None and 0 <= best.score <= 1
    return [*facts, ran.file + (f" → {best.label} ({best.score:.1%})" if share else "")]


def arrange(objs: list[bpy.types.Object], camera: bpy.types.Object, aspect: float, distance: float) -> None:
    """Hang the strip into the lower part of the frame."""
    _, up = framing.slopes(camera.data, aspect)
    holder = objs[0]
    height = 2 * up * framing.reach(camera, distance)
    holder.parent = camera
    holder.location = (0.0, (MARGIN - 0.5) * height, -distance)
    holder.scale = (height,) * 3
    form = FORMS[CaptionPart(holder).form]
    edge, scale, stacked = aspect * (0.5 - MARGIN), *form.room(aspect)
    for obj in objs[1:]:
        if Scrim.is_one(obj):  # behind the words
            obj.location = (0.0, -MARGIN - 0.01, -0.01)
            obj.scale = (1.1 * aspect, 1.2 * form.band(aspect) + MARGIN, 1.0)
            continue
        part = CaptionPart(obj)
        obj.location = (*_place(form, part, edge, scale, stacked), 0.0)
        obj.scale = (2 * edge, 1.0, 1.0) if part.side == "whole" else (scale,) * 3


def _place(form: Form, part: CaptionPart, edge: float, scale: float, stacked: bool) -> tuple[float, float]:
    """Where a part of the caption stands; `edge` is how far to either side the margin is."""
    if part.side == "whole":
        return 0.0, (part.y + form.row * stacked) * scale
    if not stacked:
        begin = {"left": -edge, "middle": -edge + form.middle * 2 * edge, "right": edge}[part.side]
        return part.x * scale + begin, part.y * scale
    # legends from the left edge on, and the words above them: of three columns the name over the sentence
    x, y = part.x, part.y
    if part.side == "right":
        x -= form.legend(form.legends[0])
    elif part.side == "middle":
        y += form.raised
    else:
        y += form.row
    return x * scale - edge, y * scale


def form_of(collection: bpy.types.Collection) -> Form:
    """The form of a network's caption."""
    holders = NetworkScene(collection).members(CaptionPart)
    return FORMS[next((part.form for part in holders if part.obj.type == "EMPTY"), "strip")]


def _rule(material):
    """A thin line across the caption, one wide."""
    mesh = bpy.data.meshes.new("caption rule")
    mesh.from_pydata([(-0.5, 0, 0), (0.5, 0, 0), (0.5, 0.0012, 0), (-0.5, 0.0012, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(material)
    obj = bpy.data.objects.new("caption rule", mesh)
    seen_by_camera(obj)
    return obj


def _cell_strip(materials, cells, length):
    """A row of cells from -1 to 1 in the network's own material, so that an edited ramp shows here too."""
    mesh = bpy.data.meshes.new("legend cells")
    mesh.vertices.add(CELLS)
    position = np.zeros((CELLS, 3), np.float32)
    position[:, 0] = np.arange(CELLS)
    mesh.attributes["position"].data.foreach_set("vector", position.ravel())
    mesh.attributes.new("value", "FLOAT", "POINT")
    obj = bpy.data.objects.new("legend cells", mesh)
    attach(
        obj,
        "Layer",
        layer_group(),
        {
            "Units": CELLS,
            "Unit Columns": CELLS,
            "Pitch": length / CELLS,
            "Cell": cells["tile"],
            "Relief": 0.0,
            "Thickness": 0.2,
            "Size": 1.0,
            "Material": materials["cells"],
            "Palette": palettes.of(materials["cells"], cells["tile"]),
            "Range": 1.0,
        },
    )
    # A layer faces -X with columns along -Y; the camera wants it to face +Z with columns along +X.
    obj.rotation_euler = Matrix(((0, -1, 0), (0, 0, 1), (-1, 0, 0))).to_euler()
    return obj


def _line_strip(materials, length):
    """One thick line from -1 to 1 in the material of the lines."""
    curves = bpy.data.hair_curves.new("legend line")
    curves.add_curves([CELLS])
    curves.set_types(type="POLY")
    position = np.zeros((CELLS, 3), np.float32)
    position[:, 0] = np.linspace(0, length, CELLS)
    curves.attributes["position"].data.foreach_set("vector", position.ravel())
    for name, value in (("radius", 0.0032), ("shade", 0.0), ("strength", 0.8)):
        attribute = curves.attributes.get(name) or curves.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.full(CELLS, value, np.float32))
    curves.materials.append(materials["lines"])
    return bpy.data.objects.new("legend line", curves)
