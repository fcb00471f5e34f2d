# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What labels say of layers and blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...network import Block, Connection, Layer, Network
from ...network.drawn import BOX, MAPS, Drawn
from ...network.joins import WEIGHT
from ...network.lines import Lines
from ...network.recognise import RECURRENT
from ...network.recognise.groups import MOVES
from ..entities import Book

LONGEST, LONGEST_BLOCK = 22, 40  # characters of a name
FEW = 4  # parts of a layer that are all named
GENERIC = ("BiasAdd", "Conv2D", "convolution")
ADDS = ("Add", "Sum")
SUMS = ("Add", "Sub", "Mul", "Div")  # between modules, not in one
LEVEL_NOUNS = ("kernels", "kernels", "weights", "weights at all positions")  # lines of the levels 0 to 3
QUIET = ("Cast", "Identity", "Dropout")
SEPARATOR = re.compile(r"(?<!<)/")  # between the scopes of a name; the end of a tag, "</b>", is not one


def of_layer(layer: Layer, drawn: Drawn, lines: list[tuple[Connection, Lines]]) -> dict[str, str]:
    """The label of a layer: its name, its shape, and its notes in small; `lines` are those into it."""
    unknown = "input unknown" if layer.open else ""
    base = "\n".join(filter(None, (made_of(layer), unknown, left_out(drawn))))
    return {"name": short_name(layer), "shape": shape_text(layer), "notes": notes(base, lines), "base": base}


def of_picture(layer: Layer) -> dict[str, str]:
    """The label of an input that stands there as a picture."""
    grid = layer.grid
    if grid.rows == 1:
        curves = "as a curve" if grid.units == 1 else "as curves"
        return {"name": short_name(layer), "shape": f"{grid.units:,} × {grid.columns:,}", "notes": curves}
    colors = "in color" if grid.units > 1 else "in gray"
    return {"name": short_name(layer), "shape": f"{grid.rows:,} × {grid.columns:,}", "notes": colors}


def of_block(block: Block, network: Network) -> dict[str, str]:
    """The label of a block: its name with how often it repeats, and of an outermost one what is in it in small."""
    return {"name": block_name(block.name, block.repeat), "notes": "" if block.parent else block_facts(block, network)}


def of_book(network: Network, block: Block, book: Book) -> dict[str, str]:
    """The label of a block that stands there as a book: its name with how many blocks it holds, what its last layer
    gives, and how much of that the cover shows."""
    repeated = len(book.ends) or block.repeat
    of_maps = network.layer(block.layers[-1]).grid.units > 1  # else sums are none of blocks
    name = shortened(block.name, LONGEST_BLOCK) + (f" · {repeated} blocks" if repeated > 1 and of_maps else "")
    if len(block.layers) == 1:
        name = short_name(network.layer(block.layers[0]))
    shown_layer = book.layers[-1] if book.shows in ("maps", "sheet") else (*block.layers, *book.pages)[-1]
    last = network.layer(shown_layer)
    grid = last.grid
    shown = f", {book.units:,} shown" if book.units < book.units_of else ", all shown"
    if grid.units > 1 and grid.is_map and last.op != "Attention":
        parts = f"{grid.units:,} maps", f"{grid.rows:,} × {grid.columns:,}" + shown * (book.shows == "maps")
    elif book.shows == "sheet":
        parts = shape_text(last), _binned(book)
    else:
        count = len(block.layers)
        parts = shape_text(last), f"{count:,} layers" if count > 1 else ""
    return {"name": name, "shape": parts[0], "notes": parts[1]}


def of_plane(network: Network, layer: Layer, shown: Sequence[Book]) -> dict[str, str]:
    """The label of a layer that stands as planes: what people call it, what it gives, and what of that is shown."""
    book = next((book for book in shown if book.place == "below"), None)
    said = {"name": plane_name(network, layer), "shape": shape_text(layer), "notes": "", "base": ""}
    if layer.op == "Attention":
        said |= {"shape": f"{layer.grid.units:,} heads"}
    elif book is None or not book.shows:
        pass  # the caption says what to do
    elif book.shows in ("norms", "kernels"):
        said |= {"shape": facts_of_plane(book), "notes": "" if book.shows == "norms" else "kernels"}
    elif book.shows == "maps" and layer.grid.is_map:
        grid = layer.grid
        shown_text = f", {book.units:,} shown" if book.units < book.units_of else ", all shown"
        said |= {"shape": f"{grid.units:,} maps", "notes": f"{grid.rows:,} × {grid.columns:,}{shown_text}"}
    elif binned := _binned(book):
        said |= {"notes": binned}
    unknown = "input unknown" if layer.open else ""
    said["notes"] = said["base"] = "\n".join(filter(None, (unknown, said["notes"])))
    return said


def _binned(book: Book) -> str:
    """How many rows and columns of a sheet are shown, "" where all are."""
    binned = [
        f"{kept:,} of {size:,}"
        for kept, size in ((-(-size // step), size) for size, step in zip(book.whole, book.bins, strict=True))
        if kept < size
    ]
    return f"{', '.join(binned)} shown" if binned else ""


def plane_name(network: Network, layer: Layer) -> str:
    """What to call a layer of tokens: a sum behind attention, or at the end of a block, by what it is the end of."""
    if layer.op not in ADDS:
        return short_name(layer)
    read = {network.by_name[name].op for name in layer.inputs if name in network.by_name}
    if "Attention" in read:
        return "after attention"
    if "Gather" in read:
        return "tokens as numbers"
    block = network.block_by_path.get(layer.block)
    if block and len(block.layers) > 1 and block.layers[-1] == layer.name:
        return shortened(block.name)
    return short_name(layer)


def heading_of_plane(layer: Layer, book: Book) -> tuple[str, str]:
    """What stands over a plane that is above a sheet: what it is, and of how much."""
    if book.shows == "heads":
        rows, columns = book.whole
        shown = f", {book.units:,} shown" if book.units < book.units_of else ""
        return f"{book.units_of:,} head{'s' * (book.units_of > 1)}", f"{rows:,} × {columns:,} each{shown}"
    return "attention weights" if layer.op == "Attention" else "weights", facts_of_plane(book)


def facts_of_plane(book: Book) -> str:
    """The sizes of the matrices on a plane, an input a row where they are turned, and what of them is binned."""
    if book.shows == "heads" or not book.whole:
        return ""
    rows, columns = book.whole
    count = f"{book.units_of:,} × " if book.units_of > 1 and book.alike else ""
    more = f" and {book.units_of - 1:,} more" if book.units_of > 1 and not book.alike else ""
    binned = f", RMS of {book.bins[0]:,} × {book.bins[1]:,}" if max(book.bins) > 1 and not more else ""
    shown = f", {book.units:,} of {book.units_of:,}" if book.shows == "kernels" and book.chosen else ""
    return f"{count}{rows:,} × {columns:,}{more}{binned}{shown}"


COVERS = {"maps": "maps", "heads": "heads", "kernels": "kernels"}  # what tiles are called


def of_cover(book: Book) -> str:
    """What the cover of a book shows, and of how much."""
    if not book.shows:
        return "nothing until an input runs" if book.layer else "bare: nothing is known"
    if book.shows == "norms":
        count = len(book.layers)
        layers = f"weights, {facts_of_plane(book)}" if book.layer else f"weights of {count:,} layer{'s' * (count != 1)}"
        return layers if book.every == 1 else f"{layers}, one output in {book.every:,} at least"
    size = " × ".join(f"{side:,}" for side in book.whole)
    if book.shows == "sheet":
        return size
    shown = f"{book.units:,} of {book.units_of:,}" if book.chosen else f"all {book.units_of:,}"
    chosen = ", those that vary most" if book.chosen else ""
    return f"{shown} {COVERS[book.shows]}, {size}{chosen}"


def short_name(layer: Layer) -> str:
    """What to call a layer on screen: the last part of its name that is not just its operator."""
    parts = [part for part in SEPARATOR.split(layer.name) if part] or [layer.name]
    last = parts[-1].split(":")[0]
    if len(parts) > 1 and last.rstrip("_0123456789 ") in {*(part.op for part in layer.parts), *GENERIC}:
        module = parts[-2].split(".")[-1]
        last = (module if module.isidentifier() else parts[-2]) if layer.weights and layer.op not in SUMS else layer.op
    last = last.removeprefix("node_")
    scope = layer.parts[0].scope if layer.parts else ()
    if len(parts) == 1 and scope and layer.weights and last.rstrip("_0123456789 ") in {part.op for part in layer.parts}:
        last = scope[-1]
    return shortened(last)


def shortened(name: str, longest: int = LONGEST) -> str:
    """A name, in its middle cut down to so many letters."""
    return name if len(name) <= longest else f"{name[: longest // 2 - 1]}…{name[-longest // 2 :]}"


def shape_text(layer: Layer) -> str:
    """The shape of a layer, "?" for sizes that nobody knows."""
    if layer.shape is None:
        return "shape not known"
    return " × ".join("?" if size is None else f"{size:,}" for size in layer.shape) or "1"


def left_out(drawn: Drawn) -> str:
    """What of a layer is not drawn, in words; empty if all is."""
    grid = drawn.grid
    if drawn.detail == BOX:
        return f"a box for {grid.size:,} cells" if grid.size > 1 else ""
    lines = []
    if len(drawn.units) < grid.units:
        lines.append(f"{len(drawn.units):,} of {grid.units:,} {'channels' if grid.is_map else 'units'}")
    if drawn.detail == MAPS:
        lines.append(f"a tile for {grid.rows:,} × {grid.columns:,} cells")
    elif (len(drawn.rows), len(drawn.columns)) != (grid.rows, grid.columns):
        lines.append(f"{len(drawn.rows):,} × {len(drawn.columns):,} of {grid.rows:,} × {grid.columns:,} cells")
    return "\n".join(lines)


def notes(base: str, lines: list[tuple[Connection, Lines]]) -> str:
    """The small print of a label: what is said of a layer and its cells, and what is left out of its connections."""
    said = [
        part_of(len(chosen), chosen.total, noun(connection.join.form, chosen.grain))
        for connection, chosen in lines
        if connection.join.carries == WEIGHT and len(chosen) < chosen.total
    ]
    return "\n".join(filter(None, (base, *said)))


def part_of(count: int, whole: int, what: str) -> str:
    """How much of a whole there is, in words."""
    return f"{count:,} of {count_text(whole)} {what}"


def noun(form: str, grain: str) -> str:
    """What lines are called that were chosen, of a grain, among weights of this form."""
    return "kernels" if (form, grain) == ("kernels", "unit") else "weights" if form == "matrix" else "connections"


def of_lines(grains: set[str], taps: set[int]) -> tuple[str, str]:
    """What a line shows, as a legend and as a sentence say it.

    `grains`: what the weights of lines are, "cell" (one weight), "kernel" (the sum of a kernel's) or "gates" (of a
    recurrent unit's); `taps`: how many weights such a sum has.
    """
    count = f"{min(taps):,}" if len(taps) == 1 else "its"
    if grains == {"kernel"}:
        return (f"kernel (sum of {count} weights)",) * 2
    if grains == {"gates"}:
        return "sum of all gates", "sum of all gates' weights"
    if grains <= {"cell"}:
        return ("weight",) * 2 if grains else ("link without a weight",) * 2
    return ("weight or sum of weights",) * 2


def made_of(layer: Layer) -> str:
    """The operators in a layer, or how many there are; empty for one alone."""
    if layer.inner:
        inner = [(shortened(name), [*map(shortened, ops[:FEW])], len(ops) > FEW) for name, ops in layer.inner[:FEW]]
        return "\n".join(f"{name}: {', '.join(ops)}{' …' if more else ''}" for name, ops, more in inner)
    if layer.op in RECURRENT:
        return f"{layer.op}, recurrent"
    if layer.op == "Attention":
        return f"attention, {layer.grid.units:,} heads"
    steps = [step for step in layer.steps if step not in QUIET]
    op = shortened(layer.op)
    if len(steps) < 2:
        count = sum(part.op not in MOVES for part in layer.parts)
        return f"{op} in {count} operators" if count > 1 and steps == [layer.op] else ""
    return " · ".join(map(shortened, steps)) if len(steps) <= FEW else f"{op} and {len(steps) - 1} more"


def count_text(count: int) -> str:
    """A number, in millions or billions where it is so large."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:.1f} M" if count < 1e9 else f"{count / 1e9:.1f} G"


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as "3 layers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def into(lines: list[tuple[Connection, Lines]]) -> dict[str, list[tuple[Connection, Lines]]]:
    """Connections with their lines, by the name of the layer that they enter."""
    by_target: dict[str, list] = {}
    for connection, chosen in lines:
        by_target.setdefault(connection.target.name, []).append((connection, chosen))
    return by_target


def block_name(name: str, repeat: int) -> str:
    """What to call a block on screen, with how often it repeats."""
    name = shortened(name, LONGEST_BLOCK)
    return f"{name} × {repeat}" if repeat > 1 else name


def block_facts(block: Block, network: Network) -> str:
    """How much is in a block, and whether somebody named it."""
    parameters = network.parameters_in(block)
    facts = counted(len(block.layers), "layer")
    if parameters:
        facts += f", {count_text(parameters)} parameters"
    return facts + ("\nfound by its repetition" if block.inferred and not block.stage else "")
