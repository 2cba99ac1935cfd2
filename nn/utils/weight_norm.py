"""Weight normalization: a weight as its length times its direction."""

from __future__ import annotations

from typing import TypeVar

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter
from retrograd.nn.utils.parametrizations import norm_except
from retrograd.nn.utils.reparametrize import Reparametrization, attach, detach

M = TypeVar("M", bound=Module)


class WeightNorm(Reparametrization):
    """``weight = weight_g * weight_v / |weight_v|``, the norm over all dimensions but one."""

    what = "weight_norm"

    def __init__(self, name: str, dim: int | None):
        super().__init__(name)
        self.dim = -1 if dim is None else dim

    def begin(self, module: Module, weight: Parameter) -> None:
        """Register length and direction."""
        length = norm_except(weight.detach(), self.dim)
        module.register_parameter(self.name + "_g", Parameter(length))
        module.register_parameter(self.name + "_v", Parameter(weight.detach()))

    def compute(self, module: Module) -> Tensor:
        """The weight from its length and direction."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / norm_except(v, self.dim))

    def remove(self, module: Module) -> Tensor:
        """Take away length and direction; return the weight."""
        weight = self.compute(module)
        for suffix in ("_g", "_v"):
            delattr(module, self.name + suffix)
        return weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Train the length and the direction of a weight apart (Salimans & Kingma 2016).

    The parameter `name` is replaced by ``name_g`` and ``name_v``.

    Parameters
    ----------
    module : Module
    name : str
    dim : int, optional
        Each index of this dimension has its own length; None for one length in all.

    Examples
    --------
    >>> layer = rg.nn.utils.weight_norm(rg.nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    (retrograd.Size([40, 1]), retrograd.Size([40, 20]))
    """
    attach(module, WeightNorm(name, dim))
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again.

    Examples
    --------
    >>> layer = rg.nn.utils.weight_norm(rg.nn.Linear(20, 40))
    >>> [name for name, _ in rg.nn.utils.remove_weight_norm(layer).named_parameters()]
    ['bias', 'weight']
    """
    detach(module, WeightNorm, name)
    return module
