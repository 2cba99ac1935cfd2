"""Names that PyTorch keeps under ``torch.utils``."""

from retrograd.utils import checkpoint, data, dlpack

__all__ = ["checkpoint", "data", "dlpack"]
