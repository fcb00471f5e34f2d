# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickles of PyTorch, read by a stack machine that makes plain values and inert records, and calls nothing."""
