"""Weight and spectral normalization as parametrizations (`parametrize`)."""

from __future__ import annotations

from typing import TypeVar

from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.ops.linalg import vector_norm
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module
from retrograd.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from retrograd.nn.utils.parametrize import register_parametrization

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """``g * v / |v|`` of a length g and a direction v."""

    def __init__(self, dim: int | None = 0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


def norm_except(v: Tensor, dim: int) -> Tensor:
    """The norm over all dimensions but `dim`, which are kept; over all of them for -1."""
    if dim == -1:
        return vector_norm(v)
    others = tuple(d for d in range(v.ndim) if d != dim % v.ndim)
    return vector_norm(v, 2, others, keepdim=True) if others else v.abs()


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Train the length and the direction of a weight apart (Salimans & Kingma 2016).

    The length is ``module.parametrizations.weight.original0``, the direction ``original1``.

    Parameters
    ----------
    module : Module
    name : str
    dim : int, optional
        Each index of this dimension has its own length; None for one length in all.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.weight_norm(rg.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    retrograd.Size([40, 1])
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """A weight over its largest singular value ``u^T W v``, by power iterations in training."""

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float):
        super().__init__()
        check_iterations(n_power_iterations)
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-weight.ndim}, "
                f"{weight.ndim - 1}] but got {dim})"
            )
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        if weight.ndim > 1:
            with no_grad():
                matrix = rows_of(weight, dim)
                for name, length in zip(("_u", "_v"), matrix.shape, strict=True):
                    start = matrix.new_empty(length).normal_(0, 1)
                    self.register_buffer(name, F.normalize(start, dim=0, eps=eps))
                self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with no_grad():
            for _ in range(times):
                self._u.copy_(F.normalize(matrix.mv(self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(matrix.t().mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = rows_of(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: the buffers are written to again before the backward pass may use them.
        u, v = self._u.clone(), self._v.clone()
        return weight / u.dot(matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def rows_of(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix with dimension `dim` in front."""
    if dim != 0:
        weight = weight.movedim(dim, 0)
    return weight.reshape(weight.shape[0], -1)


def rows_dim(module: Module, dim: int | None) -> int:
    """The dimension of the outputs of a layer's weight, unless `dim` says which."""
    if dim is not None:
        return dim
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


def check_iterations(count: int) -> None:
    """ValueError unless a number of power iterations is positive."""
    if count <= 0:
        raise ValueError(
            f"Expected n_power_iterations to be positive, but got n_power_iterations={count}"
        )


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value (Miyato et al. 2018).

    Parameters
    ----------
    module : Module
    name : str
    n_power_iterations : int
        In each forward pass of training.
    eps : float
    dim : int, optional
        The rows of the matrix: 0, or 1 for transposed convolutions, by default.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.spectral_norm(rg.nn.Linear(20, 40))
    >>> bool((rg.linalg.matrix_norm(layer.weight, 2) - 1).abs() < 0.2)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    rule = _SpectralNorm(weight, n_power_iterations, rows_dim(module, dim), eps)
    return register_parametrization(module, name, rule)
