# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the group "Neuroscene Layer" should give, in NumPy, from the sockets and the vertices alone."""

from __future__ import annotations

from math import ceil, cos, floor, pi, radians, sin, sqrt

import numpy as np

GOLDEN = pi * (3 - sqrt(5))
DEEP, ON_SPHERE, ON_SPIRAL, QUARTER = 0.15, 2.68, 1.54, 0.25


class Expected:
    """`given` are sockets by name, `points` attributes by name, `prune` the network's slider, `fold` the block's, which
    folds to `anchor`."""

    def __init__(self, given, points, prune=0.0, fold=0.0, anchor=(0.0, 0.0, 0.0)):
        self.given, self.points = given, points
        self.counts = given["Units"], given["Rows"], given["Columns"]
        self.unit, self.row, self.column = (one.ravel() for one in np.indices(self.counts))
        self.single = self.counts[1] * self.counts[2] == 1
        self.middle = np.array([given["Offset"], 0, 0])
        self.pitch, self.block, self.anchor = given["Pitch"], fold, np.array(anchor)
        self.cell = np.array(given["Cell Size"]) * self.pitch * given["Spread"]
        self.wide, self.high = self.cell[1] * self.counts[2], self.cell[2] * self.counts[1]
        self.gap = given["Unit Gap"] * self.pitch
        self.across, self.down = ((one + self.gap) * given["Spacing"] for one in (self.wide, self.high))
        rise = max(1.0, given["Thickness"] + given["Relief"]) * given["Cell Size"][0] * self.pitch
        self.deep = max(rise, DEEP * max(self.wide, self.high)) * given["Spacing"]
        self.apart = (np.hypot(self.wide, self.high) + self.gap) * given["Spacing"]
        self.reduced = 0 < given["Shown Units"] < self.counts[0]
        self.count = given["Shown Units"] if self.reduced else self.counts[0]
        first = points["unit_rank"][:: self.counts[1] * self.counts[2]]
        self.shown = first < self.count if self.reduced else np.ones(self.counts[0], bool)
        self.rank = np.cumsum(self.shown) - self.shown if self.reduced else np.arange(self.counts[0])
        self.kept = (1 - given["Fold"]) * (1 - fold)
        extent = max(given["Range"], 1e-12)
        self.shade = points["value"] / extent
        self.hidden = self._hidden(max(prune, given["Prune"]))
        self.places, self.scales = self._places(), self._scales()

    # where units stand

    def line(self, k):
        turn, from_middle = self.given["Line Axis"] * pi / 2, (self.count - 1) / 2 - k
        first, second = min(turn, pi / 2), max(turn - pi / 2, 0)
        return from_middle * np.array(
            [-cos(first) * self.deep, sin(second) * self.across, sin(first) * cos(second) * self.down]
        )

    def circle(self, k):
        n = max(self.count, 2)
        radius = self.given["Radius"] * self.apart / (2 * sin(pi / n)) * (self.count > 1)
        return radius * np.array([0, -sin(2 * pi * k / n), cos(2 * pi * k / n)])

    def grid_counts(self):
        across = min(self.given["Unit Columns"], self.count)
        return across, ceil(self.count / across)

    def grid(self, k):
        across, down = self.grid_counts()
        return np.array([0, ((across - 1) / 2 - k % across) * self.across, ((down - 1) / 2 - k // across) * self.down])

    def sphere(self, k):
        n = self.count
        z = 1 - 2 * (k + 0.5) / n
        flat, angle = sqrt(max(0, 1 - z * z)), GOLDEN * k
        radius = self.given["Radius"] * self.apart * sqrt(n) / ON_SPHERE * (n > 1)
        return radius * np.array([flat * cos(angle), flat * sin(angle), z])

    def spiral(self, k):
        radius = self.given["Radius"] * self.apart / ON_SPIRAL * sqrt(k + 0.5) * (self.count > 1)
        return radius * np.array([0, -sin(GOLDEN * k), cos(GOLDEN * k)])

    def arc(self, k):
        long, whole = (self.count - 1) * self.down, radians(self.given["Arc Angle"])
        share = ((self.count - 1) / 2 - k) / max(self.count - 1, 1)
        if whole < 1e-3:
            return np.array([0, 0, share * long])
        # of a circle of that length through the middle of the layer, from the tangent of half the angle
        chord = 2 * long / whole * sin(whole * share / 2)
        return np.array([-abs(chord) * abs(sin(whole * share / 2)), 0, chord * cos(whole * share / 2)])

    def units(self):
        kinds = (self.line, self.circle, self.grid, self.sphere, self.spiral, self.arc)
        number = min(max(self.given["Arrangement"], 0.0), 5.0)
        below, share = floor(number), number - floor(number)
        found = np.array([kinds[below](int(k)) for k in self.rank])
        if share:
            found = (1 - share) * found + share * np.array([kinds[below + 1](int(k)) for k in self.rank])
        return found

    # where cells stand

    def _offsets(self):
        rows, columns = self.counts[1:]
        return (
            np.stack(
                [
                    0 * self.row,
                    ((columns - 1) / 2 - self.column) * self.cell[1],
                    ((rows - 1) / 2 - self.row) * self.cell[2],
                ],
                -1,
            )
            + self.middle
        )

    def exploded(self, places, unit):
        explode = self.given["Explode"]
        found = self.middle + (1 + explode) * (places - self.middle)
        found[:, 0] += explode * self.deep * (unit % 2 - 0.5) * (self.counts[0] > 1)
        return found

    def boxed(self, places):
        return (1 - self.block) * places + self.block * (self.anchor + 0.3 * places)

    def _places(self):
        hand, fold = self.given["By Hand"], self.given["Fold"]
        places = (1 - hand) * (self.units()[self.unit] + self._offsets()) + hand * self.points["position"]
        places = self.exploded(places, self.unit)
        if self.reduced:
            aside = ~self.shown[self.unit]
            places[aside] = (self.strip()[0] + self.middle)[self.unit][aside]
        closed = self.middle + QUARTER * (places - self.middle) if self.single else self._offsets()
        return self.boxed((1 - fold) * places + fold * closed)

    def strip(self):
        """Places of squares (by unit), the room of one, the middle of the lower edge of all, the height of the text."""
        larger, others = 1 + self.given["Explode"], self.counts[0] - self.count
        stand = self.units()[self.shown]
        low, most = larger * stand.min(0), larger * stand.max(0)
        width, height = most[1] - low[1] + larger * self.wide, most[2] - low[2] + larger * self.high
        text = 0.03 * sqrt(self.counts[0] / self.count) * (max(width, 0.2 * height) + height)
        width, bottom = max(width, 0.2 * height), low[2] - larger * self.high / 2
        columns = min(max(ceil(sqrt(10 * others)), 8), others)
        step = width * min(1 / columns, 1 / 8)
        number = np.arange(self.counts[0]) - self.rank
        row, column = number // columns, number % columns
        middle = (low[1] + most[1]) / 2
        place = np.stack([0 * row, middle + ((columns - 1) / 2 - column) * step, bottom - (row + 1.5) * step], -1)
        rows = ceil(others / columns)
        return place, step, np.array([0, middle, bottom - (rows + 1.5) * step]), max(1.4 * step, text)

    # how large they are

    def _scales(self):
        given, shade, relief = self.given, np.clip(self.shade, 0, 1), self.given["Relief"]
        counts = self.counting()
        shape, sign = given["Shape"], 1
        if given["Evidence"] > 0:
            shade, relief = np.abs(counts), given["Evidence Relief"]
            if self.single:
                shape, sign = "Tile", np.where(counts < 0, -1, 1)
        width = self.pitch * given["Size"] * (1 - given["Size by Value"] * (1 - shade))
        even = shape == "Sphere"
        if even:
            found = np.stack([width] * 3, -1)
        else:
            rise = self.pitch * (given["Thickness"] + relief * shade) * np.abs(sign)
            found = np.stack([rise, width, width], -1) * given["Cell Size"]
        if shape == "Ellipsoid":
            longer = width * (1 + given["Stretch"] * (1 - self.points["importance_order"]))
            found = np.stack([longer, width, width], -1)
        if shape == "Point":
            found = np.full((len(shade), 3), 0.3 * self.pitch * given["Size"])
        if self.reduced:
            side = 0.7 * self.strip()[1]
            aside = ~self.shown[self.unit]
            square = np.array([side if even else 0.3 * side, side, side])
            found[aside] = square * ((self.row + self.column)[aside, None] == 0)
        return found * self.kept * (1 - self.hidden[:, None])

    def counting(self):
        """What cells count for an answer, -1 to 1, as it is shown."""
        given = self.given
        size = np.abs(self.points["evidence"]) * given["Evidence Gain"] / self.points["evidence_range"]
        return np.sign(self.points["evidence"]) * np.clip(size, 0, 1) ** 0.6 * given["Evidence"]

    def _hidden(self, prune):
        given, found = self.given, np.zeros(len(self.unit))
        self.hides = given["Reveal"] < 1 or given["Threshold"] > 0 or prune > 0
        if given["Reveal"] < 1:
            before = {
                "Index": np.arange(len(self.unit)) / len(self.unit),
                "Value": self.points["order"],
                "Importance": self.points["importance_order"],
            }[given["Reveal By"]]
            soft = max(given["Softness"], 1e-6)
            found = np.maximum(found, 1 - np.clip((given["Reveal"] * (1 + soft) - before) / soft, 0, 1))
        found = np.maximum(found, np.abs(self.shade) < given["Threshold"])
        at = self.points["pruned_at"]
        return np.maximum(found, (prune > 0) & (at > 0) & (at <= prune + 1e-6))

    # what comes after the cells

    def slab(self):
        """Place and size."""
        given = self.given
        thick = given["Slab"] * self.pitch * given["Cell Size"][0]
        if self.single:
            fold = given["Fold"]
            now = np.ptp(self.places, axis=0) * QUARTER / (1 - fold + QUARTER * fold)
            size = np.array([thick, *(now + given["Size"] * self.cell)[1:]])
            place = (self.places.max(0) + self.places.min(0)) / 2
        else:
            size, place = np.array([thick, self.wide, self.high]), self.boxed(self.middle)
        return place, size * given["Fold"] * (1 - self.block)

    def number(self):
        _, _, below, size = self.strip()
        place = self.middle + below - [0, 0, 0.6 * size]
        return self.boxed(place + self.given["Fold"] * (self.middle - place)), np.full(3, self.kept)

    def dashes(self):
        """Places and sizes, (6, 3) each, of the dashes at the end of the way to what nobody knows."""
        way = np.array(self.given["Loose End"])
        reach = np.linalg.norm(way)
        share = (np.arange(6) + 0.5) / 6
        place = self.middle + np.outer(reach - 1.8 + 1.8 * share, way / reach)
        radius = 0.045 * (1 - 0.7 * share)
        return place + self.block * (self.anchor - place), np.stack([radius, radius, np.ones(6)], 1) * (1 - self.block)

    def plates(self):
        """Places and sizes, (n, 3) each."""
        given = self.given
        away = abs(given["Arrangement"] - 2) + given["Explode"]
        margin = given["Margin"] * self.pitch
        shift = self.middle + [0.55 * given["Backing"], 0, 0]
        thick, larger = given["Backing"], 1 + given["Explode"]
        if away < 1e-6:
            across, down = self.grid_counts()
            size = [
                thick,
                (across - 1) * self.across + self.wide + 2 * margin,
                (down - 1) * self.down + self.high + 2 * margin,
            ]
            return (shift + self.block * (self.anchor - shift))[None], np.array([size]) * self.kept
        edge = margin + max(0, (self.across - self.wide) / 2 - margin) * max(0, 1 - away)
        place = larger * self.units()
        place[:, 0] += given["Explode"] * self.deep * (np.arange(len(place)) % 2 - 0.5) * (len(place) > 1)
        place = place[self.shown] * (1 - given["Fold"]) + shift
        place += self.block * (self.anchor - place)
        size = np.array([thick, larger * self.wide + 2 * edge, larger * self.high + 2 * edge])
        return place, np.tile(size * self.kept, (len(place), 1))
