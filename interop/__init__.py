"""To and from other libraries: checkpoints in PyTorch's format."""

from retrograd.interop.checkpoint import CheckpointError, load, save

__all__ = ["CheckpointError", "load", "save"]
