"""Arrays and kernels: what each device must provide."""

from retrograd.backends import cudnn

__all__ = ["cudnn"]
