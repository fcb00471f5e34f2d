# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""glTF: what Blender's own exporter needs to carry the true colours."""
