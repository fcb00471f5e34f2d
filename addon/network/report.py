# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `inspect` says of a network, as a JSON object and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from ..containers.natural_order import brief
from .network import Block, Layer, Network, Shape, Spec
from .statistics import statistics

MOST_PARTS = 3  # named in a table
MOST_NAMED = 32  # names in a row of a table


def report(network: Network) -> dict:
    """The object that `inspect --json` prints; it reads all weights. Shapes of layers leave the batch out; those of
    inputs keep it."""
    source = network.checkpoint
    known: dict = {}
    return {
        "format": source.format,
        "producer": source.producer,
        "structure": source.structure,
        **({"architecture": source.architecture.name} if source.architecture else {}),
        **({"samples": network.samples} if network.samples > 1 else {}),
        **(
            {"part": source.part, "parts": [{"name": name, "numbers": count} for name, count in source.parts.items()]}
            if source.parts
            else {}
        ),
        **({"open_inputs": network.open_inputs} if network.open_inputs else {}),
        "notes": source.notes,
        "parameters": network.parameters,
        "inputs": [_spec(tensor) for tensor in network.inputs],
        "outputs": [_spec(output) for output in network.outputs],
        "assumed": [
            {"input": a.input, "axis": a.axis, "name": a.name, "size": a.size, "by": "user" if a.chosen else "default"}
            for a in network.assumed
        ],
        "layers": [
            {
                "name": layer.name,
                "op": layer.op,
                "parts": [part.op for part in layer.parts],
                "inputs": layer.inputs,
                **({"open": True} if layer.open else {}),
                "shape": _shape(layer.shape),
                "parameters": layer.parameters,
                "multiply_adds": layer.multiply_adds,
                "weights": _weights(layer, known),
                "block": network.named_block(layer.block),
                "nodes": layer.nodes,
                **({} if layer.shape is not None else {"shape_known": False}),
            }
            for layer in network.layers
        ],
        "blocks": [_block(block, network) for block in network.named_blocks],
    }


def _weights(layer: Layer, known: dict) -> dict | None:
    known_statistics = statistics(layer, known)
    if known_statistics is None:
        return None
    numbers = {
        "mean": known_statistics.mean,
        "std": known_statistics.std,
        "min": known_statistics.minimum,
        "max": known_statistics.maximum,
    }
    return {name: number if isfinite(number) else None for name, number in numbers.items()} | {
        "zeros": known_statistics.zeros,
        **({"not_finite": known_statistics.not_finite} if known_statistics.not_finite else {}),
    }


def _block(block: Block, network: Network) -> dict:
    return {
        "path": block.path,
        "name": block.name,
        "parent": block.parent,
        "layers": len(block.layers),
        "parameters": network.parameters_in(block),
        "repeat": block.repeat,
        "signature": block.signature,
        "inferred": block.inferred,
    }


def _spec(spec: Spec) -> dict:
    return {"name": spec.name, "shape": _shape(spec.shape), "dtype": spec.kind or spec.dtype}


def _shape(shape: Shape | None) -> list | None:
    return None if shape is None else list(shape)


def table(network: Network) -> str:
    """The same for people, without what takes reading the weights."""
    source = network.checkpoint
    work = [layer.multiply_adds for layer in network.layers]
    inferred = f", structure inferred{open_text(network)}" if source.structure == "inferred" else ""
    known = sum(filter(None, work))
    total = short(known) if None not in work else f"at least {short(known)}" if known else "an unknown number of"
    lines = [
        f"{source.path.name}: {source.format}{inferred}, by {source.producer or 'an unnamed exporter'}, "
        f"{len(network.layers):,} layers, {network.parameters:,} parameters, {total} multiply-adds"
    ]
    lines += [
        f"  {what} '{brief(spec.name)}': {spec.kind or f'tensor {spec.dtype}, shape ?'}"
        for what, specs in (("input", network.inputs), ("output", network.outputs))
        for spec in specs
        if spec.kind or spec.shape is None
    ]
    lines += [
        f"  {a.name or a.input} (axis {a.axis} of {a.input}) is open: {a.size} "
        f"{'as you chose' if a.chosen else 'assumed; choose with --dim'}"
        for a in network.assumed
    ]
    if network.samples > 1:
        lines.append(f"  the inputs hold {network.samples:,} samples; layers are those of sample 1")
    if source.parts:
        rest = [name for name in source.parts if name != source.part]
        lines.append(f"  part: {brief(source.part) or 'all of it'}; choose with --part: {_names(rest)}")
    lines += [f"  {note}" for note in source.notes]
    rows = [("layer", "op", "shape", "parameters", "multiply-adds", "reads")]
    rows += [
        (
            brief(layer.name),
            op_text(layer.op, [part.op for part in layer.parts]),
            _shape_text(layer.shape),
            f"{layer.parameters:,}",
            "?" if layer.multiply_adds is None else short(layer.multiply_adds),
            ", ".join(filter(None, (_names(layer.inputs), "?" if layer.open else ""))),
        )
        for layer in network.layers
    ]
    width = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [
        "  ".join([*map(str.ljust, row[:3], width[:3]), *map(str.rjust, row[3:5], width[3:5]), row[5]]).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def open_text(network: Network) -> str:
    """How much of an inferred structure is left open: "; 3 inputs open: nobody knows what is read"."""
    count = network.open_inputs
    said = f"{count:,} input{'s' if count > 1 else ''} open"
    return f" ({said}: nobody knows what is read)" if count else ""


def _names(names: Sequence[str]) -> str:
    """Names in a row; of very many the first."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(brief, names[:MOST_NAMED])) + more


def _shape_text(shape: Shape | None) -> str:
    return "?" if shape is None else " x ".join(str(n or "?") for n in shape)


def op_text(op: str, parts: Sequence[str]) -> str:
    """The op of a layer with those of its parts: "Conv + BatchNormalization + Relu", "MatMul + Add + 5 more"."""
    if len(parts) < 2:
        return op
    if op not in parts:
        return f"{op} ({len(parts)} parts)"
    named = parts if len(parts) <= MOST_PARTS else [*parts[: MOST_PARTS - 1], f"{len(parts) - MOST_PARTS + 1} more"]
    return " + ".join(named)


def short(number: int) -> str:
    """A count in three digits: 950, 56.4 k, 1.82 G."""
    scaled = float(number)
    for unit in ("", " k", " M", " G", " T"):
        if scaled < 999.5:
            return f"{scaled:.3g}{unit}"
        scaled /= 1000
    return f"{scaled:.3g} P"
