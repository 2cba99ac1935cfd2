"""Spectral normalization: a weight divided by its largest singular value."""

from __future__ import annotations

from typing import TypeVar

from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter
from retrograd.nn.utils.parametrizations import check_iterations, rows_dim, rows_of
from retrograd.nn.utils.reparametrize import Reparametrization, attach, detach

M = TypeVar("M", bound=Module)


class SpectralNorm(Reparametrization):
    """``weight = weight_orig / (u^T W v)``, u and v from power iterations in training."""

    what = "spectral_norm"

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float):
        super().__init__(name)
        check_iterations(n_power_iterations)
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps

    def _direction(self, vector: Tensor) -> Tensor:
        return F.normalize(vector, dim=0, eps=self.eps)

    def begin(self, module: Module, weight: Parameter) -> None:
        """Register the weight itself and the two singular vectors."""
        with no_grad():
            rows, columns = rows_of(weight, self.dim).shape
            u = self._direction(weight.new_empty(rows).normal_(0, 1))
            v = self._direction(weight.new_empty(columns).normal_(0, 1))
        module.register_parameter(self.name + "_orig", weight)
        module.register_buffer(self.name + "_u", u)
        module.register_buffer(self.name + "_v", v)

    def compute(self, module: Module) -> Tensor:
        """The weight over its largest singular value; in training after a power iteration."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = rows_of(weight, self.dim)
        if self._iterates and module.training:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(self._direction(matrix.t().mv(u)))
                    u.copy_(self._direction(matrix.mv(v)))
                # Copies: the buffers are written to again before the backward pass may use them.
                u, v = u.clone(), v.clone()
        return weight / u.dot(matrix.mv(v))

    _iterates = False

    def __call__(self, module: Module, args: object) -> None:
        self._iterates = True
        super().__call__(module, args)
        self._iterates = False

    def remove(self, module: Module) -> Tensor:
        """Take away the weight and the vectors; return the weight normalized."""
        weight = self.compute(module)
        for suffix in ("_orig", "_u", "_v"):
            delattr(module, self.name + suffix)
        return weight


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value (Miyato et al. 2018).

    The parameter `name` is replaced by ``name_orig``, with buffers ``name_u`` and ``name_v``.

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
    >>> layer = rg.nn.utils.spectral_norm(rg.nn.Linear(20, 40))
    >>> layer.weight_u.shape
    retrograd.Size([40])
    """
    attach(module, SpectralNorm(name, n_power_iterations, rows_dim(module, dim), eps))
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again.

    Examples
    --------
    >>> layer = rg.nn.utils.spectral_norm(rg.nn.Linear(20, 40))
    >>> [name for name, _ in rg.nn.utils.remove_spectral_norm(layer).named_parameters()]
    ['bias', 'weight']
    """
    detach(module, SpectralNorm, name)
    return module
