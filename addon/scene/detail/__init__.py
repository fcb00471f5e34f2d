# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""More or less detail of layers and bundles, and how much of them is shown."""
