"""Layers that are affine maps of the last dimension."""

from __future__ import annotations

import math
from typing import Any

from retrograd.autograd_core.creation import empty
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.modules.lazy import LazyModule
from retrograd.nn.parameter import Parameter, UninitializedParameter


class Identity(Module):
    """Returns its input; takes any arguments.

    Examples
    --------
    >>> rg.nn.Identity()(rg.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """``input @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
        Whether to add a bias.

    Attributes
    ----------
    weight : Parameter
        (out_features, in_features), uniform in +-1/sqrt(in_features).
    bias : Parameter or None
        (out_features,), likewise.

    Examples
    --------
    >>> rg.nn.Linear(20, 30)(rg.ones(128, 20)).shape
    retrograd.Size([128, 30])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class LazyLinear(LazyModule, Linear):
    """A `Linear` that takes `in_features` from its first input.

    Examples
    --------
    >>> layer = rg.nn.LazyLinear(30)
    >>> layer(rg.ones(128, 20)).shape, layer.in_features
    (retrograd.Size([128, 30]), 20)
    """

    becomes = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None):
        super().__init__(0, 0, False, device, dtype)
        self.out_features = out_features
        self.weight = UninitializedParameter(empty(0, device=device, dtype=dtype))
        if bias:
            self.bias = UninitializedParameter(empty(0, device=device, dtype=dtype))

    def infer(self, input: Tensor) -> None:
        self.in_features = input.shape[-1]
        shape = (self.out_features, self.in_features)
        self.materialize(("weight", shape), ("bias", shape[:1]))


class NonDynamicallyQuantizableLinear(Linear):
    """The output projection of `MultiheadAttention`, under the name that PyTorch prints.

    Examples
    --------
    >>> type(rg.nn.MultiheadAttention(4, 2).out_proj).__name__
    'NonDynamicallyQuantizableLinear'
    """


class Bilinear(Module):
    """``y_k = x1 @ weight_k @ x2 + bias_k``.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
    bias : bool

    Examples
    --------
    >>> rg.nn.Bilinear(20, 30, 40)(rg.ones(128, 20), rg.ones(128, 30)).shape
    retrograd.Size([128, 40])
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(empty(*shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
