# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What varies in a scene: checkpoints of a training, or inputs, as steps that a slider shows and blends."""
