# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""save_epoch("run", epoch, model, images[:1], loss=loss) after each epoch; meanwhile: neuroscene watch run -o film/"""

import os

import torch


def save_epoch(folder, epoch, model, example, **values):
    """TorchScript says how layers are joined, so that inputs can run; `values` are what was measured."""
    os.makedirs(folder, exist_ok=True)
    name = f"epoch_{epoch:04d}.pt"
    part = os.path.join(folder, f".{name}")  # hidden until it is whole
    training = model.training
    torch.jit.trace(model.eval(), example).save(part)
    model.train(training)
    os.replace(part, os.path.join(folder, name))
    with open(os.path.join(folder, "log.jsonl"), "a") as log:
        numbers = (f', "{key}": {float(value)!r}' for key, value in values.items())
        log.write(f'{{"epoch": {epoch}{"".join(numbers)}}}\n')
