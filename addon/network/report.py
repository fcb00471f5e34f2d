# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `inspect` says of a network, as a JSON object and as a table."""

from __future__ import annotations

from .network import Network, Spec


def report(network: Network) -> dict:
    """The object that `inspect --json` prints. Shapes of layers leave the batch out; those of inputs keep it."""
    source = network.checkpoint
    return {
        "format": source.format,
        "producer": source.producer,
        "structure": source.structure,
        "parameters": network.parameters,
        "inputs": [_spec(one) for one in network.inputs],
        "outputs": [_spec(one) for one in network.outputs],
        "assumed": [{"input": a.input, "axis": a.axis, "name": a.name, "size": a.size,
                     "by": "user" if a.chosen else "default"} for a in network.assumed],
        "layers": [{
            "name": layer.name, "op": layer.op, "inputs": layer.inputs, "shape": list(layer.shape or ()),
            "parameters": layer.parameters, "block": layer.block, "nodes": layer.nodes,
            **({} if layer.shape is not None else {"shape_known": False}),
        } for layer in network.layers],
    }


def _spec(one: Spec) -> dict:
    return {"name": one.name, "shape": list(one.shape or ()), "dtype": one.dtype}


def table(network: Network) -> str:
    """The same for people."""
    source = network.checkpoint
    lines = [f"{source.path.name}: {source.format}, by {source.producer or 'an unnamed exporter'}, "
             f"{network.parameters:,} parameters"]
    lines += [f"  {a.name or a.input} (axis {a.axis} of {a.input}) is open: {a.size} "
              f"{'as you chose' if a.chosen else 'assumed; choose with --dim'}" for a in network.assumed]
    rows = [("layer", "op", "shape", "parameters", "reads")]
    rows += [(layer.name, layer.op, "?" if layer.shape is None else " x ".join(str(n or "?") for n in layer.shape),
              f"{layer.parameters:,}", ", ".join(layer.inputs)) for layer in network.layers]
    width = [max(len(row[column]) for row in rows) for column in range(4)]
    lines += ["  ".join([*(text.ljust(size) for text, size in zip(row[:3], width, strict=False)),
                         row[3].rjust(width[3]), row[4]]).rstrip() for row in rows]
    return "\n".join(lines)
