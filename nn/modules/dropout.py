"""Dropout layers: they do something in training only."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class _Dropout(Module):
    """What all dropout layers share; subclasses say which function it is."""

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets elements to zero with probability `p` and scales the rest by ``1 / (1 - p)``.

    Srivastava et al. 2014. In evaluation it hands its input through.

    Examples
    --------
    >>> rg.nn.Dropout(0.5).eval()(rg.ones(2))
    tensor([1., 1.])
    """

    function = F.dropout


class Dropout1d(_Dropout):
    """Dropout of whole channels of (N, C, L) or (C, L).

    Examples
    --------
    >>> rg.nn.Dropout1d(0.5).eval()(rg.ones(1, 2))
    tensor([[1., 1.]])
    """

    function = F.dropout1d


class Dropout2d(_Dropout):
    """Dropout of whole channels of (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> rg.nn.Dropout2d(0.5).eval()(rg.ones(1, 1, 2))
    tensor([[[1., 1.]]])
    """

    function = F.dropout2d


class Dropout3d(_Dropout):
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W).

    Examples
    --------
    >>> rg.nn.Dropout3d(0.5).eval()(rg.ones(1, 1, 1, 2))
    tensor([[[[1., 1.]]]])
    """

    function = F.dropout3d


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance, for SELU (Klambauer et al. 2017).

    Examples
    --------
    >>> rg.nn.AlphaDropout(0.5).eval()(rg.ones(2))
    tensor([1., 1.])
    """

    function = F.alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels.

    Examples
    --------
    >>> rg.nn.FeatureAlphaDropout(0.5).eval()(rg.ones(1, 2, 2)).shape
    retrograd.Size([1, 2, 2])
    """

    function = F.feature_alpha_dropout
