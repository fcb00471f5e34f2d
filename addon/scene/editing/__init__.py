# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a designer changes in a network that stands: its arrangement, cells by hand, bundles, pruning, ranges."""
