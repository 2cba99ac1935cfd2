"""Names that PyTorch keeps under ``torch.utils``."""

from retrograd.utils import data

__all__ = ["data"]
