# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint of any format, for other programs: as an ONNX file, or as JSON and arrays. Imports no Blender."""
