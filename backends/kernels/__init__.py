"""The table of kernels, one module per family, written once in terms of an array module."""

from __future__ import annotations

from typing import Any

from retrograd.backends.kernels.activations import ActivationKernels
from retrograd.backends.kernels.columns import ColumnKernels
from retrograd.backends.kernels.conv import ConvKernels
from retrograd.backends.kernels.norm import NormKernels
from retrograd.backends.kernels.parts import PartKernels
from retrograd.backends.kernels.pointwise import PointwiseKernels
from retrograd.backends.kernels.pool import PoolKernels
from retrograd.backends.kernels.products import ProductKernels
from retrograd.backends.kernels.recurrent import RecurrentKernels
from retrograd.backends.kernels.reduce import ReductionKernels
from retrograd.backends.kernels.resample import ResampleKernels
from retrograd.backends.kernels.scatter import ScatterKernels
from retrograd.backends.kernels.softmax import SoftmaxKernels
from retrograd.backends.kernels.special import SpecialKernels


class Kernels(
    ActivationKernels,
    ColumnKernels,
    ConvKernels,
    NormKernels,
    PartKernels,
    PointwiseKernels,
    PoolKernels,
    ProductKernels,
    RecurrentKernels,
    ReductionKernels,
    ResampleKernels,
    ScatterKernels,
    SoftmaxKernels,
    SpecialKernels,
):
    """The generic kernels on the array module `xp`; a backend overrides them entry by entry."""

    def __init__(self, xp: Any):
        self.xp = xp

    def expand(self, x: Any, shape: tuple[int, ...]) -> Any:
        """`x` repeated to `shape` without copying, as a view that may be written to."""
        return self.xp.broadcast_to(x, shape)
