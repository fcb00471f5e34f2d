# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""An asset library: what a layer or a network can be given, with pictures, to be dragged onto it."""
