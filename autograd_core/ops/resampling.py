"""Resampling along one dimension, and its adjoint."""

from __future__ import annotations

from retrograd.autograd_core.op import Op

__all__: list[str] = []


class Resample(Op):
    """Weighted sums of elements along `dim`, as `taps` (see the kernels) say."""

    def forward(kernels, input, *, dim, taps):
        return kernels.resample(input, dim, taps)

    def vjp_input(g, dim, taps):
        return resample_adjoint(g, dim=dim, taps=taps)


class ResampleAdjoint(Op):
    """The adjoint of `Resample`."""

    def forward(kernels, input, *, dim, taps):
        return kernels.resample_adjoint(input, dim, taps)

    def vjp_input(g, dim, taps):
        return resample(g, dim=dim, taps=taps)


resample = Resample.function
resample_adjoint = ResampleAdjoint.function
