"""The bilinear map of two inputs."""

from __future__ import annotations

from retrograd.autograd_core.ops.matmul import matmul
from retrograd.autograd_core.ops.reduction import sum_
from retrograd.autograd_core.tensor import Tensor

__all__ = ["bilinear"]


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y_o = input1 @ weight_o @ input2 + bias_o`` for the last dimensions of the inputs.

    Parameters
    ----------
    input1, input2 : Tensor
        (*, in1) and (*, in2), the same in front.
    weight : Tensor
        (out, in1, in2).
    bias : Tensor, optional
        (out,).

    Examples
    --------
    >>> x = rg.tensor([1.0, 2.0])
    >>> rg.nn.functional.bilinear(x, x, rg.ones(1, 2, 2))
    tensor([9.])
    """
    shapes = (list(input1.shape), list(input2.shape), list(weight.shape))
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: got {shapes[0]} and {shapes[1]}"
        )
    if weight.ndim != 3 or weight.shape[1:] != (input1.shape[-1], input2.shape[-1]):
        raise RuntimeError(
            f"bilinear(): expected weight (out, {input1.shape[-1]}, {input2.shape[-1]}) for inputs "
            f"of shape {shapes[0]} and {shapes[1]}, got {shapes[2]}"
        )
    lead = tuple(input1.shape[:-1])
    rows1 = input1.reshape(-1, input1.shape[-1])
    rows2 = input2.reshape(-1, input2.shape[-1])
    output = sum_(matmul(rows1, weight) * rows2, dim=(2,)).t().reshape(*lead, weight.shape[0])
    return output if bias is None else output + bias
