"""A layer that mixes groups of channels."""

from __future__ import annotations

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn.module import Module


class ChannelShuffle(Module):
    """Takes the channels of (N, C, ...) from each group in turn (Zhang et al. 2018).

    Examples
    --------
    >>> rg.nn.ChannelShuffle(2)(rg.arange(4.0).reshape(1, 4, 1)).reshape(4)
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
