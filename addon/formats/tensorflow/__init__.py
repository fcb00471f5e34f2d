# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow of every age, read without TensorFlow: checkpoints of versions 1 and 2, frozen graphs, SavedModels.

Nothing in a file is executed: nodes become ONNX's, functions stand in the place of their calls.
"""
