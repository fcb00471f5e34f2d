# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network -> objects: files, layers, connections, blocks, and the studio round them."""
