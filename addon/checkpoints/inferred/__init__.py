# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights without a graph -> an ONNX model whose structure is inferred from names and shapes."""
