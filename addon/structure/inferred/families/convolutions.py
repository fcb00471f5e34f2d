# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Families of convolutions, by the names of torchvision and timm."""

from ..wiring import Wiring

SKIP = "x + h if Same(x, h) else h"
INCEPTION = """
    h = Conv2d_4a_3x3(Conv2d_3b_1x1(Conv2d_2b_3x3(Conv2d_2a_3x3(Conv2d_1a_3x3(x)))))
    h = Mixed_5d(Mixed_5c(Mixed_5b(h)))
    h = Mixed_6e(Mixed_6d(Mixed_6c(Mixed_6b(Mixed_6a(h)))))
    Ends(AuxLogits(h) if AuxLogits else [])
    fc(Mixed_7c(Mixed_7b(Mixed_7a(h))))
"""
GOOGLENET = """
    h = inception3b(inception3a(conv3(conv2(conv1(x)))))
    h = inception4a(h)
    Ends(aux1(h) if aux1 else [])
    h = inception4d(inception4c(inception4b(h)))
    Ends(aux2(h) if aux2 else [])
    fc(inception5b(inception5a(inception4e(h))))
"""
INCEPTION_E = """
    a = branch3x3_1(x)
    b = branch3x3dbl_2(branch3x3dbl_1(x))
    b = Cat(branch3x3dbl_3a(b), branch3x3dbl_3b(b))
    Cat(branch1x1(x), branch3x3_2a(a), branch3x3_2b(a), b, branch_pool(x))
"""
DENSENET = """
    x = norm0(conv0(x))
    x = transition1(denseblock1(x))
    x = transition2(denseblock2(x))
    x = transition3(denseblock3(x))
    norm5(denseblock4(x))
"""
WIRINGS = (
    Wiring("SqueezeNet", "squeeze expand1x1 expand3x3", "h = squeeze(x); Cat(expand1x1(h), expand3x3(h))", alone=True),
    Wiring(
        "ShuffleNet",
        "branch2.0 branch2.1 branch2.3 branch2.4 branch2.5 branch2.6",
        """
        a, b = [branch1(x), x] if branch1 else Split(x, 2)
        Cat(a, branch2(b))
        """,
        kinds="branch2.0:conv branch2.3:conv branch2.5:conv",
    ),
    Wiring(
        "MNASNet",
        "layers.0 layers.1 layers.3 layers.4 layers.6 layers.7",
        f"h = layers(x); {SKIP}",
        lacks="layers.8",
        kinds="layers.0:conv layers.3:conv layers.6:conv",
    ),
    Wiring("RegNet", "f.a f.b f.c", "(proj(x) if proj else x) + f(x)"),
    Wiring("RegNet", "a b c", "c(se(b(a(x))))", name="f", alone=True),
    Wiring(
        "RegNet",
        "conv1.conv conv2.conv conv3.conv",
        "h = conv3(se(conv2(conv1(x)))); (downsample(x) if downsample else x) + h",
        lacks="conv4 inception3a",
        alone=True,
    ),
    Wiring(
        "EfficientNet",
        "conv_stem bn1 blocks conv_head classifier",
        "classifier(bn2(conv_head(blocks(bn1(conv_stem(x))))))",
    ),
    Wiring(
        "EfficientNet",
        "conv_pw conv_dw conv_pwl bn1 bn2 bn3",
        f"h = bn3(conv_pwl(se(bn2(conv_dw(bn1(conv_pw(x))))))); {SKIP}",
    ),
    Wiring(
        "EfficientNet",
        "conv_dw conv_pw bn1 bn2",
        "h = bn2(conv_pw(se(bn1(conv_dw(x))))); x + h if Same(x, h) and number else h",
        lacks="conv_pwl",
        alone=True,
    ),
    Wiring("EfficientNet", "conv_exp conv_pwl bn1 bn2", f"h = bn2(conv_pwl(se(bn1(conv_exp(x))))); {SKIP}", alone=True),
    Wiring(
        "EfficientNet",
        "conv bn1",
        "h = bn1(conv(x)); x + h if Same(x, h) and number else h",
        lacks="conv2 bn2",
        alone=True,
    ),
    Wiring(
        "EfficientNet",
        "block.0.0 block.0.1 block.1.0 block.1.1",
        f"h = block(x); {SKIP}",
        lacks="block.2",
        kinds="block.0.0:conv block.0.1:batchnorm block.1.0:conv block.1.1:batchnorm",
    ),
    Wiring("ShuffleNet", "conv1 stage2 stage3 stage4 conv5 fc", "fc(conv5(stage4(stage3(stage2(conv1(x))))))"),
    Wiring(
        "EfficientNet",
        "block.0.0 block.0.1",
        f"h = block(x); {SKIP}",
        lacks="block.1",
        kinds="block.0.0:conv block.0.1:batchnorm",
    ),
    Wiring(
        "EfficientNet",
        "depthwise_conv.depthwise_conv projection.project_conv squeeze_excite",
        f"h = projection(squeeze_excite(depthwise_conv(expansion(x)))); {SKIP}",
    ),
    Wiring("EfficientNet", "expand_conv expand_bn", "expand_bn(expand_conv(x))"),
    Wiring("EfficientNet", "depthwise_conv depthwise_norm", "depthwise_norm(depthwise_conv(x))"),
    Wiring("EfficientNet", "project_conv project_bn", "project_bn(project_conv(x))"),
    Wiring(
        "EfficientNet",
        "reduce expand",
        "x * Sigmoid(expand(Silu(reduce(x))))",
        kinds="reduce:conv expand:conv",
        name="squeeze",
        alone=True,
    ),
    Wiring("EfficientNet", "blocks top_conv top_bn", "top_bn(top_conv(blocks(x)))"),
    Wiring("EfficientNet", "convolution batchnorm", "batchnorm(convolution(x))", alone=True),
    Wiring("Inception", "Conv2d_1a_3x3 Mixed_5b Mixed_6a Mixed_7c fc", INCEPTION),
    Wiring("Inception", "conv1 conv2 conv3 inception3a inception5b fc", GOOGLENET),
    Wiring("Inception", "branch3x3_2a branch3x3dbl_3a branch_pool", INCEPTION_E),
    Wiring(
        "Inception",
        "branch3x3.conv branch3x3dbl_3",
        "Cat(branch3x3(x), branch3x3dbl_3(branch3x3dbl_2(branch3x3dbl_1(x))), x)",
        lacks="branch1x1",
    ),
    Wiring(
        "Inception",
        "branch3x3_2 branch7x7x3_4",
        "Cat(branch3x3_2(branch3x3_1(x)), branch7x7x3_4(branch7x7x3_3(branch7x7x3_2(branch7x7x3_1(x)))), x)",
        lacks="branch1x1",
    ),
    Wiring("DenseNet", "conv0 norm0 denseblock1 transition1 norm5", DENSENET),
    Wiring("DenseNet", "norm1 conv1 norm2 conv2", "conv2(norm2(conv1(norm1(x))))", name="denselayer", alone=True),
    Wiring("DenseNet", "norm conv", "conv(norm(x))", name="transition", alone=True),
)
