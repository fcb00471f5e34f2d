# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one length that all others follow."""

HEIGHT = 10.0  # of the tallest layer, metres
