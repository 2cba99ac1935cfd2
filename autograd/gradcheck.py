"""Checks by finite differences, under PyTorch's path."""

from retrograd.autograd_core.gradcheck import (
    GradcheckError,
    gradcheck,
    gradgradcheck,
)

__all__ = [
    "GradcheckError",
    "gradcheck",
    "gradgradcheck",
]
