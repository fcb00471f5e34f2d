# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""model.fit(..., callbacks=[SaveEpochs("run")]), and meanwhile: neuroscene watch run -o film/"""

import os

import keras


class SaveEpochs(keras.callbacks.Callback):
    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def on_epoch_end(self, epoch, logs=None):
        name = f"epoch_{epoch + 1:04d}.keras"
        part = os.path.join(self.folder, f".{name}")  # hidden until it is whole
        self.model.save(part)
        os.replace(part, os.path.join(self.folder, name))
        with open(os.path.join(self.folder, "log.jsonl"), "a") as log:
            numbers = (f', "{key}": {float(value)!r}' for key, value in (logs or {}).items())
            log.write(f'{{"epoch": {epoch + 1}{"".join(numbers)}}}\n')
