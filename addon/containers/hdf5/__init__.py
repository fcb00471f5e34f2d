# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""HDF5 with every offset checked: libhdf5 hangs and crashes on damaged files."""
