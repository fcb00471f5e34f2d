# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a network says what it says, in its scene: how much each cell counts for the answer."""
