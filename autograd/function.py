"""Operations of the user's own, under PyTorch's names."""

from retrograd.autograd_core.function import Function, FunctionCtx, once_differentiable

__all__ = ["Function", "FunctionCtx", "once_differentiable"]
