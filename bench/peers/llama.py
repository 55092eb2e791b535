"""LLaMA in plain torch, as a competent user writes it for speed: RMSNorm, RoPE, GQA, SwiGLU. Hugging Face's names."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class Shape:
    dim: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int
    tied: bool
    max_length: int
    rope_theta: float = 10000.0
    eps: float = 1e-5

    @property
    def head_dim(self) -> int:
        return self.dim // self.heads


def rope_tables(shape: Shape) -> tuple[Tensor, Tensor]:
    """cos and sin, each [T, head_dim]; the second half repeats the first."""
    frequencies = shape.rope_theta ** (-torch.arange(0, shape.head_dim, 2).float() / shape.head_dim)
    angles = torch.outer(torch.arange(shape.max_length).float(), frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE on [B, H, T, head_dim], halves paired as LLaMA does."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Attention(nn.Module):
    def __init__(self, shape: Shape, attention: str):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = shape.heads, shape.kv_heads, shape.head_dim
        self.groups = shape.heads // shape.kv_heads
        self.attend = {"eager": self.eager, "sdpa": self.sdpa}[attention]
        self.q_proj = nn.Linear(shape.dim, shape.heads * shape.head_dim, bias=False)
        self.k_proj = nn.Linear(shape.dim, shape.kv_heads * shape.head_dim, bias=False)
        self.v_proj = nn.Linear(shape.dim, shape.kv_heads * shape.head_dim, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head_dim, shape.dim, bias=False)

    def eager(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = q @ k.transpose(-1, -2) * self.head_dim**-0.5
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        return scores.masked_fill(hidden, float("-inf")).softmax(-1) @ v

    def sdpa(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Tensor | None, start: int) -> Tensor:
        """x [B, T, D]; cache [2, B, kv_heads, max_length, head_dim] is filled in place from `start` on."""
        batch, length, _ = x.shape
        q = rotate(self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        if cache is not None:
            cache[0, :, :, start : start + length] = k
            cache[1, :, :, start : start + length] = v
        if cache is not None and length == 1:
            # The queries of a group see the same keys, so they stand as the rows of one query: keys are never repeated.
            grouped = q.reshape(batch, self.kv_heads, self.groups, self.head_dim)
            keys, values = cache[0, :, :, : start + 1], cache[1, :, :, : start + 1]
            y = F.scaled_dot_product_attention(grouped, keys, values).reshape(batch, self.heads, 1, self.head_dim)
        else:
            if self.groups > 1:
                k, v = k.repeat_interleave(self.groups, 1), v.repeat_interleave(self.groups, 1)
            y = self.attend(q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.dim, shape.ffn, bias=False)
        self.up_proj = nn.Linear(shape.dim, shape.ffn, bias=False)
        self.down_proj = nn.Linear(shape.ffn, shape.dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape, attention: str):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(shape.dim, eps=shape.eps)
        self.self_attn = Attention(shape, attention)
        self.post_attention_layernorm = nn.RMSNorm(shape.dim, eps=shape.eps)
        self.mlp = Mlp(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Tensor | None, start: int) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache, start)
        return x + self.mlp(self.post_attention_layernorm(x))


class Backbone(nn.Module):
    def __init__(self, shape: Shape, attention: str):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab, shape.dim)
        self.layers = nn.ModuleList(Layer(shape, attention) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.dim, eps=shape.eps)
        cos, sin = rope_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, ids: Tensor, caches: list[Tensor] | None, start: int) -> Tensor:
        span = slice(start, start + ids.shape[1])
        cos, sin, x = self.cos[span], self.sin[span], self.embed_tokens(ids)
        for index, layer in enumerate(self.layers):
            x = layer(x, cos, sin, caches[index] if caches else None, start)
        return self.norm(x)


class Llama(nn.Module):
    def __init__(self, shape: Shape, attention: str = "sdpa", seed: int = 0):
        super().__init__()
        torch.manual_seed(seed)
        self.shape = shape
        self.model = Backbone(shape, attention)
        self.lm_head = nn.Linear(shape.dim, shape.vocab, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        if shape.tied:
            self.lm_head.weight = self.model.embed_tokens.weight

    def loss(self, ids: Tensor) -> Tensor:
        """Mean next-token cross-entropy of ids [B, T]: T inputs, of which the first T−1 have a next token."""
        logits = self.lm_head(self.model(ids, None, 0)[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())

    def next_logits(self, ids: Tensor, caches: list[Tensor], start: int) -> Tensor:
        """Logits [B, V] after the last of ids [B, T], which stand at positions start … start + T − 1."""
        return self.lm_head(self.model(ids, caches, start)[:, -1])
