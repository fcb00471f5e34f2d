# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes networks of ../ as OpenVINO has them, and what it computes: python make_openvino.py (OpenVINO 2026.4.1)"""

from pathlib import Path

import numpy as np
import openvino as ov

HERE = Path(__file__).resolve().parent
NETWORKS = {
    "digits": "mnist_cnn_torch_unfolded_bn.onnx",
    "digits_fp16": "mnist_cnn_torch_unfolded_bn.onnx",
    "lstm": "zoo/lstm.onnx",
    "unet": "zoo/unet.onnx",
    "vit": "zoo/vit.onnx",
}
chance = np.random.default_rng(0)
values = {}
for name, source in NETWORKS.items():
    ov.save_model(ov.convert_model(HERE.parent / source), HERE / f"{name}.xml", compress_to_fp16=name.endswith("fp16"))
    model = ov.Core().read_model(HERE / f"{name}.xml")
    given = {}
    for value in model.inputs:
        shape = [
            dim.get_length() if dim.is_static else 2 if axis == 0 else 6 for axis, dim in enumerate(value.partial_shape)
        ]
        real = "f" in str(value.element_type)
        given[value.any_name] = chance.random(shape, dtype=np.float32) if real else chance.integers(0, 2, shape)
    made = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(given)
    values |= {f"{name}/in/{key}": value for key, value in given.items()}
    values |= {f"{name}/out/{place}": made[place] for place in range(len(model.outputs))}
np.savez_compressed(HERE / "values.npz", **values)
