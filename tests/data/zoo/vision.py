# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Narrow image networks whose modules are named and nested as in torchvision 0.2x, and a U-Net."""

from collections import OrderedDict
from functools import partial

import torch
from torch import nn
from torch.nn import functional


class BasicBlock(nn.Module):
    def __init__(self, inputs, units, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, units, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(units)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(units, units, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(units)
        self.downsample = None
        if stride != 1 or inputs != units:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, units, 1, stride, bias=False), nn.BatchNorm2d(units))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """ResNet-18 (He et al. 2016, arXiv:1512.03385), 4 channels in place of 64."""

    def __init__(self, width=4, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage in range(4):
            units = width << stage
            blocks = BasicBlock(inputs, units, 2 if stage else 1), BasicBlock(units, units, 1)
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
            inputs = units
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class DoubleConv(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(inputs, units, 3, padding=1, bias=False),
            nn.BatchNorm2d(units),
            nn.ReLU(inplace=True),
            nn.Conv2d(units, units, 3, padding=1, bias=False),
            nn.BatchNorm2d(units),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(inputs, units))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, units, 2, 2)
        self.conv = DoubleConv(2 * units, units)

    def forward(self, x, skip):
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class OutConv(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv = nn.Conv2d(inputs, classes, 1)

    def forward(self, x):
        return self.conv(x)


class UNet(nn.Module):
    """U-Net (Ronneberger et al. 2015, arXiv:1505.04597) of four levels, modules named as most PyTorch versions do."""

    def __init__(self, width=5, classes=2):
        super().__init__()
        self.inc = DoubleConv(1, width)
        self.down1, self.down2, self.down3 = (Down(width << level, width << level + 1) for level in range(3))
        self.up1, self.up2, self.up3 = (Up(width << level + 1, width << level) for level in (2, 1, 0))
        self.outc = OutConv(width, classes)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x = self.up1(self.down3(x3), x3)
        return self.outc(self.up3(self.up2(x, x2), x1))


class Conv2dNormActivation(nn.Sequential):
    def __init__(self, inputs, units, kernel, stride=1, groups=1, activation=None):
        layers = [
            nn.Conv2d(inputs, units, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(units, eps=1e-3),
        ]
        super().__init__(*layers, *([activation()] if activation else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, inputs, squeezed):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(inputs, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, inputs, 1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x):
        scale = self.activation(self.fc1(self.avgpool(x)))
        return self.scale_activation(self.fc2(scale)) * x


def _divisible(value, by=8):
    """`value` rounded to a multiple of `by`, but not down by more than 10 %."""
    rounded = max(by, int(value + by / 2) // by * by)
    return rounded + by if rounded < 0.9 * value else rounded


class InvertedResidual(nn.Module):
    def __init__(self, inputs, kernel, expanded, units, squeeze, activation, stride):
        super().__init__()
        self.use_res_connect = stride == 1 and inputs == units
        layers = []
        if expanded != inputs:
            layers.append(Conv2dNormActivation(inputs, expanded, 1, activation=activation))
        layers.append(Conv2dNormActivation(expanded, expanded, kernel, stride, expanded, activation))
        if squeeze:
            layers.append(SqueezeExcitation(expanded, _divisible(expanded // 4)))
        layers.append(Conv2dNormActivation(expanded, units, 1))
        self.block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.block(x) if self.use_res_connect else self.block(x)


# inputs, kernel, expanded, units, squeeze, activation, stride
MOBILENET_V3_SMALL = (
    (16, 3, 16, 16, True, nn.ReLU, 2),
    (16, 3, 72, 24, False, nn.ReLU, 2),
    (24, 3, 88, 24, False, nn.ReLU, 1),
    (24, 5, 96, 40, True, nn.Hardswish, 2),
    (40, 5, 240, 40, True, nn.Hardswish, 1),
    (40, 5, 240, 40, True, nn.Hardswish, 1),
    (40, 5, 120, 48, True, nn.Hardswish, 1),
    (48, 5, 144, 48, True, nn.Hardswish, 1),
    (48, 5, 288, 96, True, nn.Hardswish, 2),
    (96, 5, 576, 96, True, nn.Hardswish, 1),
    (96, 5, 576, 96, True, nn.Hardswish, 1),
)


class MobileNetV3(nn.Module):
    """MobileNetV3 small (Howard et al. 2019, arXiv:1905.02244), every width times 0.2."""

    def __init__(self, width=0.2, classes=10):
        super().__init__()
        scaled = [
            (_divisible(inputs * width), kernel, _divisible(expanded * width), _divisible(units * width), *rest)
            for inputs, kernel, expanded, units, *rest in MOBILENET_V3_SMALL
        ]
        first, last = scaled[0][0], scaled[-1][3]
        self.features = nn.Sequential(
            Conv2dNormActivation(3, first, 3, 2, activation=nn.Hardswish),
            *(InvertedResidual(*row) for row in scaled),
            Conv2dNormActivation(last, 6 * last, 1, activation=nn.Hardswish),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        hidden = _divisible(1024 * width)
        self.classifier = nn.Sequential(
            nn.Linear(6 * last, hidden), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(hidden, classes)
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class _DenseLayer(nn.Module):
    def __init__(self, inputs, growth, factor):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(inputs, factor * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(factor * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(factor * growth, growth, 3, padding=1, bias=False)

    def forward(self, features):
        x = self.conv1(self.relu1(self.norm1(torch.cat(features, 1))))
        return self.conv2(self.relu2(self.norm2(x)))


class _DenseBlock(nn.ModuleDict):
    def __init__(self, layers, inputs, growth, factor):
        super().__init__()
        for layer in range(layers):
            self[f"denselayer{layer + 1}"] = _DenseLayer(inputs + layer * growth, growth, factor)

    def forward(self, x):
        features = [x]
        for layer in self.values():
            features.append(layer(features))
        return torch.cat(features, 1)


class _Transition(nn.Sequential):
    def __init__(self, inputs, units):
        super().__init__(
            OrderedDict(
                norm=nn.BatchNorm2d(inputs),
                relu=nn.ReLU(inplace=True),
                conv=nn.Conv2d(inputs, units, 1, bias=False),
                pool=nn.AvgPool2d(2, 2),
            )
        )


class DenseNet(nn.Module):
    """DenseNet (Huang et al. 2017, arXiv:1608.06993) of two blocks."""

    def __init__(self, growth=8, blocks=(3, 4), first=16, factor=4, classes=10):
        super().__init__()
        features = OrderedDict(
            conv0=nn.Conv2d(3, first, 7, 2, 3, bias=False),
            norm0=nn.BatchNorm2d(first),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, 1),
        )
        units = first
        for number, layers in enumerate(blocks, 1):
            features[f"denseblock{number}"] = _DenseBlock(layers, units, growth, factor)
            units += layers * growth
            if number < len(blocks):
                features[f"transition{number}"] = _Transition(units, units // 2)
                units //= 2
        features["norm5"] = nn.BatchNorm2d(units)
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(units, classes)

    def forward(self, x):
        x = functional.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(functional.adaptive_avg_pool2d(x, (1, 1)), 1))


class BasicConv2d(nn.Module):
    def __init__(self, inputs, units, **settings):
        super().__init__()
        self.conv = nn.Conv2d(inputs, units, bias=False, **settings)
        self.bn = nn.BatchNorm2d(units, eps=1e-3)

    def forward(self, x):
        return functional.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, inputs, one, reduced3, three, reduced5, five, pooled):
        super().__init__()
        self.branch1 = BasicConv2d(inputs, one, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(inputs, reduced3, kernel_size=1), BasicConv2d(reduced3, three, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(inputs, reduced5, kernel_size=1), BasicConv2d(reduced5, five, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(inputs, pooled, kernel_size=1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GoogLeNet(nn.Module):
    """GoogLeNet (Szegedy et al. 2015, arXiv:1409.4842) with its first three inception modules, an eighth as wide."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = BasicConv2d(3, 8, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(8, 8, kernel_size=1)
        self.conv3 = BasicConv2d(8, 24, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = Inception(24, 8, 12, 16, 2, 4, 4)
        self.inception3b = Inception(32, 16, 16, 24, 4, 12, 8)
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = Inception(60, 24, 12, 26, 2, 6, 8)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        x = self.inception4a(self.maxpool3(self.inception3b(self.inception3a(x))))
        return self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))


class SelfAttention(nn.Module):
    """Multi-head attention step by step; torchvision hides these steps in nn.MultiheadAttention."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(dim, 3 * dim)
        self.out_proj = nn.Linear(dim, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        split = self.in_proj(x).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = split[0], split[1], split[2]
        scores = torch.matmul(query, key.transpose(-2, -1)) / (dim // self.heads) ** 0.5
        mixed = torch.matmul(torch.softmax(scores, dim=-1), value)
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, dim))


class MLPBlock(nn.Sequential):
    def __init__(self, dim, hidden):
        super().__init__(nn.Linear(dim, hidden), nn.GELU(), nn.Dropout(0.0), nn.Linear(hidden, dim), nn.Dropout(0.0))


class EncoderBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        norm = partial(nn.LayerNorm, dim, eps=1e-6)
        self.ln_1 = norm()
        self.self_attention = SelfAttention(dim, heads)
        self.dropout = nn.Dropout(0.0)
        self.ln_2 = norm()
        self.mlp = MLPBlock(dim, 4 * dim)

    def forward(self, x):
        x = x + self.dropout(self.self_attention(self.ln_1(x)))
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    def __init__(self, layers, tokens, dim, heads):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.randn(1, tokens, dim) * 0.02)
        self.dropout = nn.Dropout(0.0)
        self.layers = nn.Sequential(
            OrderedDict((f"encoder_layer_{layer}", EncoderBlock(dim, heads)) for layer in range(layers))
        )
        self.ln = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x):
        return self.ln(self.layers(self.dropout(x + self.pos_embedding)))


class VisionTransformer(nn.Module):
    """ViT (Dosovitskiy et al. 2021, arXiv:2010.11929): images of 32x32 in patches of 8x8."""

    def __init__(self, image=32, patch=8, layers=4, dim=32, heads=4, classes=10):
        super().__init__()
        self.conv_proj = nn.Conv2d(3, dim, patch, patch)
        self.class_token = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.encoder = Encoder(layers, (image // patch) ** 2 + 1, dim, heads)
        self.heads = nn.Sequential(OrderedDict(head=nn.Linear(dim, classes)))

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        return self.heads(self.encoder(x)[:, 0])
