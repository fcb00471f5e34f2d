# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the models of this folder, and how many numbers scikit-learn itself says that each has learned. With
scikit-learn 1.9.1 and skl2onnx 1.20.0."""

import json
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

HERE = Path(__file__).parent
ROWS = np.random.RandomState(0).rand(40, 4).astype(np.float32)
CLASSES = (ROWS.sum(1) > 2).astype(int) + (ROWS[:, 0] > 0.7)
TARGETS = ROWS.sum(1)


def of_trees(trees, outputs):
    """A threshold for each branch, and for each leaf a number an output."""
    branches = sum(int((tree.children_left >= 0).sum()) for tree in trees)
    return branches + outputs * sum(int((tree.children_left < 0).sum()) for tree in trees)


def of_vectors(machine):
    return int(machine.support_vectors_.size + machine.dual_coef_.size + machine.intercept_.size)


def products(machine):
    """Each vector times a row, and the coefficients."""
    return int(machine.support_vectors_.size + machine.dual_coef_.size)


scaled = make_pipeline(StandardScaler(), SVR()).fit(ROWS, TARGETS)
svc = SVC().fit(ROWS, CLASSES)
tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(ROWS, CLASSES)
forest = RandomForestClassifier(3, max_depth=2, random_state=0).fit(ROWS, CLASSES)
boosted = GradientBoostingRegressor(n_estimators=3, max_depth=2, random_state=0).fit(ROWS, TARGETS)
MODELS = {
    "svc": (svc, of_vectors(svc), products(svc)),
    "scaled_svr": (scaled, of_vectors(scaled[1]) + 8, products(scaled[1])),
    "tree": (tree, of_trees([tree.tree_], 3), 0),
    "forest": (forest, of_trees([inner.tree_ for inner in forest.estimators_], 3), 0),
    "boosted": (boosted, of_trees([inner.tree_ for inner in boosted.estimators_.ravel()], 1) + 1, 0),
}
for name, (made, _, _) in MODELS.items():
    options = {id(made): {"zipmap": False}} if name in ("svc", "tree", "forest") else None
    (HERE / f"{name}.onnx").write_bytes(to_onnx(made, ROWS[:1], options=options, target_opset=17).SerializeToString())
counts = {name: [parameters, work] for name, (_, parameters, work) in MODELS.items()}
(HERE / "counts.json").write_text(json.dumps(counts, indent=1) + "\n")
