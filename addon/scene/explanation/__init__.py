# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One number of a network opened: what it is the sum of, beside its layer."""
