# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the files old_VERSION_*: run with an older torch and its Python, 2.7 too."""

import os
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = torch.__version__.split("+")[0] + ("-python2" if sys.version_info[0] == 2 else "")


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()  # noqa: UP008 (Python 2)
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
        self.lstm = nn.LSTM(8, 5, batch_first=True)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        x = self.features(x)
        x = x.view(x.size(0), -1, 8)
        x, _ = self.lstm(x)
        return functional.log_softmax(self.fc(x[:, -1]), dim=1)


def place(name):
    return os.path.join(HERE, "old_%s_%s" % (VERSION, name))  # noqa: UP031 (Python 2)


torch.manual_seed(0)
net, x = Net().eval(), torch.randn(1, 1, 16, 16)
torch.save(net, place("module.pth"))
held = {"x": x.numpy(), "y": net(x).detach().numpy()}
held.update({name: value.numpy() for name, value in net.state_dict().items()})
np.savez(place("values.npz"), **held)
if "python2" not in VERSION:
    torch.jit.trace(net, x).save(place("traced.pt"))
    torch.jit.script(net).save(place("scripted.pt"))
