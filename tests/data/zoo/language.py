# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Narrow language networks; GPT-2 and BERT are named, nested and computed as in transformers 4.30 (eager attention)."""

import math

import torch
from torch import nn


class Conv1D(nn.Module):
    """A linear layer whose weight is (inputs, units)."""

    def __init__(self, units, inputs):
        super().__init__()
        self.units = units
        self.weight = nn.Parameter(torch.randn(inputs, units) * 0.02)
        self.bias = nn.Parameter(torch.randn(units) * 0.02)

    def forward(self, x):
        shape = x.size()[:-1] + (self.units,)
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(shape)


class NewGELUActivation(nn.Module):
    def forward(self, x):
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class GELUActivation(nn.Module):
    def forward(self, x):
        return nn.functional.gelu(x)


class GPT2Attention(nn.Module):
    def __init__(self, dim, heads, positions):
        super().__init__()
        mask = torch.tril(torch.ones(positions, positions, dtype=torch.bool)).view(1, 1, positions, positions)
        self.register_buffer("bias", mask, persistent=False)
        self.dim, self.heads = dim, heads
        self.c_attn = Conv1D(3 * dim, dim)
        self.c_proj = Conv1D(dim, dim)
        self.attn_dropout = nn.Dropout(0.1)
        self.resid_dropout = nn.Dropout(0.1)

    def _split(self, x):
        return x.view(x.size()[:-1] + (self.heads, self.dim // self.heads)).permute(0, 2, 1, 3)

    def forward(self, x):
        query, key, value = (self._split(part) for part in self.c_attn(x).split(self.dim, dim=2))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.dim // self.heads)
        asked, known = query.size(-2), key.size(-2)
        mask = self.bias[:, :, known - asked : known, :known]
        scores = torch.where(mask, scores, torch.full([], torch.finfo(scores.dtype).min))
        mixed = torch.matmul(self.attn_dropout(torch.softmax(scores, dim=-1)), value)
        mixed = mixed.permute(0, 2, 1, 3).contiguous()
        return self.resid_dropout(self.c_proj(mixed.view(mixed.size()[:-2] + (self.dim,))))


class GPT2MLP(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.c_fc = Conv1D(4 * dim, dim)
        self.c_proj = Conv1D(dim, 4 * dim)
        self.act = NewGELUActivation()
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.c_proj(self.act(self.c_fc(x))))


class GPT2Block(nn.Module):
    def __init__(self, dim, heads, positions):
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim)
        self.attn = GPT2Attention(dim, heads, positions)
        self.ln_2 = nn.LayerNorm(dim)
        self.mlp = GPT2MLP(dim)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2Model(nn.Module):
    def __init__(self, layers, dim, heads, vocabulary, positions):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, dim)
        self.wpe = nn.Embedding(positions, dim)
        self.drop = nn.Dropout(0.1)
        self.h = nn.ModuleList([GPT2Block(dim, heads, positions) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(dim)

    def forward(self, ids):
        places = torch.arange(0, ids.size(-1), dtype=torch.long).unsqueeze(0)
        x = self.drop(self.wte(ids) + self.wpe(places))
        for block in self.h:
            x = block(x)
        return self.ln_f(x)


class GPT2LMHeadModel(nn.Module):
    """GPT-2 (Radford et al. 2019); the head shares the weight of the token embedding."""

    def __init__(self, layers=6, dim=16, heads=4, vocabulary=128, positions=64):
        super().__init__()
        self.transformer = GPT2Model(layers, dim, heads, vocabulary, positions)
        self.lm_head = nn.Linear(dim, vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, input_ids):
        return self.lm_head(self.transformer(input_ids))


class BertEmbeddings(nn.Module):
    def __init__(self, dim, vocabulary, positions):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, dim, padding_idx=0)
        self.position_embeddings = nn.Embedding(positions, dim)
        self.token_type_embeddings = nn.Embedding(2, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("position_ids", torch.arange(positions).expand((1, -1)), persistent=False)

    def forward(self, input_ids, token_type_ids):
        places = self.position_ids[:, : input_ids.size(1)]
        x = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
        return self.dropout(self.LayerNorm(x + self.position_embeddings(places)))


class BertSelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.dim, self.heads = dim, heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(0.1)

    def _split(self, x):
        return x.view(x.size()[:-1] + (self.heads, self.dim // self.heads)).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        query, key, value = self._split(self.query(x)), self._split(self.key(x)), self._split(self.value(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.dim // self.heads) + mask
        mixed = torch.matmul(self.dropout(nn.functional.softmax(scores, dim=-1)), value)
        mixed = mixed.permute(0, 2, 1, 3).contiguous()
        return mixed.view(mixed.size()[:-2] + (self.dim,))


class BertSelfOutput(nn.Module):
    def __init__(self, dim, inputs):
        super().__init__()
        self.dense = nn.Linear(inputs, dim)
        self.LayerNorm = nn.LayerNorm(dim, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, before):
        return self.LayerNorm(self.dropout(self.dense(x)) + before)


class BertOutput(BertSelfOutput):
    pass


class BertAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.self = BertSelfAttention(dim, heads)
        self.output = BertSelfOutput(dim, dim)

    def forward(self, x, mask):
        return self.output(self.self(x, mask), x)


class BertIntermediate(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.dense = nn.Linear(dim, hidden)
        self.intermediate_act_fn = GELUActivation()

    def forward(self, x):
        return self.intermediate_act_fn(self.dense(x))


class BertLayer(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.attention = BertAttention(dim, heads)
        self.intermediate = BertIntermediate(dim, hidden)
        self.output = BertOutput(dim, hidden)

    def forward(self, x, mask):
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class BertEncoder(nn.Module):
    def __init__(self, layers, dim, heads, hidden):
        super().__init__()
        self.layer = nn.ModuleList([BertLayer(dim, heads, hidden) for _ in range(layers)])

    def forward(self, x, mask):
        for layer in self.layer:
            x = layer(x, mask)
        return x


class BertPooler(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dense = nn.Linear(dim, dim)
        self.activation = nn.Tanh()

    def forward(self, x):
        return self.activation(self.dense(x[:, 0]))


class BertModel(nn.Module):
    """BERT base (Devlin et al. 2019, arXiv:1810.04805), 12 units in place of 768, with a classifier on top."""

    def __init__(self, layers=12, dim=12, heads=2, hidden=48, vocabulary=100, positions=64, classes=2):
        super().__init__()
        self.embeddings = BertEmbeddings(dim, vocabulary, positions)
        self.encoder = BertEncoder(layers, dim, heads, hidden)
        self.pooler = BertPooler(dim)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(dim, classes)

    def forward(self, input_ids, attention_mask, token_type_ids):
        mask = attention_mask[:, None, None, :].to(torch.float32)
        mask = (1.0 - mask) * torch.finfo(torch.float32).min
        x = self.encoder(self.embeddings(input_ids, token_type_ids), mask)
        return self.classifier(self.dropout(self.pooler(x)))


class Tagger(nn.Module):
    """A class for every token, by a bidirectional LSTM of two layers."""

    def __init__(self, vocabulary=50, dim=16, classes=5):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.lstm = nn.LSTM(dim, dim, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * dim, classes)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])
