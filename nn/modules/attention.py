"""Attention with several heads."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import empty
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.modules.linear import NonDynamicallyQuantizableLinear
from retrograd.nn.parameter import Parameter


class MultiheadAttention(Module):
    """``softmax(q k^T / sqrt(d)) v`` in several heads beside each other (Vaswani et al. 2017).

    Parameters
    ----------
    embed_dim, num_heads : int
        The width, and how many heads share it.
    dropout : float
        Of the attention weights, in training.
    bias : bool
        Of the projections.
    add_bias_kv, add_zero_attn : bool
        Add a trained key and value, or zeros, to all sequences.
    kdim, vdim : int, optional
        The widths of keys and values, `embed_dim` by default.
    batch_first : bool
        Whether sequences are (N, L, E) instead of (L, N, E).

    Examples
    --------
    >>> attention = rg.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = rg.ones(3, 5, 8)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    (retrograd.Size([3, 5, 8]), retrograd.Size([3, 5, 5]))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise ValueError(
                f"embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
            )
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.head_dim = embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        where = {"device": device, "dtype": dtype}
        together, e = self._qkv_same_embed_dim, embed_dim
        self._add("q_proj_weight", (e, e), not together, where)
        self._add("k_proj_weight", (e, self.kdim), not together, where)
        self._add("v_proj_weight", (e, self.vdim), not together, where)
        self._add("in_proj_weight", (3 * e, e), together, where)
        self._add("in_proj_bias", (3 * e,), bias, where)
        self.out_proj = NonDynamicallyQuantizableLinear(e, e, bias, device, dtype)
        self._add("bias_k", (1, 1, e), add_bias_kv, where)
        self._add("bias_v", (1, 1, e), add_bias_kv, where)
        self._reset_parameters()

    def _add(self, name: str, shape: tuple[int, ...], wanted: bool, where: Any) -> None:
        self.register_parameter(name, Parameter(empty(*shape, **where)) if wanted else None)

    def _reset_parameters(self) -> None:
        """Draw new values."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        swap = self.batch_first and query.ndim == 3
        if swap:
            # One tensor stays one: self-attention takes a single product for query, key and value.
            turned = {id(x): x.transpose(0, 1) for x in (query, key, value)}
            query, key, value = turned[id(query)], turned[id(key)], turned[id(value)]
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (output.transpose(0, 1) if swap else output), weights
