# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one reader of what is under the mouse: cells, lines, trays, labels, and all that is known of them."""
