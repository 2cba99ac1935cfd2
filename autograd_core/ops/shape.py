"""Shape without values: broadcasting and its adjoint, reshape, permute."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.op import Op


class Expand(Op, view=True):
    """Repeat along dimensions of length 1 (and new ones in front) without copying."""

    def forward(xp, input, *, shape):
        return xp.broadcast_to(input, shape)

    def vjp_input(g, input_shape):
        return sum_to(g, input_shape)


class SumTo(Op):
    """The adjoint of `Expand`: sum over the dimensions that broadcasting has repeated."""

    def forward(xp, input, *, shape):
        lead = input.ndim - len(shape)
        axes = tuple(range(lead)) + tuple(
            lead + k for k, n in enumerate(shape) if n == 1 and input.shape[lead + k] != 1
        )
        total = input.sum(axis=axes) if axes else input.copy()
        return total.reshape(shape)

    def vjp_input(g, input_shape):
        return expand_to(g, input_shape)


class Reshape(Op, view=True):
    """The same elements in the same order under another shape."""

    def forward(xp, input, *, shape):
        return input.reshape(shape)

    def vjp_input(g, input_shape):
        return reshape_to(g, input_shape)


class Permute(Op, view=True):
    """The dimensions in another order."""

    def forward(xp, input, *, dims):
        return input.transpose(dims)

    def vjp_input(g, dims):
        return permute_to(g, tuple(dims.index(k) for k in range(len(dims))))


def expand_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` broadcast to `shape`, tensor or array."""
    return Expand.function(input, shape=tuple(shape))


def sum_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` summed down to `shape`, tensor or array."""
    return SumTo.function(input, shape=tuple(shape))


def reshape_to(input: Any, shape: tuple[int, ...]) -> Any:
    """`input` under a complete `shape`, tensor or array."""
    return Reshape.function(input, shape=tuple(shape))


def permute_to(input: Any, dims: tuple[int, ...]) -> Any:
    """`input` with its dimensions in the order `dims` (not negative), tensor or array."""
    return Permute.function(input, dims=tuple(dims))
