"""Differentiation, under PyTorch's names; all of it is defined in `retrograd.autograd_core`."""

from retrograd.autograd import function, functional, graph
from retrograd.autograd_core.anomaly import detect_anomaly, set_detect_anomaly
from retrograd.autograd_core.engine import backward, grad
from retrograd.autograd_core.function import Function
from retrograd.autograd_core.gradcheck import GradcheckError, gradcheck, gradgradcheck
from retrograd.autograd_core.legacy import Variable
from retrograd.autograd_core.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)

__all__ = [
    "Variable",
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
