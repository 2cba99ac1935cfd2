"""`DataParallel` under the path that PyTorch has it at."""

from retrograd.nn.parallel.data_parallel import DataParallel

__all__ = ["DataParallel"]
