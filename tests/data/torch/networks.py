# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small networks of the usual kinds, with random weights, that make_torch.py traces and scripts."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """A residual block as in torchvision."""

    def __init__(self, channels: int, out: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = (
            None
            if stride == 1 and channels == out
            else nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        )

    def forward(self, x: Tensor) -> Tensor:
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(4, 4), Block(4, 4))
        self.layer2 = nn.Sequential(Block(4, 8, 2), Block(8, 8))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(0.1))
        self.down2 = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.ELU())
        self.bottom = nn.Conv2d(8, 8, 3, padding=2, dilation=2)
        self.up2 = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.merge2 = nn.Conv2d(16, 4, 3, padding=1)
        self.merge1 = nn.Conv2d(8, 2, 1)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        one = self.down1(x)
        two = self.down2(self.pool(one))
        bottom = functional.softplus(self.bottom(functional.max_pool2d(two, 2)))
        x = self.merge2(torch.cat([two, self.up2(bottom)], dim=1))
        x = self.merge1(torch.cat([one, self.up1(x)], 1))
        return functional.interpolate(torch.sigmoid(x), size=[20, 20], mode="nearest")


class Squeeze(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, 2, 1)
        self.fc2 = nn.Conv2d(2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * functional.hardsigmoid(self.fc2(functional.relu(self.fc1(self.avgpool(x)))))


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4, eps=1e-3), nn.Hardswish())
        self.depthwise = nn.Conv2d(4, 4, 5, 1, 2, groups=4, bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.squeeze = Squeeze(4)
        self.point = nn.Conv2d(4, 8, 1)
        self.classifier = nn.Sequential(nn.Linear(8, 6), nn.ReLU6(), nn.Dropout(0.2), nn.Linear(6, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(functional.hardswish(self.bn(self.depthwise(self.stem(x)))))
        return self.classifier(self.point(x).mean([2, 3]))


class Grouped(nn.Module):
    """Other normalisations, activations and paddings."""

    def __init__(self):
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.GroupNorm(2, 8)
        self.act = nn.SiLU()
        self.inst = nn.InstanceNorm2d(8, affine=True)
        self.prelu = nn.PReLU(8)
        self.gate = nn.Conv2d(8, 8, 1)
        self.shuffle = nn.PixelShuffle(2)
        self.out = nn.Conv2d(1, 2, 3, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.conv(self.pad(x))))
        x = self.prelu(self.inst(x))
        x = functional.glu(self.gate(x), dim=1)
        x = self.out(self.shuffle(functional.mish(x)))
        return functional.log_softmax(x.clamp(-2.0, 2.0) / 0.5 - 1, dim=1)


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6, padding_idx=0)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(10, 4)

    def forward(self, x: Tensor) -> Tensor:
        out, state = self.lstm(self.embedding(x))
        return self.fc(out[:, -1, :]) + self.fc(torch.cat([state[0][-2], state[0][-1]], dim=1))


class Gru(nn.Module):
    """Steps first; the mean of all steps."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 5)
        self.rnn = nn.RNN(5, 3, nonlinearity="relu", bias=False)
        self.fc = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        x, _ = self.gru(x)
        x, last = self.rnn(x)
        return self.fc(x.mean(dim=0)) * torch.tanh(last.sum())


class Attention(nn.Module):
    def __init__(self, features: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(features, 3 * features)
        self.proj = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        weights = torch.softmax((q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))


class Layer(nn.Module):
    def __init__(self, features: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(features)
        self.attn = Attention(features, heads)
        self.norm2 = nn.LayerNorm(features)
        self.mlp = nn.Sequential(nn.Linear(features, 2 * features), nn.GELU(), nn.Linear(2 * features, features))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.cls = nn.Parameter(torch.randn(1, 1, 8))
        self.position = nn.Parameter(torch.randn(1, 17, 8))
        self.layers = nn.ModuleList([Layer(8, 2), Layer(8, 2)])
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.position
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)[:, 0])


class Gpt(nn.Module):
    """Tokens, positions by arange, causal attention by torch's own function, tied weights."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(16, 8)
        self.wpe = nn.Embedding(32, 8)
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8)
        self.ln = nn.LayerNorm(8)
        self.head = nn.Linear(8, 16, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        b, t = tokens.size()
        x = self.wte(tokens) + self.wpe(torch.arange(0, t, dtype=torch.long, device=tokens.device))
        q, k, v = self.qkv(self.ln(x)).split(8, dim=2)
        q = q.view(b, t, 2, 4).transpose(1, 2)
        k = k.view(b, t, 2, 4).transpose(1, 2)
        v = v.view(b, t, 2, 4).transpose(1, 2)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).contiguous().view(b, t, 8))
        return self.head(functional.gelu(x, approximate="tanh"))


class Encoder(nn.Module):
    """torch's own transformer layers."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 12, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.fc = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.encoder(x)).amax(1)


class Attentive(nn.Module):
    """torch's own attention, which gives the mean of its heads' patterns as well, and once looks at the first steps."""

    def __init__(self):
        super().__init__()
        self.first = nn.MultiheadAttention(8, 2, batch_first=True)
        self.second = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        made, pattern = self.first(x, x, x)
        x = x + made
        hidden = torch.arange(5)[None] > 3
        return x + self.second(x, x, x, key_padding_mask=hidden, need_weights=False)[0], pattern


class Causal(nn.Module):
    """Attention by torch's function, between dense layers: the program alone says that it reads sequences."""

    def __init__(self):
        super().__init__()
        self.embed, self.qkv, self.proj = nn.Linear(5, 8), nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        batch, steps, width = x.shape
        heads = [part.view(batch, steps, 2, 4).transpose(1, 2) for part in self.qkv(x).split(8, 2)]
        made = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        return x + self.proj(made.transpose(1, 2).reshape(batch, steps, width))


class Plain(nn.Module):
    """Convolutions before a dense layer: its inputs tell how large pictures are (32 x 32)."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 5), nn.Tanh(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(nn.Linear(150, 8), nn.Sigmoid(), nn.Linear(8, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = x.view(x.size(0), -1)
        return self.classifier(x)


class Audio(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 4, 8, stride=4)
        self.bn = nn.BatchNorm1d(4)
        self.conv2 = nn.Conv1d(4, 6, 3, padding=1)
        self.fc = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn(self.conv1(x)))
        x = functional.adaptive_avg_pool1d(self.conv2(x), 1).squeeze(-1)
        return torch.stack([self.fc(x), x[:, :2]], dim=1)


class Pair(nn.Module):
    """Two inputs, two outputs, a loop and a decision that is known."""

    def __init__(self):
        super().__init__()
        self.one = nn.Linear(4, 3)
        self.two = nn.Linear(5, 3)
        self.steps = 2

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        x = self.one(a)
        for _ in range(self.steps):
            x = torch.where(x > 0, x, 0.5 * x) + self.two(b)
        if x.dim() == 2:
            x = x.unsqueeze(1)
        low, high = torch.chunk(torch.cat([x, x * x, x.abs().sqrt(), torch.exp(-x)], dim=1), 2, dim=1)
        return low.sum(1), high.max(dim=1)[0]


class Masks(nn.Module):
    """Writes into parts of tensors, numbers that the tracer wraps, indices."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(functional.pad(x, [1, 1, (3 - x.shape[2] % 3) % 3, 0]))
        mask = torch.zeros_like(x)
        mask[:, 1:3, 2:, :-1] = 0.5
        mask[:, 0] = 1
        mask[:, 3, 1] += x[:, 0, 2]
        return (x * mask).roll(2, 3).flatten(2)[:, :, torch.tensor([3, 1, 1])]


class Functions(nn.Module):
    """One operator after the other."""

    def forward(self, x: Tensor) -> list[Tensor]:
        order, row = x.argsort(-1), x[0]
        return [
            torch.sort(x, dim=-1)[0],
            functional.normalize(x, dim=1),
            x.var(dim=1),
            x.std(),
            torch.tril(torch.ones(4, 4)),
            torch.einsum("bi,bj->bij", x, x),
            functional.one_hot(order, 6),
            x.masked_fill(x > 0.5, -1e9),
            x.max(),
            torch.where(x > 0.5, x, torch.zeros_like(x)),
            x[..., None].expand(-1, -1, 3),
            x.repeat(2, 3),
            torch.arange(5).float() / 2,
            x // 0.3,
            x % 0.3,
            (order - 3) % 4,
            x.cumsum(1),
            torch.topk(x, 2)[0],
            x.prod(1),
            -x,
            x.mean(),
            torch.stack([x, x], 0).permute(2, 1, 0).contiguous().view(-1),
            x.pow(3),
            x**0.5,
            2**x,
            1 / x,
            1 - x,
            torch.floor(x),
            functional.interpolate(x[None], scale_factor=2.0, mode="linear"),
            torch.outer(row, row),
            x.new_full((2, 2), 3.0),
            (x > 0) & (x < 1),
            ~(x > 0.5),
            x.squeeze(),
            x.sum(-1, keepdim=True),
            x.flip(1),
            torch.minimum(x, x * 2),
            torch.rsqrt(x + 1),
            x.gather(1, order),
            x.argmax(1),
            x.clamp(min=0.1),
            torch.add(x, x, alpha=2),
            functional.celu(x - 0.5),
            functional.selu(x - 0.5),
            functional.softsign(x),
            functional.logsigmoid(x),
            functional.softplus(x, beta=2),
            x.unfold(1, 3, 2),
            torch.addmm(x, x[:, :4], x),
            x.norm(dim=1),
            x.diff(dim=1),
            functional.tanhshrink(x),
        ]


class Opaque(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.igamma(x, x))


class Undecided(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(4, 4)
        self.two = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return self.one(x)
        return self.two(x)


def picture(*shape):
    return lambda: (torch.randn(shape),)


def tokens(*shape):
    return lambda: (torch.randint(1, 16, shape),)


# name: network, its inputs
NETWORKS = {
    "residual": (Residual, picture(1, 3, 64, 64)),
    "unet": (Unet, picture(1, 1, 16, 16)),
    "mobile": (Mobile, picture(1, 3, 32, 32)),
    "grouped": (Grouped, picture(1, 3, 8, 8)),
    "lstm": (Lstm, tokens(1, 7)),
    "gru": (Gru, picture(6, 1, 4)),
    "vit": (Vit, picture(1, 3, 16, 16)),
    "gpt": (Gpt, tokens(1, 9)),
    "encoder": (Encoder, picture(1, 5, 8)),
    "attentive": (Attentive, picture(1, 5, 8)),
    "causal": (Causal, picture(1, 7, 5)),
    "plain": (Plain, picture(1, 3, 32, 32)),
    "functions": (Functions, lambda: (torch.rand(4, 6),)),
    "masks": (Masks, picture(1, 3, 8, 6)),
    "audio": (Audio, picture(1, 1, 256)),
    "pair": (Pair, lambda: (torch.randn(1, 4), torch.randn(1, 5))),
}


class Levels(nn.Module):
    """A U-Net of many levels over samples, pictures or volumes; skips are added or put behind."""

    def __init__(self, axes, levels, joined):
        super().__init__()
        conv, back = getattr(nn, f"Conv{axes}d"), getattr(nn, f"ConvTranspose{axes}d")
        self.joined = joined
        self.first = conv(1, 2, 3, padding=1)
        self.down = nn.ModuleList(conv(2, 2, 3, stride=2, padding=1) for _ in range(levels))
        self.up = nn.ModuleList(back(2, 2, 2, stride=2) for _ in range(levels))
        self.mix = nn.ModuleList(conv(4 if joined else 2, 2, 3, padding=1) for _ in range(levels))

    def forward(self, x):
        x = self.first(x)
        skips = []
        for down in self.down:
            skips.append(x)
            x = torch.relu(down(x))
        level = len(skips) - 1
        for up, mix in zip(self.up, self.mix):  # noqa: B905 - TorchScript knows no strict
            x = up(x)
            x = mix(torch.cat([x, skips[level]], 1)) if self.joined else mix(x + skips[level])
            level -= 1
        return x


class Rated(nn.Module):
    """Two networks for two sampling rates: sounds (batch, samples), and the rate as a whole number."""

    def __init__(self):
        super().__init__()
        self.fast, self.slow, self.out = nn.Conv1d(1, 4, 5, stride=2), nn.Conv1d(1, 4, 3), nn.Linear(4, 1)

    def forward(self, x: torch.Tensor, sr: int):
        if x.dim() == 1:
            x = x.unsqueeze(0)
        if x.dim() > 2:
            raise ValueError("Too many dimensions")
        if sr == 16000:
            y = self.fast(x.unsqueeze(1))
        elif sr == 8000:
            y = self.slow(x.unsqueeze(1))
        else:
            raise ValueError("Supported sampling rates: [8000, 16000]")
        return torch.sigmoid(self.out(y.mean(2)))


class Repeated(nn.Module):
    """Arguments of every plain type."""

    def __init__(self):
        super().__init__()
        self.table, self.places, self.out = nn.Embedding(10, 4), nn.Embedding(20, 4), nn.Linear(4, 10)

    def forward(self, tokens: torch.Tensor, start_pos: int, scale: float, reverse: bool):
        places = torch.arange(start_pos, start_pos + tokens.size(1))
        x = self.table(tokens) * scale + self.places(places).unsqueeze(0)
        return self.out(x.flip(1) if reverse else x)
