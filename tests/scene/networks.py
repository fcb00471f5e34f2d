# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve networks of very different proportions, and five formats of a picture."""

from scene import look
from unit.make import model, node, save, seeded


def tall(folder):
    """One layer of many neurons."""
    made = model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 64)}, {"y": (1, 1000)}, {"w": seeded(64, 1000)})
    return save(folder, made, "tall.onnx")


def chain(folder):
    """Thirty small convolutions."""
    nodes = [node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"], pads=[1] * 4) for i in range(30)]
    weights = {f"w{i}": seeded(4, 4, 3, 3, seed=i) for i in range(30)}
    return save(folder, model(nodes, {"x0": (1, 4, 8, 8)}, {"x30": None}, weights), "chain.onnx")


ZOO = ("resnet18", "unet", "bert", "gpt2", "vit", "lstm", "inception", "mobilenet_v3")
NETWORKS = {
    "cnn": lambda _: look.CNN,
    "mlp": lambda _: look.MLP,
    "tall": tall,
    "chain": chain,
    **{name: lambda _, name=name: look.ZOO / f"{name}.onnx" for name in ZOO},
}
FORMATS = {"16:9": (1600, 900), "1:1": (900, 900), "9:16": (900, 1600), "21:9": (2100, 900), "4:3": (1200, 900)}


def build(name, folder):
    """A network of these in an empty file, all of it."""
    look.fresh()
    return look.build(NETWORKS[name](folder), look.DIGIT if name in ("cnn", "mlp") else None)
