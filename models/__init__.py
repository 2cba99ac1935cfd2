"""The classic networks."""

from retrograd.models.lenet import LeNet
from retrograd.models.mlp import MLP

__all__ = ["MLP", "LeNet"]
