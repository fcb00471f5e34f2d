# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storyboards: what a film shows, beat by beat, as data that a user edits."""
