# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators are called in menus, and what each does in a few words."""

WORDS = {
    "Conv": ("Convolution", "Kernels that slide over maps"),
    "DepthwiseConv": ("Depthwise Convolution", "A kernel for each map by itself"),
    "ConvTranspose": ("Transposed Convolution", "Maps made larger by kernels"),
    "MaxPool": ("Max Pool", "The largest number of each window"),
    "AveragePool": ("Average Pool", "The mean of each window"),
    "GlobalAveragePool": ("Global Average Pool", "The mean of each map"),
    "Dense": ("Dense", "Every unit reads every number"),
    "Activation": ("Activation", "A function of each number"),
    "BatchNormalization": ("Batch Normalization", "Numbers of each unit brought to one scale"),
    "LayerNormalization": ("Layer Normalization", "Numbers of each sample brought to one scale"),
    "Dropout": ("Dropout", "Some numbers left out while it trains"),
    "Flatten": ("Flatten", "Maps as one row of numbers"),
    "Reshape": ("Reshape", "The same numbers as maps"),
    "Add": ("Add", "The sum with what came before, as in a residual block"),
    "Concat": ("Concatenate", "What came before put beside it"),
    "Embedding": ("Embedding", "A row of numbers for each token"),
    "Attention": ("Attention", "Tokens that look at one another"),
    "LSTM": ("LSTM", "A memory that goes through the steps"),
    "GRU": ("GRU", "A smaller memory that goes through the steps"),
}
