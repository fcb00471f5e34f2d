# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests that need Blender."""

from collections.abc import Iterator

import pytest

import neuroscene
from scene import look


@pytest.fixture
def registered(blank) -> Iterator[None]:
    """An empty scene in a Blender that has the extension."""
    neuroscene.register()
    yield
    neuroscene.unregister()


@pytest.fixture
def resnet(registered):
    return look.build(look.RESNET)


@pytest.fixture
def vit(registered):
    return look.build(look.VIT)
