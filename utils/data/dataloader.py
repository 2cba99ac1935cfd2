"""`DataLoader` and how it makes batches, under PyTorch's path."""

from retrograd.data.collate import (
    default_collate,
    default_convert,
)
from retrograd.data.loader import (
    DataLoader,
)
from retrograd.data.worker_info import (
    get_worker_info,
)

__all__ = [
    "DataLoader",
    "default_collate",
    "default_convert",
    "get_worker_info",
]
