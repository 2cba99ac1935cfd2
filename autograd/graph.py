"""The recorded graph, under PyTorch's names."""

from retrograd.autograd_core.graph import Node, saved_tensors_hooks

__all__ = ["Node", "saved_tensors_hooks"]
