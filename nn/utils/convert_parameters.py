"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from retrograd.autograd_core.ops.joining import cat
from retrograd.autograd_core.tensor import Tensor, wrap


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters as one vector; gradients flow through.

    Examples
    --------
    >>> rg.nn.utils.parameters_to_vector(rg.nn.Linear(2, 3).parameters()).shape
    retrograd.Size([9])
    """
    return cat([p if p.ndim == 1 else p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters be parts of a vector, whose memory they share.

    Examples
    --------
    >>> layer = rg.nn.Linear(1, 1)
    >>> rg.nn.utils.vector_to_parameters(rg.tensor([2.0, 3.0]), layer.parameters())
    >>> layer.bias
    Parameter containing:
    tensor([3.], requires_grad=True)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected a Tensor, but got: {type(vec).__name__}")
    values, start = vec._data, 0
    for p in parameters:
        data = p._data
        part = values[start : start + data.size]
        if part.size < data.size:
            raise ValueError(
                f"the vector of {vec.numel()} elements is too short: a parameter of shape "
                f"{list(p.shape)} begins at {start}"
            )
        p.data = wrap(part.reshape(data.shape))
        start += data.size
