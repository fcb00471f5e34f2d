# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Node groups as reviewable Python: geometry of layers and connections, and their materials."""
