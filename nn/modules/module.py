"""`Module`, under PyTorch's path."""

from retrograd.nn.module import Module

__all__ = ["Module"]
