"""Attention: scaled dot products, and with several heads and projections."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.creation import arange
from retrograd.autograd_core.ops.comparison import where
from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.ops.matmul import linear, matmul
from retrograd.autograd_core.ops.rearranging import repeat_interleave
from retrograd.autograd_core.ops.shape import transpose
from retrograd.autograd_core.ops.softmax import softmax
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.functional.dropout import dropout
from retrograd.nn.functional.padding import pad

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query @ key.T * scale + mask) @ value`` (Vaswani et al., 2017).

    Parameters
    ----------
    query : Tensor
        (..., L, E).
    key, value : Tensor
        (..., S, E) and (..., S, Ev).
    attn_mask : Tensor, optional
        Broadcasts to (..., L, S): True where a query may look at a key, or numbers to add.
    dropout_p : float
        The probability of dropping an attention weight; also in evaluation, so pass 0 there.
    is_causal : bool
        Let query i look at keys 0 to i only.
    scale : float, optional
        ``1 / sqrt(E)`` by default.
    enable_gqa : bool
        Let several heads of the query (dimension -3) share one of key and value.

    Returns
    -------
    Tensor
        (..., L, Ev); rows that may look at nothing are 0.

    Examples
    --------
    >>> x = rg.zeros(2, 1)
    >>> value = rg.tensor([[1.0], [3.0]])
    >>> rg.nn.functional.scaled_dot_product_attention(x, x, value, is_causal=True)
    tensor([[1.],
            [2.]])
    """
    _check_attention(query, key, value)
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = repeat_interleave(key, times, -3), repeat_interleave(value, times, -3)
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError(
                "scaled_dot_product_attention(): Explicit attn_mask should not be set when "
                "is_causal=True"
            )
        attn_mask = _causal(query.shape[-2], key.shape[-2], query)
    if scale is None:
        scale = 1.0 / math.sqrt(query.shape[-1])
    weights = _attention_weights(matmul(query * scale, transpose(key, -2, -1)), attn_mask)
    return matmul(dropout(weights, dropout_p), value)


def _check_attention(query: Tensor, key: Tensor, value: Tensor) -> None:
    if len({query.dtype.name, key.dtype.name, value.dtype.name}) > 1:
        raise RuntimeError(
            "scaled_dot_product_attention(): Expected query, key, and value to have the same "
            f"dtype, but got query.dtype: {query.dtype}, key.dtype: {key.dtype}, and value.dtype: "
            f"{value.dtype}"
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "scaled_dot_product_attention(): Expected query, key, and value to all be at least 2 "
            f"dimensional, but got {query.ndim}, {key.ndim} and {value.ndim}"
        )


def _causal(queries: int, keys: int, like: Tensor) -> Tensor:
    """True where key j is not behind query i: j <= i."""
    rows = arange(queries, device=like.device)
    return rows.reshape(-1, 1) >= arange(keys, device=like.device)


def _attention_weights(scores: Tensor, mask: Tensor | None) -> Tensor:
    """The softmax of scores (..., L, S) under a mask; 0 in rows where nothing is allowed."""
    if mask is None:
        return softmax(scores, -1)
    if mask.dtype.name == "bool":
        allowed = mask
    else:
        scores, allowed = scores + mask, mask.detach() != -math.inf
    some = allowed.any(-1, keepdim=True)
    weights = softmax(where(allowed | ~some, where(some, scores, 0.0), -math.inf), -1)
    return where(some, weights, 0.0)


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention with several heads and projections (Vaswani et al., 2017): `nn.MultiheadAttention`.

    Parameters
    ----------
    query, key, value : Tensor
        (L, N, E), (S, N, Ek) and (S, N, Ev), or all without N.
    embed_dim_to_check : int
        E, which `num_heads` must divide.
    in_proj_weight, in_proj_bias : Tensor or None
        (3 E, E) and (3 E,): the projections of query, key and value, one above the other.
    bias_k, bias_v : Tensor or None
        (1, 1, E): a further key and value for all.
    add_zero_attn : bool
        Add a further key and value of zeros.
    dropout_p : float
        The probability of dropping an attention weight in training.
    out_proj_weight, out_proj_bias : Tensor
        (E, E) and (E,).
    key_padding_mask : Tensor, optional
        (N, S): True for keys that nobody may look at, or numbers to add.
    need_weights : bool
        Return the attention weights too.
    attn_mask : Tensor, optional
        (L, S) or (N * num_heads, L, S): True where a query may not look, or numbers to add.
    use_separate_proj_weight : bool
        Take `q_proj_weight` (E, E), `k_proj_weight` (E, Ek) and `v_proj_weight` (E, Ev) instead.
    static_k, static_v : Tensor, optional
        (N * num_heads, S, E / num_heads): use these instead of projected keys and values.
    average_attn_weights : bool
        Return the mean of the heads' weights, (N, L, S), not (N, num_heads, L, S).
    is_causal : bool
        A hint that `attn_mask` is the causal mask, which must be given.

    Returns
    -------
    output : Tensor
        (L, N, E), or (L, E).
    weights : Tensor or None
        The attention weights.

    Examples
    --------
    >>> x, identity = rg.ones(2, 1, 2), rg.eye(2)
    >>> y, weights = rg.nn.functional.multi_head_attention_forward(
    ...     x, x, x, 2, 1, rg.cat([identity] * 3), None, None, None, False, 0.0, identity, None
    ... )
    >>> weights
    tensor([[[0.5000, 0.5000],
             [0.5000, 0.5000]]])
    """
    batched = _check_heads(query, key, value, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    if use_separate_proj_weight:
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
        q, k, v = _project_each((query, key, value), weights, in_proj_bias)
    else:
        q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias)
    if bias_k is not None and bias_v is not None:
        k = cat([k, bias_k.expand(1, k.shape[1], -1)])
        v = cat([v, bias_v.expand(1, v.shape[1], -1)])
    q = _heads(q, num_heads)
    k = _heads(k, num_heads) if static_k is None else _given_heads(static_k, num_heads)
    v = _heads(v, num_heads) if static_v is None else _given_heads(static_v, num_heads)
    if add_zero_attn:
        k, v = pad(k, (0, 0, 0, 1)), pad(v, (0, 0, 0, 1))
    mask = _merged_mask(q, k, attn_mask, key_padding_mask)
    chances = _attention_weights(matmul(q * (1.0 / math.sqrt(q.shape[-1])), k.mT), mask)
    chances = dropout(chances, dropout_p, training)
    samples, _, length, _ = q.shape
    output = matmul(chances, v).permute(2, 0, 1, 3).reshape(length, samples, embed_dim_to_check)
    output = linear(output, out_proj_weight, out_proj_bias)
    if not batched:
        output = output.squeeze(1)
    if not need_weights:
        return output, None
    shown = chances.mean(1) if average_attn_weights else chances
    return output, shown if batched else shown.squeeze(0)


def _check_heads(query: Tensor, key: Tensor, value: Tensor, width: int, heads: int) -> bool:
    """Whether there is a batch dimension; errors for shapes that do not fit."""
    if query.ndim not in (2, 3) or key.ndim != query.ndim or value.ndim != query.ndim:
        raise RuntimeError(
            f"multi_head_attention_forward(): query, key and value should all be unbatched 2D or "
            f"batched 3D tensors, but received {query.ndim}-D, {key.ndim}-D and {value.ndim}-D"
        )
    if query.shape[-1] != width:
        raise RuntimeError(
            f"was expecting embedding dimension of {width}, but got {query.shape[-1]}"
        )
    if width % heads:
        raise RuntimeError(f"embed_dim {width} not divisible by num_heads {heads}")
    if key.shape[:-1] != value.shape[:-1]:
        raise RuntimeError(
            f"key's sequence and batch dims {list(key.shape[:-1])} do not match value's "
            f"{list(value.shape[:-1])}"
        )
    return query.ndim == 3


def _project(query: Tensor, key: Tensor, value: Tensor, weight: Any, bias: Any) -> Any:
    """Query, key and value in the inner space; self-attention needs only one product."""
    if key is value and query is key:
        return linear(query, weight, bias).chunk(3, -1)
    return _project_each((query, key, value), weight.chunk(3), bias)


def _project_each(inputs: Any, weights: Any, bias: Tensor | None) -> list[Tensor]:
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]


def _heads(x: Tensor, heads: int) -> Tensor:
    """(L, N, E) as (N, heads, L, E / heads)."""
    length, samples, width = x.shape
    return x.reshape(length, samples, heads, width // heads).permute(1, 2, 0, 3)


def _given_heads(x: Tensor, heads: int) -> Tensor:
    """(N * heads, L, E / heads) as (N, heads, L, E / heads)."""
    return x.reshape(-1, heads, *x.shape[1:])


def _merged_mask(
    q: Tensor, k: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None
) -> Tensor | None:
    """Both masks as numbers to add, for (N, heads, L, S); keys that were added are open to all."""
    samples, heads, length, _ = q.shape
    masks = []
    if attn_mask is not None:
        mask = _to_add(attn_mask, q)
        masks.append(mask if mask.ndim == 2 else mask.reshape(samples, heads, *mask.shape[1:]))
    if key_padding_mask is not None:
        masks.append(_to_add(key_padding_mask, q).reshape(samples, 1, 1, -1))
    if not masks:
        return None
    for mask in masks:
        if mask.shape[-1] > k.shape[-2] or (mask.ndim == 2 and mask.shape[0] != length):
            raise RuntimeError(
                f"The shape of the mask {list(mask.shape)} is not correct for {length} queries and "
                f"{k.shape[-2]} keys"
            )
    masks = [pad(mask, (0, k.shape[-2] - mask.shape[-1])) for mask in masks]
    return masks[0] if len(masks) == 1 else masks[0] + masks[1]


def _to_add(mask: Tensor, like: Tensor) -> Tensor:
    """A mask that is True where looking is forbidden as numbers to add."""
    if mask.dtype.name != "bool":
        return mask.to(like.dtype)
    return where(mask, like.new_tensor(-math.inf), like.new_tensor(0.0))
