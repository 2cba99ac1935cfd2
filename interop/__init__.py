"""To and from other libraries: checkpoints in PyTorch's format, SciPy's minimizers."""

from retrograd.interop.checkpoint import CheckpointError, load, save
from retrograd.interop.scipy_optimize import FlatLoss, minimize

__all__ = ["CheckpointError", "FlatLoss", "load", "minimize", "save"]
